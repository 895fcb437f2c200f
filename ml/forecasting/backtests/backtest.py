"""Rolling-origin backtest: what every member would have foretold from past origins, beside what then happened.

Tashman (2000), "Out-of-sample tests of forecasting accuracy": the origin moves on by `step` days, and everything is
learnt anew from what was known there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ml.errors import ExplainedError
from ml.fan_out import FanOut
from ml.forecasting.backtests.answering import Answers, answers_at
from ml.forecasting.members.base import Setting
from ml.forecasting.panels.panel import Panel
from ml.forecasting.series.history import spikes
from ml.forecasting.series.scale import Units, units
from ml.progress import Report, silent


class TooShortToTest(ExplainedError):
    """No origin leaves both something to learn from and a horizon to be judged by."""


@dataclass(frozen=True)
class Windows:
    """Which origins."""

    count: int = 4
    horizon: int = 28
    step: int = 28
    least: int = 56
    """Days before the first origin."""

    def origins(self, days: int) -> list[int]:
        """Indices of the first days foretold, the oldest first; fewer than asked where the panel is short."""
        last = days - self.horizon
        return [
            last - n * self.step for n in reversed(range(self.count)) if last - n * self.step >= self.least
        ]


@dataclass(frozen=True)
class Backtest:
    """`W` windows, the oldest first."""

    horizon: int
    answers: Sequence[Answers]
    actual: np.ndarray
    """`[W, S, H]`, NaN where it is not known."""

    @classmethod
    def of(cls, panel: Panel, origins: Sequence[int], horizon: int, answers: Sequence[Answers]) -> "Backtest":
        """Answers beside what happened; a spike is nothing that could be foretold, and judges nobody. Nor does a day
        without a sale that turned out to be shut: it proves nothing of what was wanted."""
        unsold = panel.shut & ~(panel.demand > 0)
        demand = np.where(spikes(panel.demand) | unsold, np.nan, panel.demand)
        return cls(horizon, answers, np.stack([demand[:, first : first + horizon] for first in origins]))

    @property
    def members(self) -> list[str]:
        return list(self.answers[0].values)

    @property
    def origins(self) -> list[np.datetime64]:
        """The first day foretold in each window."""
        return [one.history.panel.dates(one.history.days, one.history.days + 1)[0] for one in self.answers]

    @property
    def kinds(self) -> np.ndarray:
        """`[W, S]`."""
        return np.stack([one.kinds for one in self.answers])

    @property
    def judged(self) -> np.ndarray:
        """`[W, S, H]` what happened, without days that are known to be shut: nothing is shown by foretelling them."""
        shut = [
            np.broadcast_to(one.history.shut[:, one.history.days :], now.shape)
            for one, now in zip(self.answers, self.actual, strict=True)
        ]
        return np.where(np.stack(shut), np.nan, self.actual)

    @property
    def counted(self) -> np.ndarray:
        """`[W, S, H]` what forecasts are measured by: days that are known to be shut count where something was sold."""
        return np.where(np.isnan(self.judged) & ~(self.actual > 0), np.nan, self.actual)

    def values(self, name: str) -> np.ndarray:
        """`[W, S, H]` of one member."""
        return np.stack([one.values[name] for one in self.answers])

    def failed(self, name: str) -> float:
        """Share of series and windows for which a member had no believable forecast."""
        return 1 - float(np.mean([one.own[name] for one in self.answers]))

    def units(self, values: np.ndarray, factor: np.ndarray | float = 1.0) -> np.ndarray:
        """`[W, S, H]` what errors of forecasts are divided by."""
        return np.stack([unit.of(of, factor) for unit, of in zip(self._scales, values, strict=True)])

    def scaled_errors(self, values: np.ndarray, factor: np.ndarray | float = 1.0) -> np.ndarray:
        """`[W, S, H]` of forecasts, NaN where nothing is learnt from a day."""
        return (self.judged - values) / self.units(values, factor)

    def others(self, window: int) -> np.ndarray:
        """`[W]` windows to learn from what a window is judged by: those that share no day with it.

        Where all overlap it is every other one, and of a single window itself; such figures flatter.
        """
        first = np.array([one.history.days for one in self.answers])
        apart = np.abs(first - first[window]) >= self.horizon
        others = np.arange(len(first)) != window
        return next((found for found in (apart, others) if found.any()), np.ones(1, dtype=bool))

    @cached_property
    def _scales(self) -> list[Units]:
        return [units(one.history) for one in self.answers]


def backtest(
    panel: Panel,
    windows: Windows,
    names: Sequence[str],
    setting: Setting,
    *,
    fan_out: FanOut,
    report: Report = silent,
) -> Backtest:
    origins = windows.origins(panel.days)
    if not origins:
        raise TooShortToTest(
            f"The panel has {panel.days} days; a backtest needs {windows.least} to learn from and {windows.horizon} to "
            f"be judged by. Take a shorter --horizon, or bring more history."
        )
    answers = answers_at(panel, origins, windows.horizon, names, setting, fan_out=fan_out, report=report)
    return Backtest.of(panel, origins, windows.horizon, answers)
