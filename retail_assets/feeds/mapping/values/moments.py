"""Days, times of day and instants from what a source wrote, on whose clock, and how exactly.

A date alone is a day of the retailer's, whatever clock its source has: as an instant it is the beginning of that day
in the retailer's zone, so that it is its business date.
"""

from retail_assets.feeds.mapping.values.dialect import EPOCHS, Values
from retail_assets.feeds.mapping.values.numbers import to_number
from retail_assets.feeds.mapping.values.spelling import trimmed
from retail_assets.feeds.mapping.values.texts import Kind, Raw, Steps, source_text
from retail_assets.feeds.mapping.values.time_formats import readings, states_time, without_words
from retail_assets.feeds.mapping.values.zones import (
    NO_ZONE,
    instant_sql,
    is_cut,
    named_zone_steps,
    real_offset,
)
from retail_assets.feeds.readers.columns import DAY_CELL, MOMENT_CELL
from retail_assets.sql import literal

DATE = Kind("date", "date", "not_a_date")
LOCAL = Kind("datetime", "timestamp", "not_a_time")
INSTANT = Kind("instant", "timestamptz", "not_a_time")

_DAY = 86_400_000_000
"""In microseconds."""
_OTHER_UNIT = "timestamptz '1970-01-01' and timestamptz '1970-03-01'"
"""Where an epoch ends that is written in another unit than the mapping says, or as 0."""


def to_local(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    here = f"timezone({literal(values.clock)}, {name}_instant)"
    return [*_local_and_instant(raw, values, name), {name: f"coalesce({name}_local, {here})"}]


def to_instant(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    steps = _local_and_instant(raw, values, name)
    there = f"coalesce({name}_instant, {instant_sql(f'{name}_local', values.clock)})"
    if kind.days_of == values.clock:
        return [*steps, {name: there}]
    day = f"{name}_alone"
    return [
        *steps,
        {day: day_alone(raw, values, name)},
        {name: f"case when {day} is not null then {instant_sql(day, kind.days_of)} else {there} end"},
    ]


def to_date(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    if raw.family == "date":
        return [{name: raw.sql}]
    # Not `_time`: that is the other half of a moment from two columns.
    moment = f"{name}_moment"
    zone = values.time_zone if values.time_zone not in (None, NO_ZONE) else kind.days_of
    here = f"timezone({literal(zone)}, {moment}_instant)"
    if raw.family == "text" and not values.epoch:
        here = f"coalesce({_stated_clock(raw, values, moment)}, {here})"
    return [
        *_local_and_instant(raw, values, moment, apart=True),
        {moment: f"case when {moment}_local is not null then {moment}_local else {here} end"},
        {name: f"cast({moment} as date)"},
    ]


_OFFSET = "([+-][0-9]{2}(:?[0-9]{2}){0,2})[^0-9A-Za-z]*$"
_OF_NOBODY = "'Z', 'UTC', 'UT', 'GMT', ''"


def _stated_clock(raw: Raw, values: Values, name: str) -> str:
    """What the clock shows that a text states with its offset or zone, as SQL over the steps to its instant. UTC is
    nobody's clock: that is how programs write an instant."""
    text, instant = source_text(raw, values, [], name), f"{name}_instant"
    offset = f"regexp_extract({text}, {literal(_OFFSET)}, 1)"
    ahead = f"nullif(epoch_us(try_cast('1970-01-01 00:00:00' || {offset} as timestamptz)), 0)"
    by_word = f"case when {instant}_iso_word not in ({_OF_NOBODY}) then {instant}_iso_clock end"
    return f"coalesce({by_word}, make_timestamp(epoch_us({instant}) - {ahead}))"


def _local_and_instant(raw: Raw, values: Values, name: str, *, apart: bool = False) -> Steps:
    """Two columns: the local time that a value states, or the instant where it states its offset. `apart`: a time
    without an offset is no instant even on UTC's clock, where that is less to compute."""
    local, instant = f"{name}_local", f"{name}_instant"
    no_local, no_instant = {local: "null::timestamp"}, {instant: "null::timestamptz"}
    match raw.family:
        case "local" | "date":
            stated = {instant: raw.instant} if raw.instant else no_instant
            return [{local: f"cast({raw.sql} as timestamp)"} | stated]
        case "instant":
            return [no_local | {instant: raw.sql}]
    steps: Steps = []
    if values.epoch:
        *steps, last = to_number(raw, Kind("number", "decimal(28,6)", ""), values, f"{name}_epoch")
        stamp = f"try(make_timestamptz(try_cast({name}_epoch * {EPOCHS[values.epoch]} as bigint)))"
        meant = f"case when {stamp} between {_OTHER_UNIT} then null else {stamp} end"
        return [*steps, last, no_local | {instant: meant}]
    text = source_text(raw, values, steps, name)
    own = raw.is_cell(DAY_CELL, MOMENT_CELL)
    if values.clock == "UTC" and not (values.dates or own or apart):
        *named, last = named_zone_steps(text, values.clock, name=instant)
        return [*steps, *named, no_local | last]
    # Years of two digits first: read as four they would be years of the first century.
    formats = sorted(values.dates, key=lambda f: "%Y" in f)
    offset = f"regexp_matches(substr({text}, 12), '[A-Za-z+-]')"
    # After a date alone DuckDB takes a blank for the beginning of a time.
    local_iso = f"coalesce(try_cast({text} as timestamp), try_cast({trimmed(text)} as timestamp))"
    iso = f"case when {offset} or {is_cut(text)} then null else {local_iso} end"
    local_formats = readings(text, [f for f in formats if "%z" not in f])
    stated = f"coalesce({', '.join([*local_formats, iso])})"
    if own:
        stated = f"case when {own} then try_cast({raw.sql} as timestamp) else {stated} end"
    aware = [f for f in formats if "%z" in f]
    zulu = f"regexp_replace({text}, 'Z$', '+00:00')"  # as %z reads it
    formatted = [real_offset(text, reading) for reading in (*readings(text, aware), *readings(zulu, aware))]
    elsewhere = f"case when {local} is null and {offset} then {text} end"
    *named, last = named_zone_steps(elsewhere, values.clock, name=f"{instant}_iso")
    read = f"coalesce({', '.join([*formatted, f'{instant}_iso'])})"
    return [
        *steps,
        {f"{local}_read": stated},
        {local: without_words(text, f"{local}_read")},
        *named,
        last,
        {instant: f"case when {local} is null then {read} end"},
    ]


def day_alone(raw: Raw, values: Values, name: str) -> str:
    """The day (at 0:00) that a value states without a time, else null; over the steps of its conversion."""
    local, instant = f"{name}_local", f"{name}_instant"
    own = raw.is_cell(DAY_CELL)
    match raw.family:
        case "date":
            return local
        case "local":
            return f"case when {own} then {local} end" if own else "null::timestamp"
        case "instant":
            return "null::timestamp"
    if values.epoch:
        return "null::timestamp"
    text = source_text(raw, values, [], name)
    without = readings(text, [f for f in values.dates if not states_time(f)])
    timed = readings(text, [f for f in values.dates if states_time(f)])
    by_format = [f"coalesce({', '.join(without)}) is not null"] if without else []
    no_time = f"coalesce({', '.join(timed)}) is null and " if timed else ""
    alone = " or ".join([*([own] if own else []), *by_format, f"({no_time}not contains({text}, ':'))"])
    stated = f"coalesce({local}, cast({instant} as timestamp))" if values.clock == "UTC" else local
    # The cheap question first.
    return f"case when {alone} then case when epoch_us({stated}) % {_DAY} = 0 then {stated} end end"
