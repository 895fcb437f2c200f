"""The table that a mapping works on: the source's columns under their own names, found as people spell them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from retail_assets.feeds.mapping.asking import Engine
from retail_assets.feeds.mapping.spelled_names import normalised
from retail_assets.feeds.mapping.values.conversion import Raw
from retail_assets.feeds.readers.columns import CELLS, OWN_COLUMNS
from retail_assets.sql import identifier, parquet

SHEET_NAME = "sheet_name"
"""What mappings call the sheet that a record stands in, unless the source has a column of that name."""


@dataclass(frozen=True)
class Table:
    """A relation with `_record`, `_place`, `_malformed`, `_empty`, `_line_number` where it has been derived, and
    the source's columns."""

    relation: str
    """SQL that stands after FROM."""
    columns: dict[str, tuple[str, str]]
    """The source's name -> its name in the relation, quoted, and its DuckDB type."""
    format: str | None = None
    has_line_numbers: bool = False
    has_cells: bool = False
    """Whether the column `_cells` says of each cell what it is in the file, in the order of `columns`."""
    is_unfolded: bool = False
    """Whether it has `_of_record` too: the record that each of its records was unfolded from."""

    @cached_property
    def _normalised(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for name in self.columns:
            names.setdefault(normalised(name), []).append(name)
        return names

    def find(self, name: str) -> str | None:
        """The column as the source spells it: exact, else alike but for case, blanks and Unicode form."""
        if name in self.columns or name == SHEET_NAME:
            return name
        alike = self._normalised.get(normalised(name), [])
        return alike[0] if len(alike) == 1 else None

    def fits_several(self, name: str) -> bool:
        """Whether nothing tells which column is meant."""
        return self.find(name) is None and len(self._normalised.get(normalised(name), [])) > 1

    def holder(self, path: str) -> str | None:
        """The column whose JSON holds a dotted path: the longest beginning of the path that is one."""
        segments = path.split(".")
        beginnings = (".".join(segments[:length]) for length in range(len(segments), 0, -1))
        return next((found for beginning in beginnings if (found := self.find(beginning))), None)

    def numbered(self, relation: str) -> "Table":
        """The table with line numbers from another relation."""
        joined = (
            f"(select * from {self.relation} as records inner join {relation} as numbers using (_record))"
        )
        return replace(self, relation=joined, has_line_numbers=True)

    def raw(self, name: str) -> Raw:
        """The column's place in the first layer of a query."""
        if name not in self.columns:
            return Raw("_place", "VARCHAR")
        number = list(self.columns).index(name)
        return Raw(f"_c{number}", self.columns[name][1], cell_of(number) if self.has_cells else None)


def records_table(engine: Engine, records: Path, columns: Sequence[str], format: str) -> Table:
    """Records as their reader wrote them. Columns go by position, under numbers: SQL does not tell `a` from `A`, and a
    source's name may be one of the platform's own."""
    relation = parquet(records)
    described = engine.rows(f"describe select * from {relation}")
    has_cells = CELLS in (name for name, *_ in described)
    own = [(name, sql_type) for name, sql_type, *_ in described if name not in (*OWN_COLUMNS, CELLS)]
    numbered = [f"{identifier(name)} as _r{number}" for number, (name, _) in enumerate(own)]
    typed = {name: (f"_r{n}", kind) for n, (name, (_, kind)) in enumerate(zip(columns, own, strict=True))}
    cells = [CELLS] if has_cells else []
    selected = ", ".join([*OWN_COLUMNS, "false as _empty", *cells, *numbered])
    return Table(f"(select {selected} from {relation})", typed, format, has_cells=has_cells)


def cell_of(number: int) -> str:
    """What the cell of a column is in the file, by the column's number from 0."""
    return f"substr({CELLS}, {number + 1}, 1)"
