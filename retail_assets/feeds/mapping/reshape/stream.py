"""Records on their way through the steps of `reshape`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from retail_assets.errors import Unreadable
from retail_assets.feeds.mapping.asking import Engine
from retail_assets.feeds.mapping.layers import Layers
from retail_assets.feeds.mapping.model import SourceMapping
from retail_assets.feeds.mapping.scope import Reading
from retail_assets.feeds.mapping.spelled_names import closest
from retail_assets.feeds.mapping.table import Table
from retail_assets.feeds.mapping.values.conversion import (
    DECLARED,
    NUMBER,
    TEXT,
    convert,
    reasons,
    stated_sql,
    text_sql,
    unread_step,
)
from retail_assets.feeds.mapping.values.dialect import Values
from retail_assets.feeds.readers.columns import CELLS, TEXT_CELL, cut_text
from retail_assets.names import shortened
from retail_assets.sql import literal, parquet

RESHAPE = "reshape"
"""The rule of records that are in no row."""
OWN = ("_record", "_row", "_place", "_also")
"""What every relation of a stream has beside its columns: the number of the row's first record; a number that no other
row has, in the order of the file; its place; how many other records are in it."""


@dataclass(frozen=True)
class Refusal:
    """Why rows are refused: a condition over them or over their group, the rule, the column that is to blame, and its
    text."""

    condition: str
    rule: str
    column: str
    text: str


@dataclass(frozen=True)
class Stream:
    """The rows so far, and what was set aside from them. Columns are called `_c0`, `_c1`, … in the relation."""

    engine: Engine
    mapping: SourceMapping
    business_zone: str
    folder: Path
    start: str
    """The relation of the records that there were."""
    table: Table
    wanted: frozenset[str] = frozenset()
    """The columns that somebody asks for after this step."""
    set_aside: tuple[Path, ...] = ()
    repeats_records: bool = False
    """Whether several rows may begin with one record."""
    in_order: bool = True
    """Whether the relation gives its rows in their order by itself, as DuckDB does what it only scans."""

    def found(self, names: Iterable[str]) -> list[str]:
        """The columns as the table spells them; raises Unreadable where there is none."""
        spelled = {name: self.table.find(name) for name in names}
        missing = [
            name for name, there in spelled.items() if there is None or there not in self.table.columns
        ]
        if missing:
            columns = list(self.table.columns)
            near = [(name, closest(name, columns)) for name in missing]
            asked = ", ".join(f"`{name}`{f' (is it `{close}`?)' if close else ''}" for name, close in near)
            there = ", ".join(f"`{shortened(name)}`" for name in columns[:50])
            raise Unreadable(
                "missing_columns",
                f"`reshape` of the source mapping `{self.mapping.name}` expected {asked}; found {there or 'none'}.",
            )
        return [there for there in spelled.values() if there is not None]

    def values(self, name: str) -> Values:
        """How the source writes a column."""
        declared = self.mapping.declared(name)
        return declared.values if declared else self.mapping.values

    def text(self, name: str) -> str:
        """A column's text; null where it is blank."""
        return text_sql(self.table.raw(name), self.values(name))

    def stated(self, name: str) -> str:
        """The same for questions about what could not be read."""
        return f"({stated_sql(self.table.raw(name), self.values(name))})"

    def readings(self, names: Iterable[str], *, number: bool) -> list[Reading]:
        """Columns as the mapping declares them, or as numbers."""
        found = []
        for place, name in enumerate(names):
            declared = self.mapping.declared(name)
            kind = NUMBER if number or not declared else DECLARED[declared.type]
            kind = kind.with_days_of(self.business_zone)
            found.append(Reading(f"_s{place}", name, kind, self.table.raw(name), self.values(name)))
        return found

    def read(self, readings: Iterable[Reading]) -> str:
        """A query for the rows with what was read of them."""
        query = Layers(f"select * from {self.table.relation}")
        for reading in readings:
            raw, values, name = reading.raw, reading.values, reading.name
            query.add([*convert(raw, reading.kind, values, name=name), unread_step(raw, values, name=name)])
        query.end_phase()
        return query.sql

    @property
    def columns(self) -> dict[str, str]:
        """The columns, and what each is in the relation."""
        return {name: sql for name, (sql, _) in self.table.columns.items()}

    @property
    def cells(self) -> dict[str, str]:
        """Where the format tells numbers from texts: what the cells of each column are, as SQL."""
        return {name: cell for name in self.table.columns if (cell := self.table.raw(name).cell)}

    def rows(
        self, relation: str, columns: Mapping[str, str], cells: Mapping[str, str], **changes: bool
    ) -> "Stream":
        """The stream with other rows: `columns` are their names and what each is in the relation, a subquery; `cells`
        says what the cells of columns are that may be something else than texts."""
        return self._of(relation, columns, cells, **{"in_order": False, **changes})

    def kept(self, query: str, columns: Mapping[str, str], cells: Mapping[str, str]) -> "Stream":
        """The same, with the rows written down: they are asked for more than once."""
        return self._of(parquet(self.write(query)[0]), columns, cells, in_order=False)

    def where(self, condition: str) -> "Stream":
        """The stream with the rows for which a condition over the relation is true."""
        relation = f"(select * from {self.table.relation} where {condition})"
        return replace(self, table=replace(self.table, relation=relation))

    def write(self, query: str, engine: Engine | None = None) -> tuple[Path, int]:
        """Rows of a query in a file of their own, and how many they are."""
        path = self.folder / f"reshape_{len(list(self.folder.glob('reshape_*')))}.parquet"
        return path, (engine or self.engine).write(query, path)

    def _of(
        self, relation: str, columns: Mapping[str, str], cells: Mapping[str, str], **changes: bool
    ) -> "Stream":
        named = [f"{sql} as _c{number}" for number, sql in enumerate(columns.values())]
        own = [*OWN, *([f"{_said(columns, cells)} as {CELLS}"] if cells else [])]
        relation = f"(select {', '.join([*own, *named])} from {relation})"
        described = self.engine.rows(f"describe select * from {relation}")[len(own) :]
        typed = {name: (sql, kind) for name, (sql, kind, *_) in zip(columns, described, strict=True)}
        return replace(
            self, table=Table(relation, typed, self.table.format, has_cells=bool(cells)), **changes
        )

    def without(
        self, relation: str, *, end: str, rule: str, column: str = "null", value: str = "null"
    ) -> "Stream":
        """The stream that remembers records as set aside: those of a relation with the table's columns. `rule`,
        `column` and `value` are SQL."""
        pairs = ", ".join(f"{literal(name)}, {sql}" for name, (sql, _) in self.table.columns.items())
        raw = f"try(cast(json_object({pairs}) as varchar))"
        query = (
            f'select _record, _place as place, {literal(end)} as "end", {rule} as rule, {column}::varchar as "column", '
            f"{cut_text(f'{value}::varchar')} as value, {cut_text(raw)} as raw "
            f"from {relation}"
        )
        path, rows = self.write(query)
        if not rows:
            return self
        return replace(self, set_aside=(*self.set_aside, path))

    def rejecting(self, relation: str, faults: Sequence[Refusal]) -> "Stream":
        """The stream that remembers the records of a relation as rejected, each for the first that holds."""

        def case(answers: Iterable[str]) -> str:
            branches = [f"when {one.condition} then {sql}" for one, sql in zip(faults, answers, strict=True)]
            return f"case {' '.join(branches)} end"

        return self.without(
            relation,
            end="rejected",
            rule=case(literal(one.rule) for one in faults),
            column=case(literal(one.column) for one in faults),
            value=case(f"cast({one.text} as varchar)" for one in faults),
        )


def no_texts(stream: Stream, names: Iterable[str]) -> list[Refusal]:
    """Cells that are no texts either: errors, and formulas without a value."""
    return [
        Refusal(condition, rule, name, stream.text(name))
        for name in names
        for rule, condition in reasons(stream.table.raw(name), TEXT, stream.stated(name))
    ]


def _said(columns: Iterable[str], cells: Mapping[str, str]) -> str:
    """What all cells of a row are, one character a column: a cell that is nowhere is an empty text."""
    text = literal(TEXT_CELL)
    said = [f"coalesce({cells[name]}, {text})" if name in cells else text for name in columns]
    return f"concat({', '.join(said)})"
