"""Discounts that a source states in percent, where the contract wants the amount of the line."""

from collections.abc import Iterable

from retail_assets.feeds.onboarding.proposing import evidence
from retail_assets.feeds.onboarding.proposing.sampling import Column
from retail_assets.sql import identifier


def percentages(columns: Iterable[Column]) -> list[Column]:
    """The columns of numbers that are a discount's percentage or share."""
    numbers = (column for column in columns if column.shape.kind in ("integer", "number"))
    return [column for column in numbers if evidence.is_discount(column) and evidence.is_rate(column)]


def discounted(quantity: str, price: str, rate: Column) -> str:
    """The discount of a line, of the expressions of its quantity and its price."""
    hundredth = "" if _is_share(rate) else " / 100"
    return f"{quantity} * {price} * {identifier(rate.name)}{hundredth}"


def _is_share(rate: Column) -> bool:
    """What is written with a percent sign is read as one; of 1, where no number is higher and some are lower."""
    numbers = [abs(n) for n in map(evidence.number, rate.values) if n is not None]
    return "percent" in rate.shape.settings or (
        max(numbers, default=0) <= 1 and any(0 < n < 1 for n in numbers)
    )
