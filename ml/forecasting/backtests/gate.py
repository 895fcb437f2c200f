"""What a member's forecast must be before it is believed: there, finite, and of a scale that the series can have."""

from dataclasses import dataclass

import numpy as np

from ml.forecasting.issues import Issue
from ml.forecasting.panels.days import WEEK, YEAR
from ml.forecasting.panels.panel import ESTABLISHED_DAYS
from ml.forecasting.series.history import History
from ml.forecasting.series.rolling import prefix_sums

MOST = 5.0
"""Times the largest known day of a series."""
LEAST = 0.2
"""Of the mean of the poorest stretch of the last year that was as long as the horizon, or of the newest week."""
MOSTLY_SOLD = 0.5
"""Share of the known days of every such stretch: with fewer, a median of 0 is no collapse."""
PART = 8192
"""Series at a time, which bounds the memory."""


@dataclass(frozen=True)
class Scale:
    """Between what the forecasts of each series may lie, by what is known of it."""

    largest: np.ndarray
    """`[S]` the largest known day; 0 where nothing was ever sold, and nothing can be said."""
    poorest: np.ndarray
    """`[S]` mean of the poorest stretch of the last year; 0 where days without a sale are usual."""


def scale_of(history: History) -> Scale:
    demand = history.demand
    largest = np.where(np.isnan(demand), 0.0, demand).max(axis=1, initial=0.0)
    parts = [
        _poorest(demand[start : start + PART, -YEAR:], history.horizon)
        for start in range(0, len(demand), PART)
    ]
    return Scale(largest, np.concatenate(parts) if parts else np.zeros(0))


def _poorest(demand: np.ndarray, horizon: int) -> np.ndarray:
    """`[S]` of stretches as long as the horizon of which half the days are known, and of the newest week.

    What stopped selling last week may well be over.
    """
    known = ~np.isnan(demand)
    prefixes = [prefix_sums(of) for of in (known, np.where(known, demand, 0.0), known & (demand > 0))]
    mean, share = np.full(len(demand), np.inf), np.full(len(demand), np.inf)
    for length, newest in ((horizon, False), (WEEK, True)):
        length = min(length, demand.shape[1])
        stretches = slice(-1, None) if newest else slice(None)
        counts, sums, sold = (
            (prefix[:, length:] - prefix[:, : prefix.shape[1] - length])[:, stretches] for prefix in prefixes
        )
        usable = counts >= (1 if newest else length / 2)
        counted = np.maximum(counts, 1)
        mean = np.minimum(mean, np.where(usable, sums / counted, np.inf).min(axis=1))
        share = np.minimum(share, np.where(usable, sold / counted, np.inf).min(axis=1))
    grown = (known.sum(axis=1) >= ESTABLISHED_DAYS) & np.isfinite(mean) & (share > MOSTLY_SOLD)
    return np.where(grown, mean, 0.0)


def gated(
    values: np.ndarray, history: History, scale: Scale, member: str, told: set[str]
) -> tuple[np.ndarray, list[Issue]]:
    """Forecasts `[S, H]` with NaN in the whole series where one cannot be believed, and why.

    `told` are the series for which the member itself said why it has none.
    """
    largest, poorest = scale.largest, scale.poorest
    known = np.any(~np.isnan(history.demand), axis=1)
    missing = np.any(np.isnan(values), axis=1)
    endless = np.any(np.isinf(values), axis=1)
    with np.errstate(invalid="ignore"):
        high = np.any(values > MOST * largest[:, None], axis=1) & (largest > 0) & ~endless & ~missing
        mean = _mean_of_open_days(values, history)
        low = (mean < LEAST * poorest) & ~endless & ~missing
    issues = []
    for row in np.flatnonzero(missing | endless | high | low):
        series = str(history.panel.series[row])
        if series in told:
            continue
        if high[row]:
            said = f"foretold {np.max(values[row]):.6g} a day where {largest[row]:.6g} is the most that was known"
            issues.append(Issue(series, member, "absurd_scale", f"{said}; the fallback takes its place"))
        elif low[row]:
            said = f"foretold {mean[row]:.6g} a day where the poorest stretch of the year sold {poorest[row]:.6g}"
            issues.append(Issue(series, member, "absurd_scale", f"{said}; the fallback takes its place"))
        elif endless[row]:
            issues.append(
                Issue(series, member, "not_finite", "infinite forecasts; the fallback takes their place")
            )
        elif known[row]:
            issues.append(
                Issue(series, member, "not_finite", "no number was foretold; the fallback takes its place")
            )
    refused = np.reshape(missing | endless | high | low, (-1, 1))
    return np.where(refused, np.nan, values), issues


def _mean_of_open_days(values: np.ndarray, history: History) -> np.ndarray:
    """`[S]` infinite where all days ahead are shut: nothing is foretold of them."""
    is_open = np.broadcast_to(~history.shut[:, history.days :], values.shape)
    count = is_open.sum(axis=1)
    mean = np.where(is_open, values, 0.0).sum(axis=1) / np.maximum(count, 1)
    return np.where(count > 0, mean, np.inf)
