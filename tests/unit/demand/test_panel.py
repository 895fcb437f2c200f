"""Daily demand as forecasts take it."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from retail_assets.demand.panel import ahead, demand_of
from tests.unit.demand.made_up import CALENDAR, ORIGIN, PROMOTIONS, demand, rows

NOVEMBER_22 = date(2026, 11, 22)
"""A Sunday."""


def test_days_ahead_are_open_as_the_calendar_says_and_else_as_weekdays_were() -> None:
    calendar = pl.DataFrame(
        {
            "store_id": ["S1", "S1"],
            "business_date": [NOVEMBER_22, NOVEMBER_22 + timedelta(days=1)],
            "is_open": [True, False],
        }
    )
    promoted = pl.DataFrame({"store_id": ["S2"], "product_id": ["P1"], "business_date": [NOVEMBER_22]})
    found = ahead(rows(), calendar, promoted, ORIGIN, 7)
    assert len(found) == 6 * 7
    shut = found.filter(~pl.col("is_open")).select("store_id", "business_date").unique().sort("store_id")
    assert shut.rows() == [("S1", date(2026, 11, 23)), ("S2", NOVEMBER_22)]
    assert found.filter("is_promotion").select("store_id", "product_id", "business_date").rows() == [
        ("S2", "P1", NOVEMBER_22)
    ]


def test_a_store_that_nothing_is_known_of_is_open() -> None:
    assert ahead(rows(days=3), CALENDAR, PROMOTIONS, ORIGIN, 28)["is_open"].all()


def test_a_day_out_of_stock_is_not_known_and_prices_are_no_regressor() -> None:
    given = rows(products=1, days=40)
    given = given.with_columns(is_out_of_stock=pl.col("business_date") == ORIGIN - timedelta(days=3))
    panel = demand_of(given, ahead(given, CALENDAR, PROMOTIONS, ORIGIN, 28), ORIGIN).panel
    assert panel.regressor_names == ("is_open", "is_promotion")
    assert set(panel.static) == {"category", "store"}
    assert np.isnan(panel.demand[:, -3]).all()
    assert not np.isnan(panel.demand[:, -2:]).any()
    assert panel.regressors.shape[1] == panel.days + 28


def test_no_two_products_in_stores_have_one_name() -> None:
    named = {"store_id": ["a", "a / b"], "product_id": ["b / c", "c"]}
    one = rows(products=1, days=2).head(2).with_columns(**{k: pl.Series(v) for k, v in named.items()})
    found = demand_of(one, ahead(one, CALENDAR, PROMOTIONS, ORIGIN, 2), ORIGIN)
    assert found.pairs["series_id"].to_list() == ["a / b / c", "a // b / c"]


def test_what_a_series_is_worth_is_what_it_sold_in_a_year() -> None:
    found = demand(products=1)
    sold = rows(products=1).group_by("store_id").agg(pl.sum("quantity") * 2).sort("store_id")
    assert found.pairs["value"].to_list() == sold["quantity"].to_list()
    assert found.pairs["series_id"].to_list() == found.panel.series.tolist() == ["S1 / P0", "S2 / P0"]
