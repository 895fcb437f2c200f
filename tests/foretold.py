"""Forecasts as the flow that forecasts leaves them, for tests of what is ordered by them."""

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl
from scipy.special import ndtri

from ml.replenishment.shapes import LEVELS
from retail_assets.inventory.knowing import ENSEMBLE, FORECAST
from retail_assets.inventory.planning import ITEM, QUANTILES
from retail_assets.inventory.proposing import Proposed
from retail_assets.inventory.tables import REORDER_POINTS, REORDER_PROPOSALS, TRANSFER_PROPOSALS
from retail_assets.platform import Platform

HORIZON = 28


def foretold(
    rates: Mapping[tuple[str, str], float], origin: date, *, days: int = HORIZON, version: str = "1"
) -> pl.DataFrame:
    """Units per day of each store and product, the same every day, with the spread of a Poisson demand: columns of
    `Known.forecast`."""
    rows = [
        {
            "store_id": store,
            "product_id": product,
            "date": origin + timedelta(days=day),
            "expected": float(rate),
            **{n: rate + z * rate**0.5 for n, z in zip(QUANTILES, ndtri(LEVELS).tolist(), strict=True)},
            "segment": "smooth",
            "origin": origin,
            "version": version,
        }
        for (store, product), rate in rates.items()
        for day in range(days)
    ]
    return pl.DataFrame(rows)


def write_forecast(platform: Platform, forecast: pl.DataFrame) -> None:
    """Put a forecast into the lake as the part of its origin; a member says something else."""
    table = platform.tables[FORECAST]
    rows = forecast.rename({"version": "calibration_version"}).with_columns(
        model=pl.lit(ENSEMBLE), mean=pl.col("expected") / 2
    )
    member = rows.with_columns(model=pl.lit("naive"), expected=pl.lit(None, pl.Float64), mean=pl.lit(1e6))
    both = pl.concat([rows, member])
    absent = [pl.lit(None, kind).alias(n) for n, kind in table.schema.items() if n not in both.columns]
    origin = forecast["origin"][0]
    table.write(platform.lake, origin.isoformat(), both.with_columns(absent))


def nothing_proposed() -> Proposed:
    """What comes out of a night on which nothing is to be done."""
    return Proposed(
        REORDER_POINTS.empty(),
        REORDER_PROPOSALS.empty(),
        TRANSFER_PROPOSALS.empty(),
        never_counted=pl.DataFrame(schema=dict.fromkeys(ITEM, pl.String)),
        without_forecast=pl.DataFrame(schema=dict.fromkeys(ITEM, pl.String)),
        overdue=0,
        without_lot=0,
        unknown_to_purchasing=0,
        not_booked=0,
        not_there=0,
    )
