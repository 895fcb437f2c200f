"""What a plan says, as rows of the tables that people read."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from ml.replenishment.plan import NEVER, Plan
from retail_assets.inventory.planning import ITEM
from retail_assets.inventory.tables import REORDER_POINTS, TRANSFER_PROPOSALS


def point_rows(
    items: pl.DataFrame, offers: pl.DataFrame, planned: Plan, forecast: pl.DataFrame, as_of: date
) -> pl.DataFrame:
    """Rows of REORDER_POINTS."""
    chosen, levels = offers[planned.offer], planned.levels
    day = planned.stockout_day.astype("timedelta64[D]")
    runs_out = np.where(
        planned.stockout_day != NEVER, np.datetime64(as_of - timedelta(days=1)) + day, np.datetime64("NaT")
    )
    quantity = pl.Series(planned.quantity)
    origin, version = forecast.select("origin", "version").row(0)
    return items.select(
        *ITEM,
        planned_on=pl.lit(as_of),
        is_orderable="is_orderable",
        abc_class="abc_class",
        service_level="service_level",
        supplier_id=chosen["supplier_id"],
        supplier_count=chosen["supplier_count"],
        lead_time_days=chosen["mean_days"],
        lead_time_spread_days=chosen["spread_days"],
        lead_time_basis=chosen["basis"],
        protection_days=pl.Series(levels.days),
        daily_demand=pl.Series(levels.rate),
        demand_quantity=pl.Series(levels.demand),
        safety_stock=pl.Series(levels.safety_stock),
        reorder_point=pl.Series(levels.reorder_point),
        order_up_to=pl.Series(levels.order_up_to),
        on_hand_quantity="available_quantity",
        promised_quantity="promised",
        on_order_quantity="on_order",
        in_transit_quantity="in_transit",
        overdue_quantity="overdue",
        due_quantity=pl.Series(planned.due),
        stock_position=pl.Series(planned.position),
        transfer_quantity=pl.Series(planned.received),
        transfer_out_quantity=pl.Series(planned.sent),
        expected_stockout_on=pl.Series(runs_out, dtype=pl.Date),
        stockout_probability=pl.Series(planned.stockout_chance),
        min_order_quantity=chosen["minimum"],
        pack_size=chosen["pack"],
        order_quantity=quantity,
        declined_quantity=pl.lit(0),
        currency=chosen["currency"],
        unit_cost=chosen["unit_cost"],
        landed_unit_cost=chosen["landed"],
        total_unit_cost=pl.select(
            pl.when(chosen["landed"].is_not_null()).then(pl.Series(planned.cost))
        ).to_series(),
        order_amount=chosen["price"] * quantity,
        forecast_origin=pl.lit(origin),
        forecast_version=pl.lit(version),
        held_back_by=pl.lit(None),
    ).cast(dict(REORDER_POINTS.schema))


def held_back(points: pl.DataFrame, declined: pl.DataFrame, *, change: float) -> pl.DataFrame:
    """Points with what was declined lately (see Known.declined), and with the proposal that keeps each from being
    proposed again: less is needed than `change` more than was declined, and, where it was rejected, of the same
    supplier. Who cut it wanted less from whomever."""
    before = declined.select(*ITEM, "proposal_id", supplier="supplier_id", less="declined_quantity")
    told = points.join(before, on=ITEM, how="left", maintain_order="left")
    is_same = (
        pl.col("supplier").is_null() | (pl.col("supplier") == pl.col("supplier_id")).fill_null(False)
    ) & (pl.col("order_quantity").cast(pl.Float64) < pl.col("less").cast(pl.Float64) * (1 + change))
    needed = pl.col("order_quantity") > 0
    return told.with_columns(
        declined_quantity=pl.col("less").fill_null(0).cast(points.schema["declined_quantity"]),
        held_back_by=pl.when(needed & is_same).then("proposal_id"),
    ).select(points.columns)


def transfer_rows(points: pl.DataFrame, planned: Plan, as_of: date) -> pl.DataFrame:
    """Rows of TRANSFER_PROPOSALS."""
    moved = planned.transfers
    origin, destination = points[moved.origin], points[moved.destination]
    units = pl.Series(moved.units)
    return (
        pl.DataFrame(
            {
                "planned_on": origin["planned_on"],
                "product_id": origin["product_id"],
                "origin_store_id": origin["store_id"],
                "destination_store_id": destination["store_id"],
                "quantity": units,
                "origin_on_hand_quantity": origin["on_hand_quantity"] - origin["promised_quantity"],
                "origin_needed_quantity": origin["order_up_to"],
                "origin_daily_demand": origin["daily_demand"],
                "destination_position": destination["stock_position"],
                "destination_reorder_point": destination["reorder_point"],
                "destination_order_up_to": destination["order_up_to"],
                "expected_stockout_on": destination["expected_stockout_on"],
                "stockout_probability": destination["stockout_probability"],
                "currency": destination["currency"],
                "amount": destination["landed_unit_cost"].cast(pl.Float64) * units,
                "forecast_origin": origin["forecast_origin"],
                "forecast_version": origin["forecast_version"],
            }
        )
        .with_columns(
            transfer_id=proposal_id("TR", as_of, "origin_store_id", "destination_store_id", "product_id")
        )
        .select(TRANSFER_PROPOSALS.schema.names())
        .cast(dict(TRANSFER_PROPOSALS.schema))
    )


def proposal_id(prefix: str, night: date, *ids: str) -> pl.Expr:
    """Like RO-20261120-S01:P0005. Ids may hold anything, and no two proposals may have one name: a colon in an id is
    written as in addresses of the web."""
    parts = [pl.col(name).str.replace_all("%", "%25", literal=True) for name in ids]
    return pl.concat_str(
        pl.lit(f"{prefix}-{night:%Y%m%d}-"),
        pl.concat_str(*(part.str.replace_all(":", "%3A", literal=True) for part in parts), separator=":"),
    )
