"""What will be wanted over some days, and how far a forecast may be off over all of them, from forecasts of single
days.

Arrays are [S, ...] for S series (a product in a store) and [C] for questions about them: `rows` says which series each
question is about, `days` over how many days from tomorrow on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from ml.replenishment.shapes import ABOVE, BELOW, LEVELS, MOST_SKEWNESS, day_skewness

WEEK = 7
MOST_GROWTH = 1.0
LEAST_VARIANCE = 1e-100
AT_ONCE = 16_384
"""Series whose quantiles are worked on at the same time: so many fit into a processor's cache."""

_Z = ndtri(LEVELS)
_NEAR, _FAR = _Z[2], _Z[3]
_TAIL, _DENSITY = ndtr(-_NEAR), np.exp(-_NEAR * _NEAR / 2) / np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class DailyForecast:
    """Forecasts of the days after an origin, errors by weeks of the horizon; make it with `daily_forecast`."""

    means: np.ndarray
    """float [S, H]: expected units of each day; H is at least a week."""
    variances: np.ndarray
    """float [S, B]: of a day."""
    thirds: np.ndarray
    """float [S, B]: third central moments of a day."""
    growth: float
    """Errors of single days grow with (days ahead) ** growth."""
    correlation: float
    """Between the errors of two days: 0 where they cancel out over time, 1 where they add up."""

    def part(self, rows: slice | np.ndarray) -> "DailyForecast":
        """Some of the series."""
        own = (one[rows] for one in (self.means, self.variances, self.thirds))
        return DailyForecast(*own, self.growth, self.correlation)


def daily_forecast(
    means: np.ndarray,
    quantiles: np.ndarray,
    *,
    correlation: float,
    growth: float | None = None,
    width: np.ndarray | None = None,
) -> DailyForecast:
    """From means [S, H] and quantiles [S, H, 4] (levels LEVELS) of each day.

    A quantile on the wrong side of the mean counts as the mean, an outer one inside an inner one as the inner one.
    Between the quantiles and beyond them a day's distribution follows straight lines on the scale of normal deviations;
    its moments are those of these lines. Where the upper quantiles are more skewed than that of a normal demand, what
    lies beyond them is more than the lines say: then they are at least those of the shifted gamma distribution that
    has these quantiles (`shapes.day_skewness`).

    `growth` is measured between the weeks of the horizon where it is not given. Errors are `width` [S] times as large
    as the quantiles say, once where it is not given.

    Raises ValueError where the horizon is shorter than a week, or anything is not finite.
    """
    horizon = means.shape[1]
    if horizon < WEEK:
        raise ValueError(f"Replenishment needs forecasts of at least {WEEK} days; there are {horizon}.")
    if not (np.isfinite(means).all() and np.isfinite(quantiles).all()):
        raise ValueError("A forecast has days that are no finite number.")
    means = np.maximum(means, 0)
    starts = range(0, horizon, WEEK)
    variances, thirds = (np.empty((len(means), len(starts))) for _ in range(2))
    for first in range(0, len(means), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        for number, start in enumerate(starts):
            days = slice(start, start + WEEK)
            off = np.sign(_Z).astype(means.dtype) * (quantiles[some, days] - means[some, days, None])
            lower, low, high, higher = (np.maximum(off[..., n], 0) for n in range(len(LEVELS)))
            lower, higher = np.maximum(lower, low), np.maximum(higher, high)
            above, below = _moments(high, higher), _moments(low, lower)
            spread, skewness = day_skewness(high.mean(axis=1), higher.mean(axis=1))
            skewed = np.where(skewness > 0, spread, 0)
            variances[some, number] = np.maximum((above[0] + below[0]).mean(axis=1), skewed**2)
            thirds[some, number] = np.maximum((above[1] - below[1]).mean(axis=1), skewness * skewed**3)
    growth = error_growth(means, np.sqrt(variances)) if growth is None else growth
    if width is not None:
        variances *= width[:, None] ** 2
        thirds *= width[:, None] ** 3
    return DailyForecast(means, variances, thirds, growth, correlation)


def _moments(near: np.ndarray, far: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Integrals of q(z) ** 2 and q(z) ** 3 times the normal density over z > 0.

    q goes straight from 0 through `near` at the 90% quantile of z and `far` at the 97.5% quantile, and on: it is
    s * z + d * max(z - a, 0), so that the integrals are polynomials in s and d.
    """
    a, tail, density = _NEAR, _TAIL, _DENSITY
    s = near / a
    d = (far - near) / (_FAR - a) - s
    ss, sd, dd = s * s, s * d, d * d  # numpy's powers are many times slower
    second = ss / 2 + 2 * sd * tail + dd * ((1 + a**2) * tail - a * density)
    third = (
        ss * s * (2 / np.sqrt(2 * np.pi))
        + ss * d * (3 * (2 * density - a * tail))
        + sd * d * (3 * (2 * density - 2 * a * tail))
        + dd * d * ((a**2 + 2) * density - a * (a**2 + 3) * tail)
    )
    return second, third


def _weeks(horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Days of each week of a horizon, the last one perhaps a short one, and how far ahead its middle lies."""
    starts = np.arange(0, horizon, WEEK)
    lengths = np.diff(np.append(starts, horizon))
    return lengths, starts + (lengths + 1) / 2


def error_growth(means: np.ndarray, spreads: np.ndarray) -> float:
    """The exponent with which errors of days, in proportion to the demand, grew from the first week of a horizon to the
    last: between 0 and MOST_GROWTH. Means are [S, H], spreads [S, B] by weeks."""
    lengths, middle = _weeks(means.shape[1])
    starts = np.arange(0, means.shape[1], WEEK)
    demand = np.add.reduceat(means, starts, axis=1).sum(axis=0, dtype=float) / lengths
    error = spreads.sum(axis=0, dtype=float)
    if len(starts) < 2 or min(demand[0], demand[-1], error[0], error[-1]) <= 0:
        return 0.0
    ratio = error[-1] / demand[-1] / (error[0] / demand[0])
    return float(np.clip(np.log(ratio) / np.log(middle[-1] / middle[0]), 0, MOST_GROWTH))


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


def spread_over(
    forecast: DailyForecast, rows: np.ndarray, days: np.ndarray, demand: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Variance and skewness [C] of the demand over so many days, whose mean is `demand`.

    Errors of days are correlated by r. As far as they are not, variances v_d and third moments t_d add up; as far as
    they are the same, spreads do:

        variance     = (1 - r) * sum(v_d) + r * sum(v_d ** (1/2)) ** 2
        third moment = (1 - r) * sum(t_d) + r * sum(t_d ** (1/3)) ** 3

    The variance is that of a sum of equally correlated ones; with r = 0 it is the square root of time of Silver, Pyke &
    Thomas (Inventory and Production Management in Supply Chains, 4th edition 2017, chapter 6). Beyond the horizon the
    spread of a day is that of the last week * (d / d_last) ** growth, and its moments with the square and the cube.
    Customers come one by one: variance and third moment are at least those of a Poisson demand with the same mean.
    """
    r = forecast.correlation
    apart = [
        _over(forecast, one, rows, days, power)
        for one, power in ((forecast.variances, 2), (forecast.thirds, 3))
    ]
    together = [
        _over(forecast, root(one), rows, days, 1)
        for one, root in ((forecast.variances, np.sqrt), (forecast.thirds, np.cbrt))
    ]
    variance = np.maximum((1 - r) * apart[0] + r * together[0] ** 2, demand)
    third = np.maximum((1 - r) * apart[1] + r * together[1] ** 3, demand)
    return variance, np.clip(third / np.maximum(variance, LEAST_VARIANCE) ** 1.5, 0, MOST_SKEWNESS)


def _over(
    forecast: DailyForecast, values: np.ndarray, rows: np.ndarray, days: np.ndarray, power: int
) -> np.ndarray:
    """Sums [C] over so many days of a day's values [S, B], which grow beyond the horizon with that power."""
    horizon = forecast.means.shape[1]
    lengths, middle = _weeks(horizon)
    last = len(lengths) - 1
    within = np.minimum(days, horizon)
    week = np.where(within == horizon, last + 1, within // WEEK)
    summed = _summed(values * lengths)
    far = np.arange(horizon + 1, max(int(days.max(initial=0)), horizon) + 1)
    grown = np.append(0, np.cumsum((far / middle[last]) ** (forecast.growth * power)))[days - within]
    rest = np.where(week <= last, within % WEEK, 0)
    full = summed[rows, np.minimum(week, last + 1)]
    return full + rest * values[rows, np.minimum(week, last)] + grown * values[rows, last]


def _summed(values: np.ndarray) -> np.ndarray:
    """Sums of the first 0, 1, … along the second axis."""
    shape = (values.shape[0], 1, *values.shape[2:])
    return np.concatenate([np.zeros(shape), np.cumsum(values, axis=1, dtype=float)], axis=1)


def offset_at(offsets: np.ndarray, level: ArrayLike) -> np.ndarray:
    """float [C]: where between (or beyond) the offsets (`shapes.offsets`) a level lies; straight lines on the scale of
    normal deviations. The mean is taken for the median."""
    z = np.broadcast_to(ndtri(np.asarray(level, float)), offsets.shape[:1])
    above, below = (
        _along(np.abs(z), [np.full_like(z, at) for at in deviations], own)
        for deviations, own in _sides(offsets)
    )
    return np.where(z >= 0, above, -below)


def chance_above(offsets: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """float [C]: the probability that the demand exceeds its mean by more than `gap` [C]: the inverse of offset_at."""
    above, below = (
        _along(np.abs(gap), own, [np.full_like(gap, at) for at in deviations])
        for deviations, own in _sides(offsets)
    )
    return np.where(gap >= 0, ndtr(-above), ndtr(below))


def _sides(offsets: np.ndarray) -> list[tuple[np.ndarray, list[np.ndarray]]]:
    """Normal deviations and offsets above the mean, and those below, from the mean outwards."""
    inner = len(BELOW)
    return [
        (ndtri(ABOVE), list(offsets[:, inner:].T)),
        (-ndtri(BELOW), list(offsets[:, :inner].T)),
    ]


def _along(size: np.ndarray, knots: list[np.ndarray], values: list[np.ndarray]) -> np.ndarray:
    """Where `size` [C] leads on straight lines from 0 through (knots, values) and beyond them; knots and values ascend.

    Beyond knots that are all the same it is infinite, at 0 itself 0.
    """
    knots, values = [np.zeros_like(size), *knots], [np.zeros_like(size), *values]
    found = np.zeros_like(size)
    with np.errstate(divide="ignore", invalid="ignore"):
        for start, end, low, high in zip(knots[:-1], knots[1:], values[:-1], values[1:], strict=True):
            line = low + (high - low) * (size - start) / (end - start)
            found = np.where(size > start, line, found)
    return np.nan_to_num(found, nan=0.0, posinf=np.inf)
