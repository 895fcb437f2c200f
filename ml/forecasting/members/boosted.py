"""One gradient-boosted model of all series: what the demand of a day ahead is, relative to the level of its series.

Direct: a row for each day ahead, whose distance from the origin is a feature. Three of them are members. The first is
asked for the median, because the sum of absolute errors is what a forecast is judged by, and each row weighs what its
series sells; the second for the mean of the logarithm, which is a median too where noise multiplies, and steadier;
the third learns slowly in small trees, for panels that are mostly noise.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ml.forecasting.members.base import Setting
from ml.forecasting.panels.days import public_holidays
from ml.forecasting.series.features import FeatureMaker
from ml.forecasting.series.history import History
from ml.forecasting.series.pieces import pieces, teachers

LARGEST = 50.0
"""Ratios to the level are cut off here."""
LOG_SCALE = 10.0
"""The logarithm is that of 1 + 10 times the ratio."""
MOST_CODES = 500
"""With more series the series itself is no feature."""
EARLIEST = 56
"""Days of history before the first origin to learn from."""
MIN_ORIGINS = 12


@dataclass(frozen=True)
class BoostedRecipe:
    """How the trees are grown."""

    objective: str = "l1"
    logarithm: bool = False
    trees: int = 250
    rate: float = 0.06
    leaves: int = 31
    least: int = 100
    """Rows in a leaf."""
    share: float = 0.6
    """Of the features for each tree."""
    rows: int = 90_000
    """Drawn from the last years, half of the days at each origin."""
    years: float = 3


MEDIAN = BoostedRecipe()
LOGARITHM = BoostedRecipe(
    objective="l2", logarithm=True, trees=350, rate=0.04, leaves=47, rows=180_000, years=5
)
STEADY = BoostedRecipe(objective="l2", logarithm=True, trees=200, rate=0.02, leaves=15, least=200, share=0.4)


def boosted(history: History, setting: Setting) -> np.ndarray:
    return forecast(history, setting, MEDIAN)


def boosted_log(history: History, setting: Setting) -> np.ndarray:
    return forecast(history, setting, LOGARITHM)


def boosted_steady(history: History, setting: Setting) -> np.ndarray:
    return forecast(history, setting, STEADY)


def forecast(history: History, setting: Setting, recipe: BoostedRecipe) -> np.ndarray:
    import lightgbm

    recipe = replace(recipe, trees=20, least=20) if setting.quick else recipe
    dates = history.panel.dates(0, history.days + history.horizon)
    holidays = frozenset(public_holidays(setting.country, dates))
    by_series = len(history.panel.series) <= MOST_CODES
    learnt, codes = teachers(history, setting.seed)
    maker = FeatureMaker(learnt, holidays=holidays, codes=codes)
    names = [*maker.names, *(["series"] if by_series else [])]
    rows, target, weight = _examples(maker, recipe, setting.seed, by_series=by_series)
    data = lightgbm.Dataset(
        rows,
        np.log1p(LOG_SCALE * target) if recipe.logarithm else target,
        weight=weight,
        feature_name=names,
        categorical_feature=[name for name in ("weekday", *history.panel.static, "series") if name in names],
    )
    model = lightgbm.train(_parameters(recipe, setting.seed), data, recipe.trees)
    found = []
    for _, part in pieces(history, holidays):
        ahead = part.rows(history.days)
        told = np.asarray(model.predict(_flat(ahead.values, by_series), num_threads=1))
        ratio = told.reshape(ahead.values.shape[:2])
        ratio = np.expm1(ratio) / LOG_SCALE if recipe.logarithm else ratio
        found.append(np.maximum(ratio, 0.0) * ahead.level[:, None])
    return np.concatenate(found)


def _parameters(recipe: BoostedRecipe, seed: int) -> dict[str, Any]:
    return {
        "objective": recipe.objective,
        "learning_rate": recipe.rate,
        "num_leaves": recipe.leaves,
        "min_data_in_leaf": recipe.least,
        "feature_fraction": recipe.share,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 1.0,
        "max_bin": 127,
        "cat_smooth": 50,
        "min_data_per_group": 200,
        "seed": seed,
        # One thread: sums do not depend on the machine, and the cores are busy with other members.
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }


def _examples(
    maker: FeatureMaker, recipe: BoostedRecipe, seed: int, *, by_series: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows `[N, F]` of past origins, what the ratio to the level was, and what the row weighs."""
    history = maker.history
    count, horizon = len(history.panel.series), history.horizon
    last = history.days - horizon
    first = max(last - int(recipe.years * 365), min(EARLIEST, last))
    origins = np.arange(last, first - 1, -1)
    wanted = max(int(2 * recipe.rows / (count * horizon)), min(MIN_ORIGINS, len(origins)))
    chosen = origins[np.unique(np.linspace(0, len(origins) - 1, min(wanted, len(origins))).astype(int))]
    generator = np.random.default_rng(seed)
    share = min(recipe.rows / (len(chosen) * count * horizon), 0.5)
    rows, targets, levels = [], [], []
    for origin in chosen:
        target = history.demand[:, origin : origin + horizon]
        kept = ~np.isnan(target) & (generator.random(target.shape) < share)
        here = maker.rows(int(origin))
        rows.append(_flat(here.values, by_series)[kept.ravel()])
        level = np.repeat(here.level, horizon)[kept.ravel()]
        targets.append(np.minimum(target[kept] / level, LARGEST))
        levels.append(level)
    level = np.concatenate(levels)
    return np.concatenate(rows), np.concatenate(targets), level / max(level.mean(), 1e-12)


def _flat(values: np.ndarray, by_series: bool) -> np.ndarray:
    """`[S * H, F]`, with the number of the series if it is a feature."""
    count, horizon, width = values.shape
    flat = values.reshape(count * horizon, width)
    if not by_series:
        return flat
    return np.column_stack([flat, np.repeat(np.arange(count, dtype=np.float32), horizon)])
