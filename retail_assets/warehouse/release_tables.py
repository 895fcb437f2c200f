"""What a place of a release says of itself: `_meta`, one row about the release, and `_marts`, a row per mart."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from retail_assets.config import REPOSITORY
from retail_assets.sql import identifier
from retail_assets.warehouse.places import Place
from retail_assets.warehouse.survey import Column, SurveyedMart, newest_of, versions_of

META, MARTS = "_meta", "_marts"

DESCRIPTIONS = {META: "What this release is: one row.", MARTS: "One row per mart of this place."}
COLUMNS = {
    META: (
        Column("release", "BIGINT", "Number of the release that wrote this place."),
        Column(
            "as_of", "DATE", "The night at which the marts stand; the last complete day is the one before."
        ),
        Column("built_at", "TIMESTAMP WITH TIME ZONE", "When it was built."),
        Column("run_id", "VARCHAR", "The run that published it."),
        Column("version", "VARCHAR", "Version of the platform that built it."),
    ),
    MARTS: (
        Column("mart", "VARCHAR", "Name of the mart."),
        Column("audience", "VARCHAR", "Whom it is for."),
        Column("rows", "BIGINT", "Rows of the mart that lie here."),
        Column(
            "changed_at", "TIMESTAMP WITH TIME ZONE", "When a release last had other rows or columns of it."
        ),
        Column("newest_business_date", "DATE", "Newest business date in it; null for marts without one."),
        Column("freshness_days", "INTEGER", "Days from newest_business_date to as_of."),
        Column(
            "model_versions",
            "VARCHAR[]",
            "Versions of the models that scored its rows; empty without models.",
        ),
        Column(
            "in_database",
            "BOOLEAN",
            "Whether the DuckDB file holds its rows; else it is a view over parquet/.",
        ),
    ),
}


@dataclass(frozen=True)
class Edition:
    """What `_meta` says of the release as a whole, and when its marts last changed."""

    release: int
    run_id: str
    built_at: datetime
    as_of: date
    changed_at: Mapping[str, datetime]


def write_release_tables(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    *,
    place: Place,
    marts: Iterable[SurveyedMart],
    edition: Edition,
) -> None:
    """Create both tables in a schema of an attached database."""
    meta = [edition.release, edition.as_of, edition.built_at, edition.run_id, _version()]
    rows = {META: [meta], MARTS: [_mart(place, mart, edition) for mart in marts]}
    for table, columns in COLUMNS.items():
        typed = ", ".join(f"{identifier(column.name)} {column.type}" for column in columns)
        connection.execute(f"create table {schema}.{identifier(table)} ({typed})")
        for row in rows[table]:
            marks = ", ".join("?" for _ in row)
            connection.execute(f"insert into {schema}.{identifier(table)} values ({marks})", row)


def _version() -> str:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def _mart(place: Place, mart: SurveyedMart, edition: Edition) -> list[Any]:
    parts = list(place.parts(mart).values())
    newest = newest_of(parts)
    return [
        mart.name,
        mart.audience.name,
        sum(part.rows for part in parts),
        edition.changed_at[mart.name],
        newest,
        (edition.as_of - newest).days if newest else None,
        versions_of(parts),
        mart.mart.in_database,
    ]
