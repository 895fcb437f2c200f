"""How much each member counts in the ensemble of a segment, learnt from its backtest.

1. Members whose error is more than 1.3 times the best are dropped: a mean is safe among comparable members only.
2. Of the others each weighs the inverse of its error to a high power: a tenth more error is a seventh of the weight.
3. From there weights move to those with the least absolute error of the combination, held back by a penalty: a few
   windows are little evidence. Least absolute, because a forecast is judged by absolute errors.
"""

from collections.abc import Mapping

import numpy as np
from scipy.optimize import nnls

DROPPED_FROM = 1.3
"""Times the error of the best."""
ROUNDS = 40
MOST_POINTS = 200_000
LEAST_POINTS = 200
"""Fewer points of a segment leave step 3 out."""
POWER = 20.0
"""Of the inverse error in step 2."""
PENALTY = 0.0003
"""Of leaving the weights of step 2, as a part of the data's own curvature."""
SUM_PENALTY = 1.0
"""Of a sum other than 1."""
SUMS = (0.8, 1.25)
LIGHTEST = 0.02
"""Members that would count less than this are left out: each costs its whole fit."""


def learned_weights(forecasts: Mapping[str, np.ndarray], actual: np.ndarray) -> dict[str, float]:
    """Member -> weight, of forecasts `[N]` and what happened `[N]`; NaN in any of them leaves a point out.

    Nothing where no point, or no member, is left.
    """
    names = sorted(forecasts)
    if not names:
        return {}
    table = np.stack([forecasts[name] for name in names], axis=1)
    whole = ~np.isnan(actual) & ~np.isnan(table).any(axis=1)
    table, actual = _thinned(table[whole], actual[whole])
    if not len(actual):
        return {}
    errors = np.abs(table - actual[:, None]).sum(axis=0)
    best = errors.min()
    kept = errors <= DROPPED_FROM * best + 1e-9 * np.abs(actual).sum()
    least = max(best, 1e-9 * np.abs(actual).sum(), 1e-12)
    start = (least / np.maximum(errors[kept], least)) ** POWER
    start /= start.sum()
    weights = start
    if len(actual) >= LEAST_POINTS and actual.any():
        weights = _least_absolute(table[:, kept], actual, start)
    # A sum far from 1 is a handful of days' doing, and would shift everything.
    weights = weights / weights.sum() * np.clip(weights.sum(), *SUMS)
    return _without_light_ones(dict(zip(np.array(names)[kept].tolist(), weights.tolist(), strict=True)))


def _thinned(table: np.ndarray, actual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of a huge panel points drawn at random: every n-th would be the same day of the horizon again and again."""
    if len(actual) <= MOST_POINTS:
        return table, actual
    drawn = np.sort(np.random.default_rng(0).choice(len(actual), MOST_POINTS, replace=False))
    return table[drawn], actual[drawn]


def _least_absolute(table: np.ndarray, actual: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Weights from 0 on that minimise the sum of absolute errors and the penalties.

    By iteratively reweighted least squares: each absolute error is a square divided by the error of the round before.
    """
    scale = max(np.abs(actual).mean(), 1e-12)
    table, actual = table / scale, actual / scale
    weights = start
    count = len(start)
    for _ in range(ROUNDS):
        inverse = 1 / np.maximum(np.abs(actual - table @ weights), 0.02)
        gram = (table * inverse[:, None]).T @ table
        side = (table * inverse[:, None]).T @ actual
        curvature = np.trace(gram)
        if not curvature > 0:  # all foretell nothing
            return start
        hold, total = PENALTY * curvature, SUM_PENALTY * curvature
        gram = gram + hold * np.eye(count) + total * np.ones((count, count))
        side = side + hold * start + total
        root = np.linalg.cholesky(gram + 1e-9 * curvature * np.eye(count)).T
        found = nnls(root, np.linalg.solve(root.T, side))[0]
        if np.abs(found - weights).max() < 1e-4:
            return found
        weights = found
    return weights


def mixed(own: Mapping[str, float], common: Mapping[str, float], share: float) -> dict[str, float]:
    """Weights of which a share is a segment's own and the rest everyone's."""
    names = sorted({*own, *common})
    found = {name: share * own.get(name, 0.0) + (1 - share) * common.get(name, 0.0) for name in names}
    return _without_light_ones(found)


def _without_light_ones(weights: Mapping[str, float]) -> dict[str, float]:
    """The others share what is left out, so that the sum stays."""
    total = sum(weights.values())
    kept = {name: weight for name, weight in weights.items() if weight > 0 and weight >= LIGHTEST * total}
    return {name: weight * total / sum(kept.values()) for name, weight in kept.items()}
