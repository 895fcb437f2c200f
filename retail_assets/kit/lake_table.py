"""Tables that flows keep in the lake as Parquet parts (one per night, say), which dbt reads as its source `lake`.

A part is written whole or not at all, and not again when it did not change. What a table holds is declared by
its flow, as a dataframely schema.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from retail_assets.lake import Lake, put_in_place, scratch_folder
from retail_assets.schema import Columns, columns_of, polars_schema

if TYPE_CHECKING:
    import dataframely as dy


@dataclass(frozen=True)
class LakeTable:
    """A table that a flow computes."""

    name: str
    declared: "type[dy.Schema]"
    """Its columns; the schema's docstring describes a row."""
    reads: tuple[str, ...] = ()
    """Marts that it is computed from; dbt builds them before, and everything that reads the table after it."""
    only_at_night: bool = False
    """Whether a drop leaves it as the last night made it."""
    started_by_marts: bool = True
    """Whether a drop that changes a mart that it reads starts it; else drops of its own flow do, and the night."""
    published: bool = False
    """Whether it is a mart as it stands; its flow names the audience among its marts."""

    @property
    def description(self) -> str:
        return " ".join((self.declared.__doc__ or "").split())

    @cached_property
    def columns(self) -> Columns:
        return columns_of(self.declared)

    @property
    def schema(self) -> pl.Schema:
        return polars_schema(self.columns)

    def part(self, lake: Lake, part: str) -> Path:
        return lake.table_folder(self.name) / f"{part}.parquet"

    def parts(self, lake: Lake) -> list[Path]:
        """The files of all parts, by name."""
        return sorted(lake.table_folder(self.name).glob("*.parquet"))

    def read(self, lake: Lake, part: str) -> pl.DataFrame:
        """A part's rows; none when there is no such part. A column that came after it was written is null."""
        path = self.part(lake, part)
        if not path.exists():
            return self.empty()
        rows = pl.read_parquet(path, glob=False)
        return rows.select(
            name if name in rows.columns else pl.lit(None, kind).alias(name)
            for name, kind in self.schema.items()
        )

    def scan(self, lake: Lake, columns: Sequence[str]) -> pl.LazyFrame:
        """Some columns of all parts."""
        parts = [pl.scan_parquet(part, glob=False).select(columns) for part in self.parts(lake)]
        return pl.concat([self.empty().lazy().select(columns), *parts])

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)

    def write(self, lake: Lake, part: str, rows: pl.DataFrame) -> bool:
        """Put a part in place, or take it away when it has no rows; False when it held these rows already."""
        target = self.part(lake, part)
        if rows.is_empty():  # a night without rows leaves the table, and all that is built from it, as it is
            existed = target.exists()
            target.unlink(missing_ok=True)
            return existed
        typed = rows.select(self.schema.names()).cast(dict(self.schema))
        with scratch_folder(lake) as scratch:
            fresh = scratch / target.name
            typed.write_parquet(fresh)
            if target.exists() and target.read_bytes() == fresh.read_bytes():
                return False
            put_in_place(fresh, target)
        return True
