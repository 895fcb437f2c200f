"""The dbt project's picture of the lake comes from the contracts."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.lake import Lake
from retail_assets.warehouse.sources import duckdb_type, generated, land_empty_tables, row_columns


@pytest.mark.parametrize("path", generated(), ids=lambda path: path.name)
def test_generated_files_are_fresh(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generated()[path], "run `make dictionary`"


@pytest.mark.parametrize("feed", FEEDS.values(), ids=lambda feed: feed.name)
def test_empty_tables_have_the_contracts_types(tmp_path: Path, feed) -> None:
    lake = Lake(tmp_path)
    land_empty_tables(lake)
    rows = str(lake.rows(feed.name, "empty"))
    with duckdb.connect() as connection:
        described = connection.execute("describe from read_parquet(?)", [rows]).fetchall()
    found = {
        name: kind.lower().replace("timestamp with time zone", "timestamptz") for name, kind, *_ in described
    }
    assert found == {name: kind for name, (kind, _) in row_columns(feed).items()}
    assert pl.read_parquet(rows).is_empty()


def test_every_contract_type_has_a_duckdb_type() -> None:
    for feed in FEEDS.values():
        for column in feed.columns.values():
            assert duckdb_type(column)
