"""What a night is planned from: tables, and what is wanted, as `ml.replenishment` takes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from ml.replenishment.demand import WEEK, DailyForecast, daily_forecast
from ml.replenishment.errors import Errors
from ml.replenishment.rules import Rules

QUANTILES = ("lo_95", "lo_80", "hi_80", "hi_95")
"""In the order of ml.replenishment.shapes.LEVELS."""
ITEM = ["store_id", "product_id"]
PAIR = ["supplier_id", "product_id"]


@dataclass(frozen=True)
class Known:
    """What is known on a night, each table by what its columns say."""

    forecast: pl.DataFrame
    """store_id, product_id, date, expected (units) and QUANTILES, segment (kind of demand); origin and version, which
    are the same in all rows."""
    stock: pl.DataFrame
    """store_id, product_id, available_quantity; null where it was never counted."""
    incoming: pl.DataFrame
    """What is on order or in transit: store_id, product_id, supplier_id (null for transfers), kind (`order` or
    `transfer`), ordered_on, due_on (null where unknown), quantity."""
    products: pl.DataFrame
    """product_id, supplier_id (the main one), cost_price, selling_price, currency, pack_size, is_active."""
    terms: pl.DataFrame
    """Of suppliers today: supplier_id, product_id, unit_cost, currency, lead_time_days, min_order_quantity,
    pack_size."""
    delivered: pl.DataFrame
    """Order lines that arrived: supplier_id, product_id, lead_days."""
    classes: pl.DataFrame
    """product_id and abc_class (A, B or C by revenue); of several the best counts, a product without one is C."""
    rejected: pl.DataFrame
    """What was rejected lately: store_id, product_id, supplier_id, proposal_id, order_quantity; one row of each store
    and product."""
    kept_apart: pl.DataFrame
    """store_id and product_id of what no other store is to send there, since that was rejected lately."""


@dataclass(frozen=True)
class Policy:
    """What the retailer wants."""

    rules: Rules
    service_levels: Mapping[str, float]
    """By ABC class."""
    landing_shares: Mapping[str, float]
    """Freight and duty by supplier, as a share of the price."""
    lead_days: float
    """Lead time where nothing tells one."""
    overdue_days: int
    """What is overdue for longer does not count."""
    error_correlation: float
    """Between the errors of two days, where past forecasts do not tell."""
    rejected_change: float
    """What was rejected is proposed again where so much more is needed, as a share of what was rejected."""


def days_left(forecast: pl.DataFrame, as_of: date) -> int:
    """Days of a forecast from `as_of` on; to order by it takes a week at least (ml.replenishment.demand.WEEK)."""
    last = forecast["date"].max()
    return max((last - as_of).days + 1, 0) if isinstance(last, date) else 0


def offered(products: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """Who could deliver what at which terms: columns of `terms` and `supplier_count` (of the product).

    Prices in different currencies cannot be compared, and nothing is converted: those count that are in the product's
    own; where there are none, those in the currency of its main supplier, else of the first in the alphabet. A
    product without terms is delivered by its main supplier at its cost price; where it has none, by nobody that is
    known (null).
    """
    own = products.select("product_id", own_currency="currency", main="supplier_id", own_pack="pack_size")
    stated = terms.join(own, on="product_id", how="inner").with_columns(
        rank=pl.when(pl.col("currency") == pl.col("own_currency"))
        .then(0)
        .when(pl.col("supplier_id") == pl.col("main"))
        .then(1)
        .otherwise(2)
    )
    chosen = pl.col("currency").sort_by("rank", "currency").first().over("product_id")
    stated = stated.filter(pl.col("currency") == chosen).with_columns(pl.coalesce("pack_size", "own_pack"))
    columns = [*terms.columns, "supplier_count"]
    stated = stated.with_columns(supplier_count=pl.len().over("product_id")).select(columns)
    bare = products.join(stated, on="product_id", how="anti").select(
        "product_id",
        "supplier_id",
        "currency",
        "pack_size",
        unit_cost="cost_price",
        supplier_count=pl.col("supplier_id").is_not_null().cast(pl.UInt32),
    )
    return pl.concat([stated, bare], how="diagonal_relaxed").select(columns).sort("product_id", "supplier_id")


def forecast_items(
    known: Known, policy: Policy, as_of: date, errors: Errors | None
) -> tuple[pl.DataFrame, DailyForecast, int]:
    """The stores and products of which each day is foretold, in order, their forecast, and how many others there are.

    How far it may be off is what its quantiles say, and what past forecasts tell (`errors`) where they do."""
    horizon = days_left(known.forecast, as_of)
    if horizon < WEEK:
        raise ValueError(f"The forecast has {horizon} days from {as_of} on; it takes {WEEK}.")
    numbers = ["expected", *QUANTILES]
    ahead = known.forecast.filter(pl.col("date") >= as_of).select(
        *ITEM, "date", "segment", pl.col(numbers).cast(pl.Float64)
    )
    ahead = ahead.sort(*ITEM, "date")
    finite = pl.all_horizontal(pl.col(name).is_finite().fill_null(False) for name in numbers)
    whole = (pl.len() == horizon) & (pl.col("date").n_unique() == horizon) & finite.all()
    ahead = ahead.with_columns(whole=whole.over(ITEM))
    complete = ahead.filter("whole")
    items = complete.select(*ITEM, "segment").unique(ITEM, keep="first", maintain_order=True)
    shape = (len(items), horizon)
    means = complete["expected"].to_numpy().reshape(shape)
    quantiles = complete.select(QUANTILES).to_numpy().reshape(*shape, len(QUANTILES))
    broken = ahead.filter(~pl.col("whole")).select(ITEM).n_unique()
    forecast = daily_forecast(
        means,
        quantiles,
        correlation=policy.error_correlation if errors is None else errors.correlation,
        growth=None if errors is None else errors.growth,
        width=None if errors is None else np.array([errors.widths.get(one, 1.0) for one in items["segment"]]),
    )
    return items.select(ITEM), forecast, broken


def offers_of(
    items: pl.DataFrame, sources: pl.DataFrame, times: pl.DataFrame, policy: Policy
) -> pl.DataFrame:
    """Offers of each item, with lead times and landed costs; `item` says which."""
    shares = pl.DataFrame(
        {"supplier_id": list(policy.landing_shares), "share": list(policy.landing_shares.values())},
        {"supplier_id": pl.String, "share": pl.Float64},
    )
    table = items.select("item", "product_id").join(
        sources, on="product_id", how="left", maintain_order="left_right"
    )
    table = table.join(times, on=PAIR, how="left", maintain_order="left")
    table = table.join(shares, on="supplier_id", how="left", maintain_order="left")
    price = pl.col("unit_cost").cast(pl.Float64)
    return table.with_columns(
        pl.col("mean_days").fill_null(policy.lead_days),
        pl.col("spread_days").fill_null(0),
        pl.col("basis").fill_null("assumed"),
        pl.col("supplier_count").fill_null(0),
        price=price,
        landed=price * (1 + pl.col("share").fill_null(0)),
        minimum=pl.col("min_order_quantity").cast(pl.Float64).fill_null(0),
        pack=pl.col("pack_size").cast(pl.Float64).fill_null(1),
    )


def incoming_of(
    items: pl.DataFrame, incoming: pl.DataFrame, times: pl.DataFrame, policy: Policy, as_of: date
) -> pl.DataFrame:
    """What is on order or in transit for the items: item, kind, quantity, days until it is due, is_overdue."""
    table = incoming.join(items.select("item", *ITEM), on=ITEM, how="inner")
    table = table.join(times.select(*PAIR, "mean_days"), on=PAIR, how="left")
    usual = pl.col("mean_days").fill_null(policy.lead_days).ceil().cast(pl.Int64)
    due = pl.coalesce("due_on", pl.col("ordered_on") + pl.duration(days=usual))
    days = (due.cast(pl.Date) - pl.lit(as_of)).dt.total_days()
    return table.select(
        "item",
        "kind",
        quantity=pl.col("quantity").cast(pl.Float64),
        days=days.clip(0).fill_null(0),
        is_overdue=(days < -policy.overdue_days).fill_null(False),
    )
