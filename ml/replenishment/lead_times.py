"""How many days a supplier takes for a product, and how much that varies, from what was delivered.

Few orders say little, so each level leans on the one above it: a product on its supplier, a supplier on what he states.
"""

import numpy as np
import polars as pl

STATED_ORDERS = 3
"""Stated lead times weigh as much as so many orders of the supplier that were seen."""
SPREAD_ORDERS = 5
"""A spread of the level above weighs as much as so many orders."""

SCHEMA = {
    "supplier_id": pl.String,
    "product_id": pl.String,
    "mean_days": pl.Float64,
    "spread_days": pl.Float64,
    "orders": pl.UInt32,
    "basis": pl.String,
}

_PAIR = ["supplier_id", "product_id"]
_DAYS, _STATED = pl.col("lead_days"), pl.col("lead_time_days")


def lead_times(delivered: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """Lead time of each supplier and product (columns of SCHEMA), whether in `delivered`, in `terms` or in both.

    `delivered` has a row per order line that arrived: supplier_id, product_id, lead_days (days from the order to the
    arrival). `terms` has a row per supplier and product: lead_time_days, as stated, or null.

    mean_days = Z * (mean of the pair's orders) + (1 - Z) * (mean of its supplier's), with Z = orders / (orders + k)
    and k = (variance within pairs) / (variance between pairs of a supplier), both estimated over all suppliers:
    Bühlmann & Straub's credibility (Bühlmann & Gisler, A Course in Credibility Theory, Springer 2005, chapter 4).
    Where products of a supplier do not differ, all have the supplier's mean. That leans on the stated lead time,
    which weighs as much as STATED_ORDERS orders; without any order the stated one stands. `basis` says which weighs
    most: orders, supplier or stated. Pairs of which nothing is known have the mean of all orders (basis `all`), or
    null without any.

    spread_days is the root of the mean squared distance from mean_days. With few orders it leans on the supplier's, and
    that on the spread of all suppliers in proportion to their means, with the weight of SPREAD_ORDERS orders each.
    """
    orders = delivered.select(*_PAIR, _DAYS.cast(pl.Float64)).drop_nulls()
    stated = terms.select(*_PAIR, _STATED.cast(pl.Float64)).unique(_PAIR, keep="first", maintain_order=True)
    pairs = orders.group_by(_PAIR).agg(
        orders=pl.len(), own=_DAYS.mean(), within=((_DAYS - _DAYS.mean()) ** 2).sum()
    )
    table = pl.concat([pairs.select(_PAIR), stated.select(_PAIR)]).unique().sort(_PAIR)
    table = table.join(pairs, on=_PAIR, how="left").join(stated, on=_PAIR, how="left")
    table = table.with_columns(pl.col("orders").fill_null(0), pl.col("within").fill_null(0.0))
    suppliers = orders.group_by("supplier_id").agg(supplier_orders=pl.len(), supplier_mean=_DAYS.mean())
    table = table.join(suppliers, on="supplier_id", how="left").with_columns(
        pl.col("supplier_orders").fill_null(0)
    )
    seen, count = pl.col("supplier_mean"), pl.col("supplier_orders")
    prior = pl.coalesce((count * seen + STATED_ORDERS * _STATED) / (count + STATED_ORDERS), seen, _STATED)
    weight = pl.col("orders") / (pl.col("orders") + _orders_for_half(pairs))
    everybody = pl.lit(orders["lead_days"].mean(), pl.Float64)
    table = table.with_columns(prior=prior).with_columns(
        mean_days=pl.coalesce(weight * pl.col("own") + (1 - weight) * pl.col("prior"), "prior", everybody),
        basis=pl.when(pl.col("prior").is_null() & everybody.is_null())
        .then(pl.lit(None, pl.String))
        .when(pl.col("prior").is_null())
        .then(pl.lit("all"))
        .when((pl.col("orders") > 0) & (weight >= 0.5))
        .then(pl.lit("orders"))
        .when((count > 0) & (_STATED.is_null() | (count >= STATED_ORDERS)))
        .then(pl.lit("supplier"))
        .otherwise(pl.lit("stated")),
    )
    return _with_spread(table).select(SCHEMA.keys()).cast(SCHEMA)  # ty: ignore[invalid-argument-type]


def standard_lead_times(delivered: pl.DataFrame, times: pl.DataFrame) -> np.ndarray:
    """Days of each order that was delivered, less the mean of its pair and divided by its spread: [N], as
    `shapes.lead_shape` takes them. `times` is what `lead_times` says of them; pairs without any spread are left out."""
    known = delivered.join(times, on=_PAIR, how="inner").filter(pl.col("spread_days") > 0)
    return (
        known.select((_DAYS - pl.col("mean_days")) / pl.col("spread_days"))
        .to_series()
        .drop_nulls()
        .to_numpy()
    )


def _orders_for_half(pairs: pl.DataFrame) -> float:
    """Bühlmann's k: so many orders of a pair weigh as much as its supplier. Infinite where products are alike."""
    pairs = pairs.with_columns(pl.col("orders").cast(pl.Float64))
    spare = float((pairs["orders"] - 1).sum())
    groups = pairs.group_by("supplier_id").agg(
        total=pl.col("orders").sum(),
        squares=(pl.col("orders") ** 2).sum(),
        between=(
            pl.col("orders")
            * (pl.col("own") - (pl.col("orders") * pl.col("own")).sum() / pl.col("orders").sum()) ** 2
        ).sum(),
        pairs=pl.len(),
    )
    freedom = float((groups["total"] - groups["squares"] / groups["total"]).sum())
    if not spare or freedom <= 0:
        return float("inf")
    within = float(pairs["within"].sum()) / spare
    between = (float(groups["between"].sum()) - float((groups["pairs"] - 1).sum()) * within) / freedom
    return within / between if between > 0 else float("inf")


def _with_spread(table: pl.DataFrame) -> pl.DataFrame:
    """Adds spread_days; see lead_times."""
    # Squared distances from the mean that is used, not from the pair's own.
    off = pl.col("within") + pl.col("orders") * (pl.col("own") - pl.col("mean_days")) ** 2
    table = table.with_columns(off=off.fill_null(0.0))
    scale = float((table["orders"] * table["mean_days"] ** 2).sum())
    relative = float(table["off"].sum()) / scale if scale else 0.0  # squared coefficient of variation of all
    count = pl.col("supplier_orders")
    of_supplier = (
        pl.col("off").sum().over("supplier_id") + SPREAD_ORDERS * relative * pl.col("mean_days") ** 2
    ) / (count + SPREAD_ORDERS)
    spread = ((pl.col("off") + SPREAD_ORDERS * of_supplier) / (pl.col("orders") + SPREAD_ORDERS)).sqrt()
    return table.with_columns(spread_days=spread)
