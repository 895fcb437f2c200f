"""Recalibration that is affine on the logit, so that contributions still add up to it."""

import numpy as np

from ml.escalation.linear import log_loss

UNCHANGED = (1.0, 0.0)
"""Slope and offset that leave a logit as it is."""


def recalibration(logits: np.ndarray, labels: np.ndarray, block: np.ndarray) -> tuple[float, float]:
    """Slope and offset (Platt 1999) that [n] logits of unseen cases ask for, given the numbers of their blocks.

    Where the base rate drifts, a recalibration may be out of date when it comes. So one is made only where it would
    have helped each time: fitted to the blocks before, it has to lessen the loss of every block after the first.
    """
    for number in range(1, block.max() + 1):
        now = block == number
        slope, offset = _platt(logits[block < number], labels[block < number])
        plain = log_loss(labels[now], logits[now]).mean()
        if log_loss(labels[now], slope * logits[now] + offset).mean() >= plain:
            return UNCHANGED
    return _platt(logits, labels) if block.max() else UNCHANGED


def _platt(logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Fitted with a slight pull towards leaving the logit as it is."""
    from scipy.optimize import minimize

    def loss(parameters: np.ndarray) -> float:
        slope, offset = parameters
        pull = (slope - 1) ** 2 + offset**2
        return float(log_loss(labels, slope * logits + offset).sum() + pull)

    slope, offset = minimize(loss, np.array(UNCHANGED), method="Nelder-Mead").x
    return (float(slope), float(offset)) if slope > 0 else UNCHANGED
