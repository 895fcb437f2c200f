"""Which products are foretold: of what nobody knows, nothing; of what is not listed any more, what is left.

A product that no products file knows, or a new one without a category, is like no other one: the profile that it would
be given is that of everything, which is what something else sells. It stays in daily_demand, and is told.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from retail_assets.platform import Platform
from retail_assets.sql import literal
from retail_assets.warehouse.reading import read_intermediate, read_mart

if TYPE_CHECKING:
    from ml.forecasting.forecast import Forecast
    from ml.forecasting.issues import Issue

PAIR = ("store_id", "product_id")
UNKNOWN, NO_CATEGORY, SOLD_OFF = "unknown_product", "no_category", "sold_off"
"""Kinds of issues."""
WHY = {
    UNKNOWN: "no products file knows the product: nothing is foretold of it",
    NO_CATEGORY: "it has no category and fewer than 28 known days in the last year: nothing is foretold of it",
}
UNCATEGORISED = "unknown"
"""What daily_demand calls no category."""


@dataclass(frozen=True)
class Listing:
    """What is known of products, now."""

    unknown: pl.Series
    """Products that only sales, or other rows, name."""
    left: pl.DataFrame
    """`store_id`, `product_id`, `left` of delisted products that were counted: units that were there at the origin."""


def read_listing(platform: Platform, origin: date) -> Listing:
    known = read_mart(platform, "products", "product_id", "is_active", "is_inferred")
    delisted = known.filter(~pl.col("is_active"))["product_id"]
    return Listing(known.filter("is_inferred")["product_id"], read_left(platform, delisted, origin))


def read_left(platform: Platform, products: pl.Series, origin: date) -> pl.DataFrame:
    """What was left of products when the day before an origin ended."""
    names = ", ".join(literal(name) for name in products.sort())
    steps = read_intermediate(
        platform,
        "int_stock_steps",
        *(*PAIR, "day", "closing_quantity"),
        where=f"day < date '{origin}' and product_id in ({names})" if names else "false",
    )
    newest = steps.sort("day").unique(PAIR, keep="last").sort(PAIR)
    return newest.select(*PAIR, left=pl.col("closing_quantity").cast(pl.Float64))


def without_unknown(
    rows: pl.DataFrame, unknown: pl.Series, origin: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of what can be foretold, and `store_id`, `product_id`, `issue` of what cannot.

    Where no products file knows anything of what is sold, or none tells a category, it is not the products that are
    like no other ones: all are foretold.
    """
    from ml.forecasting.panels.days import YEAR
    from ml.forecasting.panels.panel import ESTABLISHED_DAYS

    lately = (pl.col("business_date") >= origin - timedelta(days=YEAR)) & ~pl.col("is_out_of_stock")
    series = rows.group_by(PAIR).agg(days=lately.sum(), is_bare=pl.col("category").first() == UNCATEGORISED)
    is_unknown = pl.col("product_id").is_in(unknown.implode())
    judged = series.with_columns(
        is_unknown=is_unknown & ~is_unknown.all(), is_bare=pl.col("is_bare") & ~pl.col("is_bare").all()
    )
    out = judged.select(
        *PAIR,
        issue=pl.when("is_unknown")
        .then(pl.lit(UNKNOWN))
        .when(pl.col("is_bare") & (pl.col("days") < ESTABLISHED_DAYS))
        .then(pl.lit(NO_CATEGORY)),
    )
    out = out.drop_nulls().sort(PAIR)
    return rows.join(out, on=PAIR, how="anti", maintain_order="left"), out


def without_sold_off(rows: pl.DataFrame, left: pl.DataFrame) -> pl.DataFrame:
    """The rows without delisted products in stores that have none left: what they sold will not be sold again, and days
    out of stock do not say so."""
    gone = left.filter(pl.col("left") <= 0)
    return rows.join(gone, on=PAIR, how="anti", maintain_order="left")


def sold_off(
    made: "Forecast", pairs: pl.DataFrame, left: pl.DataFrame, origin: date
) -> "tuple[Forecast, list[Issue]]":
    """The forecast with no more of delisted products than is left, and which ones run out.

    What all models foretell is lowered as the mean demand is, to nothing from the day on which that has sold the last
    one; it may sell more slowly, so upper ends fall to what is left.
    """
    import numpy as np

    from ml.forecasting.issues import NO_MODEL, Issue

    known = pairs.join(left, on=PAIR, how="left", maintain_order="left")["left"]
    if not known.is_not_null().any():
        return made, []
    units = known.fill_null(np.inf).to_numpy()[:, None]
    before = made.expected.cumsum(axis=1) - made.expected
    expected = np.clip(units - before, 0.0, made.expected)
    share = np.divide(expected, made.expected, out=np.ones_like(expected), where=made.expected > 0)
    share[before >= units] = 0.0
    models = len(made.table) // share.size
    shares, most = (
        np.tile(values.ravel(), models) for values in (share, np.broadcast_to(units, share.shape))
    )
    lowered = pl.selectors.by_name("mean") | pl.selectors.starts_with("lo_")
    table = made.table.with_columns((lowered * pl.Series(shares)).round(6)).with_columns(
        pl.min_horizontal(pl.selectors.by_name(name), pl.Series(most).round(6)).alias(name)
        for name in made.table.select(pl.selectors.float()).columns
    )
    runs_out = (share < 1).any(axis=1)
    issues = [
        Issue(series, NO_MODEL, SOLD_OFF, _said(float(units[row, 0]), origin, int((share[row] < 1).argmax())))
        for row, series in enumerate(pairs["series_id"])
        if runs_out[row]
    ]
    return replace(made, table=table, mean=made.mean * share, expected=expected), issues


def _said(units: float, origin: date, day: int) -> str:
    return (
        f"it is not listed any more and {units:g} are left, the last of which is expected to be sold on "
        f"{origin + timedelta(days=day)}: nothing is foretold after that"
    )
