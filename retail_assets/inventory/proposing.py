"""From tables to what to order and what to send: frames in, frames out. What is worked out, `ml.replenishment` does."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from ml.replenishment.demand import DailyForecast
from ml.replenishment.errors import Errors
from ml.replenishment.lead_times import standard_lead_times
from ml.replenishment.plan import Incoming, Items, Offers, Plan, plan
from ml.replenishment.shapes import LeadShape, lead_shape
from retail_assets.inventory.planning import (
    ITEM,
    Known,
    Policy,
    forecast_items,
    incoming_of,
    lead_times_of,
    not_foretold,
    offered,
    offers_of,
    promised,
    there_to_send,
)
from retail_assets.inventory.proposed_rows import held_back, point_rows, proposal_id, transfer_rows
from retail_assets.inventory.tables import REORDER_PROPOSALS

TOLD_WITHIN = 3
"""Days in which purchasing usually tells of what it was given, and stores of what they were to send."""


@dataclass(frozen=True)
class Proposed:
    """What came out."""

    points: pl.DataFrame
    """Rows of REORDER_POINTS, in order of store and product."""
    orders: pl.DataFrame
    """Rows of REORDER_PROPOSALS."""
    transfers: pl.DataFrame
    """Rows of TRANSFER_PROPOSALS."""
    never_counted: pl.DataFrame
    """store_id and product_id of what has a forecast, is listed and was never counted: nothing is said of it."""
    without_forecast: pl.DataFrame
    """store_id and product_id of what has no whole forecast and should have one (`planning.not_foretold`): nothing is
    said of those either."""
    overdue: int
    """Deliveries that are overdue for so long that nobody waits for them."""
    without_lot: int
    """Products in stores whose supplier's price is unknown or in another currency than the costs of ordering: they are
    ordered up to the reorder point."""
    unknown_to_purchasing: int
    """Lines that were placed more than TOLD_WITHIN days ago, and of which purchasing has not told."""
    not_booked: int
    """Transfers that were approved more than TOLD_WITHIN days ago, and that no store has booked."""
    not_there: int
    """Transfers that were approved, for more than the store has that is to send them."""


def propose(known: Known, policy: Policy, *, as_of: date, errors: Errors | None = None) -> Proposed:
    """Plan a night; day 1 is `as_of` itself. Days of the forecast that have passed are left out. `errors` are what past
    forecasts tell of errors, where they tell something.

    Raises ValueError where less than a week of the forecast is left; see `planning.days_left`.
    """
    untold = as_of - timedelta(days=TOLD_WITHIN)
    not_booked = known.to_send.filter(pl.col("placed_on") < untold).height
    to_send, not_there = there_to_send(known)
    known = replace(known, to_send=to_send)
    foretold, forecast = forecast_items(known, policy, as_of, errors)
    stocked = foretold.join(known.stock, on=ITEM, how="left", maintain_order="left")
    counted = stocked["available_quantity"].is_not_null().to_numpy()
    items = stocked.filter(pl.Series(counted)).with_row_index("item")
    forecast = forecast.part(np.flatnonzero(counted))
    classes = known.classes.group_by("product_id").agg(pl.col("abc_class").min())
    products = known.products.unique("product_id", keep="first", maintain_order=True)
    items = items.join(
        products.select("product_id", "selling_price", "currency", "is_active"),
        on="product_id",
        how="left",
        maintain_order="left",
    ).join(classes, on="product_id", how="left", maintain_order="left")
    apart = known.kept_apart.select(*ITEM, receives=pl.lit(False))
    items = (
        items.join(apart, on=ITEM, how="left", maintain_order="left")
        .join(promised(known), on=ITEM, how="left", maintain_order="left")
        .with_columns(
            pl.col("receives").fill_null(True),
            pl.col("abc_class").fill_null("C"),
            pl.col("promised").fill_null(0),
            is_orderable=pl.col("is_active").fill_null(True),
        )
        .with_columns(
            service_level=pl.col("abc_class").replace_strict(policy.service_levels, return_dtype=pl.Float64),
            on_hand=(pl.col("available_quantity") - pl.col("promised")).cast(pl.Float64),
        )
    )
    sources = offered(products, known.terms)
    times, seen = lead_times_of(known, sources, policy, as_of)
    offers = offers_of(items, sources, times, policy)
    incoming = incoming_of(items, known, times, policy, as_of)
    shape = lead_shape(standard_lead_times(seen, times))
    planned = _plan(items, forecast, offers, shape, incoming, policy)
    is_transfer = pl.col("kind").is_in(["transfer", "to_send"])
    waited_for = incoming.group_by("item").agg(
        on_order=pl.col("quantity").filter(~is_transfer).sum(),
        in_transit=pl.col("quantity").filter(is_transfer).sum(),
        overdue=pl.col("quantity").filter("is_overdue").sum(),
    )
    items = items.join(waited_for, on="item", how="left", maintain_order="left").with_columns(
        pl.col("on_order", "in_transit", "overdue").fill_null(0)
    )
    points = held_back(
        point_rows(items, offers, planned, known.forecast, as_of),
        known.declined,
        change=policy.rejected_change,
    )
    orders = points.filter(pl.col("order_quantity") > 0, pl.col("held_back_by").is_null()).with_columns(
        proposal_id=proposal_id("RO", as_of, *ITEM)
    )
    return Proposed(
        points=points,
        orders=orders.select(REORDER_PROPOSALS.schema.names()),
        transfers=transfer_rows(points, planned, as_of),
        never_counted=_never_counted(stocked.filter(pl.Series(~counted)), products),
        without_forecast=not_foretold(known, foretold),
        overdue=int(incoming["is_overdue"].sum()),
        without_lot=offers[planned.offer]
        .filter(~pl.col("in_cost_currency") | pl.col("landed").is_null())
        .height,
        unknown_to_purchasing=known.incoming.filter(pl.col("ordered_on") < untold, kind="placed").height,
        not_booked=not_booked,
        not_there=not_there,
    )


def _never_counted(items: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Of what is not listed any more nothing is to be ordered."""
    delisted = products.filter(~pl.col("is_active").fill_null(True))
    return items.select(ITEM).join(delisted, on="product_id", how="anti").sort(ITEM)


def _plan(
    items: pl.DataFrame,
    forecast: DailyForecast,
    offers: pl.DataFrame,
    shape: LeadShape,
    incoming: pl.DataFrame,
    policy: Policy,
) -> Plan:
    """The arrays that `plan` takes."""
    landed = offers.group_by("item", maintain_order=True).agg(pl.col("landed").min())["landed"]
    own = offers.group_by("item", maintain_order=True).agg(pl.col("currency").first())["currency"]
    price = pl.Series(items["selling_price"].cast(pl.Float64))
    margin = items.select(
        # What is not sold costs its margin; where that is unknown, or none, as much as it costs to buy.
        pl.when((items["currency"] == own) & (price > landed))
        .then(price - landed)
        .otherwise(landed.fill_null(1.0))
    ).to_series()
    coming = incoming.filter(~pl.col("is_overdue"))
    product = items["product_id"].rank("dense").cast(pl.Int64)
    return plan(
        Items(
            forecast=forecast,
            product=product.to_numpy(),
            on_hand=items["on_hand"].to_numpy(),
            orderable=items["is_orderable"].to_numpy(),
            receives=items["receives"].to_numpy(),
            service=items["service_level"].to_numpy(),
            shortage_cost=margin.to_numpy(),
        ),
        Offers(
            item=offers["item"].cast(pl.Int64).to_numpy(),
            lead_days=offers["mean_days"].to_numpy(),
            lead_spread=offers["spread_days"].to_numpy(),
            unit_cost=offers["landed"].fill_null(0).to_numpy(),
            minimum=offers["minimum"].to_numpy(),
            pack=offers["pack"].to_numpy(),
            costed=offers["in_cost_currency"].to_numpy(),
        ),
        Incoming(
            item=coming["item"].cast(pl.Int64).to_numpy(),
            due=coming["days"].to_numpy(),
            arrives=coming["arrives"].to_numpy(),
            units=coming["quantity"].to_numpy(),
        ),
        policy.rules,
        lead_shape=shape,
    )
