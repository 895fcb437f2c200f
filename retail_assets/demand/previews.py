"""Pictures of what a night, or the last origin of a backtest, foretold: fans of the most valuable series, and of those
that were foretold worst."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from retail_assets.platform import Platform
from retail_assets.warehouse.errors import NoWarehouse
from retail_assets.warehouse.reading import read_intermediate

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from ml.forecasting.backtests.backtest import Backtest
    from ml.forecasting.calibrations.calibration import Calibration
    from retail_assets.demand.forecasting import NightForecast
    from retail_assets.demand.panel import Demand

MOST_VALUABLE, WORST = "most_valuable", "worst"
SHOWN = 4
"""Series of a picture."""
LOOKED_BACK_DAYS = 56
"""Origins of so many days before a night tell which series are foretold worst."""
FEWEST_DAYS = 7
"""Days foretold and over, fewer of which tell nothing of a series."""
ERRORS = ("store_id", "product_id", "scale", "days", "absolute_error")
"""Columns of int_forecast_errors."""


def figures(platform: Platform, found: "NightForecast") -> "dict[str, Figure]":
    """What a night foretold; none where nothing was."""
    if found.demand is None or found.made is None:
        return {}
    worst = worst_foretold(past_errors_of(platform, found.demand), found.demand.pairs)
    return _fans(found.demand, found.made.table, {MOST_VALUABLE: most_valuable(found.demand), WORST: worst})


def backtest_fans(
    demand: "Demand", made: "Backtest", mean: "np.ndarray", calibration: "Calibration"
) -> "dict[str, Figure]":
    """What was foretold from the last origin, by an ensemble `[S, H]`, beside what happened. The worst are of those
    that had sold before the origin, and then sold more than half of the others did."""
    from ml.forecasting.forecast import LEVELS, forecast_table

    last, actual = made.answers[-1], made.actual[-1]
    table = forecast_table(last, mean, calibration, LEVELS)
    worst = [str(demand.panel.series[row]) for row in worst_rows(last.history.demand, actual, mean)]
    return _fans(demand, table, {MOST_VALUABLE: most_valuable(demand), WORST: worst})


def most_valuable(demand: "Demand") -> list[str]:
    """The series that sold for most in the last year."""
    most = demand.pairs.sort("value", "series_id", descending=[True, False])
    return most["series_id"].head(SHOWN).to_list()


def worst_rows(before: "np.ndarray", actual: "np.ndarray", mean: "np.ndarray") -> list[int]:
    """Rows of the series that were foretold worst `[S, H]`, of demand before the origin `[S, T]` and after it."""
    import numpy as np

    sold = np.nansum(actual, axis=1)
    missed = np.nansum(np.abs(mean - actual), axis=1) / np.maximum(sold, 1e-9)
    known = np.nansum(before, axis=1) > 0
    candidates = known & (sold > 0) & (sold >= np.median(sold[known])) if known.any() else known
    order = np.argsort(-missed, kind="stable")
    return order[candidates[order]][:SHOWN].tolist()


def past_errors_of(platform: Platform, demand: "Demand") -> pl.DataFrame:
    """ERRORS of the ensemble from origins of the last weeks; none where nothing that was foretold is over."""
    first = demand.origin - timedelta(days=LOOKED_BACK_DAYS)
    try:
        return read_intermediate(
            platform,
            "int_forecast_errors",
            *ERRORS,
            where=f"model = 'ensemble' and origin >= date '{first}' and origin < date '{demand.origin}'",
        )
    except NoWarehouse:
        return pl.DataFrame(
            schema=dict.fromkeys(ERRORS[:2], pl.String) | dict.fromkeys(ERRORS[2:], pl.Float64)
        )


def worst_foretold(errors: pl.DataFrame, pairs: pl.DataFrame) -> list[str]:
    """The series with the largest errors of past origins, against how much their days differed from those a week
    before; each error by the scale of its own origin."""
    number = pl.col("scale", "days", "absolute_error").cast(pl.Float64)
    scaled = (
        errors.with_columns(number)
        .filter(pl.col("scale") > 0)
        .group_by("store_id", "product_id")
        .agg(
            pl.col("days").sum(),
            error=(pl.col("absolute_error") / pl.col("scale")).sum() / pl.col("days").sum(),
        )
        .filter(pl.col("days") >= FEWEST_DAYS)
    )
    worst = pairs.join(scaled, on=("store_id", "product_id")).sort(
        "error", "series_id", descending=[True, False]
    )
    return worst["series_id"].head(SHOWN).to_list()


def _fans(demand: "Demand", table: pl.DataFrame, series: Mapping[str, Sequence[str]]) -> "dict[str, Figure]":
    from ml.forecasting.plots import fan_figure

    return {f"fans_of_the_{name}": fan_figure(demand.panel, table, of) for name, of in series.items() if of}
