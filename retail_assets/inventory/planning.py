"""What a night is planned from: tables, and what is wanted, as `ml.replenishment` takes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from ml.replenishment.demand import WEEK, DailyForecast, daily_forecast
from ml.replenishment.errors import Errors
from ml.replenishment.lead_times import lead_times
from ml.replenishment.rules import Rules

QUANTILES = ("lo_95", "lo_80", "hi_80", "hi_95")
"""In the order of ml.replenishment.shapes.LEVELS."""
ITEM = ["store_id", "product_id"]
PAIR = ["supplier_id", "product_id"]
LATER_ON = 2
"""An order that is promised for so many times the usual days was meant for later, not delayed."""


@dataclass(frozen=True)
class Known:
    """What is known on a night, each table by what its columns say."""

    forecast: pl.DataFrame
    """store_id, product_id, date, expected (units) and QUANTILES, segment (kind of demand); origin and version, which
    are the same in all rows."""
    stock: pl.DataFrame
    """store_id, product_id, available_quantity; null where it was never counted."""
    incoming: pl.DataFrame
    """What is on order or in transit: store_id, product_id, supplier_id (null for transfers), kind (`order`,
    `placed` of which purchasing has not told, or `transfer`), ordered_on, due_on (null where unknown), quantity."""
    products: pl.DataFrame
    """product_id, supplier_id (the main one), cost_price, selling_price, currency, pack_size, is_active."""
    terms: pl.DataFrame
    """Of suppliers today: supplier_id, product_id, unit_cost, currency, lead_time_days, min_order_quantity,
    pack_size."""
    delivered: pl.DataFrame
    """Order lines that arrived: supplier_id, product_id, lead_days, stated_days (until it was due; null if unknown)."""
    classes: pl.DataFrame
    """product_id and abc_class (A, B or C by revenue); of several the best counts, a product without one is C."""
    declined: pl.DataFrame
    """What people wanted less of lately, one row of each store and product: store_id, product_id, proposal_id,
    declined_quantity (all of a rejected proposal, of one that was cut what was cut away),
    supplier_id (null of one that was cut: whoever supplies it)."""
    to_send: pl.DataFrame
    """Approved transfers that nobody has booked: product_id, origin_store_id, destination_store_id, placed_on,
    quantity, is_waited_for (false of what was not booked for so long that it counts no more)."""
    kept_apart: pl.DataFrame
    """store_id and product_id of what no other store is to send there, since that was rejected lately, or proposed
    often and not sent."""


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
    unconfirmed_days: int
    """Nor what was placed so many days ago, and purchasing has not told of."""
    cost_currency: str
    """What ordering and handling cost is said in this currency."""
    error_correlation: float
    """Between the errors of two days, where past forecasts do not tell."""
    rejected_change: float
    """What was rejected or cut away is proposed again where so much more is needed, as a share of what was proposed."""


def days_left(forecast: pl.DataFrame, as_of: date) -> int:
    """Days of a forecast from `as_of` on; to order by it takes a week at least (ml.replenishment.demand.WEEK)."""
    last = forecast["date"].max()
    return max((last - as_of).days + 1, 0) if isinstance(last, date) else 0


def offered(products: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """Who could deliver what at which terms: columns of `terms` and `supplier_count` (of the product).

    Prices in different currencies cannot be compared, and nothing is converted: those count that are in the product's
    own; where there are none, those in the currency of its main supplier, else of the first in the alphabet. A price of
    0 is none that is known; who states none counts where nobody states one. A product without terms is delivered by its
    main supplier at its cost price; where it has none, by nobody that is known (null).
    """
    terms, products = _with_known(terms, "unit_cost"), _with_known(products, "cost_price")
    own = products.select("product_id", own_currency="currency", main="supplier_id", own_pack="pack_size")
    stated = terms.join(own, on="product_id", how="inner").with_columns(
        rank=pl.when(pl.col("currency") == pl.col("own_currency"))
        .then(0)
        .when(pl.col("supplier_id") == pl.col("main"))
        .then(1)
        .otherwise(2)
    )
    is_priced = pl.col("unit_cost").is_not_null()
    stated = stated.filter(is_priced | ~is_priced.any().over("product_id"))
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


def _with_known(table: pl.DataFrame, price: str) -> pl.DataFrame:
    return table.with_columns(pl.when(pl.col(price) > 0).then(price).alias(price))


def forecast_items(
    known: Known, policy: Policy, as_of: date, errors: Errors | None
) -> tuple[pl.DataFrame, DailyForecast]:
    """The stores and products of which each day is foretold, in order, and their forecast.

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
    forecast = daily_forecast(
        means,
        quantiles,
        correlation=policy.error_correlation if errors is None else errors.correlation,
        growth=None if errors is None else errors.growth,
        width=None if errors is None else np.array([errors.widths.get(one, 1.0) for one in items["segment"]]),
    )
    return items.select(ITEM), forecast


def not_foretold(known: Known, foretold: pl.DataFrame) -> pl.DataFrame:
    """Stores and products (ITEM, in order) that are not among those `foretold`, and should be: some days are, or they
    were counted there and are still listed."""
    delisted = known.products.filter(~pl.col("is_active").fill_null(True))
    counted = known.stock.drop_nulls("available_quantity").join(delisted, on="product_id", how="anti")
    pairs = pl.concat([known.forecast.select(ITEM), counted.select(ITEM)]).unique()
    return pairs.join(foretold, on=ITEM, how="anti").sort(ITEM)


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
        in_cost_currency=(pl.col("currency") == policy.cost_currency).fill_null(False),
        minimum=pl.col("min_order_quantity").cast(pl.Float64).fill_null(0),
        pack=pl.col("pack_size").cast(pl.Float64).fill_null(1),
    )


def lead_times_of(
    known: Known, sources: pl.DataFrame, policy: Policy, as_of: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lead times (`lead_times`) of those who could deliver, and the orders that they come from: `known.delivered`, and
    of what is late and waited for the days until today, where it is usual to take longer those: who learns from those
    alone that came, learns from the punctual ones.
    """
    times = lead_times(known.delivered, sources)
    late = _dated(known, times, policy, as_of).filter(~pl.col("is_overdue"), kind="order", is_late=True)
    age = (pl.lit(as_of) - pl.col("ordered_on")).dt.total_days()
    waited = late.select(*PAIR, lead_days=pl.max_horizontal(age, "mean_days").cast(pl.Float64))
    seen = pl.concat([known.delivered.select(*PAIR, pl.col("lead_days").cast(pl.Float64)), waited])
    return lead_times(seen, sources), seen


def incoming_of(
    items: pl.DataFrame, known: Known, times: pl.DataFrame, policy: Policy, as_of: date
) -> pl.DataFrame:
    """What is on order, in transit or to be sent (`to_send`) for the items: item, kind, quantity, days until it is due,
    days until it is there (later where it is promised for later), is_overdue."""
    rows = items.select("item", *ITEM)
    table = _dated(known, times, policy, as_of).join(rows, on=ITEM, how="inner")
    soonest, latest = (
        (pl.col(name) - pl.lit(as_of)).dt.total_days().clip(0).fill_null(0) for name in ("soonest", "latest")
    )
    told = table.select(
        "item",
        "kind",
        "is_overdue",
        quantity=pl.col("quantity").cast(pl.Float64),
        days=soonest,
        arrives=latest,
    )
    sent = known.to_send.rename({"destination_store_id": "store_id"}).join(rows, on=ITEM, how="inner")
    # What a store sends may arrive any day.
    coming = sent.select(
        "item",
        kind=pl.lit("to_send"),
        is_overdue=~pl.col("is_waited_for"),
        quantity=pl.col("quantity").cast(pl.Float64),
        days=pl.lit(0, pl.Int64),
        arrives=pl.lit(0, pl.Int64),
    )
    return pl.concat([told, coming], how="vertical_relaxed")


def there_to_send(known: Known) -> tuple[pl.DataFrame, int]:
    """`known.to_send`, and how many of them are for more than the store has that is to send them, the oldest first.

    What it sold meanwhile, or what was there in the books alone, no store can wait for.
    """
    held = known.stock.select("product_id", origin_store_id="store_id", held="available_quantity")
    some = known.to_send.filter("is_waited_for").sort("placed_on", "destination_store_id", "quantity")
    some = some.join(held, on=["product_id", "origin_store_id"], how="left", maintain_order="left")
    before = pl.col("quantity").cum_sum().over("product_id", "origin_store_id") - pl.col("quantity")
    left = (pl.col("held") - before).clip(0)
    # What was never counted may be there.
    some = some.with_columns(there=pl.min_horizontal("quantity", left))
    short = some.filter(pl.col("there") < pl.col("quantity"))
    parts = [
        known.to_send.filter(~pl.col("is_waited_for")),
        some.with_columns(quantity="there"),
        short.with_columns(quantity=pl.col("quantity") - pl.col("there"), is_waited_for=pl.lit(False)),
    ]
    schema = known.to_send.schema
    told = pl.concat([part.select(schema.names()).cast(schema) for part in parts])
    return told.filter(pl.col("quantity") > 0), short.height


def promised(known: Known) -> pl.DataFrame:
    """Units that stores are to send to others: ITEM and promised."""
    waited_for = known.to_send.filter("is_waited_for").rename({"origin_store_id": "store_id"})
    return waited_for.group_by(ITEM).agg(promised=pl.col("quantity").sum())


def _dated(known: Known, times: pl.DataFrame, policy: Policy, as_of: date) -> pl.DataFrame:
    """`known.incoming` with the usual lead time (mean_days), the days on which it is due (soonest and latest), is_late
    and is_overdue (for so long that nobody waits for it).

    An order is there after the lead time that a new one would have, or when it is promised, whichever is sooner: else
    what is on order already is ordered again each night until the promised day comes near. One that is promised for
    far later than is usual was meant for later: it is due when it is promised.
    """
    promises = known.delivered.group_by("supplier_id").agg(usual_promise=pl.col("stated_days").mean())
    table = known.incoming.join(times.select(*PAIR, "mean_days"), on=PAIR, how="left")
    table = table.join(promises, on="supplier_id", how="left")
    usual = pl.col("mean_days").fill_null(policy.lead_days).ceil()
    is_order = pl.col("kind") != "transfer"
    promised = (pl.col("due_on") - pl.col("ordered_on")).dt.total_days()
    is_for_later = is_order & (promised > LATER_ON * pl.max_horizontal(usual, "usual_promise"))
    measured = pl.when(is_order).then(pl.col("ordered_on") + pl.duration(days=usual.cast(pl.Int64)))
    forgotten = as_of - timedelta(days=policy.unconfirmed_days)
    soonest = pl.when(is_for_later).then("due_on").otherwise(pl.min_horizontal("due_on", measured))
    return table.with_columns(
        soonest=soonest.cast(pl.Date), latest=pl.max_horizontal("due_on", measured).cast(pl.Date)
    ).with_columns(
        is_late=(pl.col("soonest") < as_of).fill_null(False),
        is_overdue=(
            (pl.col("latest") < as_of - timedelta(days=policy.overdue_days)).fill_null(False)
            | ((pl.col("kind") == "placed") & (pl.col("ordered_on") <= forgotten))
        ),
    )
