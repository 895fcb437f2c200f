"""The world behind the files: sizes, coherent stock, and the stories in every size."""

import io
from datetime import date

import numpy as np
import polars as pl
import pytest

from retail_assets.samples import stories
from retail_assets.samples.catalogue import Catalogue
from retail_assets.samples.flows.master import terms
from retail_assets.samples.plan import Plan
from retail_assets.samples.receipts import sales_lines
from retail_assets.samples.stock import StoreHistory, simulate

NIGHT = date(2026, 11, 20)


def first_stores(size: str, **options: int) -> tuple[Catalogue, StoreHistory, StoreHistory]:
    catalogue = Catalogue(Plan(7, NIGHT, size, **options))
    first = simulate(catalogue, 0, arriving=[])
    return catalogue, first, simulate(catalogue, 1, arriving=first.books.transfers)


@pytest.fixture(scope="module", params=["small", "medium", "large"])
def world(request: pytest.FixtureRequest) -> tuple[Catalogue, StoreHistory, StoreHistory]:
    return first_stores(request.param)


def test_line_counts_are_those_of_the_sizes(world: tuple[Catalogue, StoreHistory, StoreHistory]) -> None:
    catalogue, first, second = world
    expected = {"small": 27_000, "medium": 1_000_000, "large": 10_000_000}[catalogue.plan.size_name]
    factor = catalogue.store_factor
    lines = int(first.lines.sum() + first.returned.sum() + second.lines.sum() + second.returned.sum())
    estimate = lines / (factor[0] + factor[1]) * len(factor)
    assert estimate == pytest.approx(expected, rel=0.15)


def test_stories_hold_in_every_size(world: tuple[Catalogue, StoreHistory, StoreHistory]) -> None:
    catalogue, first, second = world
    end = catalogue.plan.base_days
    sold_lately = {0: first.sold[end - stories.GAP_FROM :], 1: second.sold[end - stories.GAP_FROM :]}
    assert sold_lately[0][:, stories.SOLD_OUT].sum() == 0
    assert sold_lately[1][:, stories.OVERSTOCK].sum() == 0
    assert first.sold[: end - stories.GAP_FROM, stories.SOLD_OUT].sum() > 0
    assert second.sold[end - stories.DEAD_FROM :, stories.DEAD].sum() == 0
    assert second.sold[:, stories.DEAD].sum() > 0
    assert first.sold[: end - stories.NEW_DAY, stories.NEW].sum() == 0
    assert first.sold[end - stories.NEW_DAY :, stories.NEW].sum() > 0
    assert all(stories.NEW not in products for _, products, _ in first.books.counts)
    on_its_way = first.books.transfers[-1]
    assert (on_its_way.product, on_its_way.leaves, on_its_way.arrives) == (stories.OVERSTOCK, end - 2, end)


def test_sales_follow_week_and_promotions() -> None:
    catalogue, first, _ = first_stores("medium")
    sold = first.sold.sum(axis=1)
    weekday = np.array([catalogue.plan.day(index).weekday() for index in range(catalogue.plan.days)])
    assert sold[weekday == 6].sum() == 0, "closed on Sundays"
    assert sold[weekday == 5].mean() > 1.5 * sold[weekday == 1].mean()
    period = next(p for p in catalogue.plan.periods() if not p.daily)
    lines = sales_lines(catalogue, first, period)
    assert lines["promotion"].any()
    assert lines.filter("promotion")["discount_cents"].ne(0).all()
    assert lines.filter(~lines["promotion"])["discount_cents"].eq(0).all()


def test_receipts_hold_exactly_what_was_sold_and_returned() -> None:
    catalogue, first, _ = first_stores("small")
    for period in catalogue.plan.periods():
        lines = sales_lines(catalogue, first, period)
        window = slice(period.start, period.end)
        assert lines["quantity"].sum() == first.sold[window].sum() - first.returned[window].sum()
        assert lines.select("day", "receipt", "position").is_unique().all()


def test_a_longer_plan_repeats_the_shorter_one() -> None:
    _, short, _ = first_stores("small")
    _, longer, _ = first_stores("small", nights_after=3)
    assert np.array_equal(longer.sold[: len(short.sold)], short.sold)
    assert longer.books.movements[: len(short.books.movements)] == short.books.movements


def test_of_some_products_there_are_two_suppliers_to_choose_from() -> None:
    """Who is dearer is quicker; prices in one currency, so that they can be compared."""
    stated = pl.read_parquet(io.BytesIO(terms(Catalogue(Plan(7, NIGHT, "small")))))
    first = stated.unique(["product_id", "supplier_id"], keep="first", maintain_order=True)
    several = first.filter(pl.len().over("product_id") == 2).sort("product_id", "unit_cost")
    assert several["product_id"].n_unique() >= 5
    pairs = several.group_by("product_id").agg(
        pl.col("currency").n_unique(),
        cheaper_is_slower=pl.col("lead_time_days").first() > pl.col("lead_time_days").last(),
    )
    assert pairs["currency"].to_list() == [1] * pairs.height
    assert pairs["cheaper_is_slower"].all()
