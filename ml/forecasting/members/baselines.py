"""Baselines that every other member must beat: last week again, and the mean of the last same weekdays."""

import numpy as np

from ml.forecasting.members.base import Setting
from ml.forecasting.panels.days import WEEK
from ml.forecasting.series.history import History

WEEKS = 4


def seasonal_naive(history: History, setting: Setting) -> np.ndarray:
    """Each day as the last known one of its weekday."""
    return _repeated(history, _last_weekdays(history.demand, 1))


def weekday_mean(history: History, setting: Setting) -> np.ndarray:
    """Each day as the mean of the last four known days of its weekday."""
    return _repeated(history, _last_weekdays(history.demand, WEEKS))


def _last_weekdays(demand: np.ndarray, count: int) -> np.ndarray:
    """`[S, 7]` mean of the last known days of the weekday of the first day ahead, the second, …

    A weekday that was never known has the mean of the series.
    """
    whole = demand.shape[1] // WEEK
    if not whole:
        with np.errstate(invalid="ignore"):
            mean = np.nansum(demand, axis=1) / (~np.isnan(demand)).sum(axis=1)
        return np.repeat(mean[:, None], WEEK, axis=1)
    folded = demand[:, demand.shape[1] - whole * WEEK :].reshape(len(demand), whole, WEEK)[:, ::-1]
    known = ~np.isnan(folded)
    counted = known & (np.cumsum(known, axis=1) <= count)
    with np.errstate(invalid="ignore"):
        means = np.where(counted, folded, 0.0).sum(axis=1) / counted.sum(axis=1)
        mean = np.nansum(demand, axis=1) / (~np.isnan(demand)).sum(axis=1)
    return np.where(np.isnan(means), mean[:, None], means)


def _repeated(history: History, week: np.ndarray) -> np.ndarray:
    return week[:, np.arange(history.horizon) % WEEK]
