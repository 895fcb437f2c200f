"""All members at some origins: the work is cut into tasks, spread over processes, and put together again.

What a member has no believable answer for is filled by the fallback (the mean of the last same weekdays, or for a short
series the profile of its category), and a row says which member failed in which series, and why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml.fan_out import FanOut, Lost
from ml.forecasting.backtests.gate import gated, scale_of
from ml.forecasting.issues import EVERY_SERIES, Issue
from ml.forecasting.members.base import Answer, Setting
from ml.forecasting.members.registry import BASELINES, ENTRIES, member
from ml.forecasting.panels.panel import Panel
from ml.forecasting.panels.regressors import untold_days
from ml.forecasting.series.history import History, history_at
from ml.forecasting.series.segments import EMPTY, SHORT, segments
from ml.progress import Progress, Report, silent

LARGEST_PART = 16
"""Series in a task of a member that is fitted one by one: few enough to spread evenly, and to lose little."""


@dataclass(frozen=True)
class Answers:
    """What every member foretold from one origin."""

    history: History
    kinds: np.ndarray
    """`[S]` the segment of each series."""
    values: Mapping[str, np.ndarray]
    """Member -> `[S, H]`, whole: what it could not tell is the fallback's."""
    own: Mapping[str, np.ndarray]
    """Member -> `[S]`: the forecast is its own and not the fallback's."""
    issues: Sequence[Issue]


def answer(name: str, history: History, setting: Setting) -> Answer:
    """What one process is asked for, in one thread: sums must not depend on how many cores a machine has."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        try:
            return member(name).answer(history, setting)
        except SystemExit as error:  # of a library: a member must not end the batch
            raise RuntimeError(f"it wanted to end the process: {error}") from error


def answers_at(
    panel: Panel,
    origins: Sequence[int],
    horizon: int,
    names: Sequence[str],
    setting: Setting,
    *,
    fan_out: FanOut,
    report: Report = silent,
) -> list[Answers]:
    """Forecasts of `horizon` days from each origin, each knowing nothing of the days from it on."""
    histories = [history_at(panel, origin, horizon) for origin in origins]
    names = [*BASELINES, *(name for name in names if name not in BASELINES)]
    tasks, places, costs = [], [], []
    for name in names:
        for number, history in enumerate(histories):
            for rows in _parts(name, len(panel.series)):
                whole = len(rows) == len(panel.series)
                tasks.append((name, history if whole else history.only(rows), setting))
                places.append((name, number, rows))
                costs.append(ENTRIES[name].seconds + ENTRIES[name].seconds_per_series * len(rows))
    order = np.argsort(
        -np.array(costs), kind="stable"
    )  # the longest first, so that none is left over at the end
    progress = Progress(f"{len(names)} members, {len(origins)} origins", sum(costs), report)
    found = fan_out.run(
        answer,
        [tasks[n] for n in order],
        lambda number: progress.add(costs[order[number]], places[order[number]][0]),
    )
    raw = [{name: np.full((len(panel.series), horizon), np.nan) for name in names} for _ in histories]
    issues: list[list[Issue]] = [untold_days(panel, horizon) for _ in histories]
    for place, one in zip(order, found, strict=True):
        name, number, rows = places[place]
        if isinstance(one, Lost):
            issues[number] += _lost(name, one, panel, rows)
            continue
        raw[number][name][rows] = one.values
        issues[number] += [Issue(failure.series, name, "failed", failure.error) for failure in one.failures]
    return [_whole(*each) for each in zip(histories, raw, issues, strict=True)]


def _parts(name: str, count: int) -> list[np.ndarray]:
    rows = np.arange(count)
    if not ENTRIES[name].one_by_one:
        return [rows]
    return np.array_split(rows, max(-(-count // LARGEST_PART), 1))


def _lost(name: str, lost: Lost, panel: Panel, rows: np.ndarray) -> list[Issue]:
    if len(rows) == len(panel.series):
        return [Issue(EVERY_SERIES, name, "failed", lost.error)]
    return [Issue(str(panel.series[row]), name, "failed", lost.error) for row in rows]


def _whole(history: History, raw: dict[str, np.ndarray], issues: list[Issue]) -> Answers:
    kinds = segments(history)
    issues = list(issues)
    for row, day in history.spikes:
        said = f"{history.panel.dates(day, day + 1)[0]} is far above any other day of the series: not learnt from"
        issues.append(Issue(str(history.panel.series[row]), "", "spike", said))
    for name, count in history.signs.items():
        said = f"{count} series never sell where it has one of its values: they count as shut there, and 0 is foretold"
        issues.append(Issue(EVERY_SERIES, "", "shut_by_regressor", f"{name}: {said}"))
    values, own = {}, {}
    scale = scale_of(history)
    fallback = _fallback(history, raw, kinds)
    for name, told in raw.items():
        silent_ones = {issue.series_id for issue in issues if issue.model == name}
        if EVERY_SERIES in silent_ones:
            silent_ones = set(history.panel.series.tolist())
        believed, found = gated(told, history, scale, name, silent_ones)
        issues += found
        own[name] = ~np.isnan(believed).any(axis=1)
        filled = np.where(np.isnan(believed), fallback, believed)
        # What never sold in weeks of known days is not foretold to sell by anything it has in common with others.
        values[name] = np.where((kinds == EMPTY)[:, None], 0.0, history.finished(filled))
    return Answers(history, kinds, values, own, issues)


def _fallback(history: History, raw: Mapping[str, np.ndarray], kinds: np.ndarray) -> np.ndarray:
    """`[S, H]` the mean of the last same weekdays, or of short series the profile of their category."""
    category, weekday = np.nan_to_num(raw["cold_start"]), raw["weekday_mean"]
    weekday = np.where(np.isnan(weekday), category, weekday)
    return history.finished(np.where((kinds == SHORT)[:, None], category, weekday))
