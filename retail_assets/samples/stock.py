"""One store's history, day by day: what was sold, returned, ordered, delivered, moved and counted.

Sales never exceed what is on the shelf, so the books are coherent; what the books do not know (shrinkage, an
unbooked delivery) is where counts and books differ. A day depends on earlier days only, so a longer plan
repeats a shorter one and adds to it.
"""

from dataclasses import dataclass, field

import numpy as np

from retail_assets.samples import stories
from retail_assets.samples.catalogue import Catalogue
from retail_assets.samples.demand import rates

RETURN_AFTER = 6
"""Days between a sale and its return."""

NEVER = 100_000
"""The day on which what is lost on the way arrives."""


@dataclass(frozen=True)
class Transfer:
    """Units on their way from the first to the second store."""

    number: int
    product: int
    units: int
    leaves: int
    arrives: int


ORDER_COLUMNS = ["day", "product", "units", "first_units", "arrives", "rest_arrives"]
"""Of lines ordered from suppliers; a line comes in one delivery or in two."""


@dataclass
class Books:
    """What a store's stock went through besides sales."""

    store: int
    orders: list[np.ndarray] = field(default_factory=list)
    """Matrices of `ORDER_COLUMNS` x lines."""
    counts: list[tuple[int, np.ndarray, np.ndarray]] = field(default_factory=list)
    """Day, products, units."""
    movements: list[tuple[int, int, int, str, str]] = field(default_factory=list)
    """Day, product, signed units, kind, reason."""
    transfers: list[Transfer] = field(default_factory=list)
    """What left for the second store."""


@dataclass(frozen=True)
class StoreHistory:
    """What happened in one store; matrices are days x products and the bulk of a sample's memory."""

    books: Books
    sold: np.ndarray
    lines: np.ndarray
    returned: np.ndarray

    @property
    def store(self) -> int:
        return self.books.store


def count_days(catalogue: Catalogue) -> dict[int, np.ndarray]:
    """Which products are counted on which days: everything once, then parts of it."""
    plan = catalogue.plan
    listed = np.setdiff1d(np.arange(plan.size.products), [stories.NEW])
    recount = listed if plan.size.products <= 100 else listed[listed % 10 == 0]
    return {0: listed, plan.base_days - 40: recount, plan.base_days - 9: listed[listed % 4 == 1]}


SPOT_COUNT = 3
"""Days before `as_of` on which the first store counts a single shelf; the warehouse system reports it."""
SPOT_COUNTED = np.array([6, 14])


def planned_transfers(catalogue: Catalogue) -> list[Transfer]:
    """From the first store to the second: one every twenty days, and the one on its way at the end."""
    end = catalogue.plan.base_days
    products = catalogue.plan.size.products
    regular = [
        Transfer(n, (n * 3 + 1) % min(products, 17), 4, leaves=day, arrives=day + 2)
        for n, day in enumerate(range(15, end - 50, 20), start=1)
    ]
    last = end - stories.TRANSFER_DAY
    return [*regular, Transfer(len(regular) + 1, stories.OVERSTOCK, stories.TRANSFER_UNITS, last, end)]


def simulate(catalogue: Catalogue, store: int, *, arriving: list[Transfer]) -> StoreHistory:
    """Live through all days of a store; `arriving` are transfers that another store sent."""
    return _Store(catalogue, store, arriving).run()


class _Store:
    """The state of one store between two days."""

    def __init__(self, catalogue: Catalogue, store: int, arriving: list[Transfer]) -> None:
        plan = catalogue.plan
        shape = (plan.days, plan.size.products)
        self.catalogue, self.plan, self.store, self.arriving = catalogue, plan, store, arriving
        self.end = plan.base_days
        self.rate = rates(catalogue, store)
        self.cumulated = np.vstack([np.zeros((1, shape[1])), np.cumsum(self.rate, axis=0, dtype=np.float64)])
        self.books = Books(store)
        self.history = StoreHistory(self.books, *(np.zeros(shape, np.int16) for _ in range(3)))
        self.arrivals = np.zeros((plan.days + 200, shape[1]), np.int32)
        self.on_order = np.zeros(shape[1], np.int64)
        self.return_rate = catalogue.return_rate.copy()
        self.return_rate[stories.STEERED] = 0
        self.lead = catalogue.lead_days[catalogue.supplier]
        start = self.cumulated[30] * 1.2 + 3
        self.on_hand = np.ceil(start).astype(np.int64)
        self.on_hand[stories.NEW] = 0
        self.stop_ordering = {stories.NEW: NEVER}
        self.forced: dict[tuple[int, int], int] = {(self.end - stories.NEW_DAY - 16, stories.NEW): 60}
        self.drained: dict[int, tuple[int, int]] = {}
        self._tell()

    def _tell(self) -> None:
        """The stories' part: orders that are forced or missing, shelves that run empty."""
        end, gap = self.end, self.end - stories.GAP_FROM
        if self.store == stories.FIRST_STORE:
            self.stop_ordering |= {
                stories.OVERSTOCK: end - 75,
                stories.SOLD_OUT: end - stories.BLOCKED_FROM,
                stories.UNBOOKED: end - 60,
            }
            self.forced |= {(end - 75, stories.OVERSTOCK): 360, (end - 32, stories.SOLD_OUT): 48}
            self.drained = {
                stories.SOLD_OUT: (end - 40, gap),
                stories.UNBOOKED: (end - stories.UNBOOKED_DAY, end - 3),
            }
        if self.store == stories.SECOND_STORE:
            self.stop_ordering |= {stories.OVERSTOCK: end - stories.BLOCKED_FROM, stories.DEAD: end - 100}
            self.forced |= {(end - 32, stories.OVERSTOCK): 48, (end - 100, stories.DEAD): 40}
            self.drained = {stories.OVERSTOCK: (end - 40, gap)}

    def run(self) -> StoreHistory:
        counted = count_days(self.catalogue)
        if self.store == stories.FIRST_STORE:
            counted[self.end - SPOT_COUNT] = SPOT_COUNTED
        for day in range(self.plan.days):
            rng = self.plan.rng("stock", self.store, day)
            if day in counted:
                self.books.counts.append((day, counted[day], self.on_hand[counted[day]].copy()))
            self._receive(day)
            self._sell(day, rng)
            self._lose(day, rng)
            self._order(day, rng)
        return self.history

    def _receive(self, day: int) -> None:
        self.on_hand += self.arrivals[day]
        self.on_order -= self.arrivals[day]
        for transfer in self.arriving:
            if transfer.arrives == day:
                self.on_hand[transfer.product] += transfer.units
        if self.store == stories.FIRST_STORE:
            for planned in planned_transfers(self.catalogue):
                units = min(planned.units, int(self.on_hand[planned.product]))
                if planned.leaves == day and units:
                    self.on_hand[planned.product] -= units
                    moved = Transfer(planned.number, planned.product, units, day, planned.arrives)
                    self.books.transfers.append(moved)
            if day == self.end - stories.UNBOOKED_DAY:
                self.on_hand[stories.UNBOOKED] += stories.UNBOOKED_UNITS

    def _sell(self, day: int, rng: np.random.Generator) -> None:
        lines = rng.poisson(self.rate[day])
        wanted = np.flatnonzero(lines)
        units = lines.copy()
        units[wanted] += rng.binomial(lines[wanted], 0.15)
        for product, (start, until) in self.drained.items():
            if start <= day < until and self.rate[day].any():
                open_days = int(np.count_nonzero(self.rate[day:until].any(axis=1)))
                units[product] = max(units[product], -(-int(self.on_hand[product]) // open_days))
                lines[product] = max(lines[product], -(-units[product] // 2))
        sold = np.minimum(units, self.on_hand)
        self.history.sold[day] = sold
        self.history.lines[day] = np.minimum(lines, sold)
        self.on_hand -= sold
        if day >= RETURN_AFTER and self.rate[day].any():
            before = self.history.sold[day - RETURN_AFTER]
            some = np.flatnonzero(before)
            back = rng.binomial(before[some], self.return_rate[some])
            self.history.returned[day, some] = back
            self.on_hand[some] += back

    def _lose(self, day: int, rng: np.random.Generator) -> None:
        """Damage, goods found and sent back to the supplier are booked; shrinkage is not."""
        chance = rng.random(self.plan.size.products)
        chance[stories.STEERED] = 1
        chance[self.on_hand < 8] = 1
        for product in np.flatnonzero(chance < 0.003):
            if chance[product] < 0.0015:
                self.on_hand[product] -= 1 + int(chance[product] < 0.0003)
                continue
            units, kind, reason = -1, "damage", "broken"
            if chance[product] < 0.0018:
                units, kind, reason = 1, "adjustment", "found"
            elif chance[product] < 0.0021:
                units, kind, reason = -3, "supplier_return", "faulty batch"
            self.on_hand[product] += units
            self.books.movements.append((day, int(product), units, kind, reason))

    def _order(self, day: int, rng: np.random.Generator) -> None:
        catalogue, end = self.catalogue, self.end
        suppliers = np.arange(self.plan.size.suppliers)
        due_today = (day + suppliers + self.store) % 7 == 3
        late = rng.random(len(suppliers)) < np.where(
            suppliers == stories.LATE_SUPPLIER, 0.6 * (day > end - 75), 0.08
        )
        delay = np.where(late, rng.integers(3, 10, len(suppliers)), 0)
        split = rng.random(len(suppliers)) < 0.1
        need = self._needed(day)
        need[~due_today[catalogue.supplier]] = 0
        for product, last_day in self.stop_ordering.items():
            if product == stories.NEW or day >= last_day:
                need[product] = 0
        for product in (p for (d, p) in self.forced if d == day):
            need[product] = self.forced[day, product]
        products = np.flatnonzero(need)
        if not len(products):
            return
        units, supplier = need[products], catalogue.supplier[products]
        arrives = day + self.lead[products] + delay[supplier]
        first = np.where(split[supplier], np.maximum(units * 2 // 3, 1), units)
        blocked = np.array([p in self.drained and day >= self.drained[p][0] - 30 for p in products])
        arrives[blocked & (arrives >= end - stories.BLOCKED_FROM)] = NEVER
        rest = np.where((first < units) & (arrives < NEVER), arrives + 4, NEVER)
        self.on_order[products] += units
        there = arrives < NEVER
        np.add.at(self.arrivals, (arrives[there], products[there]), first[there])
        there = rest < NEVER
        np.add.at(self.arrivals, (rest[there], products[there]), (units - first)[there])
        self.books.orders.append(
            np.stack([np.full(len(products), day), products, units, first, arrives, rest])
        )

    def _needed(self, day: int) -> np.ndarray:
        """Units to order where stock and open orders no longer last until the next delivery but one."""
        columns = np.arange(self.plan.size.products)
        horizon = np.minimum(day + 1 + self.lead + 10, len(self.cumulated) - 1)
        until_then = self.cumulated[horizon, columns] - self.cumulated[day + 1]
        safety = 1.3 * np.sqrt(until_then) + 1
        position = self.on_hand + self.on_order
        daily = until_then / (horizon - day - 1)
        target = until_then + safety + daily * self.plan.size.cover_days
        short = position < until_then + safety
        packs = np.ceil((target - position) / self.catalogue.pack_size)
        return np.where(short & (until_then > 0), packs * self.catalogue.pack_size, 0).astype(np.int64)
