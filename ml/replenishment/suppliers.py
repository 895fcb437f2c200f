"""Which of several suppliers is the cheapest for the quantity that is wanted, his lead time counted."""

import numpy as np
from numpy.typing import ArrayLike

from ml.replenishment.policies import normal_loss
from ml.replenishment.reorder import YEAR

LEAST_RATE = 1e-6
"""Units per day; what does not sell lies for ever, which is compared all the same."""


def cost_per_unit(
    *,
    unit_cost: np.ndarray,
    quantity: np.ndarray,
    safety_stock: np.ndarray,
    rate: np.ndarray,
    stock_until: np.ndarray,
    demand_until: np.ndarray,
    spread_until: np.ndarray,
    shortage_cost: np.ndarray,
    holding_share: ArrayLike,
    order_cost: ArrayLike,
) -> np.ndarray:
    """What a unit costs in all from an offer [C], of which `quantity` (above 0) are ordered:

        landed cost
        + order cost / quantity
        + holding of safety stock and half a quantity, per unit sold
        + shortage cost * units short until it arrives / quantity

    The total relevant cost of Silver, Pyke & Thomas (2017, chapter 4, with the safety stock of chapter 6) divided by
    the demand; a minimum or a pack that is too large costs by what lies there. Units short before the arrival are those
    that a normal demand with mean `demand_until` and spread `spread_until` exceeds `stock_until` by: a long lead time
    costs what is not sold meanwhile. Goods under way are paid on arrival.
    """
    holding = unit_cost * np.asarray(holding_share) / YEAR
    lying = (safety_stock + quantity / 2) / np.maximum(rate, LEAST_RATE)
    short = normal_loss(stock_until, demand_until, spread_until)
    return unit_cost + (np.asarray(order_cost) + shortage_cost * short) / quantity + holding * lying


def cheapest(rows: np.ndarray, cost: np.ndarray, count: int) -> np.ndarray:
    """int [count]: which offer has the least cost of each row, the first of equals; -1 where a row has none."""
    order = np.lexsort((np.arange(len(rows)), cost, rows))
    found = np.full(count, -1)
    first = np.append(True, rows[order][1:] != rows[order][:-1])[: len(rows)]
    found[rows[order][first]] = order[first]
    return found
