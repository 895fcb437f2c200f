"""Living through many days under a policy: whether what it promises holds. The reference that tests hold the levels to;
no night runs it."""

from dataclasses import dataclass

import numpy as np

from ml.replenishment.reorder import order_quantity


@dataclass(frozen=True)
class Lived:
    """What happened, [days, N] for N shelves that know nothing of each other."""

    left: np.ndarray
    """Units when the day ends; negative are wanted and owed."""
    wanted: np.ndarray
    unmet: np.ndarray
    """Units wanted that day and not there."""
    ordered: np.ndarray

    def service(self, lead: np.ndarray, review_days: int) -> np.ndarray:
        """[N]: the share of replenishment cycles in which nothing was lacking (P1 of Silver, Pyke & Thomas).

        A cycle goes from the day on which an order of one review would arrive to the day before that of the next one:
        `lead` is as `live` had it. A shortage at the end of a cycle is ended by what arrives then, and counts once;
        counted by review periods it could fall into two.
        """
        reviews = np.arange(0, len(self.unmet), review_days)
        arrivals = np.maximum.accumulate(reviews[:, None] + lead[reviews], axis=0)
        lacking = np.concatenate([np.zeros((1, lead.shape[1]), int), np.cumsum(self.unmet > 0, axis=0)])
        until = np.take_along_axis(lacking, np.minimum(arrivals, len(self.unmet)), axis=0)
        is_cycle = (arrivals[1:] > arrivals[:-1]) & (arrivals[1:] <= len(self.unmet))
        return 1 - ((np.diff(until, axis=0) > 0) & is_cycle).sum(axis=0) / is_cycle.sum(axis=0)

    def fill_rate(self) -> np.ndarray:
        """[N]: the share of units wanted that was there (their P2)."""
        return 1 - self.unmet.sum(axis=0) / self.wanted.sum(axis=0)

    def cost(self, *, holding: float, shortage: float, fixed: float) -> np.ndarray:
        """[N]: mean cost per day: of units that lie or are owed when it ends, and of orders."""
        lying, owed = np.maximum(self.left, 0), np.maximum(-self.left, 0)
        return (holding * lying + shortage * owed + fixed * (self.ordered > 0)).mean(axis=0)


def live(
    wanted: np.ndarray,
    lead: np.ndarray,
    *,
    reorder_point: np.ndarray,
    order_up_to: np.ndarray,
    minimum: float = 0,
    pack: float = 1,
    review_days: int = 1,
    owed: bool = True,
) -> Lived:
    """Live through days of demand `wanted` [days, N], shelves full at the beginning.

    Each day begins with what arrives; every `review_days` the policy (points and levels [N]) looks at what is there and
    on order (all of it: it was ordered earlier and so is due within the lead time, by which a plan counts it; see
    `reorder.due_within`), and an order of that day comes `lead` [days, N] whole days later, 0 is at once; then
    customers come. What is not there is owed until it arrives, or lost where not `owed`.
    """
    days, count = wanted.shape
    coming = np.zeros((days + int(lead.max(initial=0)) + 1, count))
    stock, on_order = order_up_to.astype(float), np.zeros(count)
    left, unmet, ordered = (np.zeros((days, count)) for _ in range(3))
    shelf = np.arange(count)
    for day in range(days):
        if day % review_days == 0:
            quantity = order_quantity(
                stock + on_order, reorder_point, order_up_to, np.full(count, minimum), np.full(count, pack)
            )
            ordered[day] = quantity
            coming[day + lead[day], shelf] += quantity
            on_order += quantity
        stock += coming[day]
        on_order -= coming[day]
        unmet[day] = np.clip(wanted[day] - np.maximum(stock, 0), 0, None)
        stock -= wanted[day] if owed else wanted[day] - unmet[day]
        left[day] = stock
    return Lived(left, wanted, unmet, ordered)
