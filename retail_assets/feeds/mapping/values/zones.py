"""Local times to instants, as SQL. A zone is a step function over local time, so it becomes two lists, of its changes
year by year and of the offsets between them: exact, and much cheaper than a calendar call per row.

A local time that a clock shows twice, or that it leaps over, is read with the offset in force before the change:
the first of two, and the time of a clock that nobody has put forward yet.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from retail_assets.feeds.mapping.values.spelling import trimmed
from retail_assets.feeds.mapping.values.texts import Steps
from retail_assets.sql import literal

FIRST_YEAR, LAST_YEAR = 1970, 2100
_YEARS = range(FIRST_YEAR, LAST_YEAR + 1)
_KNOWN_UNTIL = 2040
"""Until then zones have all the names that they are known to get."""
NO_ZONE = "Etc/UTC"
"""Another name of UTC, for times of which it is not known yet whose they are."""
_WEEK, _SECOND, _MICROSECOND = timedelta(days=7), timedelta(seconds=1), timedelta(microseconds=1)

Step = tuple[datetime, timedelta]
"""From which local time on which offset applies."""

_OFFSETS = """
    UTC+0 UT+0 GMT+0 Z+0 WET+0 WEST+1 CET+1 CEST+2 EET+2 EEST+3 WAT+1 CAT+2 SAST+2 EAT+3 PKT+5 WIB+7 WITA+8 WIT+9
    HKT+8 JST+9 KST+9 AWST+8 ACST+9.5 ACDT+10.5 AEST+10 AEDT+11 NZST+12 NZDT+13
    EST-5 EDT-4 MST-7 MDT-6 PST-8 PDT-7 AKST-9 AKDT-8 HST-10
"""
ABBREVIATIONS = {
    short: float(hours) for short, hours in (re.split("(?=[+-])", entry) for entry in _OFFSETS.split())
}
"""Abbreviations that say one offset, in hours: those of the tz database that name the same one wherever they have been
in use since 1995, or (PST, KST) in all but one place. The others mean several zones (BST, CST, IST, AST, ECT, SST, …),
or none for sure."""


def instant_sql(local: str, zone: str) -> str:
    """SQL of the instant (TIMESTAMPTZ, in a UTC session) at which clocks of `zone` show the column `local`."""
    if zone == "UTC":
        return f"cast({local} as timestamptz)"
    changes, offsets = _by_year(local_steps(zone))
    a_year = len(changes) // len(_YEARS)
    before = f"greatest(0, least({_YEARS[-1]}, year({local})) - {_YEARS[0]}) * {a_year}"
    passed = [
        f"cast(epoch_us({local}) >= {_list(changes)}[{before} + {n}] as int)" for n in range(1, a_year + 1)
    ]
    return f"make_timestamptz(epoch_us({local}) - {_list(offsets)}[{' + '.join(['1', before, *passed])}])"


def _by_year(steps: tuple[Step, ...]) -> tuple[list[int], list[int]]:
    """When a zone's clocks change (equally often in every year, for the last time where it ends), and the offsets
    before, between and after; all in microseconds."""
    found = {year: [step for step in steps[1:] if step[0].year == year] for year in _YEARS}
    most = max(map(len, found.values()))
    changes, offsets = [], [steps[0][1]]
    for year, real in found.items():
        idle = [(datetime(year + 1, 1, 1), (real[-1][1] if real else offsets[-1]))] * (most - len(real))
        for change, offset in [*real, *idle]:
            changes.append((change - datetime(1970, 1, 1)) // _MICROSECOND)
            offsets.append(offset)
    return changes, [offset // _MICROSECOND for offset in offsets]


def _list(numbers: list[int]) -> str:
    """A constant list: as one text it is planned as one value."""
    return f"cast('{numbers}' as bigint[])"


@cache
def local_steps(zone: str) -> tuple[Step, ...]:
    """The offsets of a zone in local time, oldest first; two changes within a week do not occur."""
    rules = ZoneInfo(zone)

    def offset(moment: datetime) -> timedelta:
        return moment.astimezone(rules).utcoffset() or timedelta()

    moment, end = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR, 1, 1, tzinfo=UTC)
    steps = [(datetime.min, offset(moment))]
    while moment < end:
        before, after = moment, moment + _WEEK
        if offset(before) != offset(after):
            while after - before > _SECOND:
                middle = (before + (after - before) / 2).replace(microsecond=0)
                before, after = (middle, after) if offset(middle) == offset(before) else (before, middle)
            change = after + max(offset(before), offset(after))
            steps.append((change.replace(tzinfo=None), offset(after)))
        moment += _WEEK
    return tuple(steps)


def named_zone_steps(text: str, zone: str, *, name: str) -> Steps:
    """Steps to the instant of an ISO text that states its offset or the name of its zone.

    An abbreviation means what it means on the clocks of `zone` at that time (BST in London's summer), else what it
    means everywhere, else nothing. DuckDB would take BST for Bangladesh, and CET for summer time in summer.
    """
    said, word, clock = f"{name}_said", f"{name}_word", f"{name}_clock"
    plain, bare = f"{name}_plain", f"{name}_bare"
    # A letter that is no Z alone, or a blank behind it. Most texts end with a Z and have no other offset.
    named = f"(right({said}, 2) > ':' or right({said}, 2) < '!')"
    without = f"left({bare}, length({bare}) - length({word}))"

    def at(hours: float) -> str:
        return f"make_timestamptz(epoch_us({clock}) - {int(hours * 3_600_000_000)}::bigint)"

    here = "".join(
        f"when {word} = {literal(short)} and timezone({literal(zone)}, {at(hours)}) = {clock} then {at(hours)} "
        for short, hours in abbreviations(zone)
    )
    shorts = ", ".join(map(literal, ABBREVIATIONS))
    offsets = [int(hours * 3_600_000_000) for hours in ABBREVIATIONS.values()]
    everywhere = f"make_timestamptz(epoch_us({clock}) - {_list(offsets)}[list_position([{shorts}], {word})])"
    place = f"when contains({word}, '/') then try_cast({said} as timestamptz)"
    return [
        {said: text},
        {
            plain: f"case when suffix({said}, 'Z') and {said}[-2] < ':' and {said}[-3] <> ':' "
            f"then try_cast({said} as timestamptz) "
            f"when {named} then null else {_with_offset(said)} end"
        },
        {bare: f"case when {plain} is null then {trimmed(said)} end"},
        {
            word: f"case when {bare} is not null and {named} "
            f"then upper(regexp_extract({bare}, '[A-Za-z][A-Za-z0-9_/+-]*$')) end"
        },
        {
            clock: f"case when {word} <> '' and not {is_cut(f'({without})')} "
            f"then try_cast({without} as timestamp) end"
        },
        {
            name: f"case when {plain} is not null then {plain} "
            f"when coalesce({word}, '') = '' then {_with_offset(bare)} "
            f"{here}{place} else {everywhere} end"
        },
    ]


_NO_OFFSET = r"[+-]((1[5-9]|[2-9][0-9])(:?[0-9]{2}){0,2}|[0-9]{2}:?[6-9][0-9](:?[0-9]{2})?)\s*$"
"""An offset that no clock has: 15 hours or more, or 60 minutes; DuckDB reads +25:00."""


def real_offset(text: str, instant: str) -> str:
    """SQL of an instant that was read of a text which ends with an offset; null where that is none."""
    return f"case when regexp_matches({text}, {literal(_NO_OFFSET)}) then null else {instant} end"


_CUT = r":[0-9]?\s*(Z|[+-][0-9:]*)?\s*$|\s[0-9]+\s*$"
"""The end of a time that was cut off, or has something behind it: 10:0, 10:00:, 10:00:00 2. DuckDB reads all three."""


def is_cut(text: str) -> str:
    """Whether the end of a time is none. Most end with two digits behind a colon, which is soon seen."""
    seen = f"{text}[-3] = ':' and {text}[-1] between '0' and '9'"
    return f"(not ({seen}) and regexp_matches({text}, {literal(_CUT)}))"


def _with_offset(text: str) -> str:
    """An ISO text as an instant; in a day alone no offset is looked for."""
    # Looked for from the end: a day's own hyphens fit too, and are found only where one of these does.
    strange = f"regexp_matches({text}, {literal(_NO_OFFSET)}) and regexp_matches({text}, '[:T].*[+-]')"
    return f"case when {strange} or {is_cut(text)} then null else try_cast({text} as timestamptz) end"


@cache
def abbreviations(zone: str, since: int = FIRST_YEAR) -> list[tuple[str, float]]:
    """What a zone's clocks have been called since a year, with the hours they were ahead of UTC."""
    rules, first = ZoneInfo(zone), datetime(since, 1, 1, tzinfo=UTC)
    months = range(0, (datetime(_KNOWN_UNTIL, 1, 1, tzinfo=UTC) - first).days, 30)
    moments = [(first + timedelta(days=days)).astimezone(rules) for days in months]
    found = {(m.tzname() or "", (m.utcoffset() or timedelta()).total_seconds() / 3600) for m in moments}
    return sorted((short.upper(), hours) for short, hours in found if short.isalpha())


def instant_in(local: str, zone: str) -> str:
    """SQL of the instant at which clocks of the zone that the column `zone` names show the column `local`; null where
    there is no such zone. The same as of a zone that is known, by a calendar call per row. What is an abbreviation too
    says what it says behind a time: CET is an hour ahead also in summer, and MET nothing for sure."""
    known = ", ".join(f"'{name}'" for name in sorted(available_timezones() - ABBREVIATIONS.keys() - {"MET"}))
    fixed = {name: hours for name, hours in ABBREVIATIONS.items() if name in available_timezones()}
    offset = " ".join(f"when '{name}' then {int(hours * 3_600_000_000)}" for name, hours in fixed.items())
    later = f"try(timezone({zone}, {local}))"
    before = [f"{later} - interval {minutes} minute" for minutes in (60, 30)]
    earlier = " ".join(f"when try(timezone({zone}, {one})) = {local} then {one}" for one in before)
    abbreviated = f"make_timestamptz(epoch_us({local}) - case {zone} {offset} end)"
    return f"case when {zone} in ({known}) then case {earlier} else {later} end else {abbreviated} end"
