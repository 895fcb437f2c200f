"""Forecasts of series that are new or nearly so: the profile of their category, and their own mean as far as known.

A new article's demand per day is the median of those of its category (the attribute `category`; without one, or where
nothing else is of it, of the panel), divided among weekdays as theirs is. What has not been known for long, because it
was out of stock, is also here: its own days before that count.
"""

import numpy as np

from ml.forecasting.members.base import Setting
from ml.forecasting.panels.days import WEEK
from ml.forecasting.panels.panel import ESTABLISHED_DAYS
from ml.forecasting.series.history import History

DAYS = 91
PRIOR_DAYS = 14.0
"""Own days that the category's level counts for."""
CATEGORY = "category"


def cold_start(history: History, setting: Setting) -> np.ndarray:
    demand = history.demand[:, -DAYS:]
    known = ~np.isnan(demand)
    count = known.sum(axis=1)
    total = np.where(known, demand, 0.0).sum(axis=1)
    place = (np.arange(demand.shape[1]) - demand.shape[1]) % WEEK
    sums = np.stack(
        [np.where(known, demand, 0.0)[:, place == day].sum(axis=1) for day in range(WEEK)], axis=1
    )
    counts = np.stack([known[:, place == day].sum(axis=1) for day in range(WEEK)], axis=1)
    established = count >= ESTABLISHED_DAYS
    own_total, own_count = _newest_known(history.demand, total, count)
    groups = history.panel.static.get(CATEGORY, np.zeros(len(demand), dtype="<U1"))
    values = np.empty((len(demand), history.horizon))
    for group in np.unique(groups):
        rows = groups == group
        teachers = rows & established
        if not teachers.any():
            teachers = established if established.any() else count > 0
        if teachers.any():
            level = float(np.median(total[teachers] / count[teachers]))
            share = _shares(
                sums[teachers] / (total[teachers] / count[teachers])[:, None].clip(1e-12), counts[teachers]
            )
        else:
            level, share = 0.0, np.ones(WEEK)
        own = (own_total[rows] + PRIOR_DAYS * level) / (own_count[rows] + PRIOR_DAYS)
        values[rows] = own[:, None] * share[np.arange(history.horizon) % WEEK]
    return values


def _newest_known(demand: np.ndarray, total: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum and number of the newest known days of each series, however old, where the last months know too few."""
    total, count = total.copy(), count.copy()
    few = np.flatnonzero(count < ESTABLISHED_DAYS)
    known = ~np.isnan(demand[few])
    newest = known & (np.cumsum(known[:, ::-1], axis=1)[:, ::-1] <= DAYS)
    total[few], count[few] = np.where(newest, demand[few], 0.0).sum(axis=1), newest.sum(axis=1)
    return total, count


def _shares(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """`[7]` what a weekday sells relative to the mean day, from series scaled to 1 a day."""
    share = (sums.sum(axis=0) + 1) / (counts.sum(axis=0) + 1)
    return share / max(share.mean(), 1e-12)
