"""Dates, moments and times of day among a column's texts: in which formats, and what stays open."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from retail_assets.feeds.onboarding.proposing.shape import Shape
from retail_assets.feeds.onboarding.proposing.words import english_months, months

_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{4}|\d{1,2})(?!\d)(.*)", re.DOTALL)
_DAY_NAMED = re.compile(r"(\d{1,2})(\. |[ ./-])([^\W\d_]{3,10})(\.?[ ./-])(\d{4}|\d{2})(?!\d)(.*)", re.DOTALL)
_MONTH_NAMED = re.compile(r"([^\W\d_]{3,10})([ -])(\d{1,2})(, ?| |-)(\d{4}|\d{2})(?!\d)(.*)", re.DOTALL)
_CLOCK = re.compile(
    r"((?:,? +| ?T|, ?)?)(\d{1,2}):(\d{2})(:\d{2})?(\.\d+)?( ?[AaPp][Mm])?( ?(?:Z|[+-]\d{2}:?\d{2}))?"
    r"( \(?[A-Z]{2,5}\)?)?"
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2}| UTC| Z)?)?")
_MIDNIGHT = re.compile(r"[ T]00:00(?::00(?:\.0+)?)?$")
_ENOUGH = 0.6
UTC = "UTC"
_NO_OFFSET = frozenset([UTC, "GMT", "UT", "Z"])
_EPOCHS = (("seconds", 1), ("milliseconds", 1_000), ("microseconds", 1_000_000))


@dataclass(frozen=True)
class _Read:
    """How one text is a moment."""

    text: str
    format: str = ""
    """Empty for ISO 8601, which needs none."""
    zoned: bool = False
    has_time: bool = False
    zone_word: str = ""
    """The zone's name, which a format can only skip."""
    month: str | None = None
    """The month's name as the text writes it, where it is not English."""


def moment_of(values: Mapping[str, int], day_first: bool | None) -> Shape | None:
    """The shape of dates, dates with times, or times of day; None where most are none."""
    clocks = [match for value in values if (match := _CLOCK.fullmatch(value)) and not match[1]]
    if clocks and _most([match.string for match in clocks], values):
        times = sorted({_clock_format(match) for match in clocks})
        return Shape("time", {"times": times} if any(match[6] or match[8] for match in clocks) else {})
    order = day_order(values) if day_first is None else day_first
    year_first = _year_first(values)
    read = [found for value in values if (found := _read(value, order, year_first))]
    if not read or not _most([found.text for found in read], values):
        return None
    formats = Counter(found.format for found in read if found.format)
    names = sorted({found.month for found in read if found.month})
    settings: dict = {"dates": [name for name, _ in formats.most_common()]} if formats else {}
    if names:
        settings["replace"] = {name: months()[name.lower()] for name in names}
    timed = [found for found in read if found.has_time]
    midnight = all(_MIDNIGHT.search(found.text) for found in timed)
    return Shape(
        "datetime" if timed and not midnight else "date",
        settings,
        zoned=all(found.zoned for found in read),
        in_utc=bool(timed) and all(found.zone_word in _NO_OFFSET for found in timed),
        doubt=" ".join(_doubts(read, values, settled=day_first is not None, year_first=year_first)) or None,
    )


def day_order(values: Iterable[str]) -> bool | None:
    """Whether the day stands before the month; None where no date says so, or they disagree."""
    found = [match for match in map(_DATE.fullmatch, values) if match and len(match[1]) < 4]
    first, second = (max((int(match[part]) for match in found), default=0) for part in (1, 3))
    return None if (first > 12) == (second > 12) else first > 12


def moment_in_digits(digits: list[str]) -> Shape | None:
    """Days or moments written as one number: 20261120, 261120, an epoch since 2000; a row of zeros is none."""
    zeros = sorted({text for text in digits if not text.strip("0")})
    filled = [text for text in digits if text.strip("0")]
    lengths = {len(text) for text in filled}
    nulls = {"null_words": zeros} if zeros else {}
    if not filled or not all(text.isdigit() for text in filled):
        return None
    for length, pattern in (
        (8, "Ymd"),
        (14, "YmdHMS"),
        (12, "YmdHM"),
        (8, "dmY"),
        (7, "1ymd"),
        (6, "ymd"),
        (6, "dmy"),
    ):
        if lengths == {length} and all(_is_date(text, pattern) for text in filled):
            doubt = None if pattern.startswith("Y") else "are these dates, and in this order?"
            kind = "datetime" if "H" in pattern else "date"
            written = "".join(code if code == "1" else f"%{code}" for code in pattern)
            return Shape(kind, {"dates": [written], **nulls}, zoned=False, doubt=doubt)
    for unit, factor in _EPOCHS:
        if all(946_684_800 <= int(text) // factor < 4_102_444_800 for text in filled):
            return Shape("datetime", {"epoch": unit, **nulls})
    return None


def clock_in_digits(values: Iterable[str]) -> str | None:
    """The format of times of day written as one number: 0815, 081530."""
    found = list(values)
    for length, pattern in ((4, "%H%M"), (6, "%H%M%S")):
        if found and all(len(v) == length and v.isdigit() and v[:2] < "24" and v[2:4] < "60" for v in found):
            return pattern
    return None


def _is_date(text: str, pattern: str) -> bool:
    parts, at = {}, 0
    for code in pattern:
        width = 4 if code == "Y" else 1 if code == "1" else 2
        parts[code], at = text[at : at + width], at + width
    year = parts["Y"] if "Y" in parts else f"20{parts['y']}"
    start = parts.get("1", "1") == "1"
    return start and "1990" <= year <= "2099" and "01" <= parts["m"] <= "12" and "01" <= parts["d"] <= "31"


def _most(found: list[str], values: Mapping[str, int]) -> bool:
    """Whether what was found is the column's way; the rest are its mistakes."""
    return sum(values[value] for value in found) >= _ENOUGH * sum(values.values())


def _year_first(values: Iterable[str]) -> bool:
    """Whether 26-11-20 most likely begins with the year: the last part varies, the first one hardly does."""
    found = [match for match in map(_DATE.fullmatch, values) if match]
    if not found or any(len(m[1]) != 2 or len(m[4]) != 2 or m[2] == "." for m in found):
        return False
    first, last = {match[1] for match in found}, {match[4] for match in found}
    return len(first) < len(last) and all("15" <= y <= "45" for y in first) and max(last) <= "31"


def _read(text: str, day_first: bool | None, year_first: bool) -> _Read | None:
    if iso := _ISO.fullmatch(text):
        return _Read(text, zoned=bool(iso[1]), has_time=len(text) > 10)
    month = None
    if match := _DATE.fullmatch(text):
        clock = _clock(match[5])
        # Who writes 11/01/2026 9:05 AM most likely writes the month first.
        in_halves = isinstance(clock, re.Match) and clock[6]
        leads = not (in_halves and match[2] == "/") if day_first is None else day_first
        day = _date_format(match, leads, year_first)
    elif match := _DAY_NAMED.fullmatch(text):
        month, clock = match[3], _clock(match[6])
        day = f"%d{match[2]}{_month(month)}{match[4]}{_year(match[5])}"
    elif match := _MONTH_NAMED.fullmatch(text):
        month, clock = match[1], _clock(match[6])
        day = f"{_month(month)}{match[2]}%d{match[4]}{_year(match[5])}"
    else:
        return None
    if clock is None or (month and month.lower() not in months() and month.lower() not in english_months()):
        return None
    local = month if month and month.lower() not in english_months() else None
    if isinstance(clock, str):
        return _Read(text, day, month=local)
    zone_word = (clock[8] or "").strip(" ()")
    return _Read(
        text, day + _clock_format(clock), bool(clock[7]), has_time=True, zone_word=zone_word, month=local
    )


def _clock(text: str) -> re.Match[str] | str | None:
    """What follows a date: nothing, a time of day, or (None) something else."""
    return _CLOCK.fullmatch(text) if text else ""


def _doubts(
    read: list[_Read], values: Mapping[str, int], *, settled: bool, year_first: bool
) -> Iterator[str]:
    if len(read) < len(values):
        yield f"{len(values) - len(read):,} of {len(values):,} different values are no dates."
    words = sorted({found.zone_word for found in read if found.zone_word})
    if not _NO_OFFSET.issuperset(words):
        yield f"say in time_zone what {' and '.join(words[:4])} mean; it holds for all of them."
    if year_first:
        yield "does the year stand first?"
        return
    formats = [f.format for f in read if f.format.startswith(("%d/%m", "%m/%d", "%d-%m", "%m-%d"))]
    if formats and not settled and day_order(values) is None:
        first, second = ("day", "month") if formats[0].startswith("%d") else ("month", "day")
        yield f"does the {first} stand before the {second}?"


def _date_format(match: re.Match[str], day_first: bool, year_first: bool) -> str:
    mark = match[2]
    if len(match[1]) == 4:
        return f"%Y{mark}%m{mark}%d"
    if year_first:
        return f"%y{mark}%m{mark}%d"
    start = f"%d{mark}%m" if day_first else f"%m{mark}%d"
    return f"{start}{mark}{_year(match[4])}"


def _year(text: str) -> str:
    return "%Y" if len(text) == 4 else "%y"


def _month(name: str) -> str:
    return "%b" if len(name) == 3 and name.lower() in english_months() else "%B"


def _clock_format(match: re.Match[str]) -> str:
    space, _, _, seconds, fraction, half, zone, word = match.groups()
    hour = "%I" if half else "%H"
    tail = f"{':%S' if seconds else ''}{'.%f' if fraction else ''}"
    offset = (" %z" if zone.startswith(" ") else "%z") if zone else ""
    marked = (" %p" if half.startswith(" ") else "%p") if half else ""
    return f"{space}{hour}:%M{tail}{marked}{offset}{word or ''}"
