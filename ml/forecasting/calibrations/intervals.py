"""Intervals from the errors of the backtest, for every member alike.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018, "Distribution-free predictive inference for regression")
over rolling origins: errors are divided by a unit that tells how uncertain a series and a day are, pooled by segment
and distance from the origin, and their quantiles, times the unit of the day to foretell, are added to the forecast.

The unit is that of `series.scale`, corrected by how large the errors of the series were in the backtest.
"""

from collections.abc import Iterator, Mapping, Sequence
from statistics import NormalDist

import numpy as np

from ml.forecasting.series.history import History
from ml.forecasting.series.scale import units
from ml.forecasting.series.segments import ALL, EMPTY

BUCKETS = (7, 14, 28, 56, 112, 224, 448)
"""Last days of the horizon's parts; what lies farther than the backtest saw has the errors of the last part seen."""
PROBABILITIES = (
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.2,
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.9,
    0.95,
    0.975,
    0.99,
    0.995,
)
LEAST_ERRORS = 300
"""A part of a segment with fewer errors has the quantiles of the whole segment, and such a segment those of all."""
PRIOR_DAYS = 28.0
"""Days of backtest that an uncorrected unit counts for."""
FARTHEST_ERROR = 5.0
"""Times what 995 of 1,000 errors stay below: more counts as this much, so that no mistyped day moves all forecasts."""

Quantiles = Mapping[str, Mapping[str, Sequence[float]]]
"""Segment -> part of the horizon -> a quantile of the scaled error for each probability."""
NORMAL: Quantiles = {ALL: {str(BUCKETS[0]): [round(NormalDist().inv_cdf(p), 6) for p in PROBABILITIES]}}
"""What can be given where nothing was tested: a normal error of one unit."""


def factors(scaled: np.ndarray) -> np.ndarray:
    """`[S]` how much larger the scaled errors `[W, S, H]` of a series are than those of all, held towards 1."""
    size = np.abs(scaled)
    known = ~np.isnan(size)
    usual = float(size[known].mean()) if known.any() else 1.0
    counts = known.sum(axis=(0, 2))
    sums = np.where(known, size, 0.0).sum(axis=(0, 2))
    held = (sums + PRIOR_DAYS * usual) / (counts + PRIOR_DAYS)
    return np.clip(held / usual, 0.2, 5.0) if usual > 0 else np.ones(scaled.shape[1])


def quantiles(scaled: np.ndarray, kinds: np.ndarray) -> dict[str, dict[str, list[float]]]:
    """Of scaled errors `[W, S, H]` by segment `[W, S]`; none where not one is known."""
    found = {}
    for kind, errors in _by_segment(scaled, kinds):
        whole = errors[~np.isnan(errors)]
        parts = {}
        for first, last in parts_of(errors.shape[1]):
            part = errors[:, first:last]
            part = part[~np.isnan(part)]
            parts[str(last)] = _conformal(part if part.size >= LEAST_ERRORS else whole)
        found[kind] = parts
    return found


def parts_of(horizon: int) -> list[tuple[int, int]]:
    """(first day, bucket) of each part of a horizon, counted from 0; the last may reach beyond it."""
    firsts = (0, *BUCKETS[:-1])
    return [(first, last) for first, last in zip(firsts, BUCKETS, strict=True) if first < horizon]


def _by_segment(scaled: np.ndarray, kinds: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Scaled errors `[N, H]` of all and of each segment that has enough of them."""
    for kind in (ALL, *np.unique(kinds).tolist()):
        errors = scaled[np.ones_like(kinds, dtype=bool) if kind == ALL else kinds == kind]
        known = np.count_nonzero(~np.isnan(errors))
        if known >= LEAST_ERRORS or (kind == ALL and known):
            yield kind, errors


def biases(scaled: np.ndarray, unit: np.ndarray, kinds: np.ndarray) -> dict[str, float]:
    """Sum of errors over the sum of their units `[W, S, H]` by segment `[W, S]`; of small segments none.

    So what is added to the forecasts of a segment makes their sum right; a mean of scaled errors would not.
    """
    known = ~np.isnan(scaled)
    if known.any():
        farthest = FARTHEST_ERROR * np.quantile(np.abs(scaled[known]), 0.995)
        scaled = np.clip(scaled, -farthest, farthest)
    units_of = dict(_by_segment(np.where(known, unit, np.nan), kinds))
    return {
        kind: float(round(np.nansum(errors * units_of[kind]) / np.nansum(units_of[kind]), 6))
        for kind, errors in _by_segment(scaled, kinds)
    }


def expected(
    values: np.ndarray, unit: np.ndarray, kinds: np.ndarray, found: Mapping[str, float]
) -> np.ndarray:
    """`[S, H]` the mean demand, where forecasts are medians: orders are sums of demand, and sums follow the mean.

    A median of 0 says nothing of the mean; 0 is the mean only of what never sold.
    """
    bias = np.array([found.get(str(kind), found.get(ALL, 0.0)) for kind in kinds])
    return np.where(kinds[:, None] == EMPTY, 0.0, np.maximum(values + bias[:, None] * unit, 0.0))


def _conformal(errors: np.ndarray) -> list[float]:
    """Quantiles with the correction for a finite sample: of the lower half downwards, of the upper half upwards."""
    ordered = np.sort(errors)
    count = len(ordered)
    found = []
    for probability in PROBABILITIES:
        if probability < 0.5:
            place = int(np.floor(probability * (count + 1))) - 1
        else:
            place = int(np.ceil(probability * (count + 1))) - 1
        found.append(float(round(ordered[min(max(place, 0), count - 1)], 6)))
    return found


def bounds(
    values: np.ndarray, unit: np.ndarray, kinds: np.ndarray, found: Quantiles, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Ends `[S, H]` of the interval that holds `level` percent; never negative, the forecast always within. Where no
    errors were found they are rough, not none."""
    tail = (1 - level / 100) / 2
    low, high = np.zeros_like(values), np.zeros_like(values)
    for kind in np.unique(kinds):
        rows = kinds == kind
        for first, last, errors in _parts(found or NORMAL, str(kind), values.shape[1]):
            ends = np.interp([tail, 1 - tail], PROBABILITIES, errors)
            low[rows, first:last], high[rows, first:last] = ends
    low, high = values + np.minimum(low, 0) * unit, values + np.maximum(high, 0) * unit
    return np.maximum(low, 0.0), high


def interval_at(
    history: History,
    values: np.ndarray,
    kinds: np.ndarray,
    factor: np.ndarray,
    found: Quantiles,
    level: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Ends `[S, H]` of the interval of forecasts from the end of a history; on days that are shut it is 0 to 0."""
    low, high = bounds(values, units(history).of(values, factor), kinds, found, level)
    shut = np.broadcast_to(history.shut[:, history.days :], values.shape)
    return np.where(shut, 0.0, low), np.where(shut, 0.0, high)


def _parts(found: Quantiles, kind: str, horizon: int) -> list[tuple[int, int, Sequence[float]]]:
    """(first day, last day, quantiles) of each part of the horizon."""
    of_kind = found.get(kind) or found.get(ALL, {})
    errors: Sequence[float] = [0.0] * len(PROBABILITIES)
    parts = []
    for first, last in parts_of(horizon):
        errors = of_kind.get(str(last), errors)
        parts.append((first, max(last, horizon) if last == BUCKETS[-1] else last, errors))
    return parts
