"""What is known on a night: the forecast, what marts say, what was placed and what was declined."""

from datetime import date, timedelta

import polars as pl

from retail_assets.inventory.decisions import last_decisions
from retail_assets.inventory.placing import all_parts
from retail_assets.inventory.planning import ITEM, QUANTILES, Known
from retail_assets.inventory.settings import InventorySettings
from retail_assets.inventory.states import (
    APPROVED,
    CUT,
    FORGOTTEN,
    ORDER_KINDS,
    REJECTED,
    TO_SEND,
    TRANSFER_KINDS,
)
from retail_assets.inventory.tables import (
    PLACED_ORDER_LINES,
    PLACED_TRANSFERS,
    REORDER_PROPOSALS,
    TRANSFER_PROPOSALS,
)
from retail_assets.inventory.unconfirmed import unconfirmed
from retail_assets.kit.foretold import ENSEMBLE, FORECAST, ForetoldDemand
from retail_assets.kit.lake_table import LakeTable
from retail_assets.platform import Platform
from retail_assets.warehouse.reading import read_intermediate, read_mart

REMEMBERED = 2
"""Placed lines of which purchasing never told are overdue for as long again as they counted, so that it is seen; and so
are transfers that no store booked."""


def newest_forecast(platform: Platform, as_of: date) -> pl.DataFrame | None:
    """The newest forecast that a night may order by: columns of `Known.forecast`; None where there is none, or no flow
    that forecasts."""
    table = platform.tables.get(FORECAST)
    if table is None:
        return None
    oldest = as_of - timedelta(days=platform.settings_of(InventorySettings).replenish_forecast_days)
    origins = [
        day for path in table.parts(platform.lake) if (day := day_of(path.stem)) and oldest < day <= as_of
    ]
    if not origins:
        return None
    path = table.part(platform.lake, max(origins).isoformat())
    found = units_foretold(pl.scan_parquet(path, glob=False)).collect()
    return None if found.is_empty() else found


def units_foretold(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Of a part of the table FORECAST the columns of `Known.forecast`: of the model ENSEMBLE, whose sums are reckoned
    by `expected`, where that is null by `mean`."""
    return (
        rows.select(ForetoldDemand.column_names())
        .filter(model=ENSEMBLE)
        .select(
            *ITEM,
            "date",
            *QUANTILES,
            "segment",
            expected=pl.coalesce("expected", "mean"),
            origin="origin",
            version="calibration_version",
        )
    )


def known_on(platform: Platform, forecast: pl.DataFrame, as_of: date) -> Known:
    """What marts say as of a night, and what was placed and is not in them yet."""
    settings = platform.settings_of(InventorySettings)
    remembered = as_of - REMEMBERED * timedelta(days=settings.replenish_unconfirmed_days)
    columns = ["po_id", "supplier_id", "store_id", "product_id", "ordered_on", "due_on", "is_open"]
    orders = read_mart(platform, "purchase_orders", *columns, "ordered_quantity", "open_quantity")
    terms = ["supplier_id", "product_id", "unit_cost", "currency", "lead_time_days", "min_order_quantity"]
    stated = read_mart(platform, "supplier_products", *terms, "pack_size", "is_current")
    return Known(
        forecast=forecast,
        stock=read_mart(platform, "stock_levels", "store_id", "product_id", "available_quantity"),
        incoming=pl.concat(
            [
                _owed(orders),
                _placed(platform, orders, since=remembered),
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
        delivered=read_intermediate(
            platform,
            "int_judged_order_lines",
            "supplier_id",
            "product_id",
            "lead_days",
            "stated_days",
            where="lead_days is not null",
        ),
        classes=read_mart(platform, "product_performance", "product_id", "abc_class").drop_nulls(),
        declined=declined_before(
            platform,
            as_of,
            rejected_days=settings.replenish_rejected_days,
            cut_days=settings.replenish_cut_days,
        ),
        to_send=_to_send(platform, since=remembered),
        kept_apart=kept_apart_before(
            platform,
            as_of,
            days=settings.replenish_rejected_days,
            nights=settings.replenish_unsent_nights,
        ),
    )


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


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
    """Approved lines that purchasing was given and has not told of."""
    lines = all_parts(PLACED_ORDER_LINES, platform.lake).filter(pl.col("placed_on") > since)
    return unconfirmed(lines, orders).select(
        "store_id",
        "product_id",
        "supplier_id",
        "quantity",
        ordered_on="placed_on",
        due_on=pl.lit(None, pl.Date),
        kind=pl.lit("placed"),
    )


def _in_transit(platform: Platform) -> pl.DataFrame:
    """What left other stores."""
    columns = ("transfer_id", "destination_store_id", "product_id", "departed_on", "quantity")
    goods = read_mart(platform, "goods_in_transit", *columns)
    return on_the_way(goods, all_parts(PLACED_TRANSFERS, platform.lake))


def on_the_way(goods: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """Goods in transit as rows of Known.incoming; they may arrive any day, so they are due on the day they left.

    Of a booking that does not say where they go, the approved transfer (`kept`) of that id says it.
    """
    approved = kept.select("transfer_id", "product_id", approved_for="destination_store_id")
    told = goods.join(approved, on=["transfer_id", "product_id"], how="left", maintain_order="left")
    told = told.with_columns(pl.coalesce("destination_store_id", "approved_for"))
    return told.drop_nulls("destination_store_id").select(
        "product_id",
        "quantity",
        store_id="destination_store_id",
        supplier_id=pl.lit(None, pl.String),
        ordered_on="departed_on",
        due_on="departed_on",
        kind=pl.lit("transfer"),
    )


def _to_send(platform: Platform, *, since: date) -> pl.DataFrame:
    """Approved transfers that no store has booked; see Known.to_send."""
    columns = ("product_id", "origin_store_id", "destination_store_id", "placed_on", "quantity", "status")
    kept = read_mart(platform, "placed_transfers", *columns)
    open_ = kept.filter(pl.col("status").is_in([TO_SEND, FORGOTTEN]), pl.col("placed_on") > since)
    return open_.with_columns(is_waited_for=pl.col("status") == TO_SEND).drop("status")


def declined_before(platform: Platform, as_of: date, *, rejected_days: int, cut_days: int) -> pl.DataFrame:
    """Of each store and product the last proposed order of the nights before, where it was rejected or placed with
    less; see Known.declined. One that was placed as proposed is the last word too: nothing is declined any more.

    What this night itself proposed, where it runs again, is not among them: it stands there as it was decided.
    """
    decided = last_decisions(platform, ORDER_KINDS).filter(state=REJECTED)
    placed = all_parts(PLACED_ORDER_LINES, platform.lake).select("proposal_id", "quantity", "decision")
    rejected = decided.select(proposal_id="subject", decision=pl.lit(REJECTED)).join(
        placed, on="proposal_id", how="anti"
    )
    days = {REJECTED: rejected_days, CUT: cut_days}
    return (
        _of_nights_before(REORDER_PROPOSALS, platform, as_of, max(days.values()))
        .join(
            pl.concat([rejected, placed], how="diagonal"),
            on="proposal_id",
            how="inner",
            maintain_order="left",
        )
        .unique(ITEM, keep="last", maintain_order=True)
        .filter(
            (pl.lit(as_of) - pl.col("planned_on")).dt.total_days()
            <= pl.col("decision").replace_strict(days, default=None, return_dtype=pl.Int64)
        )
        .select(
            *ITEM,
            "proposal_id",
            supplier_id=pl.when(pl.col("decision") == REJECTED).then("supplier_id"),
            declined_quantity=pl.col("order_quantity") - pl.col("quantity").fill_null(0),
        )
    )


def kept_apart_before(platform: Platform, as_of: date, *, days: int, nights: int) -> pl.DataFrame:
    """Where a proposed transfer was rejected in so many days before; and where one that nobody approved was proposed on
    so many of twice as many nights before. See Known.kept_apart."""
    proposals = _of_nights_before(TRANSFER_PROPOSALS, platform, as_of, days)
    decided = last_decisions(platform, TRANSFER_KINDS)
    rejected = proposals.join(
        decided.filter(state=REJECTED), left_on="transfer_id", right_on="subject", how="semi"
    )
    unsent = (
        _of_nights_before(TRANSFER_PROPOSALS, platform, as_of, 2 * nights)
        .join(decided.filter(state=APPROVED), left_on="transfer_id", right_on="subject", how="anti")
        .group_by("product_id", "destination_store_id")
        .agg(times=pl.col("planned_on").n_unique())
        .filter(pl.col("times") >= nights)
    )
    pairs = [one.select("product_id", store_id="destination_store_id") for one in (rejected, unsent)]
    return pl.concat(pairs).unique().sort(ITEM)


def _of_nights_before(table: LakeTable, platform: Platform, as_of: date, days: int) -> pl.DataFrame:
    """Rows of the parts of so many nights before this one, the newest last."""
    nights = (as_of - timedelta(days=back) for back in range(days, 0, -1))
    return pl.concat([table.empty(), *(table.read(platform.lake, night.isoformat()) for night in nights)])
