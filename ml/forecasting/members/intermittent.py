"""Methods for demand that is mostly zero, for all series at once: they foretell a rate, the same for every day.

* Croston with the correction of Syntetos and Boylan (2005), "The accuracy of intermittent demand estimates";
* TSB: Teunter, Syntetos and Babai (2011), "Intermittent demand: linking forecasting to inventory obsolescence";
* ADIDA: Nikolopoulos et al. (2011), aggregated to weeks, smoothed, and divided among the days by the weekday's share.
"""

import numpy as np

from ml.forecasting.members.base import Setting
from ml.forecasting.panels.days import WEEK
from ml.forecasting.series.history import History

SIZE_WEIGHT = 0.1
INTERVAL_WEIGHT = 0.1
CHANCE_WEIGHT = 0.05
BUCKET_WEIGHT = 0.2
DAYS = 364


def croston(history: History, setting: Setting) -> np.ndarray:
    """Size of a sale over the days between two, both smoothed at each sale, times 1 - alpha / 2."""
    demand = history.demand[:, -DAYS:]
    size, interval = np.full(len(demand), np.nan), np.full(len(demand), np.nan)
    since = np.ones(len(demand))
    for day in range(demand.shape[1]):
        known = ~np.isnan(demand[:, day])
        sold = known & (demand[:, day] > 0)
        first = sold & np.isnan(size)
        size = np.where(sold, size + SIZE_WEIGHT * (demand[:, day] - size), size)
        interval = np.where(sold, interval + INTERVAL_WEIGHT * (since - interval), interval)
        size, interval = np.where(first, demand[:, day], size), np.where(first, since, interval)
        since = np.where(sold, 1.0, since + known)
    rate = (1 - INTERVAL_WEIGHT / 2) * size / interval
    return _constant(np.where(np.isnan(rate), _zero_or_unknown(demand), rate), history.horizon)


def tsb(history: History, setting: Setting) -> np.ndarray:
    """Size of a sale times the chance of one; the chance falls on each day without, so that what is over ends."""
    demand = history.demand[:, -DAYS:]
    known = ~np.isnan(demand)
    sold = known & (demand > 0)
    with np.errstate(invalid="ignore"):
        size = np.where(sold, demand, 0.0).sum(axis=1) / sold.sum(axis=1)
        chance = sold.sum(axis=1) / known.sum(axis=1)
    for day in range(demand.shape[1]):
        here, any_sale = known[:, day], sold[:, day]
        size = np.where(any_sale, size + SIZE_WEIGHT * (demand[:, day] - size), size)
        chance = np.where(here, chance + CHANCE_WEIGHT * (any_sale - chance), chance)
    rate = size * chance
    return _constant(np.where(np.isnan(rate), _zero_or_unknown(demand), rate), history.horizon)


def adida(history: History, setting: Setting) -> np.ndarray:
    """Weeks smoothed, and each day its weekday's share of the week."""
    demand = history.demand[:, -DAYS:]
    weeks = demand.shape[1] // WEEK
    if not weeks:
        return np.full((len(demand), history.horizon), np.nan)
    folded = demand[:, -weeks * WEEK :].reshape(len(demand), weeks, WEEK)
    known = ~np.isnan(folded)
    filled = np.where(known, folded, 0.0)
    days = known.sum(axis=2)
    with np.errstate(invalid="ignore"):
        means = filled.sum(axis=2) / days
        level = filled.sum(axis=(1, 2)) / days.sum(axis=1)
        share = (filled.sum(axis=1) + 4 * level[:, None]) / (known.sum(axis=1) + 4) / level[:, None]
    unknown = np.isnan(level)
    for week in range(weeks):
        level = np.where(
            days[:, week] > 0, level + BUCKET_WEIGHT * (np.nan_to_num(means[:, week]) - level), level
        )
    share = np.where(np.isfinite(share), share, 1.0)
    values = level[:, None] * share[:, np.arange(history.horizon) % WEEK]
    return np.where(unknown[:, None], np.nan, values)


def _zero_or_unknown(demand: np.ndarray) -> np.ndarray:
    """0 of a series that is known and never sold, else NaN."""
    return np.where((~np.isnan(demand)).any(axis=1), 0.0, np.nan)


def _constant(rate: np.ndarray, horizon: int) -> np.ndarray:
    return np.repeat(rate[:, None], horizon, axis=1)
