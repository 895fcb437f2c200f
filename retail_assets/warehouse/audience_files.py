"""Writes the files of one place of a release: a DuckDB file, Parquet per mart, and `_meta` in both.

All files are fresh: a copy of the working file would carry deleted rows in its free pages. Parquet is sorted,
so the same rows make the same bytes whatever order dbt left them in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from retail_assets.sql import identifier, literal
from retail_assets.warehouse.places import Place, condition_of
from retail_assets.warehouse.survey import Column, SurveyedMart, newest_of, versions_of

META = "_meta"
_OUT = "release"

_META_DESCRIPTION = "What this release is: one row per mart."
_META_COLUMNS = (
    Column("release", "BIGINT", "Number of the release that wrote this place; the same in every row."),
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
    Column("in_database", "BOOLEAN", "Whether the DuckDB file holds it as a table; all are in parquet/."),
)


@dataclass(frozen=True)
class Edition:
    """What `_meta` says of the release as a whole."""

    release: int
    run_id: str
    built_at: datetime
    as_of: date


def write_part(
    connection: duckdb.DuckDBPyConnection, *, place: Place, mart: SurveyedMart, part: str, folder: Path
) -> None:
    target = folder / place.part_file(mart, part)
    target.parent.mkdir(parents=True, exist_ok=True)
    by = mart.date_column
    order = ", ".join(
        identifier(c.name) for c in [*([by] if by else []), *(c for c in mart.columns if c != by)]
    )
    connection.execute(
        f"copy (select * from {mart.source} {condition_of(place, mart, part)} order by {order}) "
        f"to {literal(str(target))} (format parquet, compression zstd)"
    )


def write_database(
    connection: duckdb.DuckDBPyConnection,
    *,
    place: Place,
    marts: Iterable[SurveyedMart],
    edition: Edition,
    folder: Path,
) -> None:
    """The place's DuckDB file with the descriptions as comments, and `_meta` as Parquet too."""
    marts = list(marts)
    database = folder / place.database
    database.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(f"attach {literal(str(database))} as {_OUT}")
    # One transaction: each would wait for the disk by itself, some thirty times for every merchant.
    connection.execute("begin")
    for mart in marts:
        if mart.mart.in_database:
            only = condition_of(place, mart, place.reader) if place.reader is not None else ""
            connection.execute(f"create table {_table(mart.name)} as select * from {mart.source} {only}")
            _comment(connection, mart.name, mart.description, mart.columns)
            if mart.mart.macro:
                # Its tables are found where whoever opens the file finds them.
                connection.execute(f"use {_OUT}")
                connection.execute(f"create macro {mart.mart.macro}")
                connection.execute("use memory")
    _write_meta(connection, place=place, marts=marts, edition=edition)
    target = folder / place.path(f"parquet/{META}/part.parquet")
    target.parent.mkdir(parents=True)
    connection.execute(f"copy {_table(META)} to {literal(str(target))} (format parquet, compression zstd)")
    connection.execute("commit")
    connection.execute(f"detach {_OUT}")


def _write_meta(
    connection: duckdb.DuckDBPyConnection, *, place: Place, marts: list[SurveyedMart], edition: Edition
) -> None:
    columns = ", ".join(f"{identifier(column.name)} {column.type}" for column in _META_COLUMNS)
    connection.execute(f"create table {_table(META)} ({columns})")
    for mart in marts:
        parts = list(place.parts(mart).values())
        newest = newest_of(parts)
        connection.execute(
            f"insert into {_table(META)} values ({', '.join('?' for _ in _META_COLUMNS)})",
            [
                edition.release,
                edition.run_id,
                edition.built_at,
                edition.as_of,
                mart.name,
                sum(part.rows for part in parts),
                newest,
                (edition.as_of - newest).days if newest else None,
                versions_of(parts),
                mart.mart.in_database,
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
