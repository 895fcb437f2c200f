"""On which days ahead stores are open, as it is told at an origin: at the night, and at those of a backtest.

Of past days `int_store_days` says it by the same rule: a store is open as its calendar says; of other days on weekdays
that are usual (`int_store_habits`), as they were on the origin. Entries of a calendar have no history, so those of a
past origin count as told.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from retail_assets.demand.silence import silence_of
from retail_assets.platform import Platform
from retail_assets.warehouse.reading import read_intermediate, read_mart

if TYPE_CHECKING:
    from ml.forecasting.panels.panel import Panel

IS_OPEN = "is_open"


def read_habits(platform: Platform, first: date, last: date) -> pl.DataFrame:
    """`store_id`, `known_on`, `opened_on`, `usual_weekdays` of origins between two days."""
    return read_intermediate(
        platform,
        "int_store_habits",
        *("store_id", "known_on", "opened_on", "usual_weekdays"),
        where=f"known_on between date '{first}' and date '{last}'",
    )


def read_calendar(platform: Platform, first: date, last: date) -> pl.DataFrame:
    """`store_id`, `business_date`, `is_open` of days that calendars tell, the last one left out."""
    told = read_mart(
        platform, "store_days", "store_id", "date", IS_OPEN, where=f"date >= '{first}' and date < '{last}'"
    )
    return told.rename({"date": "business_date"})


def open_ahead(
    stores: pl.Series,
    habits: pl.DataFrame,
    calendar: pl.DataFrame,
    origin: date,
    horizon: int,
    *,
    closed: Sequence[str] = (),
) -> pl.DataFrame:
    """`store_id`, `business_date`, `is_open` of the days from an origin on: by the newest habits that were known then.
    One that has closed is not open, and one of which nothing is known is."""
    days = pl.date_range(origin, origin + timedelta(days=horizon - 1), eager=True).alias("business_date")
    newest = habits.filter(pl.col("known_on") <= origin).sort("known_on").unique("store_id", keep="last")
    day = pl.col("business_date")
    usual = pl.col("usual_weekdays").list.contains(day.dt.weekday().cast(pl.Int64))
    return (
        stores.unique()
        .sort()
        .to_frame("store_id")
        .join(days.to_frame(), how="cross")
        .join(calendar, on=("store_id", "business_date"), how="left")
        .join(newest, on="store_id", how="left")
        .select(
            "store_id",
            "business_date",
            is_open=pl.coalesce(IS_OPEN, usual, pl.lit(True))
            & (day >= pl.col("opened_on")).fill_null(True)
            & ~pl.col("store_id").is_in(list(closed)),
        )
        .sort("store_id", "business_date")
    )


def told_in_windows(
    panel: "Panel",
    stores: Sequence[str],
    rows: pl.DataFrame,
    habits: pl.DataFrame,
    calendar: pl.DataFrame,
    *,
    horizon: int,
    windows: int,
) -> Mapping[int, np.ndarray]:
    """`Panel.told_then` of the origins of a backtest, a horizon apart: which days ahead were told to be open then.

    `stores` are those of the panel's series, `rows` those of daily_demand before the newest origin.
    """
    column = panel.regressor_names.index(IS_OPEN)
    names = pl.Series("store_id", stores)
    days = rows.group_by("store_id", "business_date").agg(pl.col(IS_OPEN).any(), pl.col("quantity").max())
    found = {}
    for origin in (panel.days - horizon * back for back in range(1, windows + 1)):
        if origin <= 0:
            break
        first = panel.dates(origin, origin + 1)[0].astype(object)
        closed = silence_of(days.filter(pl.col("business_date") < first)).closed
        told = open_ahead(names, habits, calendar, first, horizon, closed=closed)
        of_stores = told.group_by("store_id", maintain_order=True).agg(IS_OPEN)
        in_order = names.to_frame().join(of_stores, on="store_id", how="left", maintain_order="left")
        values = np.full((len(names), horizon, len(panel.regressor_names)), np.nan)
        values[:, :, column] = np.array(in_order[IS_OPEN].to_list(), dtype=float)
        found[origin] = values
    return found
