"""A night of replenishment: what is known is read, what comes of it is written."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from ml.replenishment.demand import WEEK
from retail_assets.intake.ledger import newest_night
from retail_assets.inventory.placing import all_parts
from retail_assets.inventory.planning import QUANTILES, Known, Policy, days_left
from retail_assets.inventory.proposing import Proposed, propose
from retail_assets.inventory.settings import InventorySettings
from retail_assets.inventory.tables import (
    NEWEST,
    PLACED_ORDER_LINES,
    REORDER_POINTS,
    REORDER_PROPOSALS,
    TRANSFER_PROPOSALS,
)
from retail_assets.kit.findings import Finding
from retail_assets.lake import Lake
from retail_assets.platform import Platform
from retail_assets.warehouse.reading import read_mart

FORECAST = "demand_forecast"
"""The computed table of another flow that says what will be wanted; without that flow nothing is proposed."""
ENSEMBLE = "ensemble"
KEPT_DAYS = 90
"""Proposals of older nights are dropped; what was placed of them stays in placed_order_lines."""


@dataclass(frozen=True)
class NightProposed:
    """What a night did."""

    proposed: Proposed | None
    """None where there was no forecast to order by."""
    why: str = ""
    """Why there was none, as a sentence."""


def propose_night(platform: Platform, *, as_of: date) -> NightProposed:
    """Propose orders and transfers, and put them in place as the part of the night.

    Without a forecast of the last days the night proposes nothing: what was proposed on an older one is out of date.
    Marts stand at the newest night that ran, so a night that is run again proposes for that one.
    """
    ran = newest_night(platform.settings)
    as_of = ran[0] if ran else as_of
    forecast = newest_forecast(platform, as_of)
    proposed, why = None, ""
    if forecast is None:
        limit = platform.settings_of(InventorySettings).replenish_forecast_days
        why = (
            f"There is no demand forecast of the last {limit} days, so nothing is proposed: see the asset "
            f"lake/{FORECAST}, then run the night again."
        )
    elif (left := days_left(forecast, as_of)) < WEEK:
        why = (
            f"The newest demand forecast has {left} days left, and it takes {WEEK} to order by: forecast from a newer "
            "origin, or further ahead."
        )
    else:
        proposed = propose(known_on(platform, forecast, as_of), policy_of(platform), as_of=as_of)
    lake, night = platform.lake, as_of.isoformat()
    REORDER_POINTS.write(lake, NEWEST, proposed.points if proposed else REORDER_POINTS.empty())
    REORDER_PROPOSALS.write(lake, night, proposed.orders if proposed else REORDER_PROPOSALS.empty())
    TRANSFER_PROPOSALS.write(lake, night, proposed.transfers if proposed else TRANSFER_PROPOSALS.empty())
    _forget_other_nights(lake, as_of)
    return NightProposed(proposed, why)


def newest_forecast(platform: Platform, as_of: date) -> pl.DataFrame | None:
    """The newest forecast that a night may order by: columns of `Known.forecast`; None where there is none.

    The seam to the flow that forecasts: its table `demand_forecast` has a part for each origin, named by its day, with
    the columns store_id, product_id, date, model, mean, expected, lo_95, lo_80, hi_80, hi_95, origin and
    calibration_version. Of the model `ensemble`, sums are reckoned by `expected`, where that is null by `mean`.
    """
    table = platform.tables.get(FORECAST)
    if table is None:
        return None
    oldest = as_of - timedelta(days=platform.settings_of(InventorySettings).replenish_forecast_days)
    origins = [
        day for path in table.parts(platform.lake) if (day := _day(path.stem)) and oldest < day <= as_of
    ]
    if not origins:
        return None
    rows = table.read(platform.lake, max(origins).isoformat()).filter(model=ENSEMBLE)
    found = rows.select(
        "store_id",
        "product_id",
        "date",
        *QUANTILES,
        expected=pl.coalesce("expected", "mean"),
        origin="origin",
        version="calibration_version",
    )
    return None if found.is_empty() else found


def known_on(platform: Platform, forecast: pl.DataFrame, as_of: date) -> Known:
    """What marts say as of a night, and what was placed and is not in them yet."""
    settings = platform.settings_of(InventorySettings)
    columns = ["po_id", "supplier_id", "store_id", "product_id", "status", "ordered_on", "due_on", "is_open"]
    quantities = ["ordered_quantity", "received_quantity", "open_quantity", "last_received_on"]
    orders = read_mart(platform, "purchase_orders", *columns, *quantities)
    terms = ["supplier_id", "product_id", "unit_cost", "currency", "lead_time_days", "min_order_quantity"]
    stated = read_mart(platform, "supplier_products", *terms, "pack_size", "is_current")
    return Known(
        forecast=forecast,
        stock=read_mart(platform, "stock_levels", "store_id", "product_id", "available_quantity"),
        incoming=pl.concat(
            [
                _owed(orders),
                _placed(platform, orders, since=as_of - timedelta(days=settings.replenish_unconfirmed_days)),
                _in_transit(platform),
            ],
            how="diagonal_relaxed",
        ),
        products=read_mart(
            platform,
            "products",
            "product_id",
            "supplier_id",
            "cost_price",
            "selling_price",
            "currency",
            "pack_size",
            "is_active",
        ),
        terms=stated.filter("is_current").drop("is_current"),
        delivered=_delivered(orders, since=as_of - timedelta(days=settings.replenish_history_days)),
        classes=read_mart(platform, "product_performance", "product_id", "abc_class").drop_nulls(),
    )


def policy_of(platform: Platform) -> Policy:
    settings = platform.settings_of(InventorySettings)
    return Policy(
        rules=settings.rules,
        service_levels=settings.service_levels,
        landing_shares=settings.replenish_landing_shares,
        lead_days=settings.replenish_lead_days,
        overdue_days=settings.replenish_overdue_days,
        error_correlation=settings.replenish_error_correlation,
    )


def a_forecast_to_order_by(done: NightProposed) -> Finding:
    """Whether the night had a forecast of the last days, and said something of all that is in it."""
    if done.proposed is None:
        return Finding(passed=False, advice=done.why)
    proposed = done.proposed
    suppliers = proposed.orders["supplier_id"]
    return Finding(
        passed=not (proposed.without_forecast or suppliers.null_count()),
        figures={
            "planned": proposed.points.height,
            "orders": proposed.orders.height,
            "transfers": proposed.transfers.height,
            "never_counted": proposed.never_counted,
            "without_forecast": proposed.without_forecast,
            "without_supplier": suppliers.null_count(),
        },
        advice=f"{proposed.without_forecast:,} products in stores have no whole forecast, and "
        f"{suppliers.null_count():,} proposals no supplier: give these products a main supplier or terms.",
    )


def _owed(orders: pl.DataFrame) -> pl.DataFrame:
    """What suppliers owe."""
    return orders.filter("is_open").select(
        "store_id",
        "product_id",
        "supplier_id",
        "ordered_on",
        "due_on",
        kind=pl.lit("order"),
        quantity="open_quantity",
    )


def _placed(platform: Platform, orders: pl.DataFrame, *, since: date) -> pl.DataFrame:
    """Approved lines that purchasing was given and has not told of: their order number is no order that came in."""
    return (
        all_parts(PLACED_ORDER_LINES, platform.lake)
        .filter(pl.col("placed_on") > since)
        .join(orders, left_on="order_number", right_on="po_id", how="anti")
        .select(
            "store_id",
            "product_id",
            "supplier_id",
            "quantity",
            ordered_on="placed_on",
            due_on=pl.lit(None, pl.Date),
            kind=pl.lit("order"),
        )
    )


def _in_transit(platform: Platform) -> pl.DataFrame:
    """What left other stores; it may arrive any day, so it is due on the day on which it left."""
    goods = read_mart(
        platform, "goods_in_transit", "destination_store_id", "product_id", "departed_on", "quantity"
    )
    return goods.drop_nulls("destination_store_id").select(
        "product_id",
        "quantity",
        store_id="destination_store_id",
        supplier_id=pl.lit(None, pl.String),
        ordered_on="departed_on",
        due_on="departed_on",
        kind=pl.lit("transfer"),
    )


def _delivered(orders: pl.DataFrame, *, since: date) -> pl.DataFrame:
    """Lead times of what came whole, or was closed short, as in supplier_performance."""
    closed = (pl.col("status") == "received") | (pl.col("received_quantity") >= pl.col("ordered_quantity"))
    return orders.filter(
        closed,
        ~pl.col("status").is_in(["draft", "cancelled"]),
        pl.col("ordered_on") >= since,
        pl.col("last_received_on") >= pl.col("ordered_on"),
    ).select(
        "supplier_id",
        "product_id",
        lead_days=(pl.col("last_received_on") - pl.col("ordered_on")).dt.total_days(),
    )


def _forget_other_nights(lake: Lake, as_of: date) -> None:
    """Drop what was proposed long ago, and on later nights: marts stand at this one, so those were taken back."""
    for table in (REORDER_PROPOSALS, TRANSFER_PROPOSALS):
        for path in table.parts(lake):
            day = _day(path.stem)
            if day and not as_of - timedelta(days=KEPT_DAYS) < day <= as_of:
                path.unlink()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
