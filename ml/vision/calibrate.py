"""Makes confidence mean what it says, and says below which confidence a person should look."""

import numpy as np

from ml.vision.evaluate import Scores

TEMPERATURES = np.geomspace(0.25, 4.0, 241)
REVIEW_PRECISION = 0.97
"""How often predictions above the review threshold are to be right."""
LARGEST_REVIEW_SHARE = 0.3
"""Nobody reviews more than this share of the photos, however unsure the classifier is."""


def softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)


def fit_temperature(scores: Scores) -> float:
    """The temperature with the smallest negative log likelihood (Guo et al. 2017), by search over a grid.

    The scores are those of temperature 1: their logarithms are the logits, but for a constant a photo.
    """
    known = scores.where(scores.known)
    logits, allowed = np.log(np.maximum(known.probabilities.astype(float), 1e-30)), known.allowed
    if not len(logits):
        return 1.0

    def loss(temperature: float) -> float:
        right = np.where(allowed, softmax(logits / temperature), 0).sum(1)
        return float(-np.log(np.maximum(right, 1e-12)).mean())

    return float(min(TEMPERATURES, key=loss))


def review_threshold(scores: Scores, *, precision: float = REVIEW_PRECISION) -> float:
    """The smallest confidence from which on predictions are right with this precision.

    Photos of nothing the classifier knows count as mistakes: those too should be looked at.
    """
    order = np.argsort(-scores.confidence, kind="stable")
    right = np.cumsum(scores.correct[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(right >= precision)
    accepted = int(good[-1]) if len(good) else 0
    accepted = max(accepted, int(len(order) * (1 - LARGEST_REVIEW_SHARE)) - 1, 0)
    return float(scores.confidence[order][accepted])
