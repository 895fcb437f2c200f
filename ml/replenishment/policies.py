"""The textbook policies for one product in one place, in closed form: arrays in, arrays out.

A plan takes `normal_loss` and `economic_order_quantity` from here; the others are the reference that tests hold to the
books' worked examples, and the simulation to them.

All costs are in one currency; `holding` and `shortage` are per unit and period, `fixed` per order. Equation numbers are
those of Snyder & Shen, Fundamentals of Supply Chain Theory, 2nd edition, Wiley 2019 (here "S&S").
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

FARTHEST = 30
"""Deviations from the mean beyond which a normal demand never comes."""


def normal_loss(level: ArrayLike, mean: ArrayLike, spread: ArrayLike) -> np.ndarray:
    """Expected units by which a normal demand exceeds a level: E[(D - level)+].

    With z = (level - mean) / spread it is spread * (density(z) - z * (1 - distribution(z))), S&S (C.22). Without any
    spread it is what the mean exceeds the level by.
    """
    level, mean, spread = np.broadcast_arrays(*(np.asarray(one, float) for one in (level, mean, spread)))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z = np.nan_to_num((level - mean) / spread, nan=FARTHEST).clip(-FARTHEST, FARTHEST)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    certain = np.maximum(mean - level, 0)
    return np.where(np.abs(z) < FARTHEST, spread * (density - z * ndtr(-z)), certain)


def critical_ratio(holding: ArrayLike, shortage: ArrayLike) -> np.ndarray:
    """The service level at which one unit more costs what it saves: shortage / (shortage + holding), S&S (4.30)."""
    holding, shortage = np.asarray(holding, float), np.asarray(shortage, float)
    return shortage / (shortage + holding)


def newsvendor(holding: ArrayLike, shortage: ArrayLike, mean: ArrayLike, spread: ArrayLike) -> np.ndarray:
    """The cheapest level to begin a period of normal demand with: mean + z(critical ratio) * spread, S&S (4.30)."""
    return np.asarray(mean) + ndtri(critical_ratio(holding, shortage)) * np.asarray(spread)


def newsvendor_cost(
    level: ArrayLike, holding: ArrayLike, shortage: ArrayLike, mean: ArrayLike, spread: ArrayLike
) -> np.ndarray:
    """Expected cost of a period that begins with `level` units: holding of what is left and shortage, S&S (4.24)."""
    short = normal_loss(level, mean, spread)
    left = short + np.asarray(level, float) - np.asarray(mean, float)
    return np.asarray(holding) * left + np.asarray(shortage) * short


def economic_order_quantity(fixed: ArrayLike, holding: ArrayLike, demand: ArrayLike) -> np.ndarray:
    """Units per order at which ordering and holding cost the same: sqrt(2 * fixed * demand / holding).

    Demand and holding per the same period. Harris 1913; S&S (3.4). Where holding costs nothing there is none: infinite
    where something sells.
    """
    fixed, holding, demand = (np.asarray(one, float) for one in (fixed, holding, demand))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(np.sqrt(2 * fixed * demand / holding), nan=0.0, posinf=np.inf)


def reorder_point_and_quantity(
    fixed: ArrayLike,
    holding: ArrayLike,
    shortage: ArrayLike,
    mean: ArrayLike,
    spread: ArrayLike,
    lead: ArrayLike,
) -> tuple[np.ndarray, np.ndarray]:
    """(r, Q) under continuous review, by EOQ and safety stock apart: S&S (3.4) and (5.21).

    Mean and spread of demand are per period, the lead time in periods. The proposals are this policy with a measured
    distribution in place of the normal one, and a service level in place of the shortage cost.
    """
    mean, spread, lead = (np.asarray(one, float) for one in (mean, spread, lead))
    point = newsvendor(holding, shortage, mean * lead, spread * np.sqrt(lead))
    return point, economic_order_quantity(fixed, holding, mean)


def power_approximation(
    fixed: ArrayLike, holding: ArrayLike, shortage: ArrayLike, mean: ArrayLike, spread: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """(s, S) under periodic review: near the optimum of normal demand, without a search.

    Ehrhardt & Mosier, A Revision of the Power Approximation for Computing (s, S) Policies, Management Science 30
    (1984), 618-622; S&S (4.77)-(4.80), for orders that arrive before the period's demand. Mean and spread are per
    period, both above 0.
    """
    fixed, holding, shortage, mean, spread = (
        np.asarray(one, float) for one in (fixed, holding, shortage, mean, spread)
    )
    quantity = 1.30 * mean**0.494 * (fixed / holding) ** 0.506 * (1 + (spread / mean) ** 2) ** 0.116
    z = np.sqrt(quantity / spread * holding / shortage)
    point = 0.973 * mean + spread * (0.183 / z + 1.063 - 2.192 * z)
    return point, point + quantity
