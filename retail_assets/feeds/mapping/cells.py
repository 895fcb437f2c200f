"""The value of one contract column, wherever the mapping takes it from."""

from dataclasses import dataclass, replace

from retail_assets.feeds.mapping.expressions import Expression
from retail_assets.feeds.mapping.model import (
    Cell,
    Constant,
    DerivedLineNumber,
    FromColumn,
    FromDateAndTime,
    FromFileName,
    FromSql,
)
from retail_assets.feeds.mapping.scope import ABSENT, Scope
from retail_assets.feeds.mapping.spelled_names import normalised
from retail_assets.feeds.mapping.values.conversion import (
    DATE,
    ID,
    INSTANT,
    LOCAL,
    PART,
    TEXT,
    TIME,
    Kind,
    Raw,
    convert,
    moment_steps,
    plain_text,
    reasons,
    stated_sql,
    text_sql,
    unread_step,
)
from retail_assets.feeds.mapping.values.dialect import STANDARD, Values
from retail_assets.feeds.mapping.values.texts import any_of
from retail_assets.feeds.mapping.values.zones import NO_ZONE, instant_in
from retail_assets.feeds.readers.columns import DATED
from retail_assets.sql import literal


@dataclass(frozen=True)
class Value:
    """A typed value, and what is to be said where it is null."""

    sql: str
    blank: str
    """True where the source had nothing."""
    text: str
    """What the source had, as text; where an expression failed, what it had to compute with."""
    fault: str
    failed: str = "false"
    """True where an expression could not be computed."""
    reasons: tuple[tuple[str, str], ...] = ()
    """Rules more exact than `fault`, with the condition under which a value that cannot be read breaks them."""

    def faults(self, column: str) -> list[tuple[str, str]]:
        """Where the source has a value, and the column that was made of it has none: conditions, with their rules."""
        if self.blank == "true":
            return []
        why = [*self.reasons, (self.fault, f"not ({self.blank})")]
        return [(f"{column} is null and {condition}", rule) for rule, condition in why]


def value_of(cell: Cell, kind: Kind, scope: Scope, *, name: str) -> Value:
    """Add the steps of a cell to the scope's phase; `name` is free for its columns. Expressions of the cell have
    to be evaluated in an earlier phase."""
    kind = kind.with_days_of(scope.business_zone)
    zoned = cell.zone and kind.name == INSTANT.name
    value = _zoned(cell, kind, scope, name) if zoned else _value(cell, kind, scope, name)
    if cell.default is not None:
        default = f"{name}_default"
        scope.query.add(convert(_constant(cell.default), kind, STANDARD, name=default))
        value = replace(value, sql=f"coalesce({value.sql}, case when {value.blank} then {default} end)")
    return replace(value, sql=f"{literal(cell.prefix)} || {value.sql}") if cell.prefix else value


def _value(cell: Cell, kind: Kind, scope: Scope, name: str) -> Value:
    match cell.origin:
        case FromColumn(column):
            return _from_column(column, cell.values, kind, scope, name)
        case Constant(text):
            return _converted(_constant(text), kind, cell.values, scope, name)
        case FromFileName(group):
            return _converted(_constant(scope.name_values[group]), kind, cell.values, scope, name)
        case FromSql(expression):
            read_by = None if kind.is_text else cell.values
            column, sql_type = scope.evaluate(expression, cell.where, read_by)
            value = _converted(_meant(Raw(f"{column}.v", sql_type), kind), kind, cell.values, scope, name)
            if kind == ID and (dated := _dated_parts(expression, scope)):
                sql = f"case when {dated} then null else {value.sql} end"
                blank = f"({value.blank} and not coalesce({dated}, false))"
                value = replace(value, sql=sql, blank=blank)
            text = f"case when {column} is null then {scope.failure(expression)} else {value.text} end"
            return replace(value, text=text, failed=f"{column} is null")
        case FromDateAndTime(date, time):
            return _from_date_and_time(date, time, cell.values, kind, scope, name)
        case DerivedLineNumber():
            return _converted(Raw("_line_number", "BIGINT"), kind, cell.values, scope, name)


def _zoned(cell: Cell, kind: Kind, scope: Scope, name: str) -> Value:
    """A time on the clock that a column names. One that states its offset is that."""
    somewhere = replace(cell, values=replace(cell.values, time_zone=NO_ZONE))
    value = _value(somewhere, kind, scope, f"{name}_there")
    there = value.sql
    declared = scope.mapping.declared(cell.zone or "")
    zone = text_sql(scope.raw(cell.zone or ""), declared.values if declared else STANDARD)
    instant = f"coalesce({there}_instant, {instant_in(f'{there}_local', f'{name}_zone')})"
    if kind.days_of != NO_ZONE:  # a date alone is the retailer's, whoever's clock it is
        instant = f"case when {there}_alone is not null then {there} else {instant} end"
    deep = [{}] * len(scope.query.phase)
    scope.query.add([*deep, {f"{name}_zone": zone}, {name: instant}])
    text = f"concat_ws(' ', {value.text}, {plain_text(scope.raw(cell.zone or ''))})"
    return replace(value, sql=name, blank=f"({there} is null and {value.blank})", text=text)


def _constant(text: str) -> Raw:
    return Raw(literal(text), "VARCHAR")


def _converted(raw: Raw, kind: Kind, values: Values, scope: Scope, name: str) -> Value:
    name = scope.convert(raw, kind, values, name=name)
    exact = reasons(raw, kind, f"{name}_unread")
    return Value(name, f"{name}_unread is null", plain_text(raw), kind.fault, reasons=exact)


def _meant(raw: Raw, kind: Kind) -> Raw:
    """A value that the mapping itself made: whoever makes an id of a date means it."""
    return Raw(f"({plain_text(raw)})", "VARCHAR") if kind == ID and raw.is_dated else raw


def _dated_parts(expression: Expression, scope: Scope) -> str | None:
    """SQL that is true where cells of which an expression makes an id are dates, and no mapping says that they are."""
    known = {
        normalised(column)
        for target in scope.mapping.targets
        for block in target.blocks
        for cell in block.cells.values()
        if isinstance(cell.origin, FromDateAndTime)
        for column in (cell.origin.date, cell.origin.time)
    }
    parts = [
        r for r in scope.readings_of([expression]) if r.kind == PART and normalised(r.column) not in known
    ]
    return any_of(*(reading.raw.is_cell(*DATED) for reading in parts))


def _from_column(column: str, values: Values, kind: Kind, scope: Scope, name: str) -> Value:
    raw = scope.raw(column)
    if raw == ABSENT:
        scope.query.add([{name: f"cast(null as {kind.sql_type})"}])
        return Value(name, "true", "null", kind.fault)
    reading = scope.reading(column)
    declared = scope.mapping.declared(column)
    if (
        kind == ID and declared and declared.type == TEXT.name
    ):  # whoever says that it is a text means it as it stands
        return _converted(raw, TEXT, values, scope, name)
    if reading is None or not declared or reading.kind.name in (TEXT.name, kind.name):
        return _converted(raw, kind, values, scope, name)
    if kind.name == DATE.name and reading.kind is LOCAL:  # its day on the clock that it states
        return _converted(raw, kind, reading.values, scope, name)
    # The mapping says what the column is; what the contract wants is made of that.
    meant = _meant(Raw(reading.name, reading.kind.sql_type.upper()), kind)
    steps = convert(meant, kind, values, name=name)
    scope.query.add([*steps, unread_step(raw, reading.values, name=name)])
    exact = reasons(raw, reading.kind, f"{name}_unread")
    return Value(name, f"{name}_unread is null", plain_text(raw), reading.kind.fault, reasons=exact)


def _from_date_and_time(date: str, time: str, values: Values, kind: Kind, scope: Scope, name: str) -> Value:
    days, times = scope.raw(date), scope.raw(time)
    day = scope.convert(days, DATE.with_days_of(scope.business_zone), values, name=f"{name}_day")
    time_of_day = scope.convert(times, TIME, values, name=f"{name}_time")
    together = f"{name}_together"
    later = [
        *moment_steps(day, time_of_day, days, times, values, name=together),
        *convert(Raw(together, "TIMESTAMP", instant=f"{together}_stated"), kind, values, name=name),
    ]
    said_day, said_time = f"{name}_day_stated", f"{name}_time_stated"
    stated = {said_day: stated_sql(days, values), said_time: stated_sql(times, values)}
    unread = {column: f"case when {name} is null then {sql} end" for column, sql in stated.items()}
    scope.query.add([*([{}] * len(scope.query.phase)), *later, unread])
    text = f"concat_ws(' ', {plain_text(days)}, {plain_text(times)})"
    exact = (*reasons(days, DATE, said_day), *reasons(times, TIME, said_time))
    # A day without a time is no moment, and not nothing; midnight without a day is nothing.
    blank = f"({said_day} is null and ({said_time} is null or coalesce({time_of_day} = time '00:00', false)))"
    return Value(name, blank, text, kind.fault, reasons=exact)
