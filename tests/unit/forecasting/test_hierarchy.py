"""Series, stores and everything add up."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from ml.fan_out import FanOut
from ml.forecasting.backtests.backtest import Windows
from ml.forecasting.forecast import forecast
from ml.forecasting.hierarchy import NameTaken, NoSuchAttribute, sums_of, with_sums
from tests.unit.forecasting.made_up import panel


def test_levels_add_up_and_nothing_is_negative() -> None:
    given = panel(6, 160)
    one = FanOut(workers=1)
    made = forecast(given, 7, names=("theta",), windows=Windows(2, 7, 7), fan_out=one)
    table = with_sums(given, made, ("store", "category"), fan_out=one).filter(pl.col("model") == "ensemble")
    by_name = {
        name: rows["mean"].to_list() for (name,), rows in table.group_by(["series_id"], maintain_order=True)
    }
    stores = {f"S{n:02d}": f"store=store {n % 2}" for n in range(6)}
    for store in set(stores.values()):
        parts = [by_name[series] for series, of in stores.items() if of == store]
        assert by_name[store] == pytest.approx([sum(day) for day in zip(*parts, strict=True)], rel=1e-6)
    for attribute in ("store", "category"):
        parts = [of for name, of in by_name.items() if name.startswith(f"{attribute}=")]
        assert by_name["total"] == pytest.approx([sum(day) for day in zip(*parts, strict=True)], rel=1e-6)
    assert table.filter((pl.col("lo_80") < 0) | (pl.col("lo_80") > pl.col("mean"))).is_empty()


def test_sums_of_sparse_series_are_what_is_sold() -> None:
    """Each series has a median of 0, and the shop sells six a day."""
    generator = np.random.default_rng(3)
    given = panel(30, 200)
    sparse = replace(given, demand=generator.poisson(0.2, (30, 200)).astype(float))
    one = FanOut(workers=1)
    made = forecast(sparse, 7, names=("median_profile",), windows=Windows(4, 7, 7), fan_out=one)
    assert made.mean.sum() < 10
    table = with_sums(sparse, made, ("store",), fan_out=one).filter(pl.col("model") == "ensemble")
    total = table.filter(pl.col("series_id") == "total")
    assert total["mean"].mean() == pytest.approx(6, rel=0.2)
    assert (total["lo_80"] > 1).all() and (total["hi_80"] < 15).all()


def test_an_attribute_that_is_not_there_is_named() -> None:
    with pytest.raises(NoSuchAttribute, match="those that it has: store, category"):
        sums_of(panel(2, 30), ("region",))


@pytest.mark.parametrize("name", ["total", "store=store 1"])
def test_a_series_with_the_name_of_a_sum_is_refused(name: str) -> None:
    given = panel(3, 30)
    with pytest.raises(NameTaken, match=name):
        sums_of(replace(given, series=np.array(["S00", "S01", name])), ("store",))
