"""Days that sold out: what they show of demand, and what they hide."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from retail_assets.demand.selling_out import with_sold_out_raised
from tests.unit.demand.made_up import ORIGIN, rows

MONDAY = date(2026, 11, 2)


def mondays(quantities: list[float], sold_out: set[int]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "store_id": "S1",
            "product_id": "P1",
            "business_date": [MONDAY + timedelta(weeks=n) for n in range(len(quantities))],
            "quantity": quantities,
            "is_out_of_stock": False,
            "is_sold_out": [n in sold_out for n in range(len(quantities))],
        }
    )


def learnt(given: pl.DataFrame) -> list[float]:
    last = given["business_date"].max()
    assert isinstance(last, date)
    origin = last + timedelta(days=1)
    return with_sold_out_raised(given, origin)["quantity"].to_list()


def test_a_day_that_sold_out_counts_as_the_days_that_sold_at_least_as_much() -> None:
    # 3 is raised to the mean of 5, 4, 3, 6, 5 and 9; 9 was the best day anyway.
    assert learnt(mondays([5, 4, 3, 6, 5, 9], {2, 5})) == pytest.approx([5, 4, 32 / 6, 6, 5, 9])
    assert learnt(mondays([5, 4, 5, 6, 5, 9], {0, 2})) == pytest.approx([6, 4, 6, 6, 5, 9])
    assert learnt(mondays([5, 4, 3, 6], set())) == [5, 4, 3, 6]


def test_what_always_sells_out_is_learnt_from_its_better_days() -> None:
    assert learnt(mondays([2, 6, 4], {0, 1, 2})) == pytest.approx([4, 6, 5])


def test_other_weekdays_quarters_and_days_out_of_stock_say_nothing() -> None:
    year = mondays([9.0] * 13 + [2.0] * 13, {20})
    assert learnt(year) == year["quantity"].to_list()
    tuesday = mondays([9, 9], set()).with_columns(business_date=pl.col("business_date") + timedelta(days=1))
    both = pl.concat([mondays([2, 2], {0}), tuesday])
    assert learnt(both) == [2, 2, 9, 9]
    empty = mondays([2, 2, 0], {0}).with_columns(is_out_of_stock=pl.Series([False, False, True]))
    assert learnt(empty) == [2, 2, 0]


def test_rows_keep_their_order_and_other_series_are_left_alone() -> None:
    given = rows(products=2, days=60).sample(fraction=1, shuffle=True, seed=1)
    assert with_sold_out_raised(given, ORIGIN).equals(given)
    one = given.with_columns(is_sold_out=(pl.col("product_id") == "P0") & (pl.col("quantity") < 2))
    changed = with_sold_out_raised(one, ORIGIN)
    assert changed.drop("quantity").equals(one.drop("quantity"))
    moved = changed.filter(changed["quantity"] != one["quantity"])
    assert moved["product_id"].unique().to_list() == ["P0"] and moved["is_sold_out"].all()


def test_what_is_learnt_is_nearer_to_what_was_wanted() -> None:
    chance = np.random.default_rng(3)
    wanted, shelf = chance.poisson(6, 400), chance.integers(4, 12, 400)
    sold = np.minimum(wanted, shelf).astype(float)
    given = mondays(sold.tolist(), set(np.flatnonzero(wanted >= shelf).tolist()))
    left_over = given.filter(~pl.col("is_sold_out"))["quantity"].to_numpy().mean()
    error = abs(np.mean(learnt(given)) - wanted.mean())
    assert error < 0.6 * abs(sold.mean() - wanted.mean()) < 0.6 * abs(left_over - wanted.mean())
