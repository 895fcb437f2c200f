"""Daily demand as forecasts take it."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from ml.forecasting.backtests.backtest import Backtest
from ml.forecasting.series.history import history_at
from retail_assets.demand.kept_answers import panel_digest
from retail_assets.demand.opening import open_ahead, told_in_windows
from retail_assets.demand.panel import ahead, demand_of
from tests.unit.demand.made_up import CALENDAR, ORIGIN, demand, habits, known_ahead, rows

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
    found = ahead(rows(), open_ahead(rows()["store_id"], habits(ORIGIN), calendar, ORIGIN, 7), promoted)
    assert len(found) == 6 * 7
    shut = found.filter(~pl.col("is_open")).select("store_id", "business_date").unique().sort("store_id")
    assert shut.rows() == [("S1", date(2026, 11, 23)), ("S2", NOVEMBER_22)]
    assert found.filter("is_promotion").select("store_id", "product_id", "business_date").rows() == [
        ("S2", "P1", NOVEMBER_22)
    ]


def test_a_store_that_nothing_is_known_of_is_open() -> None:
    assert open_ahead(rows()["store_id"], habits(), CALENDAR, ORIGIN, 28)["is_open"].all()


def test_a_day_out_of_stock_is_not_known_and_prices_are_no_regressor() -> None:
    given = rows(products=1, days=40)
    given = given.with_columns(is_out_of_stock=pl.col("business_date") == ORIGIN - timedelta(days=3))
    panel = demand_of(given, known_ahead(given), ORIGIN).panel
    assert panel.regressor_names == ("is_open", "is_promotion")
    assert set(panel.static) == {"category", "store"}
    assert np.isnan(panel.demand[:, -3]).all()
    assert not np.isnan(panel.demand[:, -2:]).any()
    assert panel.regressors.shape[1] == panel.days + 28


def test_no_two_products_in_stores_have_one_name() -> None:
    named = {"store_id": ["a", "a / b"], "product_id": ["b / c", "c"]}
    one = rows(products=1, days=2).head(2).with_columns(**{k: pl.Series(v) for k, v in named.items()})
    found = demand_of(one, known_ahead(one, horizon=2), ORIGIN)
    assert found.pairs["series_id"].to_list() == ["a / b / c", "a // b / c"]


def test_what_a_series_is_worth_is_what_it_sold_in_a_year() -> None:
    found = demand(products=1)
    sold = rows(products=1).group_by("store_id").agg(pl.sum("quantity") * 2).sort("store_id")
    assert found.pairs["value"].to_list() == sold["quantity"].to_list()
    assert found.pairs["series_id"].to_list() == found.panel.series.tolist() == ["S1 / P0", "S2 / P0"]


def test_days_ahead_are_told_by_what_was_known_on_the_origin() -> None:
    """S1 opened on a day ahead; the habit of the newest day up to the origin counts, and that of no later one."""
    known = pl.concat(
        [habits(ORIGIN - timedelta(days=9), weekdays=[1]), habits(ORIGIN), habits(NOVEMBER_22, weekdays=[7])]
    )
    opens = pl.when(store_id="S1").then(pl.lit(NOVEMBER_22 + timedelta(days=1)))
    found = open_ahead(rows()["store_id"], known.with_columns(opened_on=opens), CALENDAR, ORIGIN, 5)
    assert found.filter(~pl.col("is_open")).select("store_id", "business_date").rows() == [
        *(("S1", ORIGIN + timedelta(days=day)) for day in range(3)),
        ("S2", NOVEMBER_22),
    ]
    assert found["is_open"].null_count() == 0


def test_a_window_of_a_backtest_knows_what_was_told_then_and_no_more() -> None:
    """S2 was shut on a Monday that no calendar told; at the origin a week before nobody knew, and nobody is judged by
    it. Of a Tuesday its calendar told."""
    monday, windows = date(2026, 11, 9), 2
    given = rows(products=1).with_columns(
        is_open=pl.col("is_open") & ((pl.col("business_date") != monday) | (pl.col("store_id") == "S1")),
    )
    given = given.with_columns(quantity=pl.when("is_open").then("quantity").otherwise(0.0))
    calendar = pl.DataFrame(
        {"store_id": ["S2"], "business_date": [monday + timedelta(days=1)], "is_open": [False]}
    )
    of = demand_of(given, known_ahead(given, horizon=14), ORIGIN)
    origins = [ORIGIN - timedelta(days=14 * back) for back in (1, 2)]
    told = told_in_windows(
        of.panel,
        of.pairs["store_id"].to_list(),
        given,
        habits(*origins),
        calendar,
        horizon=14,
        windows=windows,
    )
    panel = replace(of.panel, told_then=told)
    assert sorted(told) == [panel.days - 28, panel.days - 14]
    history = history_at(panel, panel.days - 14, 14)
    shut = {
        row: panel.dates(0, panel.days)[
            history.shut[row, : panel.days] & (np.arange(panel.days) >= panel.days - 14)
        ]
        for row in (0, 1)
    }
    sundays = [np.datetime64("2026-11-08"), np.datetime64("2026-11-15")]
    assert shut[0].tolist() == [day.astype(object) for day in sundays]
    assert shut[1].tolist() == [sundays[0].astype(object), date(2026, 11, 10), sundays[1].astype(object)]
    assert history_at(of.panel, panel.days - 14, 14).shut[1, panel.days - 11], "by hindsight it was shut"
    judged = Backtest.of(panel, [panel.days - 14], 14, [])
    assert np.isnan(judged.actual[0, 1, 3]) and judged.actual[0, 0, 3] > 0
    assert panel_digest(panel) != panel_digest(of.panel)


def test_a_store_that_had_closed_at_an_origin_is_not_told_to_open_there() -> None:
    """It sells again in the window: nobody knew."""
    closed = pl.col("business_date").is_between(ORIGIN - timedelta(days=40), ORIGIN - timedelta(days=20))
    given = rows(products=1).with_columns(
        quantity=pl.when(closed & (pl.col("store_id") == "S2")).then(0.0).otherwise("quantity")
    )
    of = demand_of(given, known_ahead(given, horizon=14), ORIGIN)
    origins = [ORIGIN - timedelta(days=14 * back) for back in (1, 2)]
    told = told_in_windows(of.panel, ["S1", "S2"], given, habits(*origins), CALENDAR, horizon=14, windows=2)
    of_28, of_14 = (told[of.panel.days - back][:, :, 0].sum(axis=1).tolist() for back in (28, 14))
    assert (of_28, of_14) == ([12, 0], [12, 12])
