"""Daily demand as forecasts take it: what was known at an origin, and of the days ahead what is known in advance.

No row of the origin or later is read, but opening days and promotions, which are planned: as they are planned today.
Prices are none of these. The price of a day is known when something was sold on it, so a model would learn from it that
something was sold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from retail_assets.demand.opening import open_ahead, read_calendar, read_habits, told_in_windows
from retail_assets.demand.products import PAIR, WHY, read_listing, without_sold_off, without_unknown
from retail_assets.demand.selling_out import with_sold_out_raised
from retail_assets.demand.settings import DemandSettings
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
TOLD_DAYS = 28
"""Of older silence nobody need be told."""
PANEL_COLUMNS = ("is_open", "is_promotion", "out_of_stock", "category", "store")
"""Of a panel besides series, date and quantity."""


def _none_left_out() -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys((*PAIR, "issue"), pl.String))


def _none_left() -> pl.DataFrame:
    return pl.DataFrame(schema={**dict.fromkeys(PAIR, pl.String), "left": pl.Float64})


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
    left_out: pl.DataFrame = field(default_factory=_none_left_out)
    """`store_id`, `product_id`, `issue` of what is sold and not foretold; see `products`."""
    left: pl.DataFrame = field(default_factory=_none_left)
    """`store_id`, `product_id`, `left` of delisted products, of which no more can be sold than is there."""

    @property
    def labels(self) -> "Labels":
        """Which sums of forecasts each series belongs to."""
        return {
            "store": self.pairs["store_id"].to_numpy().astype(str),
            "category": self.panel.static["category"],
            "product": self.pairs["product_id"].to_numpy().astype(str),
        }


def demand_at(platform: Platform, origin: date, horizon: int) -> Demand | None:
    """Everything before the origin; None, and cheap, where nothing was sold yet, or all of it is sold off."""
    from ml.forecasting.issues import EVERY_SERIES, NO_MODEL, Issue

    sold = read_before(platform, origin)
    if sold.is_empty():
        return None
    listing = read_listing(platform, origin)
    rows, left_out = without_unknown(without_sold_off(sold, listing.left), listing.unknown, origin)
    if rows.is_empty():
        return None
    # What is not foretold shows too that a store was open.
    silence = silence_of(sold)
    windows = platform.settings_of(DemandSettings).demand_backtest_windows
    first, end = origin - timedelta(days=horizon * windows), origin + timedelta(days=horizon)
    habits, calendar = read_habits(platform, first, origin), read_calendar(platform, first, end)
    days_ahead = open_ahead(rows["store_id"], habits, calendar, origin, horizon, closed=silence.closed)
    promotions = read_promotions(platform, origin, end)
    heard = with_sold_out_raised(without_silence(rows, silence), origin)
    known = demand_of(heard, ahead(heard, days_ahead, promotions), origin)
    told = told_in_windows(
        known.panel,
        known.pairs["store_id"].to_list(),
        sold,
        habits,
        calendar,
        horizon=horizon,
        windows=windows,
    )
    issues = [Issue(EVERY_SERIES, NO_MODEL, "silent_store", one) for one in silence.sentences()]
    issues += [
        Issue(series, NO_MODEL, issue, WHY[issue])
        for series, issue in left_out.select(_series(), "issue").iter_rows()
    ]
    return replace(
        known,
        panel=replace(known.panel, told_then=told),
        issues=[*known.issues, *issues],
        silent=silence.sentences(since=origin - timedelta(days=TOLD_DAYS + 1)),
        left_out=left_out,
        left=listing.left,
    )


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


def read_promotions(platform: Platform, origin: date, end: date) -> pl.DataFrame:
    """`store_id`, `product_id`, `business_date` of promotions that are planned."""
    return read_intermediate(
        platform,
        "int_promotion_days",
        *(*PAIR, "business_date"),
        where=f"business_date >= date '{origin}' and business_date < date '{end}'",
    )


def ahead(rows: pl.DataFrame, open_days: pl.DataFrame, promotions: pl.DataFrame) -> pl.DataFrame:
    """`store_id`, `product_id`, `business_date`, `is_open`, `is_promotion` of the days ahead."""
    promoted = promotions.with_columns(promoted=pl.lit(True))
    return (
        rows.select(PAIR)
        .unique()
        .join(open_days, on="store_id")
        .join(promoted, on=(*PAIR, "business_date"), how="left")
        .select(*PAIR, "business_date", "is_open", is_promotion=pl.col("promoted").fill_null(False))
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
        .with_columns(_series())
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
    return rows.select(_series(), pl.col("business_date").alias("date"), "is_open", "is_promotion")


def named(pairs: pl.DataFrame) -> pl.DataFrame:
    """`series_id`, `store_id`, `product_id` of products in stores."""
    return pairs.select(_series(), *PAIR)


def _series() -> pl.Expr:
    """A name for a store's product that people can read, and that no other has."""
    store = pl.col("store_id").str.replace_all("/", "//", literal=True)
    return pl.concat_str(store, pl.lit(" / "), "product_id").alias("series_id")
