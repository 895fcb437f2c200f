"""What global models know of a series at an origin and of each day ahead; nothing of it lies after the origin.

Everything is a ratio to the level of the series at the origin, so that series of any size teach each other. `[S, H, F]`
for one origin; missing where there is no history to say it (models that cannot take NaN fill it themselves).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml.forecasting.panels.days import WEEK, YEAR, day_of_month, days_to, month, phase_of_year, weekday
from ml.forecasting.series.history import History
from ml.forecasting.series.rolling import between, last_marked, median_of_known, prefix_sums

RECENT = (7, 14, 28, 56, 112, YEAR)
"""Days whose means tell where the level is going."""
SAME_WEEKDAYS = (1, 2, 4, 8, 13, 26)
MEDIANS = (28, 91)
WEEKDAY_MEDIANS = (8, 20)
"""Where a few large orders make the mean, half of all days lie far below it."""
LEVEL_DAYS = (28, 91, 365)
"""The level is the mean of the last so many days; of longer ones where fewer than a quarter of them are known."""
YEAR_KNOWN_FROM = 400
NEAR = 7
"""Days around the same day of last year."""
FEW_LEVELS = 6
"""A regressor with at most so many values has a mean of the demand for each."""


@dataclass(frozen=True)
class Rows:
    """Features of some series at one origin, for all days of the horizon."""

    values: np.ndarray
    """`[S, H, F]` float32."""
    level: np.ndarray
    """`[S]` by which demand was divided."""


class FeatureMaker:
    """Features of a history at any origin within it; sums of whole prefixes make each a difference of two."""

    def __init__(
        self,
        history: History,
        *,
        holidays: frozenset[np.datetime64] = frozenset(),
        codes: Mapping[str, np.ndarray] | None = None,
    ):
        """Of a part of a panel, `codes` are the numbers that its attributes' values have in the whole panel."""
        self.history = history
        self.horizon = history.horizon
        demand = history.demand
        self._known = ~np.isnan(demand)
        self._filled = np.where(self._known, demand, 0.0)
        self._sum = prefix_sums(self._filled)
        self._count = prefix_sums(self._known)
        self._zeros = prefix_sums(self._known & (demand == 0))
        self._squares = prefix_sums(self._filled**2)
        mean = self._sum[:, -1] / np.maximum(self._count[:, -1], 1)
        scaled = np.where(self._known, demand / np.maximum(mean, 1e-9)[:, None], 0.0)
        self._whole_sum = prefix_sums(scaled.sum(axis=0)[None, :])
        self._whole_count = prefix_sums(self._known.sum(axis=0)[None, :])
        self._last_sale = last_marked(self._known & (demand > 0))
        self._calendar = self._calendar_columns(holidays)
        self._shut_ahead = days_to(history.shut, forward=True, most=WEEK)
        self._shut_before = days_to(history.shut, forward=False, most=WEEK)
        self._codes = attribute_codes(history) if codes is None else codes
        self._runs = [_run_length(history.panel.regressors[:, :, k]) for k in range(self._regressor_count)]
        self._levels = [_few_levels(history.panel.regressors[:, :, k]) for k in range(self._regressor_count)]
        self.names = self._names()

    @property
    def _regressor_count(self) -> int:
        return len(self.history.panel.regressor_names)

    def rows(self, origin: int, series: slice = slice(None)) -> Rows:
        """What is known at an origin, of the `horizon` days from it on."""
        level = self._level(origin, series)
        columns = [
            *self._of_origin(origin, series, level),
            *self._of_days(origin, series, level),
            *self._of_last_year(origin, series),
            *self._of_regressors(origin, series, level),
            *self._of_calendar(origin, series),
        ]
        shape = (len(level), self.horizon)
        values = np.empty((*shape, len(columns)), dtype=np.float32)
        for n, column in enumerate(columns):
            values[:, :, n] = column
        return Rows(values, level)

    def _level(self, origin: int, series: slice) -> np.ndarray:
        level = np.full(len(self._sum[series]), np.nan)
        for days in LEVEL_DAYS:
            count = between(self._count[series], origin - days, origin)
            mean = between(self._sum[series], origin - days, origin) / np.maximum(count, 1)
            level = np.where(np.isnan(level) & (count >= days / 4) & (mean > 0), mean, level)
        count = self._count[series, origin]
        mean = self._sum[series, origin] / np.maximum(count, 1)
        return np.where(np.isnan(level), np.where(mean > 0, mean, 1.0), level)

    def _names(self) -> list[str]:
        names = [f"mean_{days}" for days in RECENT] + [
            "spread_28",
            "zeros_28",
            "zeros_91",
            "since_sale",
            "log_level",
        ]
        names += [f"median_{days}" for days in MEDIANS]
        names += [f"weekday_{weeks}" for weeks in SAME_WEEKDAYS]
        names += [f"weekday_median_{weeks}" for weeks in WEEKDAY_MEDIANS] + ["last_weekday_zero_13"]
        names += ["year_day", "year_near", "year_growth", "year_near_all", "two_years_near"]
        for name in self.history.panel.regressor_names:
            names += [name, f"{name}_before", f"{name}_after", f"{name}_run", f"{name}_mean"]
        names += ["ahead", "weekday", "day_of_month", "month", "phase", "to_holiday", "since_holiday"]
        return [*names, "shut_ahead", "shut_before", *self._codes]

    def _of_origin(self, origin: int, series: slice, level: np.ndarray) -> list[np.ndarray]:
        columns = [self._mean(origin - days, origin, series) / level for days in RECENT]
        count = np.maximum(between(self._count[series], origin - 28, origin), 1)
        mean = between(self._sum[series], origin - 28, origin) / count
        spread = np.sqrt(np.maximum(between(self._squares[series], origin - 28, origin) / count - mean**2, 0))
        columns.append(spread / level)
        columns.append(between(self._zeros[series], origin - 28, origin) / count)
        count = np.maximum(between(self._count[series], origin - 91, origin), 1)
        columns.append(between(self._zeros[series], origin - 91, origin) / count)
        columns.append(np.minimum(origin - 1 - self._last_sale[series, origin - 1], 91))
        columns.append(np.log(level))
        for days in MEDIANS:
            near = slice(max(origin - days, 0), origin)
            columns.append(median_of_known(self._filled[series, near], self._known[series, near]) / level)
        return [column[:, None] for column in columns]

    def _of_days(self, origin: int, series: slice, level: np.ndarray) -> list[np.ndarray]:
        weeks = max(SAME_WEEKDAYS)
        back = origin - WEEK + np.arange(WEEK)[:, None] - WEEK * np.arange(weeks)[None, :]
        inside = np.maximum(back, 0)
        known = self._known[series][:, inside] & (back >= 0)
        values = np.where(known, self._filled[series][:, inside], 0.0)
        sums, counts = np.cumsum(values, axis=2), np.cumsum(known, axis=2)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = sums / counts / level[:, None, None]
        columns = [means[:, :, weeks - 1] for weeks in SAME_WEEKDAYS]
        for count in WEEKDAY_MEDIANS:
            columns.append(median_of_known(values[:, :, :count], known[:, :, :count]) / level[:, None])
        zero = (known[:, :, :13] & (values[:, :, :13] == 0)).sum(axis=2)
        columns.append(zero / np.maximum(known[:, :, :13].sum(axis=2), 1))
        of_day = np.arange(self.horizon) % WEEK
        return [column[:, of_day] for column in columns]

    def _of_last_year(self, origin: int, series: slice) -> list[np.ndarray]:
        """Last year's day and week, against the level of last year at the same distance from it."""
        first = origin - YEAR
        before = self._mean(first - 28, first, series)
        days = first + np.arange(self.horizon)
        near = self._means(days - NEAR // 2, days + NEAR // 2 + 1, series)
        with np.errstate(invalid="ignore", divide="ignore"):
            same = np.where(
                self._known[series][:, np.maximum(days, 0)] & (days >= 0),
                self._filled[series][:, np.maximum(days, 0)],
                np.nan,
            )
            growth = self._mean(origin - 28, origin, series) / before
            whole = self._whole(days - NEAR, days + NEAR + 1) / self._whole([first - 28], [first])
            earlier = days - YEAR
            two = (
                self._means(earlier - NEAR, earlier + NEAR + 1, series)
                / self._mean(first - YEAR - 28, first - YEAR, series)[:, None]
            )
            columns = [same / before[:, None], near / before[:, None], growth[:, None], whole[None, :], two]
        return [np.where(np.isfinite(column), np.minimum(column, 20), np.nan) for column in columns]

    def _of_regressors(self, origin: int, series: slice, level: np.ndarray) -> list[np.ndarray]:
        columns = []
        ahead = np.arange(origin, origin + self.horizon)
        last = self.history.panel.regressors.shape[1] - 1
        for k in range(self._regressor_count):
            values = self.history.panel.regressors[series, :, k]
            here = values[:, ahead]
            columns += [here, values[:, ahead - 1], values[:, np.minimum(ahead + 1, last)]]
            columns.append(self._runs[k][series][:, ahead])
            columns.append(self._mean_of_level(k, origin, series, here) / level[:, None])
        return columns

    def _mean_of_level(self, k: int, origin: int, series: slice, here: np.ndarray) -> np.ndarray:
        """Mean demand of the last half year's same weekdays on which a regressor was as it will be."""
        mean = np.full(here.shape, np.nan)
        levels = self._levels[k]
        if levels is None:
            return mean
        back = origin - WEEK + np.arange(WEEK)[:, None] - WEEK * np.arange(26)[None, :]
        inside = np.maximum(back, 0)
        known = self._known[series][:, inside] & (back >= 0)
        values = np.where(known, self._filled[series][:, inside], 0.0)
        was = self.history.panel.regressors[series, :, k][:, inside]
        of_day = np.arange(self.horizon) % WEEK
        for level in levels:
            these = known & (was == level)
            count = these.sum(axis=2)
            with np.errstate(invalid="ignore", divide="ignore"):
                of_level = np.where(these, values, 0.0).sum(axis=2) / count
            mean = np.where(here == level, of_level[:, of_day], mean)
        return mean

    def _calendar_columns(self, holidays: frozenset[np.datetime64]) -> np.ndarray:
        dates = self.history.panel.dates(0, self.history.days + self.horizon)
        # Within the first year its days only tell earlier from later, and what is ahead would be like its last ones.
        seen = 1.0 if self.history.days >= YEAR_KNOWN_FROM else np.nan
        marked = np.isin(dates, np.array(sorted(holidays), dtype="datetime64[D]"))
        return np.stack(
            [
                weekday(dates),
                day_of_month(dates),
                month(dates) * seen,
                phase_of_year(dates) * seen,
                days_to(marked, forward=True),
                days_to(marked, forward=False),
            ]
        )

    def _of_calendar(self, origin: int, series: slice) -> list[np.ndarray]:
        ahead = np.arange(origin, origin + self.horizon)
        last = self.history.shut.shape[1] - 1
        columns = [np.arange(1, self.horizon + 1)[None, :]]
        columns += [column[None, ahead] for column in self._calendar]
        columns.append(_rows(self._shut_ahead, series)[:, np.minimum(ahead + 1, last)])
        columns.append(_rows(self._shut_before, series)[:, ahead - 1])
        columns += [codes[series, None] for codes in self._codes.values()]
        return columns

    def _mean(self, first: int, last: int, series: slice) -> np.ndarray:
        """`[S]` mean of the known days from one index up to another; NaN where there are none."""
        count = between(self._count[series], first, last)
        with np.errstate(invalid="ignore", divide="ignore"):
            return between(self._sum[series], first, last) / count

    def _means(self, first: np.ndarray, last: np.ndarray, series: slice) -> np.ndarray:
        first, last = (np.clip(edge, 0, self.history.days) for edge in (first, last))
        with np.errstate(invalid="ignore", divide="ignore"):
            count = self._count[series][:, last] - self._count[series][:, first]
            return (self._sum[series][:, last] - self._sum[series][:, first]) / count

    def _whole(self, first, last) -> np.ndarray:
        first, last = (np.clip(np.asarray(edge), 0, self.history.days) for edge in (first, last))
        with np.errstate(invalid="ignore", divide="ignore"):
            count = self._whole_count[0, last] - self._whole_count[0, first]
            return (self._whole_sum[0, last] - self._whole_sum[0, first]) / count


def attribute_codes(history: History) -> dict[str, np.ndarray]:
    """Attribute -> `[S]` the number of its value, by the order of the values: the same in every part of a panel."""
    return {
        name: np.unique(values, return_inverse=True)[1]
        for name, values in sorted(history.panel.static.items())
    }


def _rows(values: np.ndarray, series: slice) -> np.ndarray:
    return values if len(values) == 1 else values[series]


def _run_length(values: np.ndarray) -> np.ndarray:
    """Days for which a regressor has had its value, at most 14."""
    run = np.zeros(values.shape)
    for day in range(1, values.shape[1]):
        run[:, day] = np.where(values[:, day] == values[:, day - 1], np.minimum(run[:, day - 1] + 1, 14), 0)
    return run


def _few_levels(values: np.ndarray) -> np.ndarray | None:
    sample = values[~np.isnan(values)]
    levels = np.unique(sample[:: max(len(sample) // 100_000, 1)])
    return levels if 2 <= len(levels) <= FEW_LEVELS else None
