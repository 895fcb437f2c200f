"""What holds for all products: rules of a plan, as plain data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """What holds for all products."""

    review_days: int = 1
    """Days from one look at the stock to the next."""
    holding_share: float = 0.25
    """What a unit costs per year that it lies there, as a share of its landed cost."""
    order_cost: float = 0.0
    """What an order line costs whatever its quantity, in the currency of the price."""
    most_days: float = 60
    """An order lasts so many days at most, minimum and packs apart."""
    keep_days: int = 45
    """A store gives away only what it does not need for so many days."""
    least_transfer: float = 1
    """Units below which nothing is sent from store to store."""
    handling_cost: float = 0.0
    """What a transfer costs whatever its quantity: less is never moved, at landed cost."""
