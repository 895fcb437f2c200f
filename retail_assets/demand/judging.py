"""How good a version of the demand forecast is: on the last origins of the platform's own history.

A version is judged by what it could not know: days that it learnt from by the weights and errors that its members teach
without them, those after them by the weights and errors that it has. Else a champion of last week, which knows nearly
all of these days, would always beat a candidate.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ml.forecasting.accuracy import accuracy_table, intervals_out_of_sample
from ml.forecasting.backtests.backtest import Backtest
from ml.forecasting.backtests.metrics import accuracy, coverage
from ml.forecasting.calibrations.calibration import Calibration, read_calibration
from ml.forecasting.calibrations.ensemble import ENSEMBLE, combined, ensembles_out_of_sample
from ml.forecasting.calibrations.intervals import interval_at
from ml.forecasting.forecast import LEVELS
from ml.forecasting.members.registry import ENTRIES
from ml.forecasting.plots import accuracy_figure
from ml.forecasting.series.scale import seasonal_scale
from retail_assets.demand.backtests import (
    Recipe,
    backtested,
    origins_of,
    windows_of,
)
from retail_assets.demand.calibrations import CALIBRATION, last_day
from retail_assets.demand.classes import classes_of
from retail_assets.demand.kept_answers import panel_digest
from retail_assets.demand.model_card import read_card, recipe_of
from retail_assets.demand.panel import Demand
from retail_assets.demand.previews import backtest_fans
from retail_assets.models.spec import Holdout, Measured
from retail_assets.platform import Platform

NAIVE = ("seasonal_naive", "weekday_mean")
Ends = dict[float, tuple[np.ndarray, np.ndarray]]
"""Level -> ends `[W, S, H]` of intervals."""


def holdout(platform: Platform, demand: Demand) -> Holdout:
    """The last origins of the history. Raises TooShortToTest."""
    recipe = Recipe.of(platform, quick=False, seed=0)
    origins, classes = origins_of(demand, recipe), classes_of(platform, demand)
    told = [panel_digest(demand.panel), [str(one) for one in origins], classes.tolist(), recipe.horizon]
    return Holdout(
        digest=hashlib.sha256(json.dumps(told).encode()).hexdigest(),
        evidence=_evidence(demand, recipe, classes),
        evaluate=lambda folder, _: _evaluate(platform, demand, classes, folder),
    )


def _evidence(demand: Demand, recipe: Recipe, classes: np.ndarray) -> dict[str, int]:
    """Series and origins of each ABC class of which it is known what happened."""
    panel = demand.panel
    known = np.zeros(len(panel.series), dtype=int)
    for origin in windows_of(recipe).origins(panel.days):
        known += (~np.isnan(panel.demand[:, origin : origin + recipe.horizon])).any(axis=1)
    return {f"class {one}": int(known[classes == one].sum()) for one in np.unique(classes).tolist()}


def _evaluate(platform: Platform, demand: Demand, classes: np.ndarray, folder: Path) -> Measured:
    """What a version would have foretold from each origin, against what happened."""
    card, calibration = read_card(folder), read_calibration(folder / CALIBRATION)
    now, then = Recipe.of(platform, quick=False, seed=0), recipe_of(card)
    members = tuple(name for name in then.members if name in ENTRIES)
    recipe = Recipe(members, now.horizon, now.windows, then.country, then.quick, then.seed)
    made = backtested(platform, demand, recipe, lambda _: None)
    mean, ends = out_of_sample(made, calibration)
    table = accuracy_table(made, levels=LEVELS)
    return Measured(
        metrics=measured(made, mean, ends, classes),
        figures={
            "accuracy_by_horizon": accuracy_figure(table),
            **backtest_fans(demand, made, by_weights(made, calibration)[-1], calibration),
        },
        tables={
            "members": table.filter((table["origin"] == "all") & (table["segment"] == "all")).select(
                "model", "first_day", "last_day", "wape", "mase", "bias", "coverage_80", "coverage_95"
            )
        },
    )


def out_of_sample(made: Backtest, calibration: Calibration) -> tuple[np.ndarray, Ends]:
    """The ensemble `[W, S, H]` and its intervals: of windows that a version learnt from by what the other windows
    teach, of later ones by what it learnt."""
    last = np.datetime64(last_day(calibration), "D")
    learnt = np.array([day <= last for day in made.origins])[:, None, None]
    relearnt, own = ensembles_out_of_sample(made), by_weights(made, calibration)
    of_relearnt = intervals_out_of_sample(made, relearnt, relearnt, LEVELS)
    ends: Ends = {
        level: (np.where(learnt, of_relearnt[level][0], low), np.where(learnt, of_relearnt[level][1], high))
        for level, (low, high) in by_errors(made, own, calibration).items()
    }
    return np.where(learnt, relearnt, own), ends


def by_weights(made: Backtest, calibration: Calibration) -> np.ndarray:
    """`[W, S, H]` the ensemble by weights that were learnt elsewhere."""
    return np.stack(
        [
            one.history.finished(combined(one.values, one.own, one.kinds, calibration.weights))
            for one in made.answers
        ]
    )


def by_errors(made: Backtest, mean: np.ndarray, calibration: Calibration) -> Ends:
    """Intervals of an ensemble by errors that were learnt elsewhere."""
    ends: Ends = {}
    for level in LEVELS:
        found = [
            interval_at(
                one.history,
                of,
                one.kinds,
                calibration.factors_of(one.history.panel.series),
                calibration.quantiles[ENSEMBLE],
                level,
            )
            for one, of in zip(made.answers, mean, strict=True)
        ]
        ends[level] = np.stack([low for low, _ in found]), np.stack([high for _, high in found])
    return ends


def measured(made: Backtest, mean: np.ndarray, ends: Ends, classes: np.ndarray) -> Mapping[str, float]:
    """WAPE of all and of each ABC class, bias, MASE, what the intervals hold, and the better naive baseline's WAPE."""
    actual = made.counted
    scale = np.stack([seasonal_scale(one.history.demand) for one in made.answers])
    whole = accuracy(_rows(actual), _rows(mean), scale.ravel())
    naive = [accuracy(_rows(actual), _rows(made.values(name))).wape for name in NAIVE]
    found = {"wape": whole.wape, "bias": whole.bias, "mase": whole.mase}
    found["naive_wape"] = min((one for one in naive if one is not None), default=None)
    for one in np.unique(classes).tolist():
        here = classes == one
        found[f"wape_{one.lower()}"] = accuracy(_rows(actual[:, here]), _rows(mean[:, here])).wape
    for level, (low, high) in ends.items():
        found[f"coverage_{level:g}"] = coverage(_rows(actual), _rows(low), _rows(high))
    return {name: value for name, value in found.items() if value is not None}


def _rows(values: np.ndarray) -> np.ndarray:
    """`[W, S, H]` as `[W * S, H]`: a series at an origin is judged as one of its own."""
    return values.reshape(-1, values.shape[-1])
