"""The shape of a demand over a time that is uncertain itself: quantiles from moments.

A demand with mean, variance and skewness is taken for a gamma distribution that is shifted (Pearson's type III), the
field's choice where demand is skewed: Burgin, The Gamma Distribution and Inventory Control, Operational Research
Quarterly 26 (1975), 507-525; Silver, Pyke & Thomas, Inventory and Production Management in Supply Chains, 4th edition
2017, chapter 6. Sums of gamma demands of one scale are gamma demands again; without skewness it is the normal one.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import gammainc, ndtri

LEVELS = np.array([0.025, 0.1, 0.9, 0.975])
"""Levels of a forecast's quantiles: the bounds of the 95% and the 80% interval."""
BELOW, ABOVE = np.array([0.1, 0.025]), np.array([0.9, 0.95, 0.975, 0.99])
"""Levels at which it is known how far quantiles of the demand over some days lie from its mean, from there outwards."""
MOST_SKEWNESS = 5.0
"""With more of it the outer quantile of a gamma distribution comes nearer to its mean again, and tells less."""
SHAPE_ORDERS = 50
"""The normal shape weighs as much as so many orders that were seen."""

_OUT = np.append(BELOW, ABOVE)
_INNER, _OUTER = (int(np.flatnonzero(level == _OUT)[0]) for level in LEVELS[2:])
_SKEWNESSES = np.linspace(0, MOST_SKEWNESS, 11)
_SHARES = np.linspace(0, 1, 11)
_NODES = 40
_HALVINGS = 40
_CERTAIN = 1e-4
"""A gamma distribution needs some skewness, and a sum some spread of each part."""


@dataclass(frozen=True)
class LeadShape:
    """How lead times lie around their mean, whatever their mean and spread; make it with `lead_shape`."""

    factors: np.ndarray
    """[_SHARES, _SKEWNESSES, 6]: how many deviations the quantile of each of BELOW and ABOVE lies from the mean of
    demand and lead time together, by the share of the lead time in their deviation and the demand's skewness."""


@cache
def normal_shape() -> LeadShape:
    """That of lead times of which nothing is known."""
    return LeadShape(_factors(ndtri(_levels())))


def lead_shape(standard: np.ndarray) -> LeadShape:
    """From lead times [N], each less its mean and divided by its spread.

    Quantiles of those that were seen and of the normal distribution are averaged, as N to SHAPE_ORDERS.
    """
    if not len(standard):
        return normal_shape()
    weight = len(standard) / (len(standard) + SHAPE_ORDERS)
    return LeadShape(_factors(weight * np.quantile(standard, _levels()) + (1 - weight) * ndtri(_levels())))


def offsets(variance: np.ndarray, skewness: np.ndarray, spread: np.ndarray, shape: LeadShape) -> np.ndarray:
    """float [C, 6]: how far the quantiles of BELOW and ABOVE lie from the mean. Never negative.

    Of a demand with this variance and skewness, to which a lead time adds that has this spread, in units."""
    total = np.sqrt(variance + spread**2)
    share = np.divide(spread, total, out=np.zeros_like(total), where=total > 0)
    across, along = share * (len(_SHARES) - 1), skewness / MOST_SKEWNESS * (len(_SKEWNESSES) - 1)
    row = np.clip(across.astype(int), 0, len(_SHARES) - 2)
    column = np.clip(along.astype(int), 0, len(_SKEWNESSES) - 2)
    across, along = (across - row)[:, None], (along - column)[:, None]
    near = (1 - along) * shape.factors[row, column] + along * shape.factors[row, column + 1]
    far = (1 - along) * shape.factors[row + 1, column] + along * shape.factors[row + 1, column + 1]
    return ((1 - across) * near + across * far) * total[:, None]


def day_skewness(near: np.ndarray, far: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spread and skewness of a demand whose quantiles of 90% and 97.5% lie so far above its mean.

    Of those that are less skewed than a normal demand the skewness is 0, and the spread that of the outer quantile.
    """
    inner, outer = normal_shape().factors[0, :, _INNER], normal_shape().factors[0, :, _OUTER]
    ratio = np.divide(far, near, out=np.full_like(far, np.inf), where=near > 0)
    skewness = np.interp(ratio, outer / inner, _SKEWNESSES)
    return far / np.interp(skewness, _SKEWNESSES, outer), skewness


def _levels() -> np.ndarray:
    return (np.arange(_NODES) + 0.5) / _NODES


def _factors(nodes: np.ndarray) -> np.ndarray:
    """See LeadShape.factors: the quantile of a mixture of demands, one for each lead time, found by halving."""
    nodes = (nodes - nodes.mean()) / max(nodes.std(), _CERTAIN)
    share = _SHARES.clip(max=1 - _CERTAIN)[:, None, None, None]
    gamma = 4 / _SKEWNESSES.clip(min=1e-3)[:, None, None] ** 2
    low, high = (np.full((len(_SHARES), len(_SKEWNESSES), len(_OUT)), end) for end in (-10.0, 10.0))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        z = (middle[..., None] - share * nodes) / np.sqrt(1 - share**2)
        reached = gammainc(gamma, (gamma + z * np.sqrt(gamma)).clip(0)).mean(axis=-1) >= _OUT
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return np.abs(middle)
