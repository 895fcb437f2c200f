"""Days that are not known, filled for methods that need every day."""

import numpy as np

from ml.forecasting.panels.days import WEEK
from ml.forecasting.series.history import History


def without_gaps(demand: np.ndarray) -> np.ndarray:
    """`[S, T]` with each unknown day as the mean of its neighbours on the same weekday, or else of the series.

    Days before the first known one are filled too: they carry the weekday's mean and teach no level.
    """
    known = ~np.isnan(demand)
    if known.all():
        return demand
    days = demand.shape[1]
    weeks = -(-days // WEEK)
    padded = np.full((len(demand), weeks * WEEK), np.nan)
    padded[:, :days] = demand
    folded = padded.reshape(len(demand), weeks, WEEK)
    before, after = _nearest(folded), _nearest(folded[:, ::-1])[:, ::-1]
    counts = (~np.isnan(before)).astype(float) + ~np.isnan(after)
    near = (np.nan_to_num(before) + np.nan_to_num(after)) / np.maximum(counts, 1)
    mean = np.nansum(demand, axis=1) / np.maximum(known.sum(axis=1), 1)
    near = np.where(counts > 0, near, mean[:, None, None])
    filled = np.where(np.isnan(folded), near, folded)
    return filled.reshape(len(demand), -1)[:, :days]


def _nearest(folded: np.ndarray) -> np.ndarray:
    """Of each weekday the last known value up to each week."""
    weeks = np.arange(folded.shape[1])[None, :, None]
    last = np.maximum.accumulate(np.where(np.isnan(folded), -1, weeks), axis=1)
    values = np.take_along_axis(folded, np.maximum(last, 0), axis=1)
    return np.where(last >= 0, values, np.nan)


def one(history: History) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The only series of a history without gaps, from its first known day on.

    Demand `[T]`, regressors `[T, K]` and those ahead `[H, K]`, without those that never change.
    """
    demand = history.demand[0]
    first = int(np.argmax(~np.isnan(demand)))
    days = history.days
    columns = np.nan_to_num(history.panel.regressors[0])
    past, future = columns[first:days], columns[days:]
    varies = np.array([len(np.unique(past[:, k])) > 1 for k in range(columns.shape[1])], dtype=bool)
    return without_gaps(demand[None, first:])[0], past[:, varies], future[:, varies]
