"""What a member is: something that learns from a history and answers with forecasts of every series.

Members are given by name to other processes, so everything here can be pickled: no open files, no fitted state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ml.errors import quoted
from ml.forecasting.panels.panel import ESTABLISHED_DAYS
from ml.forecasting.series.history import History


@dataclass(frozen=True)
class Failure:
    """A series for which a member has no forecast."""

    series: str
    error: str


@dataclass(frozen=True)
class Answer:
    """Forecasts `[S, H]`, NaN where there are none, and why."""

    values: np.ndarray
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Setting:
    """What the whole run has in common."""

    seed: int = 0
    country: str | None = None
    """Of the public holidays, such as `DE` or `US-CA`."""
    quick: bool = False
    """Global models learn for less long: to see that everything is connected."""


class Member(Protocol):
    """One way to forecast."""

    def answer(self, history: History, setting: Setting) -> Answer:
        """Forecasts of the days after the history. The same history and seed give the same answer."""
        ...


def numbers(answer: object, shape: tuple[int, ...]) -> np.ndarray:
    """What a member answered, if it is as many numbers as it was asked for; one for all would be spread silently.

    Raises TypeError or ValueError for anything else.
    """
    found = np.asarray(answer, dtype=float)
    if found.shape != shape:
        raise ValueError(f"it answered with the shape {found.shape}, not {shape}")
    return found


@dataclass(frozen=True)
class Whole:
    """A member that takes all series at once; vectorised ones also know nothing of each other."""

    function: Callable[[History, Setting], np.ndarray]

    def answer(self, history: History, setting: Setting) -> Answer:
        values = numbers(self.function(history, setting), (len(history.panel.series), history.horizon))
        return Answer(history.finished(values))


@dataclass(frozen=True)
class OneByOne:
    """A member that is fitted to each series alone; one that raises leaves the others as they are."""

    function: Callable[[History, Setting], np.ndarray]
    """Forecast `[H]` of the only series of a history."""
    least: int = ESTABLISHED_DAYS
    """Days that must be known; a shorter series is none for this member."""

    def answer(self, history: History, setting: Setting) -> Answer:
        values = np.full((len(history.panel.series), history.horizon), np.nan)
        failures = []
        for row, name in enumerate(history.panel.series):
            known = int((~np.isnan(history.demand[row])).sum())
            if known < self.least:
                failures.append(Failure(str(name), f"TooShort: {known} known days, it needs {self.least}"))
                continue
            if not np.nansum(history.demand[row]):
                values[row] = 0.0  # of nothing but zeros there is nothing to fit
                continue
            try:
                values[row] = numbers(
                    self.function(history.only(np.array([row])), setting), (history.horizon,)
                )
            except (
                Exception,
                SystemExit,
            ) as error:  # one series never stops the others, whatever its library raises
                failures.append(Failure(str(name), f"{type(error).__name__}: {quoted(error)}"))
        return Answer(history.finished(values), tuple(failures))
