"""Which products are foretold, and how much of what is not listed any more."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from ml.forecasting.forecast import forecast
from retail_assets.demand.calibrations import quick_calibration
from retail_assets.demand.forecasting import NightForecast, every_product_is_known, forecast_rows
from retail_assets.demand.products import NO_CATEGORY, UNKNOWN, sold_off, without_sold_off, without_unknown
from retail_assets.demand.tables import DEMAND_FORECAST
from retail_assets.demand.totals import total_rows
from retail_assets.platform import Platform
from tests.unit.demand.made_up import ORIGIN, demand, rows

NEW = rows(products=1, days=5).filter(store_id="S1").with_columns(product_id=pl.lit("P9"))


def left(**units: float) -> pl.DataFrame:
    """Units of products in the first store."""
    return pl.DataFrame(
        {"store_id": "S1", "product_id": list(units), "left": [float(one) for one in units.values()]}
    )


def known_without(given: pl.DataFrame, *unknown: str) -> tuple[set, list[tuple]]:
    kept, out = without_unknown(given, pl.Series(unknown, dtype=pl.String), ORIGIN)
    return set(kept["product_id"]), out.rows()


def test_what_no_products_file_knows_is_left_out_however_long_it_sold() -> None:
    given = pl.concat([rows(), NEW.with_columns(category=pl.lit("unknown"))])
    assert known_without(given, "P1", "P9") == (
        {"P0", "P2"},
        [("S1", "P1", UNKNOWN), ("S1", "P9", UNKNOWN), ("S2", "P1", UNKNOWN)],
    )


def test_what_is_new_and_has_no_category_is_left_out() -> None:
    bare = NEW.with_columns(category=pl.lit("unknown"))
    assert known_without(pl.concat([rows(), bare])) == ({"P0", "P1", "P2"}, [("S1", "P9", NO_CATEGORY)])
    assert known_without(pl.concat([rows(), NEW]))[1] == [], "the profile of its category is one"
    old = rows().with_columns(category=pl.when(product_id="P1").then(pl.lit("unknown")).otherwise("category"))
    assert known_without(old)[1] == [], "and what sold for long has one of its own"
    empty = pl.when(product_id="P1").then(True).otherwise("is_out_of_stock").alias("is_out_of_stock")
    assert len(known_without(old.with_columns(empty))[1]) == 2, "of days out of stock nothing is known"


def test_where_nothing_is_known_of_any_product_all_are_foretold() -> None:
    assert known_without(rows(), "P0", "P1", "P2") == ({"P0", "P1", "P2"}, [])
    assert known_without(rows(days=5).with_columns(category=pl.lit("unknown")))[1] == []


def test_the_check_names_what_is_left_out() -> None:
    out = pl.DataFrame(
        {"store_id": "S1", "product_id": [f"P{n}" for n in range(7)], "issue": [UNKNOWN] * 6 + [NO_CATEGORY]}
    )
    none = DEMAND_FORECAST.empty()
    for of, advice in (
        (out, "6 products in stores are sold and in no products file, so they are not foretold: bring them "
         "(P0 in S1, P1 in S1, P2 in S1, P3 in S1, P4 in S1, …). 1 are new and have no category, so they are not "
         "foretold: give them one (P6 in S1)."),
        (out.clear(), ""),
    ):  # fmt: skip
        known = demand()
        known = type(known)(known.origin, known.panel, known.issues, known.pairs, left_out=of)
        finding = every_product_is_known(NightForecast(none, none, none, None, known, None))
        assert (finding.passed, finding.advice) == (not advice, advice)


def test_delisted_products_of_which_none_are_left_are_not_foretold() -> None:
    kept = without_sold_off(rows(), left(P0=0, P1=-2, P2=1))
    assert kept.select("store_id", "product_id").unique().sort(pl.all()).rows() == [
        ("S1", "P2"), ("S2", "P0"), ("S2", "P1"), ("S2", "P2"),
    ]  # fmt: skip


def test_no_more_of_a_delisted_product_is_foretold_than_is_left(cheap: Platform) -> None:
    known = demand()
    learnt = quick_calibration(cheap, known, lambda _: None)
    full = forecast(known.panel, 28, calibration=learnt.calibration)
    made, issues = sold_off(full, known.pairs, left(P1=20, P2=1e6), ORIGIN)
    rows, totals = forecast_rows(known, made, learnt), total_rows(known, made, learnt)
    here = pl.col("store_id").eq("S1") & pl.col("product_id").eq("P1")
    before = forecast_rows(known, full, learnt)
    assert rows.filter(~here).equals(before.filter(~here)), "nothing else changes"
    ours, was = (of.filter(here, model="ensemble") for of in (rows, before))
    assert ours["expected"].sum() == pytest.approx(20, abs=1e-4)
    assert was["expected"].sum() > 100
    last = int((ours["expected"] > 0).arg_max() or 0) + int((ours["expected"] > 0).sum()) - 1
    sells = was["expected"].to_numpy()
    assert sells[:last].sum() < 20 <= sells.sum()
    assert ours["expected"][:last].to_list() == was["expected"][:last].to_list()
    for member in rows["model"].unique():
        of = rows.filter(here, model=member).sort("date")
        assert of[last + 1 :].select("mean", "lo_80", "lo_95").sum().row(0) == (0, 0, 0)
        assert of.filter(pl.col("hi_95") > 20).is_empty(), "on no day more than there is"
        assert of.filter(
            ~((pl.col("lo_95") <= pl.col("mean")) & (pl.col("mean") <= pl.col("hi_95")))
        ).is_empty()
    [issue] = issues
    assert (issue.series_id, issue.issue) == ("S1 / P1", "sold_off")
    assert f"20 are left, the last of which is expected to be sold on {ours['date'][last]}" in issue.detail
    sums = totals.filter(level="product", sum_of="P1")["expected"]
    added = (
        rows.filter(model="ensemble", product_id="P1").group_by("date").agg(pl.sum("expected")).sort("date")
    )
    assert np.allclose(sums, added["expected"], atol=1e-5)
    assert ORIGIN + timedelta(days=last) == ours["date"][last]


@pytest.mark.parametrize("units", [0.25, 3, 7])
def test_no_member_foretells_more_on_a_day_than_is_left(cheap: Platform, units: float) -> None:
    """Though it may foretell more than the mean demand, by which it is lowered."""
    known = demand()
    full = forecast(known.panel, 28, calibration=quick_calibration(cheap, known, lambda _: None).calibration)
    made, _ = sold_off(full, known.pairs, left(P0=units, P1=units), ORIGIN)
    few = made.table.filter(pl.col("series_id").is_in(["S1 / P0", "S1 / P1"]))
    assert few["hi_95"].max() == units
    assert few.filter(~((pl.col("lo_95") <= pl.col("mean")) & (pl.col("mean") <= pl.col("hi_95")))).is_empty()


def test_what_was_never_counted_is_not_lowered() -> None:
    assert sold_off("as it is", demand().pairs, left(P9=2), ORIGIN) == ("as it is", [])  # ty: ignore[invalid-argument-type]
