"""The median of the last quarter, divided among weekdays as the whole panel is.

Where a few large orders make the mean, nothing simple comes nearer to most days.
"""

import numpy as np

from ml.forecasting.members.base import Setting
from ml.forecasting.panels.days import WEEK
from ml.forecasting.series.history import History
from ml.forecasting.series.rolling import median_of_known

MEDIAN_DAYS = 91
PROFILE_DAYS = 182


def median_profile(history: History, setting: Setting) -> np.ndarray:
    """The median of each series times the weekday's share of the panel; shares of the last half year."""
    demand = history.demand[:, -MEDIAN_DAYS:]
    known = ~np.isnan(demand)
    level = median_of_known(np.where(known, demand, 0.0), known)
    level = np.where(known.any(axis=1), level, np.nan)
    return level[:, None] * _common_profile(history)[None, np.arange(history.horizon) % WEEK]


def _common_profile(history: History) -> np.ndarray:
    """`[7]` share of the weekday of the first day ahead, the second, …: 1 is the mean of weekdays that sell.

    Each series counts the same.
    """
    demand = history.demand[:, -PROFILE_DAYS:]
    known = ~np.isnan(demand)
    filled = np.where(known, demand, 0.0)
    mean = filled.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    selling = mean > 0
    if not selling.any():
        return np.ones(WEEK)
    scaled = filled[selling] / mean[selling, None]
    place = (np.arange(demand.shape[1]) - demand.shape[1]) % WEEK
    counts = np.array([known[selling][:, place == day].sum() for day in range(WEEK)])
    shares = np.array([scaled[:, place == day].sum() for day in range(WEEK)]) / np.maximum(counts, 1)
    return shares / shares[shares > 0].mean()
