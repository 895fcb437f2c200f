"""How good scores are on cases whose outcome is known: ranking, probabilities, review, slices, fairness."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from ml.errors import ExplainedError
from ml.escalation.reasons import UP

BINS = 10
REVIEW_SHARE = 0.1
"""What operations can look at of all cases."""
FEWEST = 30
"""Cases of a slice, below which it is not shown."""
SLICES = ("priority", "channel", "item_category", "return_reason")
FAIRNESS = ("region", "merchant_id")
"""Columns whose values should be picked for review for their outcomes alone."""


class NothingToMeasure(ExplainedError, ValueError):
    """No case with a known outcome."""


@dataclass(frozen=True)
class Evaluation:
    metrics: dict[str, float]
    """cases, base_rate, auc, average_precision, brier, brier_of_base_rate, ece, log_loss, recall_at_review."""
    reliability: pl.DataFrame
    """bin_start, cases, mean_score, escalated."""
    roc: pl.DataFrame
    """false_positive_rate, true_positive_rate."""
    slices: pl.DataFrame
    """slice, value, cases, base_rate, mean_score, auc, brier, ece."""
    fairness: pl.DataFrame
    """slice, value, cases, base_rate, selected (the share picked for review), recall."""
    reasons: pl.DataFrame
    """code, share (of cases that it is named for), increases (of these, the share whose risk it increases)."""


def evaluate(scores: pl.DataFrame, cases: pl.DataFrame, *, review_share: float = REVIEW_SHARE) -> Evaluation:
    """Measure scores against the `escalated` of their cases. Raises NothingToMeasure."""
    judged = scores.join(
        cases.filter(pl.col("escalated").is_not_null()), on="case_id", how="inner", maintain_order="left"
    )
    if judged.is_empty():
        raise NothingToMeasure("None of the scored cases has a known outcome; give cases with `escalated`.")
    labels, probabilities = judged["escalated"].cast(pl.Float64).to_numpy(), judged["score"].to_numpy()
    picked = selected(probabilities, review_share)
    columns, groups = (
        {name: judged[name].fill_null("").to_numpy() for name in names if judged[name].count()}
        for names in (SLICES, FAIRNESS)
    )
    return Evaluation(
        metrics=measure(labels, probabilities, review_share=review_share),
        reliability=reliability(labels, probabilities),
        roc=_roc(labels, probabilities),
        slices=_sliced(columns, lambda rows: _summary(labels[rows], probabilities[rows])),
        fairness=_sliced(groups, lambda rows: _selection(labels[rows], picked[rows])),
        reasons=reason_frequency(judged),
    )


def measure(
    labels: np.ndarray, probabilities: np.ndarray, *, review_share: float = REVIEW_SHARE
) -> dict[str, float]:
    """The metrics of [n] labels and probabilities; NaN where one outcome is missing."""
    from sklearn.metrics import average_precision_score, log_loss

    both = 0 < labels.sum() < len(labels)
    base = float(labels.mean())
    picked = selected(probabilities, review_share)
    return {
        **_summary(labels, probabilities),
        "average_precision": float(average_precision_score(labels, probabilities)) if both else np.nan,
        "brier_of_base_rate": base * (1 - base),
        "log_loss": float(log_loss(labels, probabilities, labels=[0, 1])),
        "review_share": review_share,
        "recall_at_review": float(labels[picked].sum() / labels.sum()) if labels.any() else np.nan,
    }


def selected(probabilities: np.ndarray, share: float) -> np.ndarray:
    """Boolean [n]: the share with the highest scores."""
    picked = np.zeros(len(probabilities), bool)
    count = int(np.ceil(share * len(probabilities)))
    picked[np.argsort(-probabilities, kind="stable")[:count]] = True
    return picked


def reliability(labels: np.ndarray, probabilities: np.ndarray) -> pl.DataFrame:
    """Escalations by score, in bins of equal width that hold any cases."""
    bins = np.clip((probabilities * BINS).astype(int), 0, BINS - 1)
    return (
        pl.DataFrame({"bin_start": bins / BINS, "score": probabilities, "label": labels})
        .group_by("bin_start")
        .agg(cases=pl.len(), mean_score=pl.col("score").mean(), escalated=pl.col("label").mean())
        .sort("bin_start")
    )


def expected_calibration_error(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean distance between score and share of escalations over the bins, weighted by cases (Naeini et al. 2015)."""
    table = reliability(labels, probabilities)
    return float(((table["mean_score"] - table["escalated"]).abs() * table["cases"]).sum() / len(labels))


def reason_frequency(scores: pl.DataFrame) -> pl.DataFrame:
    """How often each reason is named, the most frequent first."""
    named = scores.select(pl.col("reason_codes").explode().struct.unnest())
    share = (pl.len() / max(len(scores), 1)).alias("share")
    return (
        named.group_by("code")
        .agg(share, increases=(pl.col("direction") == UP).mean())
        .sort("share", "code", descending=[True, False])
    )


def _roc(labels: np.ndarray, probabilities: np.ndarray) -> pl.DataFrame:
    from sklearn.metrics import roc_curve

    if not 0 < labels.sum() < len(labels):
        return pl.DataFrame(schema={"false_positive_rate": pl.Float64, "true_positive_rate": pl.Float64})
    false, true, _ = roc_curve(labels, probabilities)
    return pl.DataFrame({"false_positive_rate": false, "true_positive_rate": true})


def _summary(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    from sklearn.metrics import roc_auc_score

    both = 0 < labels.sum() < len(labels)
    return {
        "cases": float(len(labels)),
        "base_rate": float(labels.mean()),
        "mean_score": float(probabilities.mean()),
        "auc": float(roc_auc_score(labels, probabilities)) if both else np.nan,
        "brier": float(((probabilities - labels) ** 2).mean()),
        "ece": expected_calibration_error(labels, probabilities),
    }


def _selection(labels: np.ndarray, picked: np.ndarray) -> dict[str, float]:
    return {
        "cases": float(len(labels)),
        "base_rate": float(labels.mean()),
        "selected": float(picked.mean()),
        "recall": float(picked[labels > 0].mean()) if labels.any() else np.nan,
    }


def _sliced(columns: Mapping[str, np.ndarray], summary) -> pl.DataFrame:
    """The summary of each value of each column that has enough cases."""
    rows = []
    for name, values in columns.items():
        found, counts = np.unique(values, return_counts=True)
        rows += [
            {"slice": name, "value": str(value), **summary(values == value)}
            for value in found[counts >= FEWEST]
        ]
    return pl.DataFrame(rows) if rows else pl.DataFrame(schema={"slice": pl.String, "value": pl.String})
