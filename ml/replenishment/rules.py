"""What holds for all products: rules of a plan, as plain data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """What holds for all products."""

    review_days: int
    """Days from one look at the stock to the next."""
    holding_share: float
    """What a unit costs per year that it lies there, as a share of its landed cost."""
    order_cost: float
    """What an order line costs whatever its quantity, where the price is in its currency."""
    most_days: float
    """An order lasts so many days at most, nor more than the forecast has; minimum and packs apart."""
    keep_days: int
    """A store gives away only what it does not need for so many days."""
    least_transfer: float
    """Units below which nothing is sent from store to store."""
    handling_cost: float
    """What a transfer costs whatever its quantity: less is never moved, at landed cost in its currency."""
