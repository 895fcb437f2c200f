"""Daily demand as forecasts take it: what was known at an origin, and of the days ahead what is known in advance.

No row of the origin or later is read, but opening days and promotions, which are planned: as they are planned today.
Prices are none of these. The price of a day is known when something was sold on it, so a model would learn from it that
something was sold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from retail_assets.demand.selling_out import with_sold_out_raised
from retail_assets.demand.silence import silence_of, without_silence
from retail_assets.platform import Platform
from retail_assets.warehouse.errors import NoWarehouse
from retail_assets.warehouse.reading import read_intermediate, read_mart

if TYPE_CHECKING:
    from ml.forecasting.calibrations.sums import Labels
    from ml.forecasting.issues import Issue
    from ml.forecasting.panels.panel import Panel

HISTORY_DAYS = 1_100
"""Three years: what is older teaches nothing, and one mistyped date would make a panel of decades."""
HABIT_DAYS = 28
PAIR = ("store_id", "product_id")
PANEL_COLUMNS = ("is_open", "is_promotion", "out_of_stock", "category", "store")
"""Of a panel besides series, date and quantity."""


@dataclass(frozen=True)
class Demand:
    """What is known at an origin."""

    origin: date
    panel: "Panel"
    issues: "list[Issue]"
    pairs: pl.DataFrame
    """`series_id`, `store_id`, `product_id`, `value` (of its sales in the last year), as the panel's series are."""
    silent: Sequence[str] = ()
    """What the last weeks lack, a sentence for each store; see `silence`."""

    @property
    def labels(self) -> "Labels":
        """Which sums of forecasts each series belongs to."""
        return {
            "store": self.pairs["store_id"].to_numpy().astype(str),
            "category": self.panel.static["category"],
            "product": self.pairs["product_id"].to_numpy().astype(str),
        }


def demand_at(platform: Platform, origin: date, horizon: int) -> Demand | None:
    """Everything before the origin; None, and cheap, where nothing was sold yet."""
    from ml.forecasting.issues import EVERY_SERIES, NO_MODEL, Issue

    rows = read_before(platform, origin)
    if rows.is_empty():
        return None
    rows = without_delisted(rows, _delisted(platform), origin)
    silence = silence_of(rows)
    rows = with_sold_out_raised(without_silence(rows, silence), origin)
    known = demand_of(rows, read_ahead(platform, rows, origin, horizon, closed=silence.closed), origin)
    issues = [Issue(EVERY_SERIES, NO_MODEL, "silent_store", one) for one in silence.sentences()]
    newest = silence.sentences(since=origin - timedelta(days=HABIT_DAYS + 1))
    return replace(known, issues=[*known.issues, *issues], silent=newest)


def read_before(platform: Platform, origin: date) -> pl.DataFrame:
    """Rows of daily_demand before the origin; none before the first night."""
    first = origin - timedelta(days=HISTORY_DAYS)
    try:
        return read_mart(
            platform,
            "daily_demand",
            *PAIR,
            *("business_date", "category", "quantity", "price", "is_open", "is_promotion"),
            *("is_out_of_stock", "is_sold_out"),
            where=f"business_date >= date '{first}' and business_date < date '{origin}'",
        )
    except NoWarehouse:
        return pl.DataFrame()


def _delisted(platform: Platform) -> pl.DataFrame:
    """Products that are not sold any more, as it is known now."""
    return read_mart(platform, "products", "product_id", where="not is_active")


def without_delisted(rows: pl.DataFrame, delisted: pl.DataFrame, origin: date) -> pl.DataFrame:
    """The rows without delisted products in stores that have none left: what they sold will not be sold again, and days
    out of stock do not say so."""
    last = (pl.col("business_date") == origin - timedelta(days=1)) & pl.col("is_out_of_stock")
    gone = rows.filter(last).join(delisted, on="product_id", how="semi").select(PAIR)
    return rows.join(gone, on=PAIR, how="anti", maintain_order="left")


def read_ahead(
    platform: Platform, rows: pl.DataFrame, origin: date, horizon: int, *, closed: Sequence[str]
) -> pl.DataFrame:
    """`store_id`, `product_id`, `business_date`, `is_open`, `is_promotion` of the days from the origin on."""
    end = origin + timedelta(days=horizon)
    told = read_mart(
        platform, "store_days", "store_id", "date", "is_open", where=f"date >= '{origin}' and date < '{end}'"
    )
    promotions = read_intermediate(
        platform,
        "int_promotion_days",
        *(*PAIR, "business_date"),
        where=f"business_date >= date '{origin}' and business_date < date '{end}'",
    )
    calendar = told.rename({"date": "business_date"})
    return ahead(rows, calendar, promotions, origin, horizon, closed=closed)


def ahead(
    rows: pl.DataFrame,
    calendar: pl.DataFrame,
    promotions: pl.DataFrame,
    origin: date,
    horizon: int,
    *,
    closed: Sequence[str] = (),
) -> pl.DataFrame:
    """A store is open as its calendar says; of other days as on any such weekday of the last four weeks; one that has
    closed not at all."""
    weekday = pl.col("business_date").dt.weekday().alias("weekday")
    habit = (
        rows.filter(pl.col("business_date") >= origin - timedelta(days=HABIT_DAYS))
        .group_by("store_id", weekday)
        .agg(usual=pl.col("is_open").any())
    )
    days = pl.date_range(origin, origin + timedelta(days=horizon - 1), eager=True).alias("business_date")
    return (
        rows.select(PAIR)
        .unique()
        .join(days.to_frame(), how="cross")
        .with_columns(weekday)
        .join(calendar, on=("store_id", "business_date"), how="left")
        .join(habit, on=("store_id", "weekday"), how="left")
        .join(promotions.with_columns(promoted=pl.lit(True)), on=(*PAIR, "business_date"), how="left")
        .select(
            *(*PAIR, "business_date"),
            is_open=pl.coalesce("is_open", "usual", pl.lit(True)) & ~pl.col("store_id").is_in(list(closed)),
            is_promotion=pl.col("promoted").fill_null(False),
        )
        .sort(*PAIR, "business_date")
    )


def demand_of(rows: pl.DataFrame, known_ahead: pl.DataFrame, origin: date) -> Demand:
    """The panel of some rows before the origin."""
    from ml.forecasting.panels.reading import panel_of

    pairs = (
        rows.group_by(PAIR)
        .agg(
            value=pl.col("quantity")
            .cast(pl.Float64)
            .clip(0)
            .mul(pl.col("price").cast(pl.Float64))
            .filter(pl.col("business_date") >= origin - timedelta(days=365))
            .sum()
        )
        .with_columns(_series().alias("series_id"))
        .sort("series_id")
    )
    read = panel_of(
        _as_panel(rows).with_columns(
            quantity=rows["quantity"].cast(pl.Float64),
            out_of_stock=rows["is_out_of_stock"],
            category=rows["category"],
            store=rows["store_id"],
        ),
        _as_panel(known_ahead),
        name="daily_demand",
    )
    return Demand(origin, read.panel, read.issues, pairs)


def _as_panel(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        _series().alias("series_id"), pl.col("business_date").alias("date"), "is_open", "is_promotion"
    )


def _series() -> pl.Expr:
    """A name for a store's product that people can read, and that no other has."""
    store = pl.col("store_id").str.replace_all("/", "//", literal=True)
    return pl.concat_str(store, pl.lit(" / "), "product_id")
