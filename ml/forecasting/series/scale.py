"""How large a series is and how uncertain, which errors are divided by so that those of all series can be pooled.

The unit of a day: the mean absolute difference of days a week apart (as in MASE) of the series, times the root of what
is foretold of that day relative to the level.
"""

from dataclasses import dataclass

import numpy as np

from ml.forecasting.panels.days import WEEK
from ml.forecasting.series.history import History

SCALE_DAYS = 364
LEVEL_DAYS = 91
FLOOR = 0.1
"""Of the level, added to what is foretold: a day foretold as nothing is uncertain too."""


@dataclass(frozen=True)
class Units:
    """How uncertain series are at an origin."""

    spread: np.ndarray
    """`[S]` units of demand."""
    level: np.ndarray
    """`[S]`."""

    def of(self, values: np.ndarray, factor: np.ndarray | float = 1.0) -> np.ndarray:
        """`[S, H]` what an error is divided by."""
        share = (values + FLOOR * self.level[:, None]) / ((1 + FLOOR) * self.level[:, None])
        return self.spread[:, None] * np.reshape(factor, (-1, 1)) * np.sqrt(np.clip(share, 0.01, 100.0))


def units(history: History) -> Units:
    return level_and_spread(history.demand)


def level_and_spread(demand: np.ndarray) -> Units:
    """Of demand `[S, T]`, NaN where it is not known."""
    newest = demand[:, -LEVEL_DAYS:]
    known = ~np.isnan(newest)
    level = np.where(known, newest, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    usual = float(np.median(level[level > 0])) if (level > 0).any() else 1.0
    level = np.where(level > 0, level, usual)
    spread = seasonal_scale(demand)
    relative = spread / level
    typical = (
        float(np.median(relative[np.isfinite(relative) & (relative > 0)])) if (relative > 0).any() else 1.0
    )
    spread = np.where(np.isfinite(spread) & (spread > 0), spread, typical * level)
    return Units(np.maximum(spread, 0.02 * level), level)


def seasonal_scale(demand: np.ndarray) -> np.ndarray:
    """`[S]` mean absolute difference of days a week apart, of the last year; NaN where no two are known."""
    newest = demand[:, -SCALE_DAYS:]
    if newest.shape[1] <= WEEK:
        return np.full(len(demand), np.nan)
    apart = np.abs(newest[:, WEEK:] - newest[:, :-WEEK])
    known = ~np.isnan(apart)
    with np.errstate(invalid="ignore"):
        return np.where(known, apart, 0.0).sum(axis=1) / np.where(
            known.any(axis=1), known.sum(axis=1), np.nan
        )
