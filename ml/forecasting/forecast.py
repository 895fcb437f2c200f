"""Forecasts of a panel: members that carry weight, the ensemble of them, and intervals, as rows of a table."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ml.fan_out import FanOut
from ml.forecasting.backtests.answering import Answers, answers_at
from ml.forecasting.backtests.backtest import Windows, backtest
from ml.forecasting.calibrations.calibration import Calibration
from ml.forecasting.calibrations.ensemble import ENSEMBLE, calibrated, combined, stray
from ml.forecasting.calibrations.intervals import NORMAL, expected, interval_at
from ml.forecasting.calibrations.sums import Labels
from ml.forecasting.issues import EVERY_SERIES, NO_MODEL, Issue
from ml.forecasting.members.base import Setting
from ml.forecasting.members.registry import ALL, BASELINES, ENTRIES
from ml.forecasting.panels.panel import Panel
from ml.forecasting.series.scale import units
from ml.progress import Report, silent

LEVELS = (80.0, 95.0)
MOST_ROWS = 20_000_000
OTHER_REGRESSORS = "other_regressors"


@dataclass(frozen=True)
class Forecast:
    """What is foretold, what it was made by, and what went wrong."""

    table: pl.DataFrame
    """`series_id, date, model, mean, lo_80, hi_80, …`, in the order of model, series and day."""
    calibration: Calibration
    answers: Answers
    mean: np.ndarray
    """`[S, H]` of the ensemble: what minimises the absolute error, which is near the median."""
    expected: np.ndarray
    """`[S, H]` the mean demand: of sparse series it may be twice the median. What is ordered is reckoned by it."""
    issues: Sequence[Issue]


def forecast(
    panel: Panel,
    horizon: int,
    *,
    calibration: Calibration | None = None,
    names: Sequence[str] = ALL,
    levels: Sequence[float] = LEVELS,
    setting: Setting | None = None,
    windows: Windows | None = None,
    fan_out: FanOut | None = None,
    report: Report = silent,
) -> Forecast:
    """The `horizon` days after the panel; without a calibration a backtest makes one first."""
    setting, fan_out = setting or Setting(), fan_out or FanOut()
    if calibration is None:
        calibration = own_calibration(panel, horizon, names, setting, windows, fan_out, report)
    fitted = [name for name in calibration.members if name in ENTRIES and name in (*names, *BASELINES)]
    report(f"Fitting {', '.join(fitted)}.")
    answers = answers_at(panel, [panel.days], horizon, fitted, setting, fan_out=fan_out, report=report)[0]
    mean = answers.history.finished(combined(answers.values, answers.own, answers.kinds, calibration.weights))
    issues = [
        *answers.issues,
        *_stray_issues(answers, calibration),
        *_missing_issues(fitted, calibration),
        *_regressor_issues(answers, calibration),
    ]
    table = forecast_table(answers, mean, calibration, levels)
    unit = units(answers.history).of(mean, calibration.factors_of(panel.series))
    usual = expected(mean, unit, answers.kinds, calibration.biases)
    return Forecast(table, calibration, answers, mean, answers.history.finished(usual), issues)


def _stray_issues(answers: Answers, calibration: Calibration) -> list[Issue]:
    return [
        Issue(
            EVERY_SERIES,
            name,
            "set_aside",
            f"in the segment {kind} it foretells {share:.2f} times what the other members do: not in the ensemble",
        )
        for (kind, name), share in stray(answers.values, answers.kinds, calibration.weights).items()
    ]


def _missing_issues(fitted: Sequence[str], calibration: Calibration) -> list[Issue]:
    """Members of the calibration that were not asked for, or that this version no longer has."""
    return [
        Issue(
            EVERY_SERIES,
            name,
            "not_fitted",
            "it carries weight in the calibration: the other members share it",
        )
        for name in calibration.members
        if name not in fitted
    ]


def _regressor_issues(answers: Answers, calibration: Calibration) -> list[Issue]:
    """What members learn from now and did not when they were weighed, and the other way round."""
    if calibration.regressors is None:
        return []
    now, then = set(answers.history.telling), set(calibration.regressors)
    return [
        Issue(
            EVERY_SERIES,
            NO_MODEL,
            OTHER_REGRESSORS,
            f"the calibration was learnt {how} {', '.join(sorted(names))}, which {what}: its weights and intervals may "
            "not hold",
        )
        for how, names, what in (
            ("with", then - now, "nothing tells now"),
            ("without", now - then, "is told now"),
        )
        if names
    ]


def own_calibration(
    panel: Panel,
    horizon: int,
    names: Sequence[str],
    setting: Setting,
    windows: Windows | None,
    fan_out: FanOut,
    report: Report,
    labels: Labels | None = None,
) -> Calibration:
    """By a backtest of the same panel, with what it teaches of the sums by `labels`; of a panel too short for one, the
    fallback and wide guesses."""
    windows = windows or Windows(horizon=horizon)
    if not windows.origins(panel.days):
        report(
            "The panel is too short for a backtest: the fallback is the forecast, and intervals are rough."
        )
        return without_backtest(panel, horizon, setting)
    report(f"No calibration is given: backtest of {len(windows.origins(panel.days))} windows first.")
    tested = backtest(panel, windows, names, setting, fan_out=fan_out, report=report)
    return calibrated(tested, seed=setting.seed, labels=labels)


def without_backtest(panel: Panel, horizon: int, setting: Setting) -> Calibration:
    """Weights and errors that can be given before anything was tested."""
    from ml.forecasting.series.segments import ALL as EVERY
    from ml.forecasting.series.segments import SHORT

    names = (*BASELINES, ENSEMBLE)
    return Calibration(
        horizon=horizon,
        origins=(),
        weights={EVERY: {"weekday_mean": 1.0}, SHORT: {"cold_start": 1.0}},
        quantiles=dict.fromkeys(names, NORMAL),
        factors={},
        health={},
        biases={},
        seed=setting.seed,
    )


def forecast_table(
    answers: Answers, mean: np.ndarray, calibration: Calibration, levels: Sequence[float]
) -> pl.DataFrame:
    """Rows in the order of model, series and day; of a huge panel those of the ensemble and the baselines alone."""
    history = answers.history
    panel, horizon = history.panel, history.horizon
    factor = calibration.factors_of(panel.series)
    series = pl.Series(panel.series.tolist(), dtype=pl.String).gather(
        np.repeat(np.arange(len(mean)), horizon)
    )
    dates = pl.Series(np.tile(panel.dates(panel.days, panel.days + horizon), len(mean)), dtype=pl.Date)
    all_values = {ENSEMBLE: mean, **answers.values}
    shown = all_values if mean.size * len(all_values) <= MOST_ROWS else (ENSEMBLE, *BASELINES)
    tables = []
    for name in sorted(shown):
        values = all_values[name]
        columns = {"series_id": series, "date": dates, "model": pl.repeat(name, mean.size, eager=True)}
        columns["mean"] = pl.Series(values.ravel())
        quantiles = calibration.quantiles.get(name) or calibration.quantiles[ENSEMBLE]
        for level in levels:
            low, high = interval_at(history, values, answers.kinds, factor, quantiles, level)
            columns[f"lo_{level:g}"] = pl.Series(low.ravel())
            columns[f"hi_{level:g}"] = pl.Series(high.ravel())
        tables.append(pl.DataFrame(columns))
    return pl.concat(tables).with_columns(pl.selectors.float().round(6))
