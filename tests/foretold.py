"""Forecasts as the flow that forecasts leaves them, for tests of what is ordered by them."""

from collections.abc import Mapping
from datetime import date, timedelta

import dataframely as dy
import polars as pl
from scipy.special import ndtri

from ml.replenishment.demand import LEVELS
from retail_assets.config import Settings
from retail_assets.flows import FLOWS
from retail_assets.inventory.planning import QUANTILES
from retail_assets.inventory.replenishment import ENSEMBLE, FORECAST
from retail_assets.kit.lake_table import LakeTable
from retail_assets.platform import Flow, Platform

HORIZON = 28


class _Foretold(dy.Schema):
    """What inventory takes of a forecast."""

    origin = dy.Date()
    store_id = dy.String()
    product_id = dy.String()
    date = dy.Date()
    model = dy.String()
    mean = dy.Float64()
    expected = dy.Float64(nullable=True)
    lo_80 = dy.Float64()
    hi_80 = dy.Float64()
    lo_95 = dy.Float64()
    hi_95 = dy.Float64()
    calibration_version = dy.String()


def platform_that_forecasts(settings: Settings) -> Platform:
    """The platform, with a flow that has the table of forecasts where none of its own has."""
    platform = Platform(settings, FLOWS)
    if FORECAST in platform.tables:
        return platform
    tables = (LakeTable(FORECAST, _Foretold),)
    return Platform(settings, (*FLOWS, Flow("foretold", "Forecasts from elsewhere.", tables=tables)))


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
