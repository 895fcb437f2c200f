"""The likeliest encodings of a text that is not UTF-8, by the letters that it would be made of.

A byte means another letter in every encoding: `k\\xf8\\xed\\x9e` begins the Czech křížový in cp1250 and
the køížový of no language in windows-1252. Each encoding is scored by the language that its text fits best.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from math import log

from retail_assets.feeds.readers.alphabets import HANGUL, LATIN, OTHER, REGIONS, SYMBOLS, USUAL_SYMBOLS

WESTERN = "windows-1252"
_PRIORS = {
    WESTERN: 0.0, "cp1250": -2.0, "cp1251": -2.0, "cp1253": -2.0, "cp1254": -2.0, "cp1255": -2.0, "cp1256": -2.0,
    "cp1257": -2.0, "cp932": -3.0, "gb18030": -3.0, "big5": -3.0, "cp949": -3.0, "euc_jp": -4.0, "iso8859-2": -3.0,
    "iso8859-7": -3.0, "iso8859-15": -3.0, "mac-roman": -3.5, "cp850": -3.5, "cp852": -3.5, "cp866": -3.5,
    "koi8-r": -3.5, "iso8859-5": -5.0, "iso8859-6": -5.0, "mac-cyrillic": -5.0,
}  # fmt: skip
"""The encodings that are thought of, and how much less usual each is than the Western code page (logarithms)."""
CERTAIN = 7.0
"""What another reading is less likely by, in logarithms, where it is not worth telling."""
_POOR = log(0.01)
_DAMAGED, _CONTROL, _STRANGE, _NEIGHBOUR, _SYMBOL = log(1e-7), log(1e-7), log(1e-5), log(2e-3), log(0.02)
_USUAL_SYMBOL = log(0.1)
_CASE, _ALONE, _MIXED, _IN_WORD, _AT_A_DIGIT = log(0.01), log(0.02), log(0.01), log(1e-3), log(0.02)
_KANA, _COMMON_HANGUL, _HANGUL, _IDEOGRAPH, _RARE = (
    log(1 / 60), log(1 / 200), log(1 / 5_000), log(1 / 3_000), log(1e-6)
)  # fmt: skip
_IDEOGRAPHS = {"gb2312": (b"\xb0", b"\xd7"), "big5": (b"\xa4", b"\xc6"), "cp932": (b"\x88", b"\x97")}
"""Standards of Chinese and Japanese, and the first bytes of the common characters in each."""
_LETTER_AT_DIGIT = re.compile(r"(?<=\d)[^\W\d_A-Za-z]|[^\W\d_A-Za-z](?=\d)")
_WORD = re.compile(r"[^\W\d_]*[^\x00-\x7f][^\W\d_]*")


@dataclass(frozen=True)
class Guess:
    """An encoding, and those that would make another text that is nearly as likely."""

    encoding: str
    others: tuple[str, ...]


def guess_encoding(evidence: bytes) -> Guess:
    """The likeliest encoding of lines with bytes beyond ASCII."""
    scores: dict[str, float] = {}
    texts: dict[str, str] = {}
    for encoding, prior in _PRIORS.items():
        text = evidence.decode(encoding, errors="replace")
        scores[encoding] = prior + _likelihood(text)
        texts[encoding] = text
    ranked = sorted(scores, key=lambda encoding: -scores[encoding])
    best, told, others = ranked[0], {texts[ranked[0]]}, []
    foreign = [letter for letter in texts[best] if letter > "\x7f"]
    fits_no_language = scores[best] < sum(_POOR if letter < "\u3000" else _IDEOGRAPH for letter in foreign)
    for encoding in ranked[1:]:
        near = scores[best] - scores[encoding] < CERTAIN or (fits_no_language and len(others) < 2)
        if near and texts[encoding] not in told:
            told.add(texts[encoding])
            others.append(encoding)
    return Guess(best, tuple(others))


def _likelihood(text: str) -> float:
    """How well a text fits the language that it fits best."""
    words = Counter(_WORD.findall(text))
    shared = sum(count * _shape(word) for word, count in words.items())
    letters = Counter(letter for word in words.elements() for letter in word if letter > "\x7f")
    east_asian = max(
        sum(count * _east_asian(letter, standard) for letter, count in letters.items())
        for standard in (*_IDEOGRAPHS, "euc_kr")
    )
    half_width = {
        word: count for word, count in words.items() if any("\uff66" <= c <= "\uff9f" for c in word)
    }
    latin = sum(count * _foreign_in_latin(word) for word, count in words.items())
    other = sum(count * _foreign_in_other(word) for word, count in words.items())
    best = max(
        max(_fit(letters, table) for table in _tables(latin=True)) + latin,
        max(_fit(letters, table) for table in _tables(latin=False)) + other,
        east_asian + sum(count * _foreign_in_other(word) for word, count in half_width.items()),
    )
    return shared + best + _AT_A_DIGIT * len(_LETTER_AT_DIGIT.findall(text))


def _fit(letters: Counter[str], table: dict[str, float]) -> float:
    return sum(count * table.get(letter, _without_language(letter)) for letter, count in letters.items())


@cache
def _tables(*, latin: bool) -> list[dict[str, float]]:
    """Of each language the logarithms of its letters' shares."""
    tables = []
    for language, alphabet in (LATIN if latin else OTHER).items():
        weights = [1 / (place + 2) for place in range(len(alphabet))]
        neighbours = {
            letter for region in REGIONS if language in region for other in region for letter in LATIN[other]
        }
        table = dict.fromkeys(neighbours, _NEIGHBOUR)
        table |= {
            letter: log(weight / sum(weights)) for letter, weight in zip(alphabet, weights, strict=True)
        }
        tables.append(table | {c.upper(): p for c, p in table.items() if len(c.upper()) == 1})
    return tables


@cache
def _without_language(letter: str) -> float:
    if letter == "\N{REPLACEMENT CHARACTER}":
        return _DAMAGED
    if letter < "\xa0":
        return _CONTROL
    if letter in USUAL_SYMBOLS:
        return _USUAL_SYMBOL
    return _SYMBOL if letter in SYMBOLS else _STRANGE


@cache
def _east_asian(letter: str, standard: str) -> float:
    """A letter's share in texts of the language that a standard was made for."""
    if "\u3040" <= letter <= "\u30ff" or "\uff66" <= letter <= "\uff9f":
        return _KANA if standard == "cp932" else _RARE
    if "\uac00" <= letter <= "\ud7a3":
        return (_COMMON_HANGUL if letter in HANGUL else _HANGUL) if standard == "euc_kr" else _RARE
    if "\u4e00" <= letter <= "\u9fff" and standard in _IDEOGRAPHS:
        first, last = _IDEOGRAPHS[standard]
        return _IDEOGRAPH if first <= letter.encode(standard, "ignore")[:1] <= last else _RARE
    if "\u3000" <= letter <= "\u303f" or "\uff01" <= letter <= "\uff5e":
        return _SYMBOL
    return _without_language(letter)


def _shape(word: str) -> float:
    """What makes a word unlikely in any language: capitals behind small letters, symbols between letters."""
    score = 0.0
    for before, letter, after in zip(" " + word, word, word[1:] + " ", strict=False):
        if letter <= "\x7f":
            continue
        if letter.isupper() and before.islower():
            score += _CASE
        if letter.islower() and before.isupper() and after.isupper():
            score += _CASE
        if not letter.isalpha() and letter not in "’‘·\u00ad" and before.isalpha() and after.isalpha():
            score += _IN_WORD
    return score


def _foreign_in_latin(word: str) -> float:
    """Words of Latin letters are made of ASCII for the most part."""
    letters = [letter for letter in word if letter.isalpha()]
    ascii_letters = sum(letter <= "\x7f" for letter in letters)
    alone = len(letters) == 1 and letters[0] > "\x7f" and letters[0] not in "àéèóòíáâØ"
    return (_ALONE if alone else 0.0) + _MIXED * max(0, len(letters) - 3 * ascii_letters - 3)


def _foreign_in_other(word: str) -> float:
    """Words of other scripts have no letters of ASCII."""
    mixed = any(letter <= "\x7f" for letter in word) and any(
        letter > "\x7f" and letter.isalpha() for letter in word
    )
    alone = len(word) == 1 and word.isalpha()
    return (2 * _MIXED if mixed else 0.0) + (_ALONE if alone else 0.0)
