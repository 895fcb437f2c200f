"""What stands in the working warehouse: columns, rows and samples of its relations, read without writing."""

from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager

import duckdb
import polars as pl

from retail_assets.kit.previews import PREVIEW_ROWS
from retail_assets.lake import Lake
from retail_assets.sql import identifier


class Relations:
    """The relations of a working warehouse, by dbt's name for them (`"database"."schema"."table"`)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.columns: dict[str, dict[str, str]] = defaultdict(dict)
        rows = connection.execute(
            "select database_name, schema_name, table_name, column_name, lower(data_type) from duckdb_columns() "
            "where not internal order by database_name, schema_name, table_name, column_index"
        ).fetchall()
        for *relation, column, data_type in rows:
            self.columns[".".join(identifier(part) for part in relation)][column] = data_type

    def row_count(self, relation: str) -> int:
        [(rows,)] = self._connection.execute(f"select count(*) from {relation}").fetchall()
        return rows

    def first_rows(self, relation: str) -> pl.DataFrame:
        """A few rows, the newest first where they are dated."""
        newest = " order by business_date desc" if "business_date" in self.columns[relation] else ""
        return self._connection.sql(f"select * from {relation}{newest} limit {PREVIEW_ROWS}").pl()

    def failing_rows(self, query: str) -> pl.DataFrame:
        """A few of the rows that a data test found."""
        return self._connection.sql(f"select * from ({query}) limit {PREVIEW_ROWS}").pl()


@contextmanager
def open_relations(lake: Lake) -> Generator[Relations]:
    """The working warehouse for reading; hold its lock."""
    with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
        yield Relations(connection)
