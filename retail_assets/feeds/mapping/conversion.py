"""From what a source wrote to a typed value, as SQL over one column.

A conversion is a list of steps; each step computes named columns from those before it, and the last one is the
value, or null when there is none or it cannot be read. The common spelling comes first and costs one cast; the
careful reading of everything else runs only on what the cast left null. Typed values (Parquet's numbers, times and
booleans, and what expressions yield) have no dialect: of the settings only scale, epoch and time zone touch them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from retail_assets.feeds.mapping.spelling import number_from_text, trimmed
from retail_assets.feeds.mapping.values import EPOCHS, Values
from retail_assets.feeds.mapping.zones import instant_sql
from retail_assets.sql import literal

Steps = list[dict[str, str]]


@dataclass(frozen=True)
class Kind:
    """What a value is to become."""

    name: str
    sql_type: str
    fault: str
    """The rule that a value breaks which is there and cannot be read."""


TEXT = Kind("text", "varchar", "not_text")
NUMBER = Kind("number", "decimal(18,6)", "not_a_number")
INTEGER = Kind("integer", "bigint", "not_an_integer")
DATE = Kind("date", "date", "not_a_date")
LOCAL = Kind("datetime", "timestamp", "not_a_time")
INSTANT = Kind("instant", "timestamptz", "not_a_time")
BOOLEAN = Kind("boolean", "boolean", "not_a_boolean")
TIME = Kind("time", "time", "not_a_time")

DECLARED = {kind.name: kind for kind in (TEXT, NUMBER, INTEGER, DATE, LOCAL, BOOLEAN)}
"""The types that a mapping can give a source column for its expressions."""


@dataclass(frozen=True)
class Raw:
    """A column as it comes: a name that is cheap to repeat, and its DuckDB type."""

    sql: str
    sql_type: str
    plain_numbers: bool = False
    """True where a number of the file itself (Excel, JSON) may stand among texts in the source's dialect."""

    @property
    def family(self) -> str:
        return _family(self.sql_type)


def convert(raw: Raw, kind: Kind, values: Values, *, name: str) -> Steps:
    """The steps whose last one puts the value into the column `name`."""
    return _CONVERSIONS[kind.name](raw, kind, values, name)


def text_sql(raw: Raw, values: Values) -> str:
    """The source's text without surrounding blanks, words replaced; null when it means nothing."""
    text = plain_text(raw)
    for stage in _text_stages(raw, values):
        text = stage(text)
    return text


def _text_stages(raw: Raw, values: Values) -> list[Callable[[str], str]]:
    """What is done to a text, one after the other."""
    stages: list[Callable[[str], str]] = []
    if values.replace:
        stages.append(lambda text: _replaced(text, values.replace))
    if raw.family in ("text", "other") or values.replace:
        stages += [trimmed, lambda text: f"nullif({text}, '')"]
    if values.translate:
        words = " ".join(f"when {_lower(old)} then {literal(new)}" for old, new in values.translate)
        stages.append(lambda text: f"case lower({text}) {words} else {text} end")
    if values.null_words:
        stages.append(
            lambda text: f"case when lower({text}) in ({_words(values.null_words)}) then null else {text} end"
        )
    return stages


def _replaced(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        text = f"replace({text}, {literal(old)}, {literal(new)})"
    return text


def plain_text(raw: Raw) -> str:
    x = raw.sql
    match raw.family:
        case "text":
            return x
        case "float":
            whole = f"isfinite({x}) and abs({x}) < 1e15 and {x} = trunc({x})"
            short = f"case when {whole} then try_cast({x} as bigint)::varchar else {x}::varchar end"
            return f"case when isnan({x}) then null else {short} end"
        case "decimal":
            whole = f"try_cast(trunc({x}) as hugeint)::varchar"
            return f"case when {x} = trunc({x}) then {whole} else rtrim({x}::varchar, '0') end"
    return f"cast({x} as varchar)"


def _family(sql_type: str) -> str:
    upper = sql_type.upper()
    if upper.startswith("DECIMAL"):
        return "decimal"
    if upper.startswith(("STRUCT", "MAP", "UNION")) or upper.endswith("]"):
        return "other"
    if upper.startswith("ENUM"):
        return "text"
    return _FAMILIES.get(upper, "other")


_FAMILIES = {
    "VARCHAR": "text",
    '"NULL"': "unknown",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "FLOAT": "float",
    "DOUBLE": "float",
    "TIMESTAMP WITH TIME ZONE": "instant",
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S"), "local"),
    **dict.fromkeys(("TIME", "TIME_NS"), "time"),
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "integer"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), "integer"),
}
_NUMERIC = ("float", "decimal", "integer")


def _lower(word: str) -> str:
    return f"lower({literal(word)})"


def _words(words: tuple[str, ...]) -> str:
    return ", ".join(_lower(word) for word in words)


def _source_text(raw: Raw, values: Values, steps: Steps, name: str) -> str:
    """The text to read a value from. Without word lists it is the column itself: casts ignore blanks."""
    if raw.family == "text" and not (values.replace or values.translate or values.null_words):
        return raw.sql
    steps += _to_text(raw, TEXT, values, f"{name}_text")
    return f"{name}_text"


def _to_text(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    column = plain_text(raw)
    steps: Steps = []
    for number, stage in enumerate(_text_stages(raw, values)):
        steps.append({f"{name}_{number}": stage(column)})
        column = f"{name}_{number}"
    return [*steps, {name: column}]


def _to_number(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    steps: Steps = []
    scaled = values.scale is not None
    wide = "decimal(24,9)" if scaled else kind.sql_type
    if raw.family in _NUMERIC:
        value = f"try_cast({raw.sql} as {wide})"
    else:
        text = _source_text(raw, values, steps, name)
        value = number_from_text(text, wide, values, plain_numbers=raw.plain_numbers)
    if scaled:
        value = f"try_cast({value} * cast('{values.scale}' as decimal(18,9)) as {kind.sql_type})"
    return [*steps, {name: value}]


def _to_integer(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    wide = "decimal(28,6)" if kind.sql_type == "bigint" else "decimal(18,6)"
    *steps, last = _to_number(raw, Kind("number", wide, kind.fault), values, f"{name}_number")
    (number, value), *_ = last.items()
    whole = f"case when {number} = trunc({number}) then try_cast({number} as {kind.sql_type}) end"
    return [*steps, {number: value}, {name: whole}]


def _to_boolean(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    if raw.family == "boolean":
        return [{name: raw.sql}]
    word = f"{name}_word"
    true, false = _words(values.true_words), _words(values.false_words)
    text = f"{name}_text"
    return [
        *_to_text(raw, TEXT, values, text),
        {word: f"lower({text})"},
        {name: f"case when {word} in ({true}) then true when {word} in ({false}) then false end"},
    ]


def _to_local(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    here = f"timezone({literal(values.time_zone)}, {name}_instant)"
    return [*_local_and_instant(raw, values, name), {name: f"coalesce({name}_local, {here})"}]


def _to_instant(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    there = instant_sql(f"{name}_local", values.time_zone)
    return [*_local_and_instant(raw, values, name), {name: f"coalesce({name}_instant, {there})"}]


def _to_date(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    if raw.family == "date":
        return [{name: raw.sql}]
    return [*_to_local(raw, LOCAL, values, f"{name}_time"), {name: f"cast({name}_time as date)"}]


def _to_time(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    if raw.family in ("time", "local"):
        return [{name: f"cast({raw.sql} as time)"}]
    steps: Steps = []
    text = _source_text(raw, values, steps, name)
    readings = [f"cast(try_strptime({text}, {_list(values.times)}) as time)"] if values.times else []
    readings += [f"try_cast({text} as time)", f"cast(try_cast({text} as timestamp) as time)"]
    return [*steps, {name: f"coalesce({', '.join(readings)})"}]


def _local_and_instant(raw: Raw, values: Values, name: str) -> Steps:
    """Two columns: the local time that a value states, or the instant where it states its offset."""
    local, instant = f"{name}_local", f"{name}_instant"
    no_local, no_instant = {local: "null::timestamp"}, {instant: "null::timestamptz"}
    match raw.family:
        case "local" | "date":
            return [{local: f"cast({raw.sql} as timestamp)"} | no_instant]
        case "instant":
            return [no_local | {instant: raw.sql}]
    steps: Steps = []
    if values.epoch:
        *steps, last = _to_number(raw, Kind("number", "decimal(28,6)", ""), values, f"{name}_epoch")
        micros = f"try_cast({name}_epoch * {EPOCHS[values.epoch]} as bigint)"
        return [*steps, last, no_local | {instant: f"try(make_timestamptz({micros}))"}]
    text = _source_text(raw, values, steps, name)
    if values.time_zone == "UTC" and not values.dates:
        return [*steps, no_local | {instant: f"try_cast({text} as timestamptz)"}]
    # Years of two digits first: read as four they would be years of the first century.
    formats = sorted(values.dates, key=lambda f: "%Y" in f)
    naive = tuple(f for f in formats if "%z" not in f)
    aware = tuple(f for f in formats if "%z" in f)
    offset = f"regexp_matches(substr({text}, 12), '[A-Za-z+-]')"
    iso_local = f"case when {offset} then null else try_cast({text} as timestamp) end"
    iso_instant = f"case when {offset} then try_cast({text} as timestamptz) end"
    locals_ = [f"try_strptime({text}, {_list(naive)})"] if naive else []
    instants = [f"try_strptime({zulu}, {_list(aware)})" for zulu in (text, _zulu(text))] if aware else []
    return [
        *steps,
        {local: f"coalesce({', '.join([*locals_, iso_local])})"},
        {instant: f"case when {local} is null then coalesce({', '.join([*instants, iso_instant])}) end"},
    ]


def _zulu(text: str) -> str:
    """The offset Z as %z reads it."""
    return f"regexp_replace({text}, 'Z$', '+00:00')"


def _list(formats: tuple[str, ...]) -> str:
    return f"[{', '.join(literal(f) for f in formats)}]"


_CONVERSIONS = {
    "text": _to_text,
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
    "datetime": _to_local,
    "instant": _to_instant,
    "date": _to_date,
    "time": _to_time,
}
