"""Categories of hundreds of values as one number each: the smoothed log-odds of their earlier cases' outcomes.

A value's rate is pulled towards the overall rate as if `smoothing` more cases had come out like all (Micci-Barreca,
SIGKDD Explorations 3(1), 2001); older cases count less by a half-life. In training a case's number comes from the
other folds, so that no case tells its own outcome; in scoring from the labelled cases before its moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from ml.escalation.contract import Contract
from ml.escalation.features import codes, instants, with_pairs
from ml.escalation.timeline import DAY, Clock, Timeline

MOST_HALVINGS = 500.0
"""What is older by more half-lives counts nothing, and overflows nothing."""


@dataclass(frozen=True)
class Smoothing:
    """How categories become numbers."""

    half_life_days: float | None = 14.0
    """None: old cases count like new ones."""
    smoothing: float = 10.0
    """Cases that come out like all cases, added to each value."""

    def weights(self, ages: np.ndarray) -> np.ndarray:
        """float64 [n]: what cases of an age in microseconds count."""
        return recency(ages, self.half_life_days)

    def log_odds(self, escalated: np.ndarray, weight: np.ndarray, rate: np.ndarray | float) -> np.ndarray:
        """float64 [n]: log-odds of a value against those of all cases, from its weighted escalations and cases."""
        smoothed = (escalated + self.smoothing * rate) / (weight + self.smoothing)
        return logit(smoothed) - logit(rate)


def recency(ages: np.ndarray, half_life_days: float | None) -> np.ndarray:
    """float64 [n]: a half for each half-life of age; ages are microseconds."""
    if half_life_days is None:
        return np.ones(len(ages))
    return np.exp2(-np.clip(ages / (half_life_days * DAY), -MOST_HALVINGS, MOST_HALVINGS))


def logit(rate: np.ndarray | float) -> np.ndarray:
    held = np.clip(rate, 1e-4, 1 - 1e-4)
    return np.log(held / (1 - held))


def out_of_fold(
    features: pl.DataFrame,
    categories: list[str],
    labels: np.ndarray,
    weights: np.ndarray,
    folds: np.ndarray,
    smoothing: Smoothing,
) -> dict[str, np.ndarray]:
    """Category -> float64 [n]: each row's log-odds from the rows of the other folds.

    `labels`, `weights` and `folds` are [n]; a row of weight 0 teaches nothing.
    """
    escalated = weights * labels
    rest_weight, rest_escalated = (
        total.sum() - np.bincount(folds, total)[folds] for total in (weights, escalated)
    )
    rate = rest_escalated / np.maximum(rest_weight, 1e-300)
    found = {}
    for name in categories:
        keys = codes(features[name])
        both = keys * (folds.max() + 1) + folds
        _, both = np.unique(both, return_inverse=True)
        weight, hits = (
            np.bincount(keys, total)[keys] - np.bincount(both, total)[both] for total in (weights, escalated)
        )
        found[name] = smoothing.log_odds(np.maximum(hits, 0), np.maximum(weight, 0), rate)
    return found


def before_moment(
    features: pl.DataFrame,
    categories: list[str],
    labelled: pl.DataFrame,
    base_rate: float,
    smoothing: Smoothing,
) -> dict[str, np.ndarray]:
    """Category -> float64 [n]: each row's log-odds from the labelled cases opened strictly before its moment.

    `labelled` are other cases: normalised, with a known `escalated`.
    """
    labelled = with_pairs(labelled.sort("created_at", maintain_order=True))
    moments, times = instants(features["moment"]), instants(labelled["created_at"])
    if not len(times):
        return {name: np.zeros(len(features)) for name in categories}
    newest = times[-1]
    outcome = labelled["escalated"].cast(pl.Float64).to_numpy()
    weights = smoothing.weights(newest - times)
    fading = smoothing.weights(moments - newest)

    clock = Clock(times)
    now = clock.rank(moments)

    def sums(keys: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        timeline = Timeline(keys, clock)
        first, end = timeline.first(asked), timeline.end(asked, now)
        last = np.maximum(end - 1, 0)
        by_key = pl.DataFrame(
            {"key": keys[timeline.order], "weight": weights[timeline.order]}
            | {"escalated": (weights * outcome)[timeline.order]}
        ).select(pl.col("weight", "escalated").cum_sum().over("key"))
        some = end > first
        weight, hits = (
            np.where(some, by_key[name].to_numpy()[last], 0) * fading for name in ("weight", "escalated")
        )
        return weight, hits

    weight, hits = sums(np.zeros(len(times), np.int64), np.zeros(len(moments), np.int64))
    rate = np.where(weight > 0, hits / np.maximum(weight, 1e-300), base_rate)
    found = {}
    for name in categories:
        both = codes(pl.concat([features[name], labelled[name]]))
        weight, hits = sums(both[len(moments) :], both[: len(moments)])
        found[name] = smoothing.log_odds(hits, weight, rate)
    return found


def encoded(features: pl.DataFrame, statistics: Mapping[str, np.ndarray], contract: Contract) -> np.ndarray:
    """float64 [n, features]: the numbers that a model learns from; NaN where one is not known."""
    columns = []
    for feature in contract.features:
        if feature.kind == "category":
            columns.append(statistics[feature.name])
            continue
        values = features[feature.name].cast(pl.Float64).to_numpy()
        columns.append(np.log1p(np.maximum(values, 0)) if feature.kind == "log" else values)
    return np.column_stack(columns)
