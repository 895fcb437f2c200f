"""What will be wanted over some days, and how far a forecast may be off over all of them, from forecasts of single
days.

Arrays are [S, ...] for S series (a product in a store) and [C] for questions about them: `rows` says which series each
question is about, `days` over how many days from tomorrow on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

LEVELS = np.array([0.025, 0.1, 0.9, 0.975])
"""Levels of the quantiles: the bounds of the 95% and the 80% interval."""
WEEK = 7
MOST_GROWTH = 1.0
_Z = ndtri(LEVELS)


@dataclass(frozen=True)
class DailyForecast:
    """Forecasts of the days after an origin; make it with `daily_forecast`."""

    means: np.ndarray
    """float [S, H]: expected units of each day; H is at least a week."""
    errors: np.ndarray
    """float [S, B, 4]: how far the quantile of each of LEVELS lies from the mean, root mean square over the days of
    each week of the horizon. Never negative."""
    growth: float
    """Errors of single days grow with (days ahead) ** growth; measured between the weeks of the horizon."""
    correlation: float
    """Between the errors of two days: 0 where they cancel out over time, 1 where they add up."""

    def part(self, rows: slice) -> "DailyForecast":
        """Some of the series."""
        return DailyForecast(self.means[rows], self.errors[rows], self.growth, self.correlation)


def daily_forecast(means: np.ndarray, quantiles: np.ndarray, *, correlation: float) -> DailyForecast:
    """From means [S, H] and quantiles [S, H, 4] (levels LEVELS) of each day.

    A quantile on the wrong side of the mean counts as the mean, an outer one inside an inner one as the inner one.
    Raises ValueError where the horizon is shorter than a week, or anything is not finite.
    """
    horizon = means.shape[1]
    if horizon < WEEK:
        raise ValueError(f"Replenishment needs forecasts of at least {WEEK} days; there are {horizon}.")
    if not (np.isfinite(means).all() and np.isfinite(quantiles).all()):
        raise ValueError("A forecast has days that are no finite number.")
    means = np.maximum(means, 0)
    starts = np.arange(0, horizon, WEEK)
    lengths = np.diff(np.append(starts, horizon))
    off = np.sign(_Z).astype(means.dtype) * (quantiles - means[..., None])
    np.maximum(off, 0, out=off)
    off[..., 0] = np.maximum(off[..., 0], off[..., 1])
    off[..., 3] = np.maximum(off[..., 3], off[..., 2])
    errors = np.sqrt(np.add.reduceat(off**2, starts, axis=1) / lengths[:, None])
    return DailyForecast(means, errors, _growth(means, errors, starts, lengths), correlation)


def _growth(means: np.ndarray, errors: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> float:
    """The exponent with which errors, in proportion to the demand, grew from the first week to the last."""
    demand = np.add.reduceat(means, starts, axis=1).sum(axis=0, dtype=float) / lengths
    error = errors.sum(axis=(0, 2), dtype=float)
    if len(starts) < 2 or min(demand[0], demand[-1], error[0], error[-1]) <= 0:
        return 0.0
    middle = starts + (lengths + 1) / 2
    ratio = error[-1] / demand[-1] / (error[0] / demand[0])
    return float(np.clip(np.log(ratio) / np.log(middle[-1] / middle[0]), 0, MOST_GROWTH))


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


def daily_means(forecast: DailyForecast, days: int) -> np.ndarray:
    """float [S, days]: expected units of each day; beyond the horizon the means of the forecast's weekdays."""
    horizon = forecast.means.shape[1]
    if days <= horizon:
        return forecast.means[:, :days]
    weekdays = _weekdays(forecast)
    return np.hstack([forecast.means, weekdays[:, np.arange(days - horizon) % WEEK]])


def _weekdays(forecast: DailyForecast) -> np.ndarray:
    """float [S, 7]: the mean of each weekday, that of the first day beyond the horizon first."""
    horizon = forecast.means.shape[1]
    return np.stack(
        [forecast.means[:, (horizon + n) % WEEK :: WEEK].mean(axis=1) for n in range(WEEK)], axis=1
    )


def demand_over(forecast: DailyForecast, rows: np.ndarray, days: np.ndarray) -> np.ndarray:
    """float [C]: expected units over so many days; beyond the horizon the forecast's weekdays go on."""
    horizon = forecast.means.shape[1]
    summed = _summed(forecast.means)
    beyond = np.maximum(days - horizon, 0)
    weekdays = _summed(_weekdays(forecast))
    weeks, rest = np.divmod(beyond, WEEK)
    return summed[rows, np.minimum(days, horizon)] + weeks * weekdays[rows, WEEK] + weekdays[rows, rest]


def offsets_over(
    forecast: DailyForecast, rows: np.ndarray, days: np.ndarray, demand: np.ndarray
) -> np.ndarray:
    """float [C, 4]: how far the quantiles of the demand over so many days lie from its mean `demand`.

    Of days with offsets e_d and the correlation r it is sqrt((1 - r) * sum(e_d ** 2) + r * sum(e_d) ** 2), the spread
    of a sum of equally correlated errors (Silver, Pyke & Thomas, Inventory and Production Management in Supply
    Chains, 4th edition 2017, chapter 6, has the case r = 0). Beyond the horizon e_d = e_last * (d / d_last) **
    growth. Customers come one by one: no offset is smaller than that of a Poisson demand with the same mean, |z| *
    sqrt(mean). What is wanted is never negative, so no lower offset is larger than the mean.
    """
    horizon, weeks = forecast.means.shape[1], forecast.errors.shape[1]
    lengths = np.minimum(WEEK, horizon - WEEK * np.arange(weeks))
    within = np.minimum(days, horizon)
    week, rest = np.divmod(within, WEEK)
    last = weeks - 1
    far = np.arange(horizon + 1, max(int(days.max(initial=0)), horizon) + 1)
    middle = WEEK * last + (lengths[last] + 1) / 2
    beyond = days - within
    together = np.zeros((len(days), len(LEVELS)))
    sums = []
    for power in (1, 2):
        error = forecast.errors**power
        summed = _summed(error * lengths[:, None])
        grown = np.append(0, np.cumsum((far / middle) ** (forecast.growth * power)))[beyond]
        part = np.where(week <= last, rest, 0)[:, None] * error[rows, np.minimum(week, last)]
        sums.append(summed[rows, np.minimum(week, weeks)] + part + grown[:, None] * error[rows, last])
    together = np.sqrt((1 - forecast.correlation) * sums[1] + forecast.correlation * sums[0] ** 2)
    offsets = np.maximum(together, np.abs(_Z) * np.sqrt(demand)[:, None])
    offsets[:, :2] = np.minimum(offsets[:, :2], demand[:, None])
    return offsets


def _summed(values: np.ndarray) -> np.ndarray:
    """Sums of the first 0, 1, … along the second axis."""
    shape = (values.shape[0], 1, *values.shape[2:])
    return np.concatenate([np.zeros(shape), np.cumsum(values, axis=1, dtype=float)], axis=1)


def widened(offsets: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Offsets [C, 4] of a demand to which something independent and normal with this spread [C] adds."""
    return np.sqrt(offsets**2 + (_Z * spread[:, None]) ** 2)


def offset_at(offsets: np.ndarray, level: ArrayLike) -> np.ndarray:
    """float [C]: where between (or beyond) the offsets a level lies; straight lines on the scale of normal deviations.

    The mean is taken for the median.
    """
    z = np.broadcast_to(ndtri(np.asarray(level, float)), offsets.shape[:1])
    inner, outer = _side(offsets, z >= 0)
    near, far = _Z[2], _Z[3]
    size = np.abs(z)
    beyond = inner + (outer - inner) * (size - near) / (far - near)
    return np.sign(z) * np.where(size <= near, inner * size / near, beyond)


def chance_above(offsets: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """float [C]: the probability that the demand exceeds its mean by more than `gap` [C]: the inverse of offset_at."""
    inner, outer = _side(offsets, gap >= 0)
    near, far = _Z[2], _Z[3]
    size = np.abs(gap)
    with np.errstate(divide="ignore", invalid="ignore"):
        within = near * size / inner
        beyond = near + (far - near) * (size - inner) / (outer - inner)
    z = np.nan_to_num(np.where(size <= inner, within, beyond), nan=0.0, posinf=np.inf)
    return ndtr(-np.sign(gap) * z)


def _side(offsets: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The inner and the outer offset above or below the mean."""
    return np.where(upper, offsets[:, 2], offsets[:, 1]), np.where(upper, offsets[:, 3], offsets[:, 0])
