"""How good a classifier is on labelled photos: overall, per class, in slices, and how far its confidence holds."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ml.vision.data import DatasetError, LabelledImages
from ml.vision.images import inspect_image
from ml.vision.labels import CLASSES
from ml.vision.scoring import BATCH_PHOTOS, scored_batches

if TYPE_CHECKING:
    from ml.vision.package import Classifier

CALIBRATION_BINS = 15
SIZES = {"thumbnail": 80, "small": 160, "large": 10**9}
"""Slices by the longer side, in pixels up to."""


@dataclass(frozen=True)
class Scores:
    """A classifier's probabilities for labelled photos."""

    probabilities: np.ndarray
    """float32 [n, classes]."""
    allowed: np.ndarray
    """Boolean [n, classes]; an empty row is a photo of none of the classes."""

    @property
    def predicted(self) -> np.ndarray:
        return self.probabilities.argmax(1)

    @property
    def confidence(self) -> np.ndarray:
        return self.probabilities.max(1)

    @property
    def known(self) -> np.ndarray:
        return np.asarray(self.allowed.any(1))

    @property
    def correct(self) -> np.ndarray:
        return self.allowed[np.arange(len(self.allowed)), self.predicted]

    def where(self, rows: np.ndarray) -> "Scores":
        return Scores(self.probabilities[rows], self.allowed[rows])


@dataclass(frozen=True)
class Evaluation:
    metrics: dict[str, float]
    """accuracy, macro_recall, ece, naive_accuracy, mistakes_in_least_confident_tenth, confidence_gap_to_outside, …"""
    per_class: pl.DataFrame
    """class, photos, recall, precision, f1; photos with one right class only."""
    confusion: np.ndarray
    """Photos by their class (rows) and the predicted one (columns)."""
    slices: pl.DataFrame
    """slice, value, photos, accuracy, macro_recall, mean_confidence, ece."""
    reliability: pl.DataFrame
    """bin_start, photos, mean_confidence, accuracy."""


def evaluate(
    classifier: "Classifier",
    labelled: LabelledImages,
    *,
    batch_size: int = BATCH_PHOTOS,
    advance: Callable[[int], None] | None = None,
) -> Evaluation:
    """Score labelled photos and measure; `advance` gets the number of photos of each finished batch.

    Photos that cannot be read are measured nowhere and counted as photos_unreadable. Raises DatasetError when
    none can be read.
    """
    scores, rows = score(classifier, labelled, batch_size=batch_size, advance=advance)
    readable = labelled.select(rows)
    slices = {"source": np.array(readable.sources), "size": _sizes(readable)}
    evaluation = measure(scores, slices=slices)
    lost = len(labelled) - len(readable)
    return replace(
        evaluation, metrics=evaluation.metrics | ({"photos_unreadable": float(lost)} if lost else {})
    )


def score(
    classifier: "Classifier",
    labelled: LabelledImages,
    *,
    batch_size: int = BATCH_PHOTOS,
    advance: Callable[[int], None] | None = None,
) -> tuple[Scores, np.ndarray]:
    """The scores of the photos that can be read, and their rows. Raises DatasetError when there are none."""
    probabilities, readable = [], []
    for batch in scored_batches(classifier, labelled.images, batch_size=batch_size):
        fine = np.array([error is None for error in batch.errors])
        probabilities.append(batch.probabilities[fine])
        readable.append(fine)
        if advance:
            advance(len(fine))
    rows = np.flatnonzero(np.concatenate(readable)) if readable else np.array([], int)
    if not len(rows):
        raise DatasetError(f"None of the {len(labelled):,} photos can be read.")
    return Scores(np.concatenate(probabilities), labelled.allowed[rows]), rows


def _sizes(labelled: LabelledImages) -> np.ndarray:
    facts = [inspect_image(image) for image in labelled.images]
    sides = [max(one.width, one.height) for one in facts]
    return np.array(list(SIZES))[np.searchsorted(list(SIZES.values()), sides)]


def measure(scores: Scores, *, slices: dict[str, np.ndarray] | None = None) -> Evaluation:
    """The measurements of scored photos; `slices` name groups of them."""
    confusion = _confusion(scores)
    per_class = _per_class(confusion)
    rows = [
        {"slice": name, "value": str(value), **_summary(scores.where(groups == value))}
        for name, groups in (slices or {}).items()
        for value in np.unique(groups)
    ]
    schema = {"slice": pl.String, "value": pl.String} | dict.fromkeys(_summary(scores), pl.Float64)
    return Evaluation(
        metrics=_metrics(scores, confusion),
        per_class=per_class,
        confusion=confusion,
        slices=pl.DataFrame(rows, schema=schema),
        reliability=reliability(scores.where(scores.known)),
    )


def expected_calibration_error(scores: Scores) -> float:
    """Mean distance between confidence and accuracy over equally wide bins, weighted by their photos
    (Naeini et al. 2015)."""
    if not len(scores.allowed):
        return float("nan")
    table = reliability(scores)
    gaps = (table["mean_confidence"] - table["accuracy"]).abs() * table["photos"]
    return float(gaps.sum()) / len(scores.allowed)


def reliability(scores: Scores) -> pl.DataFrame:
    """Accuracy by confidence, in bins that hold any photos."""
    table = pl.DataFrame(
        {"confidence": scores.confidence.astype(float), "correct": scores.correct.astype(float)}
    )
    bins = (pl.col("confidence") * CALIBRATION_BINS).floor().clip(0, CALIBRATION_BINS - 1) / CALIBRATION_BINS
    return (
        table.group_by(bins.alias("bin_start"))
        .agg(photos=pl.len(), mean_confidence=pl.col("confidence").mean(), accuracy=pl.col("correct").mean())
        .sort("bin_start")
    )


def _summary(scores: Scores) -> dict[str, float]:
    known = scores.where(scores.known)
    recalls = _per_class(_confusion(known)).drop_nulls("recall")["recall"].to_numpy()
    return {
        "photos": float(len(scores.allowed)),
        "accuracy": float(known.correct.mean()) if len(known.allowed) else float("nan"),
        "macro_recall": float(recalls.mean()) if len(recalls) else float("nan"),
        "mean_confidence": float(scores.confidence.mean()) if len(scores.allowed) else float("nan"),
        "ece": expected_calibration_error(known),
    }


def _metrics(scores: Scores, confusion: np.ndarray) -> dict[str, float]:
    known, outside = scores.where(scores.known), scores.where(~scores.known)
    metrics = _summary(known) | {"photos_outside": float(len(outside.allowed))}
    if confusion.any():
        # The obvious alternative: always the most frequent class.
        metrics["naive_accuracy"] = float(confusion.sum(1).max() / confusion.sum())
    wrong = ~known.correct
    if wrong.any():
        least = np.argsort(known.confidence, kind="stable")[: max(1, len(wrong) // 10)]
        metrics["mistakes_in_least_confident_tenth"] = float(wrong[least].sum() / wrong.sum())
    if len(outside.allowed) and len(known.allowed):
        metrics["confidence_gap_to_outside"] = float(known.confidence.mean() - outside.confidence.mean())
    return metrics


def _confusion(scores: Scores) -> np.ndarray:
    """Of photos with exactly one right class; a coarse label names no row."""
    fine = scores.allowed.sum(1) == 1
    matrix = np.zeros((len(CLASSES), len(CLASSES)), int)
    np.add.at(matrix, (scores.allowed[fine].argmax(1), scores.predicted[fine]), 1)
    return matrix


def _per_class(confusion: np.ndarray) -> pl.DataFrame:
    right = np.diag(confusion).astype(float)
    table = pl.DataFrame(
        {"class": CLASSES, "photos": confusion.sum(1), "_right": right, "_predicted": confusion.sum(0)}
    )
    return table.select(
        "class",
        "photos",
        recall=pl.when(pl.col("photos") > 0).then(pl.col("_right") / pl.col("photos")),
        precision=pl.when(pl.col("_predicted") > 0).then(pl.col("_right") / pl.col("_predicted")),
        f1=2 * pl.col("_right") / (pl.col("photos") + pl.col("_predicted")),
    )
