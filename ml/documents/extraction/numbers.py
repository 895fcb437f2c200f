"""Amounts, quantities and percents in whatever way they are written: decimal comma or point, blanks, apostrophes."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ml.documents.extraction.layout import Line
from ml.documents.words import Word, merged

CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "$": "USD", "us$": "USD", "usd": "USD", "£": "GBP", "gbp": "GBP",
    "rm": "MYR", "myr": "MYR", "chf": "CHF", "sfr": "CHF", "fr.": "CHF", "¥": "JPY", "jpy": "JPY", "₹": "INR",
    "inr": "INR", "rs": "INR", "rs.": "INR", "dem": "DEM", "dm": "DEM", "sek": "SEK", "nok": "NOK", "dkk": "DKK",
    "pln": "PLN", "zł": "PLN", "czk": "CZK", "kč": "CZK", "huf": "HUF", "ft": "HUF", "aud": "AUD", "a$": "AUD",
    "cad": "CAD", "ca$": "CAD", "nzd": "NZD", "sgd": "SGD", "s$": "SGD", "hkd": "HKD", "hk$": "HKD", "cny": "CNY",
    "brl": "BRL", "r$": "BRL", "zar": "ZAR", "mxn": "MXN", "aed": "AED", "ils": "ILS", "₪": "ILS", "try": "TRY",
    "₺": "TRY", "ron": "RON", "bgn": "BGN", "thb": "THB", "idr": "IDR", "php": "PHP", "krw": "KRW", "₩": "KRW",
}  # fmt: skip
_SIGN = "|".join(sorted(map(re.escape, CURRENCIES), key=len, reverse=True))
_PREFIX = re.compile(rf"^(?:{_SIGN})\.?:?(?=[-−–(+]?[\dOoIlS.,])", re.IGNORECASE)
_SUFFIX = re.compile(rf"(?<=[\d.,\-–)])(?:{_SIGN})\.?$", re.IGNORECASE)
_NUMBER = re.compile(
    r"^\d{1,3}(?:(?P<group>[.,'’  ])\d{3})(?:(?P=group)\d{3})*(?:[.,]\d{1,4})?$|^\d+(?:[.,]\d+)?$|^[.,]\d{1,4}$"
)
_OCR = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1", "|": "1", "S": "5", "B": "8", "Z": "2"})
_LOOKS = re.compile(r"^[\dOoIl|SBZ]{1,3}(?:[.,'’ ]?[\dOoIl|SBZ]{3})*[.,][\dOoIl|SBZ]{2}$")
_DIGIT = re.compile(r"\d")
_HEAD, _GROUP = re.compile(r"[^\d]{0,3}\d{1,3}"), re.compile(r"\d{3}(?:[.,]\d{1,2})?[^\d%]{0,3}")
LARGEST = Decimal("1e12")
MOST_IN_LINE = 16
"""Numbers that a row of an invoice may have; of more it would take long to try which ones multiply."""


@dataclass(frozen=True)
class Number:
    """A number on a page."""

    value: Decimal
    decimals: int
    word: Word
    """What it was read from, one word even where blanks divide thousands."""
    first: int
    last: int
    """Places of its words in their line."""
    currency: str | None = None
    percent: bool = False
    glued: bool = False
    """Letters stood at it."""


def decimal_sign(texts: Sequence[str]) -> str:
    """`,` or `.`: what stands before the last two digits more often."""
    votes: Counter[str] = Counter()
    for text in texts:
        for found in re.finditer(r"(?<![\d.,])\d[\d.,'’ ]{0,30}?([.,])\d{2}(?![\d.,]|\.\d)", text):
            votes[found[1]] += 1
        for found in re.finditer(r"\d([.,])\d{3}([.,])\d{2}(?!\d)", text):
            if found[1] != found[2]:
                votes[found[2]] += 3
    return "," if votes[","] > votes["."] else "."


def parse(text: str, sign: str) -> tuple[Decimal, int] | None:
    """Value and number of decimals; one mark before exactly three digits is read as the page reads others."""
    bare = text.replace(" ", " ").replace(" ", " ").replace("’", "'")
    negative = False
    if bare.startswith("(") and bare.endswith(")"):
        negative, bare = True, bare[1:-1]
    if bare[:1] in "-−–" and len(bare) > 1:
        negative, bare = True, bare[1:]
    elif bare[-1:] in "-−–" and len(bare) > 2:
        negative, bare = True, bare[:-1]
    bare = bare.lstrip("+").strip()
    if not _NUMBER.match(bare):
        return None
    marks = [character for character in bare if character in ".,"]
    whole, decimals = bare, ""
    if marks:
        last = marks[-1]
        before, _, after = bare.rpartition(last)
        several = len(set(marks)) > 1
        is_decimal = several or (
            bare.count(last) == 1 and (len(after) != 3 or last == sign or before in ("", "0"))
        )
        if is_decimal:
            whole, decimals = before, after
    digits = re.sub(r"\D", "", whole) or "0"
    value = Decimal(f"{digits}.{decimals}" if decimals else digits)
    if value > LARGEST:
        return None
    return (-value if negative else value), len(decimals)


def numbers(line: Line, sign: str) -> list[Number]:
    """All numbers of a line from left to right. Parts of identifiers and of dates are none."""
    known = line.read.get(sign)
    if known is None:
        known = line.read[sign] = _read(line.words, sign)
    return known


def _read(words: list[Word], sign: str) -> list[Number]:
    found: list[Number] = []
    at = 0
    while at < len(words):
        if not _DIGIT.search(words[at].text):
            at += 1
            continue
        taken, number = _at(words, at, sign)
        if number:
            found.append(number)
        at += taken
    return found


def _at(words: list[Word], at: int, sign: str) -> tuple[int, Number | None]:
    word = words[at]
    text = word.text.strip(":;*")
    if text.lower().rstrip(".") in CURRENCIES or text.lower() in CURRENCIES:
        return 1, None
    last = at
    # 1 200,00 is one number where the blank is as narrow as in running text; so is 12 .50 of a printer.
    if _HEAD.fullmatch(text):
        while last + 1 < len(words) and _GROUP.fullmatch(words[last + 1].text):
            # Boxes of a text layer are as high as the font, those of OCR as its letters.
            narrow = (0.5 if word.engine == "text" else 0.9) * word.height
            if words[last + 1].x0 - words[last].x1 > narrow or words[last].text[-1] in ".,":
                break
            last += 1
            text += " " + words[last].text
            if "," in words[last].text or "." in words[last].text:
                break
        if last > at and not re.search(r"[.,]\d{2}\D*$", text):
            last, text = at, word.text.strip(":;*")
    if (
        last == at
        and at + 1 < len(words)
        and words[at + 1].x0 - word.x1 < 0.7 * word.height
        and (
            (re.fullmatch(r"\D{0,3}\d{1,5}[.,]", text) and re.fullmatch(r"\d{2}", words[at + 1].text))
            or (re.fullmatch(r"\D{0,3}\d{1,5}", text) and re.fullmatch(r"[.,]\d{2}", words[at + 1].text))
        )
    ):
        last, text = at + 1, text + words[at + 1].text
    number = _number(text, sign)
    if number is None:
        return 1, None
    value, decimals, currency, percent, glued = number
    around = [words[place] for place in (at - 1, last + 1) if 0 <= place < len(words)]
    for other in around:
        if min(abs(other.x0 - words[last].x1), abs(word.x0 - other.x1)) < 2.5 * word.height:
            key = other.text.lower().strip(":()")
            currency = currency or CURRENCIES.get(key) or CURRENCIES.get(key.rstrip("."))
            percent = percent or (other.text.startswith("%") and other.x0 >= words[last].x1 - 1)
    if (
        at
        and words[at - 1].text in ("-", "−", "–")
        and word.x0 - words[at - 1].x1 < 0.6 * word.height
        and value > 0
    ):
        value = -value
    covered = word if last == at else merged(words[at : last + 1])
    return last - at + 1, Number(value, decimals, covered, at, last, currency, percent, glued)


def _number(text: str, sign: str) -> tuple[Decimal, int, str | None, bool, bool] | None:
    percent = text.endswith("%")
    bare = text.rstrip("%").strip()
    currency, minus = None, ""
    if bare[:1] in ("-", "−", "–") and len(bare) > 1:
        minus, bare = "-", bare[1:]
    if found := _PREFIX.match(bare):
        currency, bare = CURRENCIES.get(found[0].lower().rstrip(".:")), bare[found.end() :]
    if found := _SUFFIX.search(bare):
        currency, bare = CURRENCIES.get(found[0].lower().rstrip(".")) or currency, bare[: found.start()]
    glued = False
    parsed = parse(minus + bare, sign) if bare else None
    if parsed is None and _LOOKS.match(bare) and sum(character.isdigit() for character in bare) >= 2:
        parsed = parse(minus + bare.translate(_OCR), sign)
    if parsed is None and (found := re.fullmatch(r"\(?(-?[\d.,' ]*\d[.,]\d{2})[)A-Za-z*#]{1,3}\)?", bare)):
        # Codes of taxes and marks stand at amounts: 10.60SR.
        parsed, glued = parse(minus + found[1], sign), True
    if parsed is None:
        return None
    return *parsed, currency, percent, glued
