"""What the sample tells on purpose: named situations that tests, README and dashboards can point at.

Product, store and supplier numbers are zero-based positions in the catalogue; days count back from the
plan's `as_of`, so that a situation is the same in every size.
"""

from dataclasses import dataclass

FIRST_STORE = 0
SECOND_STORE = 1

OVERSTOCK = 4
"""Far too much of it in the first store, none left in the second."""
SOLD_OUT = 11
"""Sold out in the first store, its purchase order overdue."""
DEAD = 17
"""Lies in the second store and has not sold for months."""
NEW = 23
"""Listed late and never counted."""
UNBOOKED = 30
"""A delivery to the first store that nobody booked: the books say less than nothing is there."""
NO_COST = 35
"""Has no cost price, so its margin is unknown."""

STEERED = [OVERSTOCK, SOLD_OUT, DEAD, NEW, UNBOOKED]
"""Products whose stock is steered: they have no promotions, returns or losses that would spoil the story."""

LATE_SUPPLIER = 2
"""Delivers late in the last two months."""

GAP_FROM = 12
"""Days before `as_of` from which the gaps are there."""
BLOCKED_FROM = 45
"""Days before `as_of` from which the sold-out products' deliveries no longer arrive."""
DEAD_FROM = 80
NEW_DAY = 30
UNBOOKED_DAY = 20
UNBOOKED_UNITS = 12
TRANSFER_DAY = 2
TRANSFER_UNITS = 24


@dataclass(frozen=True)
class Story:
    """One situation, in words and as ids."""

    name: str
    sentence: str
    product_id: str | None = None
    store_id: str | None = None
    document: str | None = None
    file: str | None = None


def standing(store_ids: list[str], product_ids: list[str]) -> list[Story]:
    """The situations that need no file of their own; the flows tell the others."""
    first, second = store_ids[FIRST_STORE], store_ids[SECOND_STORE]
    return [
        Story(
            "overstock",
            "Lasts for most of a year here; the second store has none.",
            product_ids[OVERSTOCK],
            first,
        ),
        Story("dead stock", f"Has not sold for {DEAD_FROM} days.", product_ids[DEAD], second),
        Story("new product", "Listed a month ago and never counted anywhere.", product_ids[NEW]),
        Story(
            "unbooked delivery",
            f"{UNBOOKED_UNITS} units were put on the shelf and never booked: the books go below zero.",
            product_ids[UNBOOKED],
            first,
        ),
        Story("unknown cost", "Has no cost price: its margin is unknown.", product_ids[NO_COST]),
    ]
