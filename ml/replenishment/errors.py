"""How far forecasts were off over all days of their horizon, beside what they said of single days: from past forecasts
whose days are over.

Arrays are [N, H]: N forecasts of a series from an origin, each over the same number of days.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml.replenishment.demand import WEEK, daily_forecast, error_growth

LEAST_WIDTH, MOST_WIDTH = 0.5, 3.0
USUAL_FORECASTS = 50
"""What a forecast says of its errors weighs as much as so many forecasts that were looked back on."""


@dataclass(frozen=True)
class Errors:
    """What was measured."""

    correlation: float
    """Between the errors of two days of a forecast."""
    growth: float
    """Errors of single days grow with (days ahead) ** growth."""
    widths: Mapping[str, float]
    """By kind of series: how many times as large errors were as their quantiles said."""


def measured_errors(
    actual: np.ndarray,
    means: np.ndarray,
    quantiles: np.ndarray,
    kinds: np.ndarray,
    *,
    usual: float = 0.0,
    weight: float = 1.0,
) -> Errors:
    """From what happened and what was foretold: means and quantiles ([N, H, 4]) as `daily_forecast` takes them, `kinds`
    [N] texts.

    Errors are divided by the spread that the quantiles tell of (as `spread_over` reckons it, no less than that of a
    Poisson demand), so that large series do not drown small ones. A width is the root of their mean square, which tails
    beyond the outer quantile are part of; of a few forecasts it leans on 1, and it is LEAST_WIDTH to MOST_WIDTH.

    What is measured has the `weight` (0 to 1; see `credibility`); the rest has what is believed before anything was:
    the correlation `usual`, the growth of the intervals, and a width of 1.
    """
    horizon = means.shape[1]
    told = daily_forecast(means, quantiles, correlation=0)
    variance = np.maximum(told.variances[:, np.arange(horizon) // WEEK], told.means)
    off = actual - told.means
    standard = np.divide(off, np.sqrt(variance), out=np.zeros_like(off), where=variance > 0)
    squares = np.stack([(off[:, d : d + WEEK] ** 2).mean(axis=1) for d in range(0, horizon, WEEK)], axis=1)
    names, which = np.unique(kinds, return_inverse=True)
    count = np.bincount(which, minlength=len(names))
    summed = np.bincount(which, (standard**2).mean(axis=1), minlength=len(names))
    widths = np.sqrt((summed + USUAL_FORECASTS) / (count + USUAL_FORECASTS)).clip(LEAST_WIDTH, MOST_WIDTH)
    rest = 1 - weight
    return Errors(
        correlation=weight * error_correlation(standard) + rest * usual,
        growth=weight * error_growth(told.means, np.sqrt(squares)) + rest * told.growth,
        widths=dict(zip(names.tolist(), (weight * widths + rest).tolist(), strict=True)),
    )


def credibility(origins: int, usual_origins: float) -> float:
    """The weight of what so many origins tell, where what is believed before weighs as much as `usual_origins`.

    It is Bühlmann's (see `lead_times`): `usual_origins` is the variance between origins over that between retailers.
    """
    return origins / (origins + usual_origins) if origins else 0.0


def error_correlation(errors: np.ndarray) -> float:
    """The correlation between the errors (actual less forecast, [N, H]) of two days of one forecast.

    Solves Var(sum) = (1 - r) * sum(v_d) + r * (sum(v_d ** 0.5)) ** 2 for r, with the mean squares v_d of the days and
    of the whole. Between 0 and 1; 0 where there is nothing to tell it from.
    """
    squares = (errors**2).mean(axis=0) if len(errors) else np.zeros(errors.shape[1])
    apart, together = squares.sum(), np.sqrt(squares).sum() ** 2
    if together <= apart:
        return 0.0
    return float(np.clip(((errors.sum(axis=1) ** 2).mean() - apart) / (together - apart), 0, 1))
