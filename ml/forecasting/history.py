"""What members learn from: a panel up to an origin, without the days that would teach them wrong.

Three things are found out from the days before the origin alone:

* days on which a shop is shut: a regressor named `open` or `is_open` is 0, another one is seen to mean it (nothing is
  ever sold where it has one value), or nothing is ever sold in the whole panel on that weekday or that day of the year.
  They are not learnt from, and forecast as zero;
* spikes, a thousand times what is usual: typing errors teach nothing;
* series that never sold.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from ml.forecasting.days import day_of_year, weekday
from ml.forecasting.panel import OPEN, Panel

SHUT_DAYS = 20
"""A value of a regressor that was seen on fewer days without any sale says nothing."""
SHUT_SHARE = 0.99
"""Share of those days without a sale from which on the shop counts as shut."""
MANY_SERIES = 5
"""In a smaller panel a day without any sale says nothing about the shop."""
SHUT_WEEKS = 8
SHUT_YEARS = 2
"""A weekday, or a day of the year, was without any sale at least so often, and always."""
MOST_EMPTY_DAYS = 0.1
"""Where more days than this are without any sale, such days are usual and say nothing."""
HARDLY_ANYTHING = 0.005
"""A panel that sells less than this part of its usual day was shut."""
SPIKE = 50.0
"""A day is a spike when it is so many times the largest of all other days of its series, but for other spikes."""
MOST_SPIKES = 7
SPIKES_SHARE = 0.02
"""No more days of a series than these, or this part of them, are mistakes; what happens oftener is how it sells."""


@dataclass(frozen=True)
class History:
    """A panel at an origin with a horizon."""

    panel: Panel
    """Its demand ends at the origin, its regressors at the end of the horizon; NaN where a day is not learnt from."""
    horizon: int
    shut: np.ndarray
    """`[S, T + H]`: nothing can be sold that day."""
    spikes: list[tuple[int, int]] = field(default_factory=list)
    """(series, day) that were left out."""

    @property
    def demand(self) -> np.ndarray:
        return self.panel.demand

    @property
    def days(self) -> int:
        return self.panel.days

    def finished(self, values: np.ndarray) -> np.ndarray:
        """Forecasts `[S, H]` as they may be: nothing on days that are shut, never negative."""
        return np.where(self.shut[:, self.days :], 0.0, np.maximum(values, 0.0))

    def only(self, rows: np.ndarray | slice) -> "History":
        return History(self.panel.only(rows), self.horizon, self.shut[rows])


def history_at(panel: Panel, origin: int, horizon: int) -> History:
    """What members may learn from at an origin."""
    known = panel.until(origin, horizon)
    mistaken = spikes(known.demand)
    known.demand[mistaken] = np.nan
    shut, regressors = _shut_by_regressor(known)
    shut |= _shut_for_all(known, origin + horizon)
    # A sale on such a day is an exception that tells nothing of other days.
    known.demand[shut[:, :origin]] = np.nan
    # What is never told ahead would be learnt as if it were known, and then be guessed.
    kept = [k for k in np.flatnonzero(panel.told_ahead).tolist() if k not in regressors]
    learnt = replace(
        known,
        regressors=known.regressors[:, :, kept],
        regressor_names=tuple(known.regressor_names[k] for k in kept),
    )
    return History(learnt, horizon, shut, [(int(row), int(day)) for row, day in np.argwhere(mistaken)])


def spikes(demand: np.ndarray) -> np.ndarray:
    """`[S, T]` the few days of a series so far above all of its others that they can only be mistakes."""
    most = min(MOST_SPIKES, demand.shape[1] - 2)
    if most < 1:
        return np.zeros(demand.shape, dtype=bool)
    filled = np.nan_to_num(demand, nan=0.0)
    top = -np.sort(-np.partition(filled, -most - 1, axis=1)[:, -most - 1 :], axis=1)
    allowed = np.maximum((~np.isnan(demand)).sum(axis=1) * SPIKES_SHARE, 1)[:, None] >= np.arange(1, most + 1)
    falls = (top[:, 1:] > 0) & (top[:, :-1] > SPIKE * top[:, 1:]) & allowed
    # The last fall counts: above it lie all that are mistaken.
    last = np.where(falls.any(axis=1), most - 1 - np.argmax(falls[:, ::-1], axis=1), 0)
    least = np.take_along_axis(top, last[:, None], axis=1)
    return falls.any(axis=1, keepdims=True) & (filled >= least)


def _shut_by_regressor(panel: Panel) -> tuple[np.ndarray, list[int]]:
    """Days that a regressor tells to be shut, and the regressors that say nothing else."""
    shut = np.zeros(panel.regressors.shape[:2], dtype=bool)
    telling = []
    for k, name in enumerate(panel.regressor_names):
        values = panel.regressors[:, :, k]
        levels = np.unique(values)
        level = 0.0 if name in OPEN else _shut_level(panel, values, levels)
        if level is None:
            continue
        shut |= values == level
        if len(levels) <= 2:
            telling.append(k)
    return shut, telling


def _shut_level(panel: Panel, values: np.ndarray, levels: np.ndarray) -> float | None:
    """The one of two values of a regressor with which nothing is ever sold, though with the other one it is."""
    if len(levels) != 2:
        return None
    known = ~np.isnan(panel.demand)
    zero = known & (panel.demand == 0)
    for level, other in (levels, levels[::-1]):
        here = known & (values[:, : panel.days] == level)
        there = known & (values[:, : panel.days] == other)
        if here.sum() < SHUT_DAYS or there.sum() < SHUT_DAYS:
            continue
        if zero[here].mean() >= SHUT_SHARE and zero[there].mean() < 0.5:
            return float(level)
    return None


def _shut_for_all(panel: Panel, end: int) -> np.ndarray:
    """`[1, T + H]`: days on which no series of the panel can have sold anything, whatever the day."""
    days = panel.days
    shut = np.zeros(end, dtype=bool)
    known = np.logical_not(np.isnan(panel.demand))
    total = np.where(known, panel.demand, 0.0).sum(axis=0)
    if len(panel.series) < MANY_SERIES or not total.any():
        return shut[None, :]
    sold = total > HARDLY_ANYTHING * np.median(total[total > 0])
    first, last = np.flatnonzero(sold)[[0, -1]]
    inside = np.array(known.any(axis=0))
    inside[:first] = inside[last + 1 :] = False
    dates = panel.dates(0, end)
    weekdays = weekday(dates)
    for day in range(7):
        these = inside & (weekdays[:days] == day)
        if these.sum() >= SHUT_WEEKS and not sold[these].any():
            shut |= weekdays == day
    empty = inside & ~sold & ~shut[:days]
    if empty.sum() > MOST_EMPTY_DAYS * inside.sum():
        return shut[None, :]
    shut[:days] |= empty
    of_year = day_of_year(dates)
    for value in np.unique(of_year[:days][empty]):
        these = inside & (of_year[:days] == value)
        if these.sum() >= SHUT_YEARS and not sold[these].any():
            shut |= of_year == value
    return shut[None, :]
