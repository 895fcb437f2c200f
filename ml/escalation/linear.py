"""A logistic regression on standardised numbers, whose logit is an exact sum of parts."""

from dataclasses import dataclass, replace

import numpy as np

FARTHEST = 10.0
"""Standard deviations from the mean: what lies beyond counts as if it lay there, and no freak value decides alone."""


@dataclass(frozen=True)
class Linear:
    """logit = intercept + sum of coefficient * standardised value; a value that is not known adds nothing."""

    mean: np.ndarray
    scale: np.ndarray
    coefficient: np.ndarray
    intercept: float

    def parts(self, numbers: np.ndarray) -> np.ndarray:
        """float64 [n, features]: what each number adds to the logit; NaN adds 0."""
        return standardised(numbers, self.mean, self.scale) * self.coefficient

    def logits(self, numbers: np.ndarray) -> np.ndarray:
        return self.intercept + self.parts(numbers).sum(1)

    def recalibrated(self, slope: float, offset: float) -> "Linear":
        """slope * logit + offset as a model of the same kind."""
        return replace(
            self, coefficient=slope * self.coefficient, intercept=float(slope * self.intercept + offset)
        )


def standardised(numbers: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """float64 [n, features]: distances from the mean in standard deviations; 0 of what is not known."""
    return np.nan_to_num(np.clip((numbers - mean) / scale, -FARTHEST, FARTHEST))


def fit(numbers: np.ndarray, labels: np.ndarray, weights: np.ndarray, *, regularisation: float) -> Linear:
    """Fit to [n, features] numbers, [n] labels of 0 and 1 and [n] weights; the reference is the weighted mean.

    `regularisation` is scikit-learn's C: less is a stronger pull of the coefficients towards 0.
    """
    from sklearn.linear_model import LogisticRegression

    known = ~np.isnan(numbers)
    filled = np.where(known, numbers, 0)
    seen = np.maximum(weights @ known, 1e-300)
    mean = weights @ filled / seen
    scale = np.sqrt(weights @ np.where(known, numbers - mean, 0) ** 2 / seen)
    scale = np.where(scale > 1e-9, scale, 1.0)
    found = LogisticRegression(C=regularisation, max_iter=1000).fit(
        standardised(numbers, mean, scale), labels, sample_weight=weights
    )
    return Linear(mean, scale, found.coef_[0], float(found.intercept_[0]))


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(logits, -700, 700)))


def log_loss(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """float64 [n]: minus the log of the probability that was given to what happened."""
    return np.logaddexp(0, np.where(labels > 0, -logits, logits))
