"""Numbers from texts in a source's dialect, and from cells and columns that are numbers in the file itself."""

from retail_assets.feeds.mapping.values.dialect import Values
from retail_assets.feeds.mapping.values.spelling import number_steps
from retail_assets.feeds.mapping.values.texts import (
    Kind,
    Raw,
    Steps,
    all_digits,
    any_of,
    common_first,
    is_bare_text,
    is_single,
    lost_number,
    source_text,
    unless,
)
from retail_assets.feeds.readers.columns import FORMULA, LONG_NUMBER, NUMBER_CELL

NUMBER = Kind("number", "decimal(18,6)", "not_a_number")
INTEGER = Kind("integer", "bigint", "not_an_integer")

_NUMERIC = ("float", "decimal", "integer")


def to_number(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    steps: Steps = []
    scaled = values.scale is not None
    wide = "decimal(24,9)" if scaled else kind.sql_type
    if raw.family in _NUMERIC:
        # A float of single precision is what it is written as: 1234.56, not 1234.560059.
        written = f"{raw.sql}::varchar" if is_single(raw) else raw.sql
        value = f"try_cast({written} as {wide})"
    else:
        text = source_text(raw, values, steps, name)
        steps += number_steps(text, wide, values, name=f"{name}_written")
        value = f"{name}_written"
        if is_number := raw.is_cell(NUMBER_CELL, LONG_NUMBER):
            # `replace` may take the point out of a text; a null word still means nothing.
            itself = f"case when {text} is not null then try_cast({raw.sql} as {wide}) end"
            formula = raw.is_cell(FORMULA)
            value = f"case when {is_number} then {itself} when {formula} then null else {value} end"
    if scaled:
        value = f"try_cast({value} * cast('{values.scale}' as decimal(18,9)) as {kind.sql_type})"
    return [*steps, {name: value}]


def to_integer(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    if raw.family == "float" and values.scale is None:  # a decimal of a large one is not exact
        whole = f"case when {raw.sql} = trunc({raw.sql}) then try_cast({raw.sql} as {kind.sql_type}) end"
        return [{name: unless(lost_number(raw), whole)}]
    if raw.cell or values.strip or values.scale is not None or not is_bare_text(raw, values):
        return _to_integer(raw, kind, values, name)
    # Written back as it stands: 007, +5, 1.0 and 1_000 are read with care.
    number = f"try_cast({raw.sql} as {kind.sql_type})"
    common = f"case when {number}::varchar = {raw.sql} then {number} end"
    return common_first(raw, common, name, lambda rest, other: _to_integer(rest, kind, values, other))


def _to_integer(raw: Raw, kind: Kind, values: Values, name: str) -> Steps:
    wide = "decimal(28,6)" if kind.sql_type == "bigint" else "decimal(18,6)"
    *steps, last = to_number(raw, Kind("number", wide, kind.fault), values, f"{name}_number")
    (number, value), *_ = last.items()
    whole = f"case when {number} = trunc({number}) then try_cast({number} as {kind.sql_type}) end"
    return [*steps, {number: value}, {name: unless(_lost(raw), whole)}]


def _lost(raw: Raw) -> str | None:
    """Whether a whole number was written without all its digits, as 4.24239E+13."""
    if raw.family != "text":
        return lost_number(raw)
    mantissa = all_digits(raw.sql)
    may_be = f"(contains({raw.sql}, 'E') or contains({raw.sql}, 'e'))"
    written = f"{may_be} and regexp_matches({raw.sql}, '[0-9][.,]?[eE][+-]?[0-9]')"
    return any_of(lost_number(raw), f"({written} and {mantissa} is null)")
