"""What a table of the platform is, declared once: feeds, tables of the lake and the ledger all become `Columns`.

From `Columns` come Parquet schemas, dbt's sources, the table schemas in the UI and the data dictionary, so that
no column is stated twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import dataframely as dy


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    dtype: pl.DataType
    description: str
    nullable: bool = True
    is_key: bool = False

    @property
    def sql_type(self) -> str:
        """Its type in DuckDB, the one spelling of types that people read."""
        return sql_type(self.dtype)


Columns = Mapping[str, Column]


def sql_type(dtype: pl.DataType) -> str:
    """The DuckDB type of a polars type."""
    match dtype:
        case pl.Decimal(precision=precision, scale=scale):
            return f"decimal({precision},{scale})"
        case pl.List(inner=inner):
            return f"{sql_type(_instance(inner))}[]"
        case pl.Struct(fields=fields):
            return f"struct({', '.join(f'{_field(f.name)} {sql_type(_instance(f.dtype))}' for f in fields)})"
        case pl.Enum():
            return "varchar"
    return _SQL_TYPES[dtype]


_KEYWORDS = """
all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by case cast check
collate collation column columns concurrently constraint create cross default deferrable desc describe distinct do
else end except false fetch for foreign freeze from full generated glob group having ilike in initially inner
intersect into is isnull join lambda lateral leading left like limit map natural not notnull null offset on only or
order outer overlaps pivot placing positional primary qualify references returning right select semi show similar
some struct summarize symmetric table tablesample then to trailing true try_cast tuple union unique unpack unpivot
using variadic verbose when where windowwith"""
"""What DuckDB takes for no name unless it is quoted."""


def _field(name: str) -> str:
    return f'"{name}"' if name in _KEYWORDS.split() else name


_SQL_TYPES: dict[pl.DataType, str] = {
    pl.String(): "varchar",
    pl.Int16(): "smallint",
    pl.Int32(): "integer",
    pl.Int64(): "bigint",
    pl.Float32(): "float",
    pl.Float64(): "double",
    pl.Boolean(): "boolean",
    pl.Date(): "date",
    pl.Datetime("us", "UTC"): "timestamptz",
}


def _instance(dtype: object) -> pl.DataType:
    return dtype() if isinstance(dtype, type) else dtype  # ty: ignore[invalid-explicit-return]


def columns_of(contract: "type[dy.Schema]") -> dict[str, Column]:
    """The columns that a dataframely schema declares."""
    return {
        name: Column(name, column.dtype, column.description or "", column.nullable, column.primary_key)
        for name, column in contract.columns().items()
    }


def polars_schema(columns: Columns) -> pl.Schema:
    return pl.Schema({name: column.dtype for name, column in columns.items()})
