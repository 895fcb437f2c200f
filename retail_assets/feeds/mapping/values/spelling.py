"""Spellings of texts and numbers as SQL: blanks, decimal and thousands marks, signs. What a value is to become is
decided in `conversion.py`.
"""

import re
import unicodedata

from retail_assets.feeds.mapping.values.dialect import Values
from retail_assets.sql import literal


def _every(characters: str) -> str:
    """Characters of which some are ranges, as in a regular expression."""
    return re.sub(
        "(.)-(.)",
        lambda ends: "".join(map(chr, range(ord(ends[1]), ord(ends[2]) + 1))),
        characters,
        flags=re.DOTALL,
    )


AS_FORMULA = '="+([^"]*)"+'
"""A regular expression of texts that are kept from becoming numbers in a spreadsheet: ="00123"."""
AS_TEXT = "'([0-9=+@-][^']*)"
"""The same as a spreadsheet marks it: '00123. Names that begin so have a letter there ('s-Hertogenbosch)."""
_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = _every(f"\u00ad\u180e\u200b\u2060-\u2064\u206a-\u206f\ufeff{_DIRECTIONS}")
"""What nobody sees and nothing means: soft hyphens, zero-width spaces, word joiners, byte order marks, directions."""
_JOINERS = "\u200c\u200d"
"""They have a meaning between letters of some scripts and in composed pictures, beside ASCII they have none."""
_WIDE_SPACES = _every("\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000")
_CONTROLS = _every("\x01-\x08\x0e-\x1f\x7f")
_BLANKS = f" \t\n\v\f\r\u0085\u2028\u2029{_WIDE_SPACES}"
_TRIMMED = f"{_BLANKS}{_INVISIBLE}{_JOINERS}"
"""What is trimmed off texts: spaces of every kind, tabs, line breaks, what is invisible."""
_TRIMMED_OFF_NAMES = rf"{_TRIMMED}{_CONTROLS}\x00"
"""And off what names something: the end mark of a DOS file, what a program filled up a field with. The text of a query
holds no NUL, so a regular expression has to name it."""
_FOR_NUL = "\ufdd0"
"""No character at all: DuckDB's `nfc_normalize` takes a NUL for the end of a text."""
_WRAPPING = f'{_TRIMMED}="'
_NOTHING = f'[{_TRIMMED}]*(="+"[{_TRIMMED}]*)?'

_SPACES = "\u0020\u00a0\u202f\u2009"
_APOSTROPHES = "'\u2019"


def has_blanks(word: str) -> bool:
    return any(character in _BLANKS for character in word)


def as_compared(word: str) -> str:
    """A word of a mapping as texts are compared with it: letters and their accents as one, blanks as one space."""
    return re.sub(f"[{_BLANKS}]+", " ", unicodedata.normalize("NFC", word))


def with_single_blanks(text: str) -> str:
    """SQL of a text whose runs of blanks, whatever they are, are one space each."""
    return f"regexp_replace({text}, {literal(f'[{_BLANKS}]+')}, ' ', 'g')"


def part_replaced(text: str, old: str, new: str) -> str:
    """SQL of a text with a part of it replaced, however its blanks are spelled in the text."""
    words = re.split(f"[{_BLANKS}]+", old)
    pattern = f"[{_BLANKS}]+".join(map(re.escape, words))
    if not old.strip(" "):
        pattern = f"[ {_WIDE_SPACES}]{{{len(old)}}}"
    elif not has_blanks(old) or not old.strip():
        return f"replace({text}, {literal(old)}, {literal(new)})"
    escaped = new.replace("\\", "\\\\")
    return f"regexp_replace({text}, {literal(pattern)}, {literal(escaped)}, 'g')"


def trimmed(text: str) -> str:
    """Without surrounding blanks, and without what keeps a spreadsheet from taking it for a number: ="00123"."""
    return _unless_plain(text, _unwrapped(text, _TRIMMED, AS_FORMULA, r"\1"))


def named(text: str) -> str:
    """The same of a text that names something: spaces of all kinds look alike, and an apostrophe before digits is a
    spreadsheet's too."""
    unwrapped = _unwrapped(text, _TRIMMED_OFF_NAMES, f"(?:{AS_FORMULA}|{AS_TEXT})", r"\1\2")
    return _unless_plain(
        text, f"translate({unwrapped}, {literal(_WIDE_SPACES)}, '{' ' * len(_WIDE_SPACES)}')"
    )


def _unless_plain(text: str, mended: str) -> str:
    """Codes and numbers have nothing that a URL would escape; to see that costs a tenth of mending them."""
    return f"case when strlen(url_encode({text})) = strlen({text}) then {text} else {mended} end"


def _unwrapped(text: str, blanks: str, wrapped: str, within: str) -> str:
    return f"regexp_replace({_without_ends(_visible(text), blanks)}, {literal(f'^{wrapped}$')}, '{within}')"


def bare(text: str) -> str:
    """Without what `trimmed` takes off its ends, and no more: shorter, for what is only asked of few values. Quotes
    around nothing are something that cannot be read; only an empty formula is nothing."""
    marks = f"case when not regexp_full_match({text}, {literal(_NOTHING)}) then {text} end"
    return f"coalesce(nullif({_without_ends(text, _WRAPPING)}, ''), {marks}, '')"


def _without_ends(text: str, characters: str) -> str:
    # A tenth of the time of DuckDB's trim(text, characters), which reads the characters anew for each row.
    return f"regexp_replace({text}, {literal(f'^[{characters}]+|[{characters}]+$')}, '', 'g')"


def _visible(text: str) -> str:
    """Without invisible characters, letters and their accents as one (NFC): what looks the same is the same."""
    unseen = rf"[{_INVISIBLE}]+|([\x00-\x7f])[{_JOINERS}]+|[{_JOINERS}]+([\x00-\x7f])"
    visible = rf"regexp_replace({text}, '{unseen}', '\1\2', 'g')"
    visible = f"replace(nfc_normalize(replace({visible}, chr(0), '{_FOR_NUL}')), '{_FOR_NUL}', chr(0))"
    return f"case when strlen({text}) = length({text}) then {text} else {visible} end"


def number_steps(x: str, sql_type: str, values: Values, *, name: str) -> list[dict[str, str]]:
    """Steps to a number in a source's dialect, null when it is none. The common spelling costs one cast."""
    stripped = x
    for sign in values.strip:
        stripped = f"replace({stripped}, {literal(sign)}, '')"
    fast = f"try_cast({_point(stripped, values)} as {sql_type})"
    # DuckDB reads 1_000 as people write it in programs.
    strange = "_" if values.decimal == "." else "_."
    found = " or ".join(f"contains({stripped}, '{mark}')" for mark in strange)
    if values.strip:
        # 3€50 is not 350. What was stripped at the ends alone stands in the text as it is.
        found += f" or not contains({x}, {stripped})"
        marks = "|".join(map(re.escape, values.strip))
        between = f"regexp_matches({x}, {literal(f'(?s)[0-9].*({marks}).*[0-9]')})"
        stripped = f"case when {between} then null else {stripped} end"
    odd = f"{name}_odd"
    careful = _number(odd, sql_type, values)
    if values.percent:
        share = f"try_cast({_number(odd, 'decimal(18,6)', values)} * 0.01 as {sql_type})"
        careful = f"case when contains({x}, '%') then {share} else {careful} end"
    return [
        {f"{name}_fast": f"case when {found} then null else {fast} end"},
        {odd: f"case when {name}_fast is null and {x} <> '' then {_signs_in_front(stripped, values)} end"},
        {name: f"coalesce({name}_fast, {careful})"},
    ]


def _point(text: str, values: Values) -> str:
    return text if values.decimal == "." else f"replace({text}, '{values.decimal}', '.')"


def _signs_in_front(text: str, values: Values) -> str:
    """Without blanks and a percent sign, and with a minus where the dialect marks negatives otherwise."""
    text = f"replace({trimmed(text)}, '\u2212', '-')"
    if values.percent:
        text = f"rtrim({text}, '% ')"
    if "parentheses" in values.negatives:
        text = rf"regexp_replace({text}, '^\(\s*(.*?)\s*\)$', '-\1')"
    if "trailing_minus" in values.negatives:
        # `12,-` is what price lists write for 12.00: a minus behind a mark is none.
        text = rf"regexp_replace({text}, '^([^-]*[0-9])\s*-$', '-\1')"
    return rf"regexp_replace({text}, '^([+-])\s+', '\1')"


def _number(text: str, sql_type: str, values: Values) -> str:
    """The reading of spellings that a cast does not know: grouped thousands among them."""
    mark = re.escape(values.decimal)
    plain = rf"[+-]?([0-9]+({mark}[0-9]*)?|{mark}[0-9]+)"
    branches = f"when regexp_full_match({text}, {literal(plain)}) then {_point(text, values)}"
    if values.thousands:
        marks = "".join(_SPACES if m == " " else _APOSTROPHES if m == "'" else m for m in values.thousands)
        group = f"[{re.escape(marks)}]"
        # A first group that begins with 0 is none: 0.234 is not 234.
        grouped = rf"[+-]?[1-9][0-9]{{0,2}}({group}[0-9]{{2,3}})*{group}[0-9]{{3}}({mark}[0-9]*)?"
        joined = f"translate({text}, {literal(marks)}, '')"
        branches += f" when regexp_full_match({text}, {literal(grouped)}) then {_point(joined, values)}"
    return f"try_cast(case {branches} end as {sql_type})"
