"""Times of day, and the moments that a day and a time in two columns say.

DuckDB's cast to a time drops whatever stands behind it: AM and PM, offsets, names of zones, other words. So a time is
only what is one to its last character, and one that states whose clock it is becomes an instant.
"""

import re

from retail_assets.feeds.mapping.values.dialect import Values
from retail_assets.feeds.mapping.values.spelling import trimmed
from retail_assets.feeds.mapping.values.texts import Kind, Raw, Steps, plain_text, source_text
from retail_assets.feeds.mapping.values.time_formats import readings
from retail_assets.feeds.mapping.values.zones import named_zone_steps, real_offset
from retail_assets.feeds.readers.columns import TIME_CELL
from retail_assets.sql import literal

_CLOCK = r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?"
_DAY = r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}(T| +)"
_HALF = r"\s*([AaPp])[.]?[Mm][.]?"
_ZONE = r"\s*([+-][0-9]{2}(:?[0-9]{2})?|[A-Za-z][A-Za-z0-9_/+-]*)"
_TWELVE_HOURS = ("%I:%M:%S %p", "%I:%M:%S.%f %p", "%I:%M %p")
_MORE_THAN_A_DAY = "timestamp '1900-01-01' and timestamp '1909-12-31'"
"""What workbooks that know no durations make of times above 24 hours."""
_NO_DAYS = "date '1970-01-01', date '2000-01-01'"
"""With all before 1900: what programs write for the day of a time that has none."""


TIME = Kind("time", "time", "not_a_time")


def to_time(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    """The time of day. Beside it NAME_on, the moment where the source writes a day with it, NAME_zoned, the text of a
    time that says whose clock it is, and NAME_said, the text that formats read."""
    beside = {
        f"{name}_said": "null::varchar",
        f"{name}_on": "null::timestamp",
        f"{name}_zoned": "null::varchar",
    }
    match raw.family:
        case "time":
            return [beside, {name: f"cast({raw.sql} as time)"}]
        case "local":
            return [beside | {f"{name}_on": raw.sql}, {name: f"cast({raw.sql} as time)"}]
        case "instant":
            return [beside | {f"{name}_zoned": plain_text(raw)}, {name: "null::time"}]
    steps: Steps = []
    text = source_text(raw, values, steps, name)
    said, read, on_day = f"{name}_said", f"{name}_read", f"{name}_read_on"
    rest, halves, stamp = f"{name}_rest", f"{name}_halves", f"{name}_stamp"
    dated = [format for format in values.times if re.search("%-?[YyjDF]", format)]
    alone = [format for format in values.times if format not in dated and "%z" not in format]
    formatted = [f"cast({reading} as time)" for reading in readings(said, alone)]
    local = [format for format in dated if "%z" not in format]
    half = f"regexp_replace({rest}, {literal(_HALF + '$')}, ' \\1M')"
    is_zoned = f"regexp_full_match({rest}, {literal(f'({_DAY}|T)?{_CLOCK}{_ZONE}')})"
    is_stamp = f"regexp_full_match({rest}, {literal(_DAY + _CLOCK)})"
    [of_half] = readings(halves, _TWELVE_HOURS)
    return [
        *steps,
        {said: text},
        {read: f"coalesce({', '.join([*formatted, _plain(text)])})", on_day: _first(readings(said, local))},
        {rest: f"case when {read} is null then replace({trimmed(text)}, ',', '.') end"},
        {
            halves: f"case when regexp_full_match({rest}, {literal(_CLOCK + _HALF)}) then {half} end",
            stamp: f"case when {is_stamp} then try_cast({rest} as timestamp) end",
            f"{name}_zoned": f"case when {is_zoned} then ltrim({rest}, 'T') end",
        },
        {
            f"{name}_on": f"coalesce({on_day}, case when {stamp} between {_MORE_THAN_A_DAY} then null else {stamp} end)"
        },
        {name: f"coalesce({read}, {_plain(rest)}, cast({of_half} as time), cast({name}_on as time))"},
    ]


def moment_steps(day: str, time: str, days: Raw, times: Raw, values: Values, *, name: str) -> Steps:
    """Steps to the local time that the columns of a day and a time say together, and beside it NAME_stated, the instant
    where they state whose clock it is. A day that is written with the time is no other one, nor is a time that is
    written with the day."""
    together, written = f"{name}_day_and_time", f"{name}_written"
    same_day = f"cast({time}_on as date) in ({day}, {_NO_DAYS}) or {time}_on < timestamp '1900-01-01'"
    moment = f"case when {time}_on is null or {same_day} then {day} + {time} end"
    if is_span := times.is_cell(TIME_CELL):  # 26:05 is 02:05 of the next day
        moment = f"case when {is_span} then {day} + try_cast({times.sql} as interval) else {moment} end"
    aware = [format for format in values.times if "%z" in format]
    of_day = f"strftime({day}, '%Y-%m-%d ')"
    has_day = f"strpos({time}_zoned, ':') > 6"
    dated = f"{together}_text"
    formatted = [real_offset(dated, one) for one in readings(dated, [f"%Y-%m-%d {f}" for f in aware])]
    instant, here = f"{name}_of_zone", f"timezone({literal(values.clock)}, {name}_of_zone)"
    written_day = f"try_cast(replace(left({written}, 10), '/', '-') as date)"
    is_of_day = f"{instant} is not null and {day} in ({written_day}, cast({here} as date))"
    local, stated = f"{name}_local", f"{name}_instant"
    clock, there = f"{day}_moment", f"{day}_moment_instant"
    in_text = f"try_cast({of_day} || regexp_extract({time}_said, '[0-9]+:[0-9]+') as timestamp)"

    def agreeing(moment: str, *others: tuple[str, str]) -> str:
        """The moment, unless the day was written with another time: two of one minute are one."""
        same = " or ".join(
            f"date_trunc('minute', {one}) = date_trunc('minute', {two})" for one, two in others
        )
        return f"case when {clock} = {day} or {same} then {moment} end" if days.family != "date" else moment

    return [
        {
            written: f"case when {has_day} then {time}_zoned "
            f"when {time}_zoned is not null then {of_day} || {time}_zoned end",
            dated: f"{of_day} || {time}_said",
        },
        *named_zone_steps(written, values.clock, name=instant),
        {stated: _first([*formatted, f"case when {is_of_day} then {instant} end"]), local: moment},
        {
            f"{name}_stated": agreeing(stated, (there, stated), (clock, in_text)),
            name: agreeing(local, (clock, local), (f"timezone({literal(values.clock)}, {there})", local)),
        },
    ]


def _plain(text: str) -> str:
    """14:05 or 14:05:30.5, and nothing else."""
    is_clock = f"regexp_full_match({text}, {literal(_CLOCK)})"
    return f"case when {is_clock} then try_cast({text} as time) end"


def _first(readings: list[str]) -> str:
    return f"coalesce({', '.join(readings)})" if readings else "null::timestamp"
