"""Rules of replenishment for tests: each names those that it is about."""

from dataclasses import replace
from typing import Any

from ml.replenishment.rules import Rules

PLAIN = Rules(
    review_days=1,
    holding_share=0.25,
    order_cost=0,
    most_days=60,
    keep_days=45,
    least_transfer=1,
    handling_cost=0,
)
"""Looked at each day, and ordered up to the reorder point."""


def rules(**others: Any) -> Rules:
    return replace(PLAIN, **others)
