"""Tables and a picture of what a night proposed, for the UI."""

from typing import TYPE_CHECKING

import polars as pl

from ml.replenishment.plan import LOOK_AHEAD
from retail_assets.inventory.proposing import Proposed
from retail_assets.kit.previews import PREVIEW_ROWS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ORDERS, TRANSFERS, HELD_BACK, ON_ORDER, LEFT = (
    "an order is proposed",
    "a transfer is proposed",
    "held back",
    "on order or in transit",
    "not yet",
)
"""What is done about a product that runs out in a store: what the night proposes, and what people or others before it
did."""
DONE = {
    ORDERS: "tab:blue",
    TRANSFERS: "tab:green",
    HELD_BACK: "tab:red",
    ON_ORDER: "tab:orange",
    LEFT: "lightgrey",
}
"""With their colours."""


def most_urgent(orders: pl.DataFrame) -> pl.DataFrame:
    """The proposed orders of what is likeliest to run out, the dearest first of equals."""
    shown = orders.sort("stockout_probability", "order_amount", descending=True, nulls_last=True)
    return shown.head(PREVIEW_ROWS).select(
        "store_id",
        "product_id",
        "supplier_id",
        pl.col("expected_stockout_on").cast(pl.String),
        pl.col("stockout_probability").round(3),
        pl.col("stock_position", "reorder_point", "order_quantity", "order_amount").cast(pl.Float64),
        "currency",
    )


def by_supplier(orders: pl.DataFrame) -> pl.DataFrame:
    """Lines and amounts of proposed orders, the largest amount first."""
    return (
        orders.group_by("supplier_id", "currency")
        .agg(lines=pl.len(), amount=pl.col("order_amount").sum().cast(pl.Float64))
        .sort("amount", "supplier_id", descending=[True, False], nulls_last=True)
        .head(PREVIEW_ROWS)
    )


def largest_transfers(transfers: pl.DataFrame) -> pl.DataFrame:
    """The transfers that are worth most."""
    return (
        transfers.sort("amount", "transfer_id", descending=[True, False], nulls_last=True)
        .head(PREVIEW_ROWS)
        .select(
            "product_id",
            "origin_store_id",
            "destination_store_id",
            pl.col("quantity", "amount").cast(pl.Float64),
            "currency",
        )
    )


def runs_out(points: pl.DataFrame) -> pl.DataFrame:
    """How many products in stores run out in how many days (0 is the night's own), by what is done about it (DONE)."""
    return (
        points.filter(pl.col("expected_stockout_on").is_not_null(), "is_orderable")
        .select(
            days=(pl.col("expected_stockout_on") - pl.col("planned_on")).dt.total_days(),
            done=pl.when(pl.col("held_back_by").is_not_null())
            .then(pl.lit(HELD_BACK))
            .when(pl.col("order_quantity") > 0)
            .then(pl.lit(ORDERS))
            .when(pl.col("transfer_quantity") > 0)
            .then(pl.lit(TRANSFERS))
            .when(pl.col("on_order_quantity") + pl.col("in_transit_quantity") > pl.col("overdue_quantity"))
            .then(pl.lit(ON_ORDER))
            .otherwise(pl.lit(LEFT)),
        )
        .group_by("days", "done")
        .len()
        .sort("days", "done")
    )


def figures(proposed: Proposed) -> "dict[str, Figure]":
    """When stock runs out, and what is done about it; none where nothing does."""
    counted = runs_out(proposed.points)
    if counted.is_empty():
        return {}
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3), layout="constrained")
    axes = figure.add_subplot()
    below = [0] * LOOK_AHEAD
    for done, colour in DONE.items():
        some = dict(counted.filter(done=done).select("days", "len").iter_rows())
        heights = [some.get(day, 0) for day in range(LOOK_AHEAD)]
        axes.bar(range(LOOK_AHEAD), heights, bottom=below, label=done, color=colour, width=0.9)
        below = [low + height for low, height in zip(below, heights, strict=True)]
    axes.set_xlabel("days until it is expected to run out")
    axes.set_ylabel("products in stores")
    axes.legend()
    axes.margins(x=0)
    return {"when_stock_runs_out": figure}
