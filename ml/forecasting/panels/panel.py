"""A panel of daily demand as arrays, and what of it may be read at an origin.

`S` series, `T` days, `H` days of the horizon, `K` regressors. Demand that is not known is NaN: days before the first
row of a series, gaps, days out of stock. What is known is never negative.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ml.forecasting.panels.days import WEEK

DAY = np.timedelta64(1, "D")
OPEN = ("open", "is_open")
"""Regressors of these names say by definition that nothing can be sold where they are 0."""
ESTABLISHED_DAYS = 28
"""Known days of the last year from which on a series can be told from others; with fewer it leans on its category."""
HABIT_WEEKS = 4
"""Who was open on one of the last four same weekdays is open on the next: one holiday makes no habit."""


@dataclass(frozen=True)
class Returns:
    """Goods that came back on a day that sold fewer, `[N]` each: they lower the demand of days before."""

    series: np.ndarray
    posted: np.ndarray
    """Index of the day on which they came back."""
    lowered: np.ndarray
    """Index of the day whose demand they lower."""
    units: np.ndarray

    @classmethod
    def none(cls) -> "Returns":
        return cls(*(np.zeros(0, dtype=kind) for kind in (np.int64, np.int64, np.int64, float)))

    def only(self, rows: np.ndarray | slice, count: int) -> "Returns":
        """Those of some of `count` series, by index, mask or slice."""
        kept = np.arange(count)[rows]
        place = np.full(count, -1)
        place[kept] = np.arange(len(kept))
        here = place[self.series] >= 0
        return Returns(place[self.series[here]], self.posted[here], self.lowered[here], self.units[here])


@dataclass(frozen=True)
class Panel:
    """Many series over the same days."""

    series: np.ndarray
    """`[S]` identifiers, ascending."""
    first_day: np.datetime64
    demand: np.ndarray
    """`[S, T]` units a day."""
    regressors: np.ndarray
    """`[S, T + F, K]`, F days after the last one of the demand as far as any is told; NaN where a day is not told."""
    regressor_names: tuple[str, ...] = ()
    static: dict[str, np.ndarray] = field(default_factory=dict)
    """Attribute -> `[S]` texts: category, store, product."""
    returns: Returns = field(default_factory=Returns.none)
    """What the demand was lowered by later: unknown at an origin between the sale and the return."""
    told_then: Mapping[int, np.ndarray] = field(default_factory=dict)
    """Index of an origin -> `[S, H, K]` what was told at it of the days ahead, where that is not what is known of them
    now: a shop that was shut and nobody had said so. NaN is what is known now."""

    @property
    def days(self) -> int:
        return self.demand.shape[1]

    @property
    def told_ahead(self) -> np.ndarray:
        """`[K]`: the regressor is told of any day after the last one."""
        return np.asarray(~np.all(np.isnan(self.regressors[:, self.days :]), axis=(0, 1)))

    @property
    def shut(self) -> np.ndarray:
        """`[S, T]`: by what is known now nothing could be sold that day."""
        named = [k for k, name in enumerate(self.regressor_names) if name in OPEN]
        return (self.regressors[:, : self.days, named] == 0).any(axis=2)

    def dates(self, first: int, last: int) -> np.ndarray:
        """Days from one index up to, not including, another."""
        return self.first_day + np.arange(first, last) * DAY

    def until(self, origin: int, horizon: int) -> "Panel":
        """What is known at an origin, the index of the first day to forecast, with regressors of the horizon.

        At an origin in the past as much is told of the days ahead as at the end of the panel: a regressor that is not
        told so many days ahead of the end has there, too, the value of the last same weekday. Else a backtest would
        be judged with promotions that no forecast will know.

        A copy, so that no array of a member can reach a row after the origin.
        """
        demand = self.demand[:, :origin].copy()
        back = self.returns
        later = (back.posted >= origin) & (back.lowered < origin)
        np.add.at(demand, (back.series[later], back.lowered[later]), back.units[later])
        regressors = self.told(origin, horizon)
        _carry_forward(regressors, self.regressor_names)
        return replace(self, demand=demand, regressors=regressors, returns=Returns.none(), told_then={})

    def told(self, origin: int, horizon: int) -> np.ndarray:
        """`[S, origin + H, K]` regressors as far as they are told at an origin, NaN where they are not."""
        regressors = _padded(self.regressors, origin + horizon)
        untold = np.isnan(_padded(self.regressors[:, self.days :], horizon))
        regressors[:, origin:][untold] = np.nan
        if (then := self.told_then.get(origin)) is not None:
            ahead = regressors[:, origin : origin + then.shape[1]]
            then = then[:, : ahead.shape[1]]
            np.copyto(ahead, then, where=~np.isnan(then))
        return regressors

    def only(self, rows: np.ndarray | slice) -> "Panel":
        """Some of the series, by index, mask or slice."""
        return replace(
            self,
            series=self.series[rows],
            demand=self.demand[rows],
            regressors=self.regressors[rows],
            static={name: values[rows] for name, values in self.static.items()},
            returns=self.returns.only(rows, len(self.series)),
            told_then={origin: told[rows] for origin, told in self.told_then.items()},
        )

    def newest(self, days: int) -> "Panel":
        """The same without the days before the last so many."""
        cut = max(self.days - days, 0)
        back = self.returns
        here = back.lowered >= cut
        return replace(
            self,
            first_day=self.first_day + cut * DAY,
            demand=self.demand[:, cut:],
            regressors=self.regressors[:, cut:],
            returns=Returns(
                back.series[here], back.posted[here] - cut, back.lowered[here] - cut, back.units[here]
            ),
            told_then={origin - cut: told for origin, told in self.told_then.items() if origin >= cut},
        )


def _padded(regressors: np.ndarray, days: int) -> np.ndarray:
    """So many days of regressors; NaN where fewer are known."""
    missing = days - regressors.shape[1]
    if missing <= 0:
        return regressors[:, :days].copy()
    return np.pad(regressors, ((0, 0), (0, missing), (0, 0)), constant_values=np.nan)


def _carry_forward(values: np.ndarray, names: tuple[str, ...]) -> None:
    """Fills, in place, days that are not told: with the last same weekday's value, or its habit of being open."""
    habits = [k for k, name in enumerate(names) if name in OPEN]
    for day in _untold_days(values):
        if day < WEEK:
            continue
        told = values[:, day - WEEK].copy()
        for weeks in range(2, min(HABIT_WEEKS, day // WEEK) + 1):
            told[:, habits] = np.fmax(told[:, habits], values[:, day - weeks * WEEK, habits])
        values[:, day] = np.where(np.isnan(values[:, day]), told, values[:, day])
    for day in _untold_days(values)[::-1]:  # days before a series began are told by what came after
        if day + 1 < values.shape[1]:
            values[:, day] = np.where(np.isnan(values[:, day]), values[:, day + 1], values[:, day])
    for k in habits:
        np.nan_to_num(values[:, :, k], copy=False, nan=1.0)  # nobody says that it is shut
    np.nan_to_num(values, copy=False)


def _untold_days(values: np.ndarray) -> list[int]:
    return np.flatnonzero(np.isnan(values).any(axis=(0, 2))).tolist()
