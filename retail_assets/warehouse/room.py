"""Writes the files of one audience's room: a DuckDB file, Parquet per mart, and `_meta` in both.

All files are fresh: a copy of the working file would carry deleted rows in its free pages. Parquet is sorted,
so the same rows make the same bytes whatever order dbt left them in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from retail_assets.sql import identifier, literal
from retail_assets.warehouse.audiences import in_database
from retail_assets.warehouse.marts import UNDATED, WHOLE, Column, Mart

DATABASE = "retail.duckdb"
META = "_meta"
_OUT = "release"

_META_DESCRIPTION = "What this release is: one row per mart."
_META_COLUMNS = (
    Column("release", "BIGINT", "Number of the release; the same in every row."),
    Column("run_id", "VARCHAR", "The run that published it."),
    Column("built_at", "TIMESTAMP WITH TIME ZONE", "When it was built."),
    Column("as_of", "DATE", "The night at which the marts stand; the last complete day is the one before."),
    Column("mart", "VARCHAR", "Name of the mart."),
    Column("rows", "BIGINT", "Rows of the mart."),
    Column("newest_business_date", "DATE", "Newest business date in it; null for marts without one."),
    Column("freshness_days", "INTEGER", "Days from newest_business_date to as_of."),
    Column(
        "model_versions", "VARCHAR[]", "Versions of the models that scored its rows; empty without models."
    ),
    Column("in_database", "BOOLEAN", "Whether retail.duckdb holds it as a table; all are in parquet/."),
)


@dataclass(frozen=True)
class Edition:
    """What `_meta` says of the release as a whole."""

    release: int
    run_id: str
    built_at: datetime
    as_of: date


def part_file(mart: str, part: str) -> str:
    """Where a part lies in the release."""
    if part == WHOLE:
        return f"parquet/{mart}/part.parquet"
    # A mart that is a table as well has the same columns as Parquet: a Hive folder would add `month`.
    return (
        f"parquet/{mart}/part-{part}.parquet"
        if in_database(mart)
        else f"parquet/{mart}/month={part}/part.parquet"
    )


def write_part(connection: duckdb.DuckDBPyConnection, *, mart: Mart, part: str, folder: Path) -> None:
    target = folder / part_file(mart.name, part)
    target.parent.mkdir(parents=True, exist_ok=True)
    by = mart.date_column
    order = ", ".join(
        identifier(c.name) for c in [*([by] if by else []), *(c for c in mart.columns if c != by)]
    )
    connection.execute(
        f"copy (select * from {mart.source} {_of_month(mart, part)} order by {order}) "
        f"to {literal(str(target))} (format parquet, compression zstd)"
    )


def _of_month(mart: Mart, part: str) -> str:
    if part == WHOLE or mart.date_column is None:
        return ""
    column = identifier(mart.date_column.name)
    if part == UNDATED:
        return f"where {column} is null"
    # Compared in the column's own type, so that DuckDB skips row groups of other months.
    first = f"date '{part}-01'"
    end = f"cast(({first} + interval 1 month)::date as {mart.date_column.type})"
    return f"where {column} >= cast({first} as {mart.date_column.type}) and {column} < {end}"


def write_database(
    connection: duckdb.DuckDBPyConnection, *, marts: Iterable[Mart], edition: Edition, folder: Path
) -> None:
    """retail.duckdb with the descriptions as comments, and `_meta` as Parquet too."""
    marts = list(marts)
    connection.execute(f"attach {literal(str(folder / DATABASE))} as {_OUT}")
    for mart in marts:
        if in_database(mart.name):
            connection.execute(f"create table {_table(mart.name)} as select * from {mart.source}")
            _comment(connection, mart.name, mart.description, mart.columns)
    _write_meta(connection, marts=marts, edition=edition)
    target = folder / part_file(META, WHOLE)
    target.parent.mkdir(parents=True)
    connection.execute(f"copy {_table(META)} to {literal(str(target))} (format parquet, compression zstd)")
    connection.execute(f"detach {_OUT}")


def _write_meta(connection: duckdb.DuckDBPyConnection, *, marts: list[Mart], edition: Edition) -> None:
    columns = ", ".join(f"{identifier(column.name)} {column.type}" for column in _META_COLUMNS)
    connection.execute(f"create table {_table(META)} ({columns})")
    for mart in marts:
        newest = mart.newest_business_date
        connection.execute(
            f"insert into {_table(META)} values ({', '.join('?' for _ in _META_COLUMNS)})",
            [
                edition.release,
                edition.run_id,
                edition.built_at,
                edition.as_of,
                mart.name,
                mart.rows,
                newest,
                (edition.as_of - newest).days if newest else None,
                mart.model_versions,
                in_database(mart.name),
            ],
        )
    _comment(connection, META, _META_DESCRIPTION, _META_COLUMNS)


def _comment(
    connection: duckdb.DuckDBPyConnection, table: str, description: str | None, columns: Iterable[Column]
) -> None:
    if description:
        connection.execute(f"comment on table {_table(table)} is {literal(description)}")
    for column in columns:
        if column.description:
            name = f"{_table(table)}.{identifier(column.name)}"
            connection.execute(f"comment on column {name} is {literal(column.description)}")


def _table(name: str) -> str:
    return f"{_OUT}.main.{identifier(name)}"
