"""Recalibration that is affine on the logit, so that contributions still add up to it."""

import numpy as np

from ml.escalation.linear import log_loss

UNCHANGED = (1.0, 0.0)
"""Slope and offset that leave a logit as it is."""


LARGEST_SPREAD = 0.25
"""How far slopes, and offsets, of single blocks may lie apart."""


def recalibration(logits: np.ndarray, labels: np.ndarray, block: np.ndarray) -> tuple[float, float]:
    """Slope and offset (Platt 1999) that [n] logits of unseen cases ask for, given the numbers of their blocks.

    A bias that moves from block to block will have moved again: recency is what follows a drift, and correcting for
    it as well would overshoot. So what all blocks ask for is done only where each asks for about the same.
    """
    blocks = [_platt(logits[block == number], labels[block == number]) for number in np.unique(block)]
    if len(blocks) < 2 or np.ptp(blocks, axis=0).max() > LARGEST_SPREAD:
        return UNCHANGED
    return _platt(logits, labels)


def _platt(logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Fitted with a slight pull towards leaving the logit as it is."""
    from scipy.optimize import minimize

    def loss(parameters: np.ndarray) -> float:
        slope, offset = parameters
        pull = (slope - 1) ** 2 + offset**2
        return float(log_loss(labels, slope * logits + offset).sum() + pull)

    slope, offset = minimize(loss, np.array(UNCHANGED), method="Nelder-Mead").x
    return (float(slope), float(offset)) if slope > 0 else UNCHANGED
