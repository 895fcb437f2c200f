"""How far the forecasts of past nights were off, beside what happened since."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from ml.replenishment.errors import Errors, credibility, measured_errors
from retail_assets.inventory.knowing import day_of, units_foretold
from retail_assets.inventory.planning import ITEM, QUANTILES
from retail_assets.inventory.settings import InventorySettings
from retail_assets.kit.foretold import FORECAST
from retail_assets.platform import Platform
from retail_assets.warehouse.reading import read_mart

APART = timedelta(days=7)
"""From one origin to the next one: forecasts of neighbouring nights say nearly the same."""
UNKNOWN = ("is_out_of_stock", "is_sold_out", "is_silent")
"""Days of which nobody knows what was wanted, as forecast_accuracy has it."""
MOST_ORIGINS = 12
MOST_FORECASTS = 20_000
"""Of more stores and products some are looked back on."""


@dataclass(frozen=True)
class PastErrors:
    """What forecasts of the past tell."""

    origins: int
    """How many were looked back on; the fewer, the more what they tell leans on what is usual."""
    errors: Errors | None = None
    off_by: float | None = None
    """How much more they expected than was in demand, as a share of it; what is ordered by is off by as much."""


def past_errors(platform: Platform, *, as_of: date, horizon: int) -> PastErrors:
    """Errors of forecasts over so many days from origins a week apart whose days are over.

    A store and product that was out of stock, sold out or silent on a day of them is left out: nobody knows what would
    have been bought.
    """
    table, lake = platform.tables[FORECAST], platform.lake
    days = [day for path in table.parts(lake) if (day := day_of(path.stem))]
    origins = apart([day for day in days if day + timedelta(days=horizon) <= as_of])
    if not origins:
        return PastErrors(0)
    foretold = pl.concat(
        [
            units_foretold(pl.scan_parquet(table.part(lake, origin.isoformat()), glob=False)).collect()
            for origin in origins
        ]
    )
    pairs = foretold.select(ITEM).unique().sort(ITEM)
    some = pairs.gather_every(math.ceil(max(pairs.height * len(origins) / MOST_FORECASTS, 1)))
    whole = (pl.len() == horizon).over(*ITEM, "origin")
    known = (pl.col("actual").is_not_null() & ~pl.any_horizontal(UNKNOWN)).all().over(*ITEM, "origin")
    rows = (
        foretold.join(some, on=ITEM, how="semi")
        .join(_happened(platform, origins[-1]), on=[*ITEM, "date"], how="inner")
        .filter(whole, known)
        .sort("origin", *ITEM, "date")
    )
    if rows.is_empty():
        return PastErrors(len(origins))
    shape, settings = (rows.height // horizon, horizon), platform.settings_of(InventorySettings)
    wanted = float(rows["actual"].sum())
    errors = measured_errors(
        rows["actual"].to_numpy().reshape(shape),
        rows["expected"].to_numpy().reshape(shape),
        rows.select(QUANTILES).to_numpy().reshape(*shape, len(QUANTILES)),
        rows["segment"].to_numpy()[::horizon],
        usual=settings.replenish_error_correlation,
        weight=credibility(rows["origin"].n_unique(), settings.replenish_error_origins),
    )
    return PastErrors(
        len(origins), errors, float(rows["expected"].sum()) / wanted - 1 if wanted > 0 else None
    )


def apart(days: Sequence[date]) -> list[date]:
    """The newest days that lie APART at least, newest first, MOST_ORIGINS at most."""
    found: list[date] = []
    for day in sorted(days, reverse=True):
        if len(found) < MOST_ORIGINS and (not found or found[-1] - day >= APART):
            found.append(day)
    return found


def _happened(platform: Platform, since: date) -> pl.DataFrame:
    columns = (*ITEM, "business_date", "quantity", *UNKNOWN)
    where = f"business_date >= date '{since}'"
    return read_mart(platform, "daily_demand", *columns, where=where).select(
        *ITEM, *UNKNOWN, date="business_date", actual=pl.col("quantity").cast(pl.Float64)
    )
