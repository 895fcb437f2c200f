"""Parquet: types stay, nested values become JSON text."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from retail_assets.errors import Unreadable
from tests.unit.readers.conftest import Reader


def test_types_stay(read: Reader, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            " id ": [2**62, None],
            "price": [Decimal("1.10"), None],
            "at": [dt.datetime(2026, 11, 20, 14, 5, tzinfo=dt.UTC), None],
            "day": [dt.date(2026, 11, 20), None],
            "ok": [True, None],
            "name": ["é", ""],
        }
    )
    frame.write_parquet(tmp_path / "in.parquet")

    result = read(tmp_path / "in.parquet", "drop.parquet")
    assert result.frame.select(pl.exclude("_record", "_place", "_malformed")).equals(
        frame.rename({" id ": "id"})
    )


def test_nested_and_binary_values_become_text(read: Reader, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"tags": [["a", "b"], None], "line": [{"qty": 1}, {"qty": None}], "raw": [b"abc", b"\xff"]}
    )
    frame.write_parquet(tmp_path / "in.parquet")

    result = read(tmp_path / "in.parquet", "drop.parquet")
    assert result.rows == [('["a","b"]', '{"qty":1}', "abc"), (None, '{"qty":null}', "FF")]


def test_file_order_over_many_row_groups(read: Reader, tmp_path: Path) -> None:
    pl.DataFrame({"n": range(300_000)}).write_parquet(tmp_path / "in.parquet", row_group_size=10_000)

    result = read(tmp_path / "in.parquet", "drop.parquet")
    assert result.frame["n"].to_list() == list(range(300_000))


def test_pattern_characters_in_a_path(read: Reader, tmp_path: Path) -> None:
    pl.DataFrame({"n": [1]}).write_parquet(tmp_path / "other.parquet")
    pl.DataFrame({"n": [2]}).write_parquet(tmp_path / "*.parquet")

    assert read(tmp_path / "*.parquet", "drop.parquet").rows == [(2,)]


def test_a_file_without_rows(read: Reader, tmp_path: Path) -> None:
    pl.DataFrame({"n": []}, schema={"n": pl.Int64}).write_parquet(tmp_path / "in.parquet")

    assert read(tmp_path / "in.parquet", "drop.parquet").found.record_count == 0


@pytest.mark.parametrize("cut", [slice(0, -5), slice(0, 60), slice(0, 4)])
def test_truncated(read: Reader, tmp_path: Path, cut: slice) -> None:
    pl.DataFrame({"n": range(100)}).write_parquet(tmp_path / "in.parquet")

    with pytest.raises(Unreadable, match="end is missing") as error:
        read((tmp_path / "in.parquet").read_bytes()[cut], "drop.parquet")
    assert error.value.reason == "damaged_parquet"
