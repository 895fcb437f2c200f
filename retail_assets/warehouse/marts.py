"""What the marts in the working warehouse hold: columns, descriptions, and a digest of the content.

Two surveys are equal exactly when publishing again would change nothing: all that readers see shows in one.
Reading every row once is cheap: DuckDB hashes 10 million sales lines in a third of a second.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

import duckdb

from retail_assets.config import Settings
from retail_assets.lake import Lake
from retail_assets.sql import identifier, literal
from retail_assets.warehouse.audiences import LONG_MARTS
from retail_assets.warehouse.errors import NoWarehouse, PublicationError

WAREHOUSE = "warehouse"
"""The working file's catalog name: that of dbt's, since views name it."""

SCHEMA = "marts"
WHOLE = ""
"""The one part of a mart that is not cut by month."""

UNDATED = "__HIVE_DEFAULT_PARTITION__"
"""The part of rows without a date; readers of Hive-partitioned Parquet take it for null."""

BUSINESS_DATE = "business_date"
MODEL_VERSION = "model_version"


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    description: str | None


@dataclass(frozen=True)
class Part:
    """A mart's rows of one month, or all of them."""

    rows: int
    digest: str
    newest_business_date: date | None = None
    model_versions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mart:
    name: str
    description: str | None
    columns: tuple[Column, ...]
    parts: dict[str, Part]
    """By month (2026-11), or one named WHOLE."""

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts.values())

    @property
    def newest_business_date(self) -> date | None:
        return max(
            (p.newest_business_date for p in self.parts.values() if p.newest_business_date), default=None
        )

    @property
    def model_versions(self) -> list[str]:
        return sorted({version for part in self.parts.values() for version in part.model_versions})

    @property
    def source(self) -> str:
        """The mart in the working warehouse, as SQL."""
        return f"{WAREHOUSE}.{SCHEMA}.{identifier(self.name)}"

    @property
    def date_column(self) -> Column | None:
        name = LONG_MARTS[self.name].date_column if self.name in LONG_MARTS else BUSINESS_DATE
        return next((column for column in self.columns if column.name == name), None)

    def same_shape(self, other: "Mart") -> bool:
        """Whether equal digests mean equal Parquet: the same columns of the same types, in the same order."""
        return [(c.name, c.type) for c in self.columns] == [(c.name, c.type) for c in other.columns]


@contextmanager
def open_warehouse(*, lake: Lake, settings: Settings) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection that can read the working warehouse and nothing can write it through."""
    if not lake.warehouse.exists():
        raise NoWarehouse(f"There is no warehouse at {lake.warehouse} yet: run `make nightly`.")
    with duckdb.connect() as connection:
        connection.execute(f"set threads = {settings.duckdb_threads}")
        connection.execute(f"set memory_limit = {literal(settings.duckdb_memory)}")
        connection.execute(f"set temp_directory = {literal(str(lake.releases / '.spill'))}")
        connection.execute(f"set TimeZone = {literal(settings.time_zone)}")
        connection.execute(f"attach {literal(str(lake.warehouse))} as {WAREHOUSE} (read_only)")
        yield connection


def survey(connection: duckdb.DuckDBPyConnection) -> dict[str, Mart]:
    """Every mart of the warehouse by name. Leftovers of killed dbt runs are no marts."""
    tables = connection.execute(
        """
        select table_name, comment from duckdb_tables() where database_name = $1 and schema_name = $2
        union all
        select view_name, comment from duckdb_views() where database_name = $1 and schema_name = $2
        order by all
        """,
        [WAREHOUSE, SCHEMA],
    ).fetchall()
    marts = {
        name: _survey_one(connection, name, description)
        for name, description in tables
        if "__dbt_" not in name and not name.startswith("_")
    }
    if not marts:
        raise NoWarehouse(f"The warehouse has no tables in its schema {SCHEMA}: run `make nightly`.")
    return marts


def _survey_one(connection: duckdb.DuckDBPyConnection, name: str, description: str | None) -> Mart:
    columns = connection.execute(
        """
        select column_name, data_type, comment from duckdb_columns()
        where database_name = $1 and schema_name = $2 and table_name = $3 order by column_index
        """,
        [WAREHOUSE, SCHEMA, name],
    ).fetchall()
    mart = Mart(name, description, tuple(Column(*column) for column in columns), {})
    if name in LONG_MARTS and mart.date_column is None:
        wanted = LONG_MARTS[name].date_column
        raise PublicationError(
            f"Mart {name} has no column {wanted}, by which retail_assets/warehouse/audiences.py cuts it into "
            "months: add the column to the model, or change its entry there."
        )
    return replace(mart, parts=_parts(connection, mart))


def _parts(connection: duckdb.DuckDBPyConnection, mart: Mart) -> dict[str, Part]:
    by_month = mart.name in LONG_MARTS
    day = f"cast({identifier(mart.date_column.name)} as date)" if mart.date_column else "null::date"
    month = f"date_trunc('month', {day})" if by_month else "null"
    has_versions = any(column.name == MODEL_VERSION for column in mart.columns)
    named = f"list(distinct {MODEL_VERSION}) filter ({MODEL_VERSION} is not null)"  # not all rows were scored
    versions = f"list_sort({named})" if has_versions else "null"
    rows = connection.execute(
        f"""
        select {month}::date, count(*), coalesce(sum(hash(content)), 0)::varchar, max({day}), {versions}
        from {mart.source} as content group by 1 order by 1
        """
    ).fetchall()
    unnamed = UNDATED if by_month else WHOLE
    parts = {
        month.strftime("%Y-%m") if month else unnamed: Part(count, digest, newest, tuple(found or ()))
        for month, count, digest, newest, found in rows
    }
    # A mart without rows still has a file, so that readers find its columns.
    return parts or {unnamed: Part(0, "0")}
