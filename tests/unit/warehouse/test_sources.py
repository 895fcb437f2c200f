"""The dbt project's picture of the lake comes from what the flows declare."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from retail_assets.config import DBT_PROJECT_DIR, Settings
from retail_assets.contract import Feed
from retail_assets.flows import platform_of
from retail_assets.platform import Platform
from retail_assets.schema import Columns
from retail_assets.warehouse.sources import generated, land_empty_tables, row_columns

PLATFORM = platform_of(Settings())
FEEDS = PLATFORM.feeds.values()
GENERATED = generated(PLATFORM)


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_generated_files_are_fresh(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == GENERATED[path], "run `make dictionary`"


def test_no_file_of_a_flow_that_is_gone_stays() -> None:
    staging = DBT_PROJECT_DIR / "models" / "staging"
    assert {*staging.rglob("_*.yml")} <= GENERATED.keys()


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    platform = platform_of(Settings(data_dir=tmp_path_factory.mktemp("landed")))
    land_empty_tables(platform)
    return platform


def types_in(file: Path) -> dict[str, str]:
    with duckdb.connect() as connection:
        described = connection.execute("describe from read_parquet(?)", [str(file)]).fetchall()
    return {
        name: kind.lower()
        .replace("timestamp with time zone", "timestamptz")
        .replace('"', "")
        .replace(", ", ",")
        for name, kind, *_ in described
    }


def declared(columns: Columns) -> dict[str, str]:
    return {column.name: column.sql_type.replace(", ", ",").replace('"', "") for column in columns.values()}


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_empty_feeds_have_the_contracts_types(landed: Platform, feed: Feed) -> None:
    rows = landed.lake.rows(feed.name, "empty")
    assert types_in(rows) == declared(row_columns(feed))
    assert pl.read_parquet(rows).is_empty()


@pytest.mark.parametrize("name", PLATFORM.tables)
def test_empty_computed_tables_have_the_declared_types(landed: Platform, name: str) -> None:
    file = landed.tables[name].part(landed.lake, "empty")
    assert types_in(file) == declared(landed.tables[name].columns)
    assert pl.read_parquet(file).is_empty()


def test_landing_again_writes_nothing(landed: Platform) -> None:
    file = landed.lake.rows("sales", "empty")
    before = file.stat().st_mtime_ns
    land_empty_tables(landed)
    assert file.stat().st_mtime_ns == before
