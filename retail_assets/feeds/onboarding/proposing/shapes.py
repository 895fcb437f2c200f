"""What the values of a column look like, and how a mapping would have to read them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from retail_assets.feeds.mapping.values import FALSE_WORDS, TRUE_WORDS
from retail_assets.feeds.onboarding.proposing.words import listed

_SIGNS = "€|\\$|£|¥|R\\$|zł|Kč|kr\\.?|Ft|Fr\\.?|CHF|EUR|USD|GBP|PLN|SEK|DKK|NOK|CZK|HUF|BRL|JPY"
CURRENCIES = {"€": "EUR", "£": "GBP", "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "R$": "BRL"}
_NUMBER = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>[-+\u2212])?\s*(?P<before>{_SIGNS})?\s*(?P<inner>[-+\u2212])?"
    r"(?P<digits>\d[\d.,'\u2019 \u00a0\u202f]*|[.,]\d+)\s*"
    rf"(?P<percent>%)?\s*(?P<after>{_SIGNS})?\s*(?P<trailing>-)?\s*(?P<close>\))?"
)
_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{4}|\d{1,2})(?!\d)(.*)", re.DOTALL)
_NAMED = re.compile(r"(\d{1,2})([ -])([A-Za-z]{3,9})\2(\d{4}|\d{2})(?!\d)(.*)", re.DOTALL)
_CLOCK = re.compile(r"([ T]*)(\d{1,2}):(\d{2})(:\d{2})?(\.\d+)?( ?[AaPp][Mm])?( ?(?:Z|[+-]\d{2}:?\d{2}))?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)? ?(Z|[+-]\d{2}:?\d{2})?)?")
_ENOUGH = 0.9


@dataclass(frozen=True)
class Shape:
    """What a column holds: text, integer, number, date, datetime, time or boolean."""

    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    """Keys of a mapping's values, as they would be written there."""
    as_time: dict[str, Any] | None = None
    """For integers: the settings under which they are moments, if they can be."""
    signs: frozenset[str] = frozenset()
    zoned: bool = True
    """False where local times do not say their zone."""
    doubt: str | None = None


def shape_of(texts: Mapping[str, int], *, decimal: str | None = None, day_first: bool | None = None) -> Shape:
    """The shape of filled, trimmed texts with their counts. What one column leaves open, the file's other columns
    may settle: its decimal mark, and whether the day stands before the month."""
    strict, loose = listed("nothing_even_in_texts"), listed("nothing_even_in_texts") | listed("nothing")
    filled = {value: count for value, count in texts.items() if value.lower() not in loose}
    found = _boolean(filled) or _moment(filled, day_first) or _number(filled, decimal) or Shape("text")
    nothing = strict if found.kind == "text" else loose
    nulls = sorted({value for value in texts if value.lower() in nothing})
    return replace(found, settings={**found.settings, "null_words": nulls}) if nulls else found


def _most(found: Iterable[str], values: Mapping[str, int]) -> bool:
    """Whether what was found is the column's way; the rest are its mistakes."""
    return sum(values[value] for value in found) >= _ENOUGH * sum(values.values())


def _boolean(values: Mapping[str, int]) -> Shape | None:
    true, false = ({v for v in values if v.lower() in listed(truth)} for truth in ("true", "false"))
    if not true | false or {*values} != true | false or len({v.lower() for v in values}) > 2:
        return None
    if {v.lower() for v in values} <= {*TRUE_WORDS, *FALSE_WORDS}:
        return Shape("boolean")
    words = {"true_words": sorted(true), "false_words": sorted(false)}
    return Shape("boolean", {key: found for key, found in words.items() if found})


def _number(values: Mapping[str, int], decimal: str | None) -> Shape | None:
    found = [match for match in map(_NUMBER.fullmatch, values) if match]
    if not found or not _most((match.string for match in found), values):
        return None
    digits = [match["digits"].strip() for match in found]
    if any(len(d) > 1 and d[0] == "0" and d.isdigit() for d in digits) or max(map(len, digits)) > 18:
        return Shape("text")  # a code with leading zeros, or too long to be counted
    settings, doubt = _marks(digits, decimal)
    signs = frozenset(sign for match in found for sign in (match["before"], match["after"]) if sign)
    negatives = {
        "parentheses": any(match["open"] and match["close"] for match in found),
        "trailing_minus": any(match["trailing"] for match in found),
    }
    if signs:
        settings["strip"] = sorted(signs, key=lambda sign: (-len(sign), sign))
    if any(negatives.values()):
        settings["negatives"] = [name for name, there in negatives.items() if there]
    if any(match["percent"] for match in found):
        settings["percent"] = "true"
    whole = "decimal" not in settings and "percent" not in settings
    plain = whole and not signs and not settings
    return Shape(
        "integer" if whole else "number",
        settings,
        as_time=_moment_in_digits(digits) if plain else None,
        signs=signs,
        doubt=doubt,
    )


def _marks(digits: list[str], decimal: str | None) -> tuple[dict[str, Any], str | None]:
    """Decimal mark and thousands marks: where two different marks stand in a number, the last is decimal."""
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
    doubt = None
    found = votes.most_common(1)[0][0] if votes.total() else None
    for mark in unsure - {found} - thousands:
        if found or (decimal and decimal != mark):
            thousands.add(mark)
        else:
            found = mark
            doubt = None if decimal else f"is `{mark}` the decimal mark, or does it group thousands?"
    settings: dict[str, Any] = {"decimal": found} if found else {}
    if thousands - {found}:
        settings["thousands"] = sorted(thousands - {found})
    return settings, doubt


def _moment_in_digits(digits: list[str]) -> dict[str, Any] | None:
    """Days or moments written as one number: 20261120, 20261120140500, or an epoch since 2000."""
    lengths = {len(text) for text in digits}
    for length, pattern in ((8, "%Y%m%d"), (14, "%Y%m%d%H%M%S")):
        if lengths == {length} and all("1990" <= d[:4] <= "2099" and "01" <= d[4:6] <= "12" for d in digits):
            return {"dates": [pattern]}
    for unit, factor in (("seconds", 1), ("milliseconds", 1_000), ("microseconds", 1_000_000)):
        if all(d.isdigit() and 946_684_800 <= int(d) // factor < 4_102_444_800 for d in digits):
            return {"epoch": unit}
    return None


def _moment(values: Mapping[str, int], day_first: bool | None) -> Shape | None:
    """Dates, dates with times, or times of day."""
    clocks = [match for value in values if (match := _CLOCK.fullmatch(value)) and not match[1]]
    if clocks and _most((match.string for match in clocks), values):
        times = sorted({_clock_format(match) for match in clocks})
        return Shape("time", {"times": times} if any(match[6] for match in clocks) else {})
    formats: dict[str, list[str]] = {}
    iso = [match for match in map(_ISO.fullmatch, values) if match]
    zoned = all(match[1] for match in iso)
    dates = [match for value in values if not _ISO.fullmatch(value) and (match := _DATE.fullmatch(value))]
    order = day_order(values) if day_first is None else day_first
    for match in dates:
        if clock := _CLOCK.fullmatch(match[5]) if match[5] else "":
            zoned = zoned and bool(clock[7])
        if clock is not None:
            # Who writes 11/01/2026 9:05 AM most likely writes the month first.
            day_leads = not (clock and clock[6] and match[2] == "/") if order is None else order
            name = _date_format(match, day_leads) + (_clock_format(clock) if clock else "")
            formats.setdefault(name, []).append(match.string)
    for match in filter(None, map(_NAMED.fullmatch, values)):
        clock = _CLOCK.fullmatch(match[5]) if match[5] else ""
        if clock is not None:
            day = f"%d{match[2]}{'%b' if len(match[3]) == 3 else '%B'}{match[2]}{_year(match[4])}"
            formats.setdefault(day + (_clock_format(clock) if clock else ""), []).append(match.string)
    read = [match.string for match in iso] + [text for texts in formats.values() for text in texts]
    if not read or not _most(read, values):
        return None
    has_time = any("%H" in f or "%I" in f for f in formats) or any(len(match[0]) > 10 for match in iso)
    day_leads, month_leads = (any(f.startswith(start) for f in formats) for start in ("%d/%m", "%m/%d"))
    first, second = ("day", "month") if day_leads else ("month", "day")
    open_order = order is None and (day_leads or month_leads)
    return Shape(
        "datetime" if has_time else "date",
        {"dates": sorted(formats, key=lambda name: -len(formats[name]))} if formats else {},
        zoned=zoned and not any("%z" not in f for f in formats),
        doubt=f"does the {first} stand before the {second}?" if open_order else None,
    )


def day_order(values: Iterable[str]) -> bool | None:
    """Whether the day stands before the month; None where no date says so."""
    found = [match for match in map(_DATE.fullmatch, values) if match and len(match[1]) < 4]
    first, second = (max((int(match[part]) for match in found), default=0) for part in (1, 3))
    return None if first <= 12 and second <= 12 else first > 12


def _date_format(match: re.Match[str], day_first: bool) -> str:
    mark = match[2]
    if len(match[1]) == 4:
        return f"%Y{mark}%m{mark}%d"
    start = f"%d{mark}%m" if day_first else f"%m{mark}%d"
    return f"{start}{mark}{_year(match[4])}"


def _year(text: str) -> str:
    return "%Y" if len(text) == 4 else "%y"


def _clock_format(match: re.Match[str]) -> str:
    space, _, _, seconds, fraction, half, zone = match.groups()
    hour = "%I" if half else "%H"
    tail = f"{':%S' if seconds else ''}{'.%f' if fraction else ''}"
    offset = (" %z" if zone.startswith(" ") else "%z") if zone else ""
    marked = (" %p" if half.startswith(" ") else "%p") if half else ""
    return f"{space}{hour}:%M{tail}{marked}{offset}"
