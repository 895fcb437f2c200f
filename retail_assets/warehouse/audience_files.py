"""Writes the files of one place of a release: a DuckDB file, Parquet per mart, and `_meta` in both.

All files are fresh: a copy of the working file would carry deleted rows in its free pages. Parquet is sorted,
so the same rows make the same bytes whatever order dbt left them in.
"""

import grp
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from retail_assets.audiences import Audience
from retail_assets.sql import identifier, literal
from retail_assets.warehouse.errors import PublicationError
from retail_assets.warehouse.places import Place, condition_of
from retail_assets.warehouse.survey import Column, SurveyedMart, newest_of, versions_of

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
    for mart in marts:
        if mart.mart.in_database:
            only = condition_of(place, mart, place.reader) if place.reader is not None else ""
            connection.execute(f"create table {_table(mart.name)} as select * from {mart.source} {only}")
            _comment(connection, mart.name, mart.description, mart.columns)
    _write_meta(connection, place=place, marts=marts, edition=edition)
    target = folder / place.path(f"parquet/{META}/part.parquet")
    target.parent.mkdir(parents=True)
    connection.execute(f"copy {_table(META)} to {literal(str(target))} (format parquet, compression zstd)")
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


def set_access(folder: Path, place: Place, groups: dict[str, str]) -> None:
    """Give the folders of a place the mode of its audience, and the group that may enter them; whatever the umask."""
    audience = place.audience
    gid = _group_id(audience, groups)
    own = folder / place.folder / "parquet"
    above = {folder / audience.folder, folder / place.folder}
    for path in {*above, own, *(path for path in own.rglob("*") if path.is_dir())}:
        path.chmod(audience.mode)
        if gid is not None:
            try:
                os.chown(path, -1, gid)
            except PermissionError as error:
                raise PublicationError(
                    f"Nothing was published: the platform's user may not give the folder of {audience} to the group "
                    f"{groups[audience.name]} (RETAIL_AUDIENCE_GROUPS). Make it a member of that group."
                ) from error


def _group_id(audience: Audience, groups: dict[str, str]) -> int | None:
    name = groups.get(audience.name)
    if name is None:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError as error:
        raise PublicationError(
            f"Nothing was published: there is no group {name}, which RETAIL_AUDIENCE_GROUPS names for "
            f"{audience.name}. Create it, or correct the setting."
        ) from error
