"""When to order and how much: reorder point, level to order up to, quantity in packs, and what counts as there
already."""

from dataclasses import dataclass

import numpy as np

from ml.replenishment.demand import DailyForecast, demand_over, offset_at, spread_over
from ml.replenishment.policies import economic_order_quantity
from ml.replenishment.rules import Rules
from ml.replenishment.shapes import BELOW, LeadShape, offsets

YEAR = 365
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Levels:
    """When to order and up to what, one entry per question [C]."""

    lead: np.ndarray
    """Whole days until an order placed today arrives, rounded up."""
    days: np.ndarray
    """Days that stock has to last: until what is ordered at the next review arrives."""
    demand: np.ndarray
    """Expected units over these days."""
    offsets: np.ndarray
    """[C, 6]: how far their quantiles lie from it, uncertain lead time included."""
    safety_stock: np.ndarray
    reorder_point: np.ndarray
    """Whole units that just suffice; with less it is time to order."""
    order_up_to: np.ndarray
    rate: np.ndarray
    """Expected units per day over the horizon."""


def levels(
    forecast: DailyForecast,
    rows: np.ndarray,
    *,
    lead_days: np.ndarray,
    lead_spread: np.ndarray,
    lead_shape: LeadShape,
    service: np.ndarray,
    unit_cost: np.ndarray,
    rules: Rules,
) -> Levels:
    """Levels for series `rows` [C] of a forecast under lead times (mean, spread in days and shape) and a service level.

    An order placed today is there after L days, one placed at the next review after R + L: until then stock has to last
    (Silver, Pyke & Thomas, Inventory and Production Management in Supply Chains, 4th edition 2017, chapter 6, periodic
    review). The service level is the probability that it does, their P1.

        reorder point = demand(L + R) + safety stock
        safety stock  = offset of the service level's quantile from the mean of a demand over a random time, with the
                        variance Var(demand(L + R)) + (demand per day * spread of the lead time) ** 2
        order up to   = reorder point + economic order quantity, of at most `most_days` days' demand, nor more days than
                        the forecast has: beyond them nobody knows whether a promotion goes on. Where the unit's cost is
                        not known in the currency of the order's (0) there is no such quantity.

    The variance is E[L] * Var(D) + E[D] ** 2 * Var(L) (the same book, chapter 6, on variable lead times); the quantile
    is not that of a normal distribution but of the mixture of demands over the lead times that were seen
    (`shapes.offsets`). Units are whole: the least k with P(demand <= k) >= service is found with the continuity
    correction of half a unit.
    """
    if not ((service >= 0.5) & (service < 1)).all():
        raise ValueError("A service level is a probability of at least 0.5 and less than 1.")
    lead = np.ceil(lead_days - _ROUNDING).astype(int)
    days = lead + rules.review_days
    demand = demand_over(forecast, rows, days)
    rate = forecast.means.mean(axis=1, dtype=float)[rows]
    per_day = demand / np.maximum(days, 1)
    variance, skewness = spread_over(forecast, rows, days, demand)
    off = offsets(variance, skewness, per_day * lead_spread, lead_shape)
    below = off[:, : len(BELOW)]
    np.minimum(below, demand[:, None], out=below)  # what is wanted is never negative
    safety = offset_at(off, service)
    point = np.maximum(np.ceil(demand + safety - 0.5 - _ROUNDING), 0)
    holding = unit_cost * rules.holding_share / YEAR
    most = rate * min(rules.most_days, forecast.means.shape[1])
    lot = np.minimum(economic_order_quantity(rules.order_cost, holding, rate), most)
    lot = np.where(unit_cost > 0, lot, 0)
    return Levels(lead, days, demand, off, safety, point, point + np.round(lot), rate)


def order_quantity(
    position: np.ndarray,
    reorder_point: np.ndarray,
    order_up_to: np.ndarray,
    minimum: np.ndarray,
    pack: np.ndarray,
) -> np.ndarray:
    """Units to order [C]: nothing at the reorder point or above it, else up to the level, in whole packs, at least the
    minimum (0 where there is none). `pack` is above 0; a minimum that is no multiple of it counts as the next one."""
    wanted = np.maximum(order_up_to - position, minimum)
    return np.where(position < reorder_point, np.ceil(wanted / pack - _ROUNDING) * pack, 0.0)


def due_within(
    rows: np.ndarray, due: np.ndarray, units: np.ndarray, asked: np.ndarray, days: np.ndarray
) -> np.ndarray:
    """Units [C] that are due for series `asked` within `days`.

    Of what is on order or in transit, [N]: `rows` says for which series, `due` in how many days (overdue counts as 0).
    """
    order = np.lexsort((due, rows))
    far = int(max(due.max(initial=0), days.max(initial=0))) + 1
    keys = rows[order] * far + due[order]
    summed = np.append(0.0, np.cumsum(units[order]))
    until = np.searchsorted(keys, asked * far + days, side="right")
    return summed[until] - summed[np.searchsorted(keys, asked * far, side="left")]
