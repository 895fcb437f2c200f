"""Which shape a column's texts have."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from retail_assets.feeds.mapping.values.dialect import FALSE_WORDS, TRUE_WORDS
from retail_assets.feeds.onboarding.proposing.moments import moment_in_digits, moment_of
from retail_assets.feeds.onboarding.proposing.shape import Shape
from retail_assets.feeds.onboarding.proposing.words import listed, nothing_words

_SIGNS = "€|\\$|£|¥|R\\$|zł|Kč|kr\\.?|Ft|Fr\\.?|CHF|EUR|USD|GBP|PLN|SEK|DKK|NOK|CZK|HUF|BRL|JPY"
CURRENCIES = {"€": "EUR", "£": "GBP", "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "R$": "BRL"}
_NUMBER = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>[-+\u2212])?\s*(?P<before>{_SIGNS})?\s*(?P<inner>[-+\u2212])?"
    r"(?P<digits>\d[\d.,'\u2019 \u00a0\u202f]*|[.,]\d+)\s*"
    rf"(?P<percent>%)?\s*(?P<after>{_SIGNS})?\s*(?P<trailing>-)?\s*(?P<close>\))?(?P<unit>\s?[^\W\d_]{{1,5}}\.?)?"
)


class NumberCell(str):
    """A number that its file holds as such: it is read without marks, and says nothing of those in texts."""

    __slots__ = ()


_ENOUGH = 0.6
"""From here on what is found is the column's way; the rest are its mistakes, which are told."""

_IN_GROUP = 3
"""Digits between two marks of thousands."""


def shape_of(texts: Mapping[str, int], *, decimal: str | None = None, day_first: bool | None = None) -> Shape:
    """The shape of filled, trimmed texts with their counts. What one column leaves open, the file's other columns
    may settle: its decimal mark, and whether the day stands before the month."""
    strict, loose = listed("nothing_even_in_texts"), nothing_words()
    filled = {value: count for value, count in texts.items() if value.lower() not in loose}
    dated = {value: count for value, count in filled.items() if value not in listed("no_dates")}
    found = _boolean(filled) or moment_of(dated, day_first) or _number(filled, decimal) or Shape("text")
    nothing = strict if found.kind == "text" else loose
    if found.kind in ("date", "datetime"):
        nothing |= listed("no_dates")
    nulls = sorted({value for value in texts if value.lower() in nothing})
    return replace(found, settings={**found.settings, "null_words": nulls}) if nulls else found


def _boolean(values: Mapping[str, int]) -> Shape | None:
    true, false = ({v for v in values if v.lower() in listed(truth)} for truth in ("true", "false"))
    if not true | false or {*values} != true | false or len({v.lower() for v in values}) > 2:
        return None
    if {v.lower() for v in values} <= {*TRUE_WORDS, *FALSE_WORDS}:
        return Shape("boolean")
    words = {"true_words": sorted(true), "false_words": sorted(false)}
    return Shape("boolean", {key: found for key, found in words.items() if found})


def _number(values: Mapping[str, int], decimal: str | None) -> Shape | None:
    found = [match for match in map(_NUMBER.fullmatch, values) if match and _is_unit(match["unit"])]
    if not found or sum(values[match.string] for match in found) < _ENOUGH * sum(values.values()):
        return None
    digits = [match["digits"].strip() for match in found]
    if any(len(d) > 1 and d[0] == "0" and d.isdigit() for d in digits) or max(map(len, digits)) > 18:
        return Shape("text", as_time=moment_in_digits(digits))  # a code, or too long to be counted
    own = [match for match in found if isinstance(match.string, NumberCell)]
    written = [match["digits"].strip() for match in found if match not in own] if own else digits
    settings, doubts = _marks(written, decimal)
    signs = frozenset(sign for match in found for sign in (match["before"], match["after"]) if sign)
    negatives = {
        "parentheses": any(match["open"] and match["close"] for match in found),
        "trailing_minus": any(match["trailing"] for match in found),
    }
    if len(found) < len(values):
        doubts.append(f"{len(values) - len(found):,} of {len(values):,} different values are no numbers.")
    units = {match["unit"].strip() for match in found if match["unit"]}
    if len({unit.lower().strip(".") for unit in units}) > 1:
        doubts.append("the numbers are in several units.")
    if signs | units:
        settings["strip"] = sorted(signs | units, key=lambda sign: (-len(sign), sign))
    if any(negatives.values()):
        settings["negatives"] = [name for name, there in negatives.items() if there]
    if any(match["percent"] for match in found):
        settings["percent"] = "true"
    fractions = any("." in match["digits"] for match in own)
    whole = "decimal" not in settings and "percent" not in settings and not fractions
    plain = whole and not signs and not settings
    return Shape(
        "integer" if whole else "number",
        settings,
        as_time=moment_in_digits(digits) if plain else None,
        signs=signs,
        doubt=" ".join(doubts) or None,
    )


def _is_unit(text: str | None) -> bool:
    return text is None or text.strip().lower() in listed("units")


def _marks(digits: list[str], decimal: str | None) -> tuple[dict[str, Any], list[str]]:
    """Decimal mark and thousands marks: where two different marks stand in a number, the last is decimal. Three digits
    behind the only mark are either, whatever the file's other numbers say; where all have them, as scales and weights
    do, rather decimals."""
    votes: Counter[str] = Counter()
    thousands: set[str] = set()
    unsure: set[str] = set()
    for text in digits:
        marks = re.findall(r"[.,]", text)
        thousands |= {
            "'" if mark in "'\u2019" else " " for mark in re.findall(r"['\u2019 \u00a0\u202f]", text)
        }
        if len(set(marks)) == 2:
            votes[marks[-1]] += 1
            thousands.add(marks[0])
        elif len(marks) > 1:
            thousands.add(marks[0])
        elif marks:
            head, tail = text.split(marks[0])
            certain = len(tail) != 3 or not 1 <= len(head) <= 3 or head == "0"
            votes[marks[0]] += certain
            unsure |= set() if certain else {marks[0]}
    doubts = []
    found = votes.most_common(1)[0][0] if votes.total() else None
    for mark in sorted(unsure - {found} - thousands):
        if found:
            thousands.add(mark)
        elif decimal == mark:
            found = mark
        elif decimal and _are_heads(text for text in digits if mark not in text):
            thousands.add(mark)
            doubts = [f"does `{mark}` group thousands (`1{mark}000` is 1000), or is it the decimal mark (1)?"]
        else:
            found = mark
            doubts = [f"is `{mark}` the decimal mark (`1{mark}000` is 1), or does it group thousands (1000)?"]
    settings: dict[str, Any] = {"decimal": found} if found else {}
    if thousands - {found}:
        settings["thousands"] = sorted(thousands - {found})
    return settings, doubts


def _are_heads(unmarked: Iterable[str]) -> bool:
    """Whether some numbers have no mark, and all of those are below a thousand: where the others are grouped."""
    lengths = {len(text) for text in unmarked}
    return bool(lengths) and max(lengths) <= _IN_GROUP
