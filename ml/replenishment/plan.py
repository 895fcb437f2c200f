"""What to send from store to store and what to buy, for all products in all stores at once.

Everything is an array: [S] one entry per item (a product in a store), [C] one per offer (a supplier who could deliver
an item), [N] one per delivery on order or in transit. Money is in one currency per item.
"""

from dataclasses import dataclass, fields

import numpy as np

from ml.replenishment.demand import DailyForecast, chance_above, daily_means, demand_over, spread_over
from ml.replenishment.reorder import Levels, due_within, levels, order_quantity
from ml.replenishment.rules import Rules
from ml.replenishment.shapes import LeadShape, normal_shape
from ml.replenishment.suppliers import cheapest, cost_per_unit
from ml.replenishment.transfers import Transfers, transfers

NEVER = 0
"""Instead of a day: not within the days that are looked at."""
LOOK_AHEAD = 90
"""Days in which an expected stock-out is looked for."""
AT_ONCE = 16_384
"""Items whose days are in memory at the same time."""


@dataclass(frozen=True)
class Items:
    """Products in stores [S]; `forecast` has their demand from today on, its first day is today."""

    forecast: DailyForecast
    product: np.ndarray
    """int: which product it is; stores exchange the same one."""
    on_hand: np.ndarray
    """Units that may be sold; less than none counts as none."""
    orderable: np.ndarray
    """bool: whether it is still listed: else nothing is bought or sent there."""
    receives: np.ndarray
    """bool: whether other stores may send it there; else what it lacks is bought."""
    service: np.ndarray
    """Probability with which stock is to last, 0.5 to 1."""
    shortage_cost: np.ndarray
    """What a unit costs that is wanted and not there."""


@dataclass(frozen=True)
class Offers:
    """Who could deliver [C]; every item has one at least."""

    item: np.ndarray
    """int: row of the item."""
    lead_days: np.ndarray
    lead_spread: np.ndarray
    unit_cost: np.ndarray
    """Landed: with freight and duty; 0 where it is unknown."""
    minimum: np.ndarray
    """Smallest quantity of an order; 0 where there is none."""
    pack: np.ndarray
    """Units per pack, above 0."""
    costed: np.ndarray
    """bool: whether what the rules say of costs is in the currency of unit_cost; else ordering and handling cost
    nothing that could be compared with it."""


@dataclass(frozen=True)
class Incoming:
    """What is on order or in transit [N]."""

    item: np.ndarray
    due: np.ndarray
    """int: days from today until it is due, as a new order would be; overdue is 0."""
    arrives: np.ndarray
    """int: days until it is there, where that may be later: what the stock-out day is reckoned by."""
    units: np.ndarray


@dataclass(frozen=True)
class Plan:
    """What came out. All [S] but the transfers."""

    offer: np.ndarray
    """int: row of the offer that is the cheapest."""
    levels: Levels
    """Of that offer."""
    due: np.ndarray
    """Units that are due within its lead time."""
    position: np.ndarray
    """On hand plus those, before transfers."""
    stockout_day: np.ndarray
    """int: first day (1 is today) on which expected demand exceeds what arrives by then; NEVER (0) if none is."""
    stockout_chance: np.ndarray
    """Probability that the position does not last for `levels.days`."""
    received: np.ndarray
    """Units that come from other stores."""
    sent: np.ndarray
    quantity: np.ndarray
    """Units to buy; 0 where nothing is."""
    cost: np.ndarray
    """What a unit costs in all from that offer."""
    transfers: Transfers


def plan(
    items: Items, offers: Offers, incoming: Incoming, rules: Rules, *, lead_shape: LeadShape | None = None
) -> Plan:
    """Transfers and orders. Raises ValueError where an item has no offer or a service level is none.

    Lead times lie around their means as `lead_shape` says, normally where it says nothing.

    1. Levels of each offer by its lead time; the position is what is on hand and due within it.
    2. The cheapest offer for the quantity that is wanted: where stock suffices, for what an order would be.
    3. A gap is what an order would bring, a surplus what exceeds a store's own need: the larger of the level to order
       up to and the reorder point for `keep_days`. Surpluses cover gaps, those worth most first.
    4. Where transfers came the offer is chosen again for what is still to be bought.
    """
    count = len(items.product)
    table = _levels(items, offers, rules, lead_shape or normal_shape())
    due = due_within(incoming.item, incoming.due, incoming.units, offers.item, table.lead)
    on_hand = np.maximum(items.on_hand, 0)
    position = on_hand[offers.item] + due
    several = np.bincount(offers.item, minlength=count)[offers.item] > 1
    if (np.bincount(offers.item, minlength=count) == 0).any():
        raise ValueError("Every item needs an offer: somebody who could deliver it.")
    until = _until_arrival(items, offers, table, several)

    def chosen(extra: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Offer, quantity and cost per unit [S] if so much comes besides."""
        there = position + extra[offers.item]
        quantity = _quantities(items, offers, table, there)
        cost = _costs(items, offers, table, there, quantity, until, several, rules)
        offer = cheapest(offers.item, cost, count)
        return offer, quantity[offer], cost[offer]

    nothing = np.zeros(count)
    offer, quantity, cost = chosen(nothing)
    best = _picked(table, offer)
    gap = np.where(quantity > 0, best.order_up_to - position[offer], 0)
    chance = chance_above(best.offsets, position[offer] - best.demand)
    unit_cost = offers.unit_cost[offer]
    moved = transfers(
        items.product,
        np.where(gap > 0, 0, on_hand - _kept(items, best, rules)),
        np.where(items.receives, gap, 0),
        chance * items.shortage_cost,
        least=np.where(
            offers.costed[offer] & (unit_cost > 0),
            np.maximum(rules.least_transfer, np.ceil(rules.handling_cost / np.maximum(unit_cost, 1e-9))),
            rules.least_transfer,
        ),
    )
    received = moved.received(count)
    if len(moved.units):
        offer, quantity, cost = chosen(received)
        best = _picked(table, offer)
        chance = chance_above(best.offsets, position[offer] - best.demand)
    return Plan(
        offer=offer,
        levels=best,
        due=due[offer],
        position=position[offer],
        stockout_day=_stockout_day(items, incoming, on_hand),
        stockout_chance=chance,
        received=received,
        sent=moved.sent(count),
        quantity=quantity,
        cost=cost,
        transfers=moved,
    )


def _levels(items: Items, offers: Offers, rules: Rules, lead_shape: LeadShape) -> Levels:
    """Levels of all offers, some items at a time: sums over days are large."""
    order = np.argsort(offers.item, kind="stable")
    parts = []
    for part in _parts(len(items.product)):
        some = order[slice(*np.searchsorted(offers.item[order], [part.start, part.stop]))]
        found = levels(
            items.forecast.part(part),
            offers.item[some] - part.start,
            lead_days=offers.lead_days[some],
            lead_spread=offers.lead_spread[some],
            lead_shape=lead_shape,
            service=items.service[offers.item[some]],
            unit_cost=np.where(offers.costed, offers.unit_cost, 0)[some],
            rules=rules,
        )
        parts.append(found)
    back = np.argsort(order, kind="stable")
    return Levels(
        **{f.name: np.concatenate([getattr(part, f.name) for part in parts])[back] for f in fields(Levels)}
    )


def _parts(count: int) -> list[slice]:
    return [slice(start, min(start + AT_ONCE, count)) for start in range(0, count, AT_ONCE)] or [slice(0, 0)]


def _picked(table: Levels, rows: np.ndarray) -> Levels:
    return Levels(**{f.name: getattr(table, f.name)[rows] for f in fields(Levels)})


def _quantities(items: Items, offers: Offers, table: Levels, there: np.ndarray) -> np.ndarray:
    quantity = order_quantity(there, table.reorder_point, table.order_up_to, offers.minimum, offers.pack)
    return np.where(items.orderable[offers.item], quantity, 0)


def _until_arrival(
    items: Items, offers: Offers, table: Levels, several: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Expected demand and its spread over the lead time alone [C], where there is something to choose."""
    demand, spread = np.zeros(len(several)), np.zeros(len(several))
    which = np.flatnonzero(several)
    rows, back = np.unique(offers.item[which], return_inverse=True)
    for start in range(0, len(rows), AT_ONCE):
        inside = (back >= start) & (back < start + AT_ONCE)
        some = items.forecast.part(rows[start : start + AT_ONCE])
        asked, lead = back[inside] - start, table.lead[which[inside]]
        demand[which[inside]] = over = demand_over(some, asked, lead)
        spread[which[inside]] = np.sqrt(spread_over(some, asked, lead, over)[0])
    return demand, spread


def _costs(
    items: Items,
    offers: Offers,
    table: Levels,
    there: np.ndarray,
    quantity: np.ndarray,
    until: tuple[np.ndarray, np.ndarray],
    several: np.ndarray,
    rules: Rules,
) -> np.ndarray:
    """Cost per unit [C]; of the only offer of an item what it costs landed."""
    cost = offers.unit_cost.astype(float)
    some = np.flatnonzero(several)
    usual = np.maximum(table.order_up_to - table.reorder_point, np.maximum(offers.minimum, 1))
    usual = np.ceil(usual / offers.pack) * offers.pack
    cost[some] = cost_per_unit(
        unit_cost=offers.unit_cost[some],
        quantity=np.where(quantity > 0, quantity, usual)[some],
        safety_stock=table.safety_stock[some],
        rate=table.rate[some],
        stock_until=there[some],
        demand_until=until[0][some],
        spread_until=until[1][some],
        shortage_cost=items.shortage_cost[offers.item[some]],
        holding_share=rules.holding_share,
        order_cost=rules.order_cost * offers.costed[some],
    )
    return cost


def _kept(items: Items, best: Levels, rules: Rules) -> np.ndarray:
    """Units [S] that a store needs itself."""
    days = np.full(AT_ONCE, rules.keep_days)
    demand = np.concatenate(
        [
            demand_over(items.forecast.part(part), np.arange(size), days[:size])
            for part in _parts(len(items.product))
            for size in [part.stop - part.start]
        ]
    )
    return np.maximum(np.ceil(demand + best.safety_stock), best.order_up_to)


def _stockout_day(items: Items, incoming: Incoming, on_hand: np.ndarray) -> np.ndarray:
    """See Plan.stockout_day."""
    order = np.argsort(incoming.item, kind="stable")
    found = np.full(len(on_hand), NEVER)
    for part in _parts(len(on_hand)):
        size = part.stop - part.start
        some = order[slice(*np.searchsorted(incoming.item[order], [part.start, part.stop]))]
        some = some[incoming.arrives[some] < LOOK_AHEAD]
        flat = (incoming.item[some] - part.start) * LOOK_AHEAD + incoming.arrives[some]
        arrives = np.bincount(flat, incoming.units[some], minlength=size * LOOK_AHEAD)
        left = arrives.reshape(size, LOOK_AHEAD) - daily_means(items.forecast.part(part), LOOK_AHEAD)
        left[:, 0] += on_hand[part]
        short = np.cumsum(left, axis=1, out=left) < 0
        found[part] = np.where(short.any(axis=1), short.argmax(axis=1) + 1, NEVER)
    return found
