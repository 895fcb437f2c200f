"""Formats of dates and times, as SQL that reads a text in them.

DuckDB takes one digit for two where another code follows: `%d%m%y` would read 10124, which was 010124 before a
spreadsheet took its zero, as 10 December 2004. Codes that nothing separates take exactly their digits here; so does the
last of two around a decimal mark: `%H.%M` would read 9.3, which was 9.30 before a spreadsheet took it for a number, as
three minutes past nine.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import groupby

from retail_assets.sql import literal

_DIGITS = {"Y": 4, "j": 3} | dict.fromkeys("ymdeHIMS", 2)
_FRACTIONS = "fn"
_NUMERIC = (*_DIGITS, *_FRACTIONS)
_CODE = re.compile("%-?(.)", re.DOTALL)


def states_time(format: str) -> bool:
    """Whether a format says more than a day."""
    return any(code in "HIMSfnpTz" for code in _CODE.findall(format))


def misreads(format: str) -> bool:
    """Whether a format reads ISO 8601, and says another time by it."""
    return "%Y-%d" in format or "%Y-%-d" in format


def readings(text: str, formats: Sequence[str]) -> list[str]:
    """SQL of what a text says in each of some formats, in their order; null where it is not written so."""
    found = []
    for (pattern, asked), alike in groupby(formats, lambda f: (_exact_pattern(f), _asked_of(f))):
        if asked:
            found += [asked(text, format, pattern) for format in alike]
        elif pattern is None:
            found.append(f"try_strptime({text}, [{', '.join(map(literal, alike))}])")
        else:
            found += [_read(text, format, pattern) for format in alike]
    return found


def _read(text: str, format: str, pattern: str | None) -> str:
    read = f"try_strptime({text}, {literal(format)})"
    fits = f"regexp_full_match({text}, {literal(pattern)})" if pattern else ""
    return f"case when {fits} then {read} end" if pattern else read


def _asked_of(format: str) -> Callable[[str, str, str | None], str] | None:
    """What has to be asked of a moment that was read, where DuckDB does not."""
    codes = _CODE.findall(format)
    return _on_its_weekday if {"a", "A"} & {*codes} else _in_its_year if "j" in codes else None


def _on_its_weekday(text: str, format: str, pattern: str | None) -> str:
    """A date that falls on another weekday than stands beside it was read wrongly: day and month in turn, say."""
    read = _read(text, format, pattern)
    return f"case when contains(lower({text}), lower(strftime({read}, '%a'))) then {read} end"


def _in_its_year(text: str, format: str, pattern: str | None) -> str:
    """DuckDB takes day 366 of a year that has 365 for the first of the next."""
    read = _read(text, format, pattern)
    day = f"try_cast(regexp_extract({text}, {literal(f'^{_pattern(format)[0]}$')}, 1) as int)"
    return f"case when dayofyear({read}) = {day} then {read} end"


_MEANT = "timestamp '1970-01-02' and timestamp '9999-12-31'"


def without_words(text: str, moment: str) -> str:
    """SQL of a moment that was read of a text; null where it is DuckDB's for a word that stands there (epoch)."""
    is_word = f"{moment} not between {_MEANT} and regexp_matches({text}, '(?i)epoch|infinity')"
    return f"case when {is_word} then null else {moment} end"


def _exact_pattern(format: str) -> str | None:
    """The texts that a format may read; None where each of its codes is told from the next."""
    pattern, is_needed = _pattern(format)
    return pattern if is_needed else None


@cache
def _pattern(format: str) -> tuple[str, bool]:
    """The texts that a format may read, as a regular expression with the day of the year as its group, and whether some
    codes are not told from the next by themselves."""
    parts = re.split(r"(%-?.)", format, flags=re.DOTALL)
    literals, codes = parts[0::2], [part[-1] for part in parts[1::2]]

    def touches(number: int) -> bool:
        """Whether the code is followed by another one of digits, and nothing between."""
        both = codes[number : number + 2]
        return len(both) == 2 and not literals[number + 1] and all(code in _NUMERIC for code in both)

    is_number = (
        len(codes) == 2 and literals in (["", ".", ""], ["", ",", ""]) and all(c in _DIGITS for c in codes)
    )
    is_needed = is_number or any(map(touches, range(len(codes))))
    pattern = _between(literals[0])
    for number, code in enumerate(codes):
        exact = touches(number) or (number and (is_number or touches(number - 1)))
        digits = _of_code(code, exact=bool(exact))
        pattern += (f"({digits})" if code == "j" else digits) + _between(literals[number + 1])
    return rf"\s*{pattern}\s*", is_needed


def _between(text: str) -> str:
    return "".join(r"\s*" if character.isspace() else re.escape(character) for character in text)


def _of_code(code: str, *, exact: bool) -> str:
    if code in _DIGITS:
        return f"[0-9]{{{_DIGITS[code]}}}" if exact else f"[0-9]{{1,{_DIGITS[code]}}}"
    return {"%": "%"}.get(code, "[0-9]{1,9}" if code in _FRACTIONS else ".+")
