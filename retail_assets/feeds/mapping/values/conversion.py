"""From what a source wrote to a typed value, as SQL over one column.

A conversion is a list of steps; each step computes named columns from those before it, and the last one is the
value, or null when there is none or it cannot be read. The common spelling comes first and costs one cast; the
careful reading of everything else runs only on what the cast left null. Typed values (Parquet's numbers, times and
booleans, number cells of Excel and JSON, and what expressions yield) have no dialect: of the settings only scale,
epoch and time zone touch them.
"""

from retail_assets.feeds.mapping.values.clock_times import TIME, moment_steps, to_time
from retail_assets.feeds.mapping.values.dialect import STANDARD, Values
from retail_assets.feeds.mapping.values.ids import to_id, to_part, without_point
from retail_assets.feeds.mapping.values.moments import (
    DATE,
    INSTANT,
    LOCAL,
    day_alone,
    to_date,
    to_instant,
    to_local,
)
from retail_assets.feeds.mapping.values.numbers import INTEGER, NUMBER, to_integer, to_number
from retail_assets.feeds.mapping.values.texts import (
    DIGITS_LOST,
    ID,
    PART,
    TEXT,
    Kind,
    Raw,
    Steps,
    in_words,
    is_single,
    lost_number,
    plain_text,
    reasons,
    stated_sql,
    text_sql,
    to_text,
    unless,
    unread_step,
    words_sql,
)
from retail_assets.feeds.mapping.values.time_formats import misreads, readings
from retail_assets.feeds.readers.columns import DAY_CELL, LONG_NUMBER, MOMENT_CELL, NUMBER_CELL
from retail_assets.sql import literal

__all__ = [
    "AS_IT_IS",
    "BOOLEAN",
    "DATE",
    "DECLARED",
    "EXACTLY",
    "ID",
    "INSTANT",
    "INTEGER",
    "LOCAL",
    "NUMBER",
    "PART",
    "TEXT",
    "TIME",
    "Kind",
    "Raw",
    "Steps",
    "as_it_is",
    "convert",
    "day_alone",
    "moment_steps",
    "plain_text",
    "reasons",
    "spelled_by",
    "stated_sql",
    "text_sql",
    "unread_step",
    "without_point",
]

BOOLEAN = Kind("boolean", "boolean", "not_a_boolean")

AS_IT_IS = "as it is"
"""The name of a kind that leaves values alone."""
EXACTLY = "exactly"
"""The same, of columns that ids are made of: numbers whose digits are not all known are none."""
DECLARED = {kind.name: kind for kind in (TEXT, NUMBER, INTEGER, DATE, LOCAL, BOOLEAN)}
"""The types that a mapping can give a source column for its expressions."""


def convert(raw: Raw, kind: Kind, values: Values, *, name: str) -> Steps:
    """The steps whose last one puts the value into the column `name`."""
    return _CONVERSIONS[kind.name](raw, kind, values, name)


def spelled_by(values: Values, raw: Raw, text: str) -> str:
    """The text of a column where the number or the time of its cells is to be read of it again: as the dialect writes
    it, and not as the file does."""
    branches = []
    is_number, is_time = raw.is_cell(NUMBER_CELL, LONG_NUMBER), raw.is_cell(DAY_CELL, MOMENT_CELL)
    if is_number and values.decimal != STANDARD.decimal:
        branches.append(f"when {is_number} then replace({raw.sql}, '{STANDARD.decimal}', '{values.decimal}')")
    if is_time:
        moment = f"try_cast({raw.sql} as timestamp)"
        for format in filter(misreads, values.dates):
            is_misread = f"{readings(raw.sql, [format])[0]} <> {moment}"
            branches.append(f"when {is_time} and {is_misread} then strftime({moment}, {literal(format)})")
    return f"case when {text} is null then null {' '.join(branches)} else {text} end" if branches else text


def _to_boolean(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    if raw.family == "boolean":
        return [{name: raw.sql}]
    word = f"{name}_word"
    true, false = words_sql(values.true_words), words_sql(values.false_words)
    text = f"{name}_text"
    return [
        *to_text(raw, TEXT, values, text),
        {word: in_words(text, (*values.true_words, *values.false_words))},
        {name: f"case when {word} in ({true}) then true when {word} in ({false}) then false end"},
    ]


def as_it_is(raw: Raw, *, exactly: bool) -> Kind:
    """The kind of a typed value that expressions see as what it is."""
    return Kind(
        EXACTLY if exactly else AS_IT_IS,
        "DOUBLE" if is_single(raw) else raw.sql_type,
        DIGITS_LOST if exactly else "",
    )


def _itself(raw: Raw) -> str:
    # A float of single precision is what it is written as: 1234.56, not 1234.56005859375.
    return f"try_cast({raw.sql}::varchar as double)" if is_single(raw) else raw.sql


_CONVERSIONS = {
    AS_IT_IS: lambda raw, kind, values, name: [{name: _itself(raw)}],
    EXACTLY: lambda raw, kind, values, name: [{name: unless(lost_number(raw), _itself(raw))}],
    "text": to_text,
    ID.name: to_id,
    PART.name: to_part,
    "number": to_number,
    "integer": to_integer,
    "boolean": _to_boolean,
    "datetime": to_local,
    "instant": to_instant,
    "date": to_date,
    "time": to_time,
}
