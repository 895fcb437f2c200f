"""A table of the lake: its parts are written whole, in one shape, and only when they changed."""

from pathlib import Path

import dataframely as dy
import polars as pl
import pytest

from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake


class Forecasts(dy.Schema):
    """What will be sold,
    as far as anybody knows."""

    product_id = dy.String(primary_key=True, description="The product.")
    week = dy.Int16(description="Week of the year.")
    quantity = dy.Float32(nullable=True, description="How much.")
    parts = dy.List(dy.Struct({"what": dy.String(), "share": dy.Float32()}), description="Of what.")


FORECASTS = LakeTable("forecasts", Forecasts)
ROW = {"product_id": "P1", "week": 47, "quantity": 1.5, "parts": [{"what": "trend", "share": 1.0}]}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def test_what_is_declared_is_what_the_table_has(lake: Lake) -> None:
    assert FORECASTS.description == "What will be sold, as far as anybody knows."
    assert FORECASTS.schema == {
        "product_id": pl.String(),
        "week": pl.Int16(),
        "quantity": pl.Float32(),
        "parts": pl.List(pl.Struct({"what": pl.String(), "share": pl.Float32()})),
    }
    assert [column.sql_type for column in FORECASTS.columns.values()] == [
        "varchar",
        "smallint",
        "float",
        "struct(what varchar, share float)[]",
    ]
    assert FORECASTS.columns["quantity"].nullable
    assert FORECASTS.columns["product_id"].is_key
    assert FORECASTS.read(lake, "2026").schema == FORECASTS.schema


def test_a_part_has_the_declared_types_and_columns_in_their_order(lake: Lake) -> None:
    rows = pl.DataFrame([ROW | {"helper": 1}]).select("helper", "parts", "quantity", "week", "product_id")
    assert rows.schema["week"] == pl.Int64()
    assert FORECASTS.write(lake, "2026", rows)
    read = FORECASTS.read(lake, "2026")
    assert list(read.schema.items()) == list(FORECASTS.schema.items())
    assert read.to_dicts() == [ROW]


def test_the_same_rows_are_not_written_again(lake: Lake) -> None:
    rows = pl.DataFrame([ROW])
    assert FORECASTS.write(lake, "2026", rows)
    before = FORECASTS.part(lake, "2026").stat().st_ino
    assert not FORECASTS.write(lake, "2026", rows.select(reversed(rows.columns)))
    assert FORECASTS.part(lake, "2026").stat().st_ino == before
    assert FORECASTS.write(lake, "2026", rows.with_columns(week=48))
    assert FORECASTS.read(lake, "2026")["week"].to_list() == [48]


def test_a_part_without_rows_is_taken_away(lake: Lake) -> None:
    assert not FORECASTS.write(lake, "2026", FORECASTS.empty())
    FORECASTS.write(lake, "2026", pl.DataFrame([ROW]))
    FORECASTS.write(lake, "2027", pl.DataFrame([ROW]))
    assert FORECASTS.write(lake, "2026", FORECASTS.empty())
    assert not FORECASTS.part(lake, "2026").exists()
    assert FORECASTS.read(lake, "2026").is_empty()
    assert FORECASTS.read(lake, "2027").height == 1


def test_a_part_that_does_not_fit_changes_nothing(lake: Lake) -> None:
    FORECASTS.write(lake, "2026", pl.DataFrame([ROW]))
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        FORECASTS.write(lake, "2026", pl.DataFrame([ROW]).drop("week"))
    with pytest.raises(pl.exceptions.InvalidOperationError):
        FORECASTS.write(lake, "2026", pl.DataFrame([ROW | {"week": "soon"}]))
    assert FORECASTS.read(lake, "2026").to_dicts() == [ROW]
    assert not list(lake.scratch.iterdir()), "nothing is left behind"
