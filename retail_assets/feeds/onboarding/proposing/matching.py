"""Which source column fits which contract column: by name, by type and by content. A helpful guess, not an oracle."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import dataframely as dy

from retail_assets.contract import Feed
from retail_assets.feeds.mapping.conversion import BOOLEAN, DATE, ID, INSTANT, INTEGER, NUMBER, TEXT
from retail_assets.feeds.mapping.judging import contract_kind
from retail_assets.feeds.onboarding.proposing.names import likeness, words
from retail_assets.feeds.onboarding.proposing.sampling import Column
from retail_assets.feeds.onboarding.proposing.words import listed

_THRESHOLD = 0.55


@dataclass(frozen=True)
class Placed:
    """Where a contract column's value comes from, in a mapping's own words."""

    source: Column
    cell: dict[str, Any] = field(default_factory=dict)
    """Further keys of the cell: scale, epoch, …"""


def place(feed: Feed, columns: list[Column]) -> dict[str, Placed]:
    """The likeliest pairs first, each source column once."""
    pairs = []
    for name, contract in feed.columns.items():
        for column in columns:
            score, placed = _fit(feed, name, contract, column)
            if score >= _THRESHOLD:
                pairs.append((score, name, placed))
    found: dict[str, Placed] = {}
    for _, name, placed in sorted(pairs, key=lambda pair: -pair[0]):
        taken = any(placed.source.name == other.source.name for other in found.values())
        if name not in found and not taken:
            found[name] = placed
    return {name: found[name] for name in feed.columns if name in found}


def _fit(feed: Feed, name: str, contract: dy.Column, column: Column) -> tuple[float, Placed]:
    placed = _as_typed(contract, column)
    if placed is None or not column.values:
        return 0.0, Placed(column)
    score = likeness(column.name, feed=feed.name, column=name)
    if name in _CONTENTS and _share(column, _CONTENTS[name]) > 0.95:
        score = max(score, 0.7)
    pattern = getattr(contract, "regex", None)
    if pattern and _share(column, lambda text: bool(re.search(pattern, text))) < 0.5:
        score -= 0.5
    if isinstance(contract, dy.Enum) and set(column.values) <= set(contract.categories):
        score = max(score, 0.9)
    if feed.key == [name]:
        score += 0.1 if column.is_unique else -0.1
    return score, placed


def _share(column: Column, fits: Callable[[str], bool]) -> float:
    return sum(map(fits, column.values)) / len(column.values)


def _as_typed(contract: dy.Column, column: Column) -> Placed | None:
    """How the column would become what the contract wants; None when it cannot."""
    kind, shape = contract_kind(contract), column.shape
    match kind.name:
        case NUMBER.name if shape.kind in ("integer", "number"):
            return Placed(column, _scale(contract, column))
        case INTEGER.name if shape.kind == "integer":
            return Placed(column)
        case INSTANT.name | DATE.name:
            if shape.kind in ("date", "datetime"):
                return Placed(column)
            if shape.as_time:
                return Placed(column, shape.as_time)
        case BOOLEAN.name if shape.kind == "boolean" or set(column.values) <= {"0", "1"}:
            return Placed(column)
        case TEXT.name | ID.name if shape.kind not in ("date", "datetime", "time"):
            return Placed(column)
    return None


def _scale(contract: dy.Column, column: Column) -> dict[str, Any]:
    """Percent as a share, cents as the currency's unit."""
    is_rate = isinstance(contract, dy.Decimal) and contract.max == 1
    if is_rate and "percent" not in column.shape.settings:
        return {"scale": "0.01"} if any(_above_one(value) for value in column.values) else {}
    in_cents = column.shape.kind == "integer" and listed("hundredths") & set(words(column.name))
    return {"scale": "0.01"} if in_cents else {}


def _above_one(value: str) -> bool:
    digits = re.sub(r"[^\d.,]", "", value).replace(",", ".")
    return bool(re.fullmatch(r"\d+(\.\d*)?", digits)) and float(digits) > 1


def is_gtin(text: str) -> bool:
    """Whether the last digit is the check digit of those before it."""
    if not re.fullmatch(r"\d{8}|\d{12,14}", text):
        return False
    return sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(text.zfill(14))) % 10 == 0


_CONTENTS: dict[str, Callable[[str], bool]] = {
    "barcode": is_gtin,
    "currency": lambda text: text in listed("currencies"),
    "email": lambda text: bool(re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", text)),
    "iban": lambda text: bool(re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9 ]{11,40}", text)),
}
