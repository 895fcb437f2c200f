"""Makes confidence mean what it says, and says below which confidence a person should look."""

import numpy as np

from ml.vision.evaluate import Scores
from ml.vision.package import softmax

TEMPERATURES = np.geomspace(0.25, 4.0, 241)
REVIEW_PRECISION = 0.97
"""How often predictions above the review threshold are to be right."""
LARGEST_REVIEW_SHARE = 0.3
"""Nobody reviews more than this share of the photos, however unsure the classifier is."""


def fit_temperature(scores: Scores) -> float:
    """The temperature with the smallest negative log likelihood (Guo et al. 2017), by search over a grid.

    The scores are those of temperature 1.
    """
    known = scores.where(scores.known)
    if not len(known.allowed):
        return 1.0

    def loss(temperature: float) -> float:
        right = np.where(known.allowed, tempered(known, temperature).probabilities, 0).sum(1)
        return float(-np.log(np.maximum(right, 1e-12)).mean())

    return float(min(TEMPERATURES, key=loss))


def tempered(scores: Scores, temperature: float) -> Scores:
    """What scores of temperature 1 are at another one: their logarithms are the logits, but for a constant."""
    logits = np.log(np.maximum(scores.probabilities.astype(float), 1e-30))
    return Scores(softmax(logits / temperature), scores.allowed)


def review_threshold(scores: Scores, *, precision: float = REVIEW_PRECISION) -> float:
    """The smallest confidence from which on predictions are right with this precision.

    It is smaller where more photos than LARGEST_REVIEW_SHARE would be below it. Photos of nothing the classifier
    knows count as mistakes: those too should be looked at.
    """
    order = np.argsort(-scores.confidence, kind="stable")
    confidence = scores.confidence[order]
    right = np.cumsum(scores.correct[order]) / np.arange(1, len(order) + 1)
    # Equal confidences are accepted together or not at all.
    last_of_equals = np.append(confidence[1:] < confidence[:-1], True)
    good = np.flatnonzero((right >= precision) & last_of_equals)
    accepted = int(good[-1]) if len(good) else 0
    accepted = max(accepted, int(len(order) * (1 - LARGEST_REVIEW_SHARE)) - 1, 0)
    return float(confidence[accepted])
