"""What members learn from: a panel up to an origin, without the days that would teach them wrong.

Three things are found out from the days before the origin alone:

* days on which a shop is shut: a regressor named `open` or `is_open` is 0, another one is seen to mean it (the series
  never sells where it has one value), or neither the whole panel nor the series ever sells on that weekday or on that
  day of the year. They are not learnt from, and forecast as zero;
* spikes, a thousand times what is usual: typing errors teach nothing;
* series that never sold.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from ml.forecasting.panels.days import day_of_year, weekday
from ml.forecasting.panels.panel import OPEN, Panel

SHUT_DAYS = 20
"""A value of a regressor that was seen on fewer days without any sale says nothing."""
SHUT_SHARE = 0.99
"""Share of those days without a sale from which on the shop counts as shut."""
PROMOTION = ("promo", "discount", "campaign")
"""A regressor with such a word in its name is none that shops are shut by, however little is sold without it."""
MANY_SERIES = 5
"""In a smaller panel a day without any sale says nothing about the shop."""
SHUT_WEEKS = 8
SHUT_YEARS = 2
"""A weekday, or a day of the year, was without any sale at least so often, and always."""
MOST_EMPTY_DAYS = 0.1
"""Where more days than this are without any sale, such days are usual and say nothing."""
HARDLY_ANYTHING = 0.005
"""A panel that sells less than this part of its usual day may have been shut."""
HARDLY_OWN = 0.05
"""A series that sold more than this part of what it sells on a day with sales was not, whatever the panel did."""
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
    signs: dict[str, int] = field(default_factory=dict)
    """Regressor that was seen to mean that a shop is shut, though its name does not say so -> in how many series."""

    @property
    def demand(self) -> np.ndarray:
        return self.panel.demand

    @property
    def days(self) -> int:
        return self.panel.days

    @property
    def telling(self) -> tuple[str, ...]:
        """The regressors that differ from day to day, so that something can be learnt from them."""
        values = self.panel.regressors
        named = enumerate(self.panel.regressor_names)
        return tuple(sorted(name for k, name in named if name not in OPEN and np.ptp(values[:, :, k]) > 0))

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
    shut, regressors, signs = _shut_by_regressor(known)
    shut |= _shut_for_all(known, origin + horizon) & ~_told_open(panel, origin, horizon)
    # A sale on such a day is an exception that tells nothing of other days.
    known.demand[shut[:, :origin]] = np.nan
    # What is never told ahead would be learnt as if it were known, and then be guessed.
    kept = [k for k in np.flatnonzero(panel.told_ahead).tolist() if k not in regressors]
    learnt = replace(
        known,
        regressors=known.regressors[:, :, kept],
        regressor_names=tuple(known.regressor_names[k] for k in kept),
    )
    left_out = [(int(row), int(day)) for row, day in np.argwhere(mistaken)]
    return History(learnt, horizon, shut, left_out, signs)


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


def _shut_by_regressor(panel: Panel) -> tuple[np.ndarray, list[int], dict[str, int]]:
    """Days that a regressor tells to be shut, the regressors that say nothing else, and of those whose name does not
    say so, in how many series they were seen to mean it."""
    shut = np.zeros(panel.regressors.shape[:2], dtype=bool)
    telling, signs = [], {}
    for k, name in enumerate(panel.regressor_names):
        values = panel.regressors[:, :, k]
        if name in OPEN:
            here = values == 0
        elif any(word in name.lower() for word in PROMOTION):
            continue
        else:
            here = _never_sold(panel, values)
            if not here.any():
                continue
            signs[name] = int(here.any(axis=1).sum())
        shut |= here
        if len(np.unique(values[~here])) <= 1:
            telling.append(k)
    return shut, telling, signs


def _never_sold(panel: Panel, values: np.ndarray) -> np.ndarray:
    """`[S, T + H]`: the regressor has the one of its two values with which this series never sells, though with the
    other one it does on most days. What other series sell says nothing of this one."""
    found = np.zeros(values.shape, dtype=bool)
    levels = np.unique(values)
    if len(levels) != 2:
        return found
    known = ~np.isnan(panel.demand)
    zero = known & (panel.demand == 0)
    at = [values[:, : panel.days] == level for level in levels]
    days = [(known & here).sum(axis=1) for here in at]
    share = [(zero & here).sum(axis=1) / np.maximum(count, 1) for here, count in zip(at, days, strict=True)]
    enough = (days[0] >= SHUT_DAYS) & (days[1] >= SHUT_DAYS)
    for one, other in ((0, 1), (1, 0)):
        means_it = enough & (share[one] >= SHUT_SHARE) & (share[other] < 0.5)
        found |= means_it[:, None] & (values == levels[one])
    return found


def _shut_for_all(panel: Panel, end: int) -> np.ndarray:
    """`[S, T + H]`: days on which the panel as a whole sells nothing, for the series that never do on such days."""
    shut = np.zeros((len(panel.series), end), dtype=bool)
    if len(panel.series) < MANY_SERIES:
        return shut
    demand = np.nan_to_num(panel.demand, nan=0.0)
    usual = demand.sum(axis=1) / np.maximum((demand > 0).sum(axis=1), 1)
    for seen, meant in _days_without_sales(panel, demand.sum(axis=0), end):
        own = (demand[:, seen] > HARDLY_OWN * usual[:, None]).any(axis=1)
        shut[np.ix_(~own, meant)] = True
    return shut


def _days_without_sales(panel: Panel, total: np.ndarray, end: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Indices of days on which a panel, by its total `[T]`, sold nothing, and of the days of which that tells."""
    days = panel.days
    if not total.any():
        return
    sold = total > HARDLY_ANYTHING * np.median(total[total > 0])
    first, last = np.flatnonzero(sold)[[0, -1]]
    inside = np.array(~np.isnan(panel.demand).all(axis=0))
    inside[:first] = inside[last + 1 :] = False
    empty = inside & ~sold
    dates = panel.dates(0, end)
    weekdays, of_year = weekday(dates), day_of_year(dates)
    for day in range(7):
        these = inside & (weekdays[:days] == day)
        if these.sum() >= SHUT_WEEKS and not sold[these].any():
            empty &= ~these
            yield np.flatnonzero(these), np.flatnonzero(weekdays == day)
    if empty.sum() > MOST_EMPTY_DAYS * inside.sum():
        return
    for day in np.flatnonzero(empty):
        yield np.array([day]), np.array([day])
    for value in np.unique(of_year[:days][empty]):
        these = inside & (of_year[:days] == value)
        if these.sum() >= SHUT_YEARS and not sold[these].any():
            yield np.flatnonzero(these), np.flatnonzero(of_year == value)


def _told_open(panel: Panel, origin: int, horizon: int) -> np.ndarray:
    """`[S, T + H]`: a regressor tells that day to be open."""
    told = panel.told(origin, horizon)
    named = [k for k, name in enumerate(panel.regressor_names) if name in OPEN]
    return (np.nan_to_num(told[:, :, named], nan=0.0) != 0).any(axis=2)
