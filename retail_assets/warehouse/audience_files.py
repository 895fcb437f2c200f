"""Writes the files of one place of a release: a DuckDB file, Parquet per mart, `_meta` and `_marts` in both.

All files are fresh: a copy of the working file would carry deleted rows in its free pages. Parquet is sorted,
so the same rows make the same bytes whatever order dbt left them in.
"""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from retail_assets.sql import identifier, literal
from retail_assets.warehouse.places import Place, condition_of
from retail_assets.warehouse.reader_views import NAMED, PUBLISHED, as_pattern, named_views, rows_in_parquet
from retail_assets.warehouse.release_tables import COLUMNS, DESCRIPTIONS, Edition, write_release_tables
from retail_assets.warehouse.survey import Column, SurveyedMart

_OUT = "release"


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
    """The place's DuckDB file with the descriptions as comments, views, and what it says of itself as Parquet too."""
    marts = list(marts)
    database = folder / place.database
    database.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(f"attach {literal(str(database))} as {_OUT}")
    # One transaction: each would wait for the disk by itself, some thirty times for every merchant.
    connection.execute("begin")
    # Names in views and macros are found where whoever opens the file finds them.
    connection.execute(f"use {_OUT}")
    connection.execute(f"set variable {PUBLISHED} = {literal(as_pattern(folder))}")
    for mart in marts:
        if mart.mart.in_database:
            only = condition_of(place, mart, place.reader) if place.reader is not None else ""
            connection.execute(f"create table {_table(mart.name)} as select * from {mart.source} {only}")
        else:
            release = folder.with_name(str(edition.release))
            connection.execute(f"create view {_table(mart.name)} as {rows_in_parquet(place, mart, release)}")
        kind = "table" if mart.mart.in_database else "view"
        _comment(connection, mart.name, mart.description, mart.columns, kind=kind)
        if mart.mart.macro:
            connection.execute(f"create macro {mart.mart.macro}")
    for name, (query, columns) in named_views(marts).items():
        connection.execute(f"create view {_table(name)} as {query}")
        text = f"{name.removesuffix(NAMED)} with names beside ids."
        _comment(connection, name, text, columns, kind="view")
    connection.execute(f"reset variable {PUBLISHED}")
    connection.execute("use memory")
    write_release_tables(connection, f"{_OUT}.main", place=place, marts=marts, edition=edition)
    for table, columns in COLUMNS.items():
        _comment(connection, table, DESCRIPTIONS[table], columns)
        target = folder / place.path(f"parquet/{table}/part.parquet")
        target.parent.mkdir(parents=True)
        connection.execute(
            f"copy {_table(table)} to {literal(str(target))} (format parquet, compression zstd)"
        )
    connection.execute("commit")
    connection.execute(f"detach {_OUT}")


def _comment(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    description: str | None,
    columns: Iterable[Column],
    *,
    kind: str = "table",
) -> None:
    if description:
        connection.execute(f"comment on {kind} {_table(table)} is {literal(description)}")
    for column in columns:
        if column.description:
            name = f"{_table(table)}.{identifier(column.name)}"
            connection.execute(f"comment on column {name} is {literal(column.description)}")


def _table(name: str) -> str:
    return f"{_OUT}.main.{identifier(name)}"
