"""Tables that flows keep in the lake as Parquet parts (one per night, say), which dbt reads as its source `lake`.

A part is written whole or not at all, and not again when it did not change. What a table holds is declared by
its flow; `warehouse/sources.py` lists them.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from retail_assets.lake import Lake, put_in_place, scratch_folder

Columns = dict[str, tuple[str, str]]
"""Name -> DuckDB type and description."""

POLARS_TYPES: dict[str, pl.DataType] = {
    "varchar": pl.String(),
    "integer": pl.Int32(),
    "bigint": pl.Int64(),
    "float": pl.Float32(),
    "double": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "timestamptz": pl.Datetime("us", "UTC"),
    "varchar[]": pl.List(pl.String()),
    "struct(class varchar, confidence float)[]": pl.List(
        pl.Struct({"class": pl.String, "confidence": pl.Float32})
    ),
}


@dataclass(frozen=True)
class LakeTable:
    """A table of the lake."""

    name: str
    description: str
    columns: Columns

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({name: POLARS_TYPES[kind] for name, (kind, _) in self.columns.items()})

    def part(self, lake: Lake, part: str) -> Path:
        return lake.table_folder(self.name) / f"{part}.parquet"

    def read(self, lake: Lake, part: str) -> pl.DataFrame:
        """A part's rows; none when there is no such part."""
        path = self.part(lake, part)
        return pl.read_parquet(path) if path.exists() else self.empty()

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)

    def write(self, lake: Lake, part: str, rows: pl.DataFrame) -> bool:
        """Put a part in place; False when it held these rows already."""
        target = self.part(lake, part)
        typed = rows.select(self.schema.names()).cast(dict(self.schema))
        with scratch_folder(lake) as scratch:
            fresh = scratch / target.name
            typed.write_parquet(fresh)
            if target.exists() and target.read_bytes() == fresh.read_bytes():
                return False
            put_in_place(fresh, target)
        return True
