"""What expressions of a mapping see: source columns as typed values, parts of the file name, the line number."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import duckdb

from retail_assets.feeds.mapping.comparisons import Compared
from retail_assets.feeds.mapping.contract_sql import contract_kind
from retail_assets.feeds.mapping.expressions import (
    Expression,
    Reference,
    no_number_with_underscores,
    reads_as,
)
from retail_assets.feeds.mapping.failures import Computed, failure_sql, first_line, said_of
from retail_assets.feeds.mapping.keys.where import Where
from retail_assets.feeds.mapping.layers import Layers
from retail_assets.feeds.mapping.model import Cell, FromColumn, FromSql, SourceMapping, Target
from retail_assets.feeds.mapping.spelled_names import normalised
from retail_assets.feeds.mapping.table import Table
from retail_assets.feeds.mapping.values.conversion import (
    AS_IT_IS,
    DECLARED,
    EXACTLY,
    ID,
    INSTANT,
    INTEGER,
    LOCAL,
    NUMBER,
    PART,
    TEXT,
    Kind,
    Raw,
    as_it_is,
    convert,
    plain_text,
    reasons,
    spelled_by,
    unread_step,
    without_point,
)
from retail_assets.feeds.mapping.values.dialect import STANDARD, Values
from retail_assets.feeds.mapping.values.spelling import with_single_blanks
from retail_assets.feeds.readers.columns import CELLS
from retail_assets.feeds.readers.layout import ABOVE
from retail_assets.names import shortened
from retail_assets.sql import literal

LINE_NUMBER = "line_number"
FILE_NAME = "file_name."
ABSENT = Raw("null::varchar", "VARCHAR")
"""A column that the file lacks."""

Bind = Callable[[str, str], str]
"""`bind(query, expression)` is the expression's type over the query; raises duckdb.Error."""


@dataclass(frozen=True)
class Reading:
    """A source column as expressions see it."""

    name: str
    column: str
    kind: Kind
    raw: Raw
    values: Values

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Conditions that are true where the source has a value that cannot be read, each with the rule it breaks."""
        unread = f"{self.name}_unread"
        exact = [(condition, rule) for rule, condition in reasons(self.raw, self.kind, unread)]
        return [*exact, (f"{unread} is not null", self.kind.fault)]


class Scope:
    """The names of one target over one table."""

    def __init__(
        self,
        *,
        mapping: SourceMapping,
        target: Target,
        table: Table,
        name_values: dict[str, str],
        bind: Bind,
        business_zone: str,
    ) -> None:
        self.mapping, self.target, self.table = mapping, target, table
        self.name_values, self.bind, self.business_zone = name_values, bind, business_zone
        columns = [f"{sql} as _c{number}" for number, (sql, _) in enumerate(table.columns.values())]
        internal = ["_record", "_place", "_malformed", "_empty"]
        internal += ["_line_number", "_contradicted"] if table.has_line_numbers else []
        internal += [CELLS] if table.has_cells else []
        internal += ["_of_record"] if table.is_unfolded else []
        self.query = Layers(f"select {', '.join([*internal, *columns])} from {table.relation}")
        self.readings: dict[str, Reading] = {}
        self._types = expression_types(mapping)
        self._evaluated: dict[str, tuple[str, str]] = {}
        self._converted: dict[tuple[Raw, Kind, Values], str] = {}
        self._bare: dict[str, str] = {}

    def raw(self, column: str) -> Raw:
        """The source column as it comes; one that the file lacks is always null."""
        found = self.table.find(column)
        return self.table.raw(found) if found else ABSENT

    def reading(self, column: str) -> Reading | None:
        """How expressions see a source column, if any names it."""
        return self.readings.get(self._known_as(column))

    def _known_as(self, column: str) -> str:
        """One name for all spellings of a source column."""
        return self.table.find(column) or normalised(column)

    def convert(self, raw: Raw, kind: Kind, values: Values, *, name: str) -> str:
        """The column with a converted value, and beside it NAME_unread. It is at hand after as many steps as the
        conversion takes: `name`, or where the same was converted before the name that it got there."""
        key = (raw, kind, values)
        if key not in self._converted:
            self._converted[key] = name
            self.query.add([*convert(raw, kind, values, name=name), unread_step(raw, values, name=name)])
        return self._converted[key]

    def show(self, expressions: Iterable[Expression]) -> None:
        """Read, in this phase, every source column that the expressions name."""
        for expression in expressions:
            for name in expression.names:
                if not is_special(name, self.target) and self.reading(name) is None:
                    self._read(name)

    def evaluate(
        self, expression: Expression, where: Where, read_by: Values | None = None
    ) -> tuple[str, str]:
        """Add the expression to this phase: a column that is null where it failed and holds the result as `.v`,
        and the result's type. `read_by`: how a number or a time is read of what it yields."""
        sql = expression.sql(lambda reference: self._sql(reference, where, read_by))
        if sql not in self._evaluated:
            name = f"_e{len(self._evaluated)}"
            self._evaluated[sql] = (name, self._type(sql, expression, where))
            self._bare[said_of(expression)] = sql
            self.query.add([{name: f"try(struct_pack(v := {sql}))"}])
        return self._evaluated[sql]

    def evaluate_cells(self, cells: Iterable[Cell]) -> None:
        """Add the expressions of cells to this phase, as texts take what they yield and as numbers and times do."""
        for cell in cells:
            if isinstance(cell.origin, FromSql):
                for read_by in (None, cell.values):
                    self.evaluate(cell.origin.expression, cell.where, read_by)

    def failure(self, expression: Expression, rule: str | None = None) -> str:
        """What there is to show of a record for which an expression failed, as SQL."""
        said = said_of(expression) + (f" (rule {rule})" if rule else "")
        names = [name for name in expression.names if not is_special(name, self.target)]
        return failure_sql(said, {name: self.text_of(name) for name in names})

    def computed(self) -> Computed:
        """The expressions that are evaluated, over what is at hand now."""
        columns = {reading.name: reading.column for reading in self.readings.values()}
        return Computed(replace(self.query, layers=list(self.query.layers)), self._bare, columns)

    def readings_of(self, expressions: Iterable[Expression]) -> list[Reading]:
        names = {self._known_as(name) for expression in expressions for name in expression.names}
        return [reading for name, reading in self.readings.items() if name in names]

    def text_of(self, column: str) -> str:
        return plain_text(self.raw(column))

    def _read(self, column: str) -> None:
        raw = self.raw(column)
        kind, values = self._types.get(normalised(column), (TEXT, self.mapping.values))
        if (normalised(column) not in self._types or kind == PART) and raw.family not in ("text", "other"):
            kind = as_it_is(raw, exactly=kind == PART)
        kind = kind.with_days_of(self.business_zone)
        name = self.convert(raw, kind, values, name=f"_s{len(self.readings)}")
        self.readings[self._known_as(column)] = Reading(name, column, kind, raw, values)

    def _sql(self, reference: Reference, where: Where, read_by: Values | None) -> str:
        name = reference.name
        if name == LINE_NUMBER and self.target.derives_line_numbers:
            if not self.table.has_line_numbers:
                raise where.error("lines are counted within the document, so it cannot depend on line_number")
            return "_line_number"
        if name.startswith((FILE_NAME, ABOVE)):
            group = name.removeprefix(FILE_NAME)
            if name.startswith(ABOVE) and group not in self.name_values:
                raise where.error(f"`file.above` does not name `{name.removeprefix(ABOVE)}`")
            if group not in self.name_values:
                raise where.error(
                    f"`{name}` is not a part of the file name; match.name_values names "
                    f"{', '.join(self.name_values) or 'none'}"
                )
            return f"cast({literal(self.name_values[group])} as varchar)"
        reading = self.readings[self._known_as(name)]
        if reference.is_cast_as_written and reading.kind.is_text:
            _check_marks(reading, where)
        sql = _as_expressions_see(reading, reference)
        if reference.is_beside_blanks and reading.kind.is_text:
            return with_single_blanks(sql)
        by = reading.values if reference.is_cast else read_by if reference.is_handed_on else None
        if by and reading.kind.is_text:
            return spelled_by(by, reading.raw, sql)
        if by and reference.becomes_text and Raw(sql, reading.kind.sql_type).family in ("float", "decimal"):
            return f"replace(cast({sql} as varchar), '{STANDARD.decimal}', '{by.decimal}')"
        return sql

    def _type(self, sql: str, expression: Expression, where: Where) -> str:
        for compared in expression.compared:
            self._check_compared(compared, where)
        shown = {reading.name: reading.kind.sql_type for reading in self.readings.values()}
        shown |= {
            reading.raw.sql: reading.raw.sql_type for reading in self.readings.values() if reading.raw.cell
        }
        shown |= {"_line_number": "bigint", CELLS: "varchar"}
        columns = ", ".join(f"cast(null as {sql_type}) as {name}" for name, sql_type in shown.items())
        try:
            return self.bind(f"select {columns}", sql)
        except duckdb.Error as error:
            texts = [r.column for r in self.readings_of([expression]) if r.kind.is_text]
            hint = f" (text here: {', '.join(texts)}; `parse` declares other types)" if texts else ""
            raise where.error(f"{first_line(error)}{hint}") from error

    def _check_compared(self, compared: Compared, where: Where) -> None:
        """Raise MappingError where a column and the constant beside it are not of one kind: it would fail for every
        record, or compare letters with numbers."""
        readings = [r for name in compared.columns if (r := self.reading(name))]
        if compared.is_number:
            for reading in readings if compared.is_plain else []:
                if reading.kind.is_text:
                    raise where.error(
                        f"`{reading.column}` is text here and is compared with a number; "
                        f"declare its type under `parse`: {{{reading.column}: number}}"
                    )
            return
        if not readings or not all(compared.is_plain or r.kind in (NUMBER, INTEGER) for r in readings):
            return
        reading = readings[0]
        if not reading.kind.is_text and not reads_as(compared.constant, reading.kind.sql_type):
            raise where.error(
                f"`{reading.column}` is read as a {_called(reading.kind)} here and stands beside the text "
                f"'{shortened(compared.constant)}', which is none: to ask for what the source writes, declare it as "
                f"text under `parse`: {{{reading.column}: text}}; the columns that take it are read as before"
            )


def is_special(name: str, target: Target) -> bool:
    """Whether a name in an expression is none of a source column: a part of the file's name, a line number."""
    return name.startswith((FILE_NAME, ABOVE)) or (name == LINE_NUMBER and target.derives_line_numbers)


def _as_expressions_see(reading: Reading, reference: Reference) -> str:
    if reference.becomes_number and reading.kind.is_text:
        return no_number_with_underscores(reading.name)
    if reference.becomes_text and reading.kind == PART:
        return without_point(reading.name)
    if reference.becomes_text and reading.kind.name in (AS_IT_IS, EXACTLY):
        return f"({plain_text(Raw(reading.name, reading.kind.sql_type))})"
    return reading.name


def _check_marks(reading: Reading, where: Where) -> None:
    """Raise MappingError where a cast would not see the marks of a source's numbers: 1.234 would be no thousand."""
    values = reading.values
    if values.decimal != STANDARD.decimal or values.thousands:
        raise where.error(
            f"a cast does not know the marks of `values`, and `{reading.column}` is text here: declare it as a number "
            f"under `parse`: {{{reading.column}: number}}"
        )


def _called(kind: Kind) -> str:
    return kind.name if kind.name in DECLARED else kind.sql_type.lower()


def expression_types(mapping: SourceMapping) -> dict[str, tuple[Kind, Values]]:
    """What expressions see of each column: the declared type, else that of the first contract column that takes
    it directly; of texts that an id or a number of lines is made of, every digit. Whatever is not listed is text, or
    what Parquet says it is."""
    types: dict[str, tuple[Kind, Values]] = {}
    for block in (block for target in mapping.targets for block in target.blocks):
        contract = block.feed.columns
        for name, cell in block.cells.items():
            if isinstance(cell.origin, FromColumn):
                kind = _seen_as(contract_kind(contract[name]))
                types.setdefault(normalised(cell.origin.column), (kind, cell.values))
    for name in _parts_of_ids(mapping):
        kind, values = types.get(name, (TEXT, mapping.values))
        types[name] = (PART if kind == TEXT else kind, values)
    declared = {normalised(name): (DECLARED[p.type], p.values) for name, p in mapping.parse.items()}
    return types | declared


def _parts_of_ids(mapping: SourceMapping) -> set[str]:
    """The columns of which expressions make what names a row, and integers."""
    made: list[Cell] = []
    for target in mapping.targets:
        own = [(target.block, rule.cells) for rule in target.rules]
        for block, cells in [*((block, block.cells) for block in target.blocks), *own]:
            kinds = {name: contract_kind(block.feed.columns[name]) for name in cells}
            made += [cells[name] for name, kind in kinds.items() if kind == ID or kind.name == INTEGER.name]
        made += [target.document] if target.document else []
    expressions = [cell.origin.expression for cell in made if isinstance(cell.origin, FromSql)]
    return {normalised(name) for expression in expressions for name in expression.names}


def _seen_as(kind: Kind) -> Kind:
    """Expressions calculate with six decimals, wide integers, and local times as the source wrote them."""
    return {"number": NUMBER, "integer": INTEGER, INSTANT.name: LOCAL}.get(kind.name, kind)
