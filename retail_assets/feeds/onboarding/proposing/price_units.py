"""Prices of more than one unit: a column beside them says of how many (`Preiseinheit` 100), or their own name does."""

from collections.abc import Iterable, Sequence

from retail_assets.feeds.onboarding.proposing import evidence
from retail_assets.feeds.onboarding.proposing.names import CERTAIN, likeness
from retail_assets.feeds.onboarding.proposing.sampling import Column, Record
from retail_assets.feeds.onboarding.proposing.words import PER_MANY, says, words
from retail_assets.sql import identifier

PRICES = ("unit_price", "unit_cost", "cost_price", "selling_price")
"""Contract columns that are for one unit."""
_LIKE = 0.65
_DIFFERENT = 12
_MOST = 100_000


def price_unit(columns: Sequence[Column], lines: Iterable[Record]) -> Column | None:
    """The column that says of how many units a price is, if a file has one; what is always the quantity does not."""
    quantities = [c.name for c in columns if likeness(c.name, feed="", column="quantity") >= CERTAIN]
    found = [(likeness(column.name, feed="", column="priced_for"), column) for column in columns]
    found = [(score, column) for score, column in found if score >= _LIKE and _are_counts(column)]
    for _, column in sorted(found, key=lambda pair: -pair[0]):
        others = (name for name in quantities if name != column.name)
        if is_always_one(column) or not any(_are_equal(column.name, other, lines) for other in others):
            return column
    return None


def _are_equal(one: str, other: str, lines: Iterable[Record]) -> bool:
    return all(line.get(one) == line.get(other) for line in lines)


def is_always_one(column: Column) -> bool:
    return all(evidence.number(value) == 1 for value in column.values)


def per_unit(price: str, unit: str) -> str:
    """The price of one unit."""
    return f"{identifier(price)} / {identifier(unit)}"


def units_in_name(name: str) -> str | None:
    """`100` of `Preis pro 100 St` or `price/100`."""
    stated = PER_MANY.search(name)
    return stated[1] if stated else None


def pack_in_name(name: str) -> str | None:
    """The word that says that a price is for a pack of several; not where the name says what a unit costs."""
    return says(name, "packs") if "unit" not in words(name) else None


def _are_counts(column: Column) -> bool:
    numbers = [evidence.number(value) for value in column.values]
    return 0 < len(numbers) <= _DIFFERENT and all(
        n is not None and 1 <= n <= _MOST and n == int(n) for n in numbers
    )
