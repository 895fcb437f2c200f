"""A panel of daily demand as arrays, and what of it may be read at an origin.

`S` series, `T` days, `H` days of the horizon, `K` regressors. Demand that is not known is NaN: days before the first
row of a series, gaps, days out of stock. What is known is never negative.
"""

from dataclasses import dataclass, field

import numpy as np

DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Panel:
    """Many series over the same days."""

    series: np.ndarray
    """`[S]` identifiers, ascending."""
    first_day: np.datetime64
    demand: np.ndarray
    """`[S, T]` units a day."""
    regressors: np.ndarray
    """`[S, T + F, K]`: known in advance, so that they go on for F days after the last one of the demand."""
    regressor_names: tuple[str, ...] = ()
    static: dict[str, np.ndarray] = field(default_factory=dict)
    """Attribute -> `[S]` texts: category, store, product."""

    @property
    def days(self) -> int:
        return self.demand.shape[1]

    @property
    def known_ahead(self) -> int:
        """Days after the last one for which there are regressors."""
        return self.regressors.shape[1] - self.days

    def dates(self, first: int, last: int) -> np.ndarray:
        """Days from one index up to, not including, another."""
        return self.first_day + np.arange(first, last) * DAY

    def until(self, origin: int, horizon: int) -> "Panel":
        """What is known at an origin, the index of the first day to forecast, with regressors of the horizon.

        A copy, so that no array of a member can reach a row after the origin.
        """
        return Panel(
            series=self.series,
            first_day=self.first_day,
            demand=self.demand[:, :origin].copy(),
            regressors=_padded(self.regressors, origin + horizon),
            regressor_names=self.regressor_names,
            static=self.static,
        )

    def only(self, rows: np.ndarray | slice) -> "Panel":
        """Some of the series, by index, mask or slice."""
        return Panel(
            series=self.series[rows],
            first_day=self.first_day,
            demand=self.demand[rows],
            regressors=self.regressors[rows],
            regressor_names=self.regressor_names,
            static={name: values[rows] for name, values in self.static.items()},
        )

    def newest(self, days: int) -> "Panel":
        """The same without the days before the last so many."""
        cut = max(self.days - days, 0)
        return Panel(
            series=self.series,
            first_day=self.first_day + cut * DAY,
            demand=self.demand[:, cut:],
            regressors=self.regressors[:, cut:],
            regressor_names=self.regressor_names,
            static=self.static,
        )


def _padded(regressors: np.ndarray, days: int) -> np.ndarray:
    """So many days of regressors; NaN where fewer are known."""
    missing = days - regressors.shape[1]
    if missing <= 0:
        return regressors[:, :days].copy()
    return np.pad(regressors, ((0, 0), (0, missing), (0, 0)), constant_values=np.nan)
