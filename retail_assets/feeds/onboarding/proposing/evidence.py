"""What a column's values say about which contract column it can be, beyond their type."""

import re
from collections.abc import Callable, Iterable

from retail_assets.feeds.onboarding.proposing.names import CERTAIN, likeness
from retail_assets.feeds.onboarding.proposing.sampling import Column
from retail_assets.feeds.onboarding.proposing.words import listed, says

_MOST = 0.8
_ENOUGH = 5


def share(column: Column, fits: Callable[[str], bool]) -> float:
    """Of its distinct values."""
    return sum(map(fits, column.values)) / max(len(column.values), 1)


def is_gtin(text: str) -> bool:
    """Whether the last digit is the check digit of those before it."""
    if not re.fullmatch(r"\d{8}|\d{12,14}", text):
        return False
    return sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(text.zfill(14))) % 10 == 0


CONTENTS: dict[str, Callable[[str], bool]] = {
    "barcode": is_gtin,
    "currency": lambda text: text in listed("currencies"),
    "email": lambda text: bool(re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", text)),
    "iban": lambda text: bool(re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9 ]{11,40}", text)),
}
"""Contract columns that are known by what stands in them."""


def looks_like_ids(column: Column) -> bool:
    """With digits or in capitals, and no words: what systems number or code things with."""
    return share(column, _is_id) >= _MOST


def _is_id(text: str) -> bool:
    if "@" in text:
        return False
    if re.search(r"\s", text):
        return bool(re.search(r"\d", text)) and not re.search(r"[^\W\d_A-Z]{3,}", text)
    return bool(re.search(r"\d", text)) or text == text.upper()


def looks_like_texts(column: Column) -> bool:
    """Names and sentences: several words, or an address."""
    return (
        share(column, lambda v: "@" in v or bool(re.fullmatch(r"\D*[^\W\d_]{2,}[,.]?\s+[^\W\d_]{2,}\D*", v)))
        >= 0.3
    )


def looks_like_codes(column: Column) -> bool:
    """Numbers and codes where words are expected."""
    return share(column, lambda v: bool(re.fullmatch(r"\S*\d\S*|\W*", v))) >= _MOST


def are_days(column: Column) -> bool:
    """Dates, or moments that are all midnight in the zone that they say."""
    midnight = r".*[ T]00:00(:00(\.0+)?)?(Z|[+-]\d\d:?\d\d)?"
    kind = column.shape.kind
    return kind == "date" or (
        kind == "datetime" and share(column, lambda v: bool(re.fullmatch(midnight, v))) == 1
    )


def is_constant(column: Column) -> bool:
    """The same in every record, where there are enough to tell."""
    return len(column.values) == 1 and column.count > _ENOUGH


def is_counted(column: Column) -> bool:
    """Another in every record, where there are enough to tell: the id of a line."""
    return column.is_unique and column.count > _ENOUGH


def are_signs(column: Column) -> bool:
    """Neither letters nor digits: the sign of a currency, dashes."""
    return bool(column.values) and not any(re.search(r"[^\W_]", value) for value in column.values)


def is_fraction(column: Column) -> bool:
    """Numbers with decimals that are not nought; ids have none, but may be written in groups of three digits."""
    in_groups = all(re.fullmatch(r"[1-9]\d{0,2}([.,])\d{3}(\1\d{3})*", value) for value in column.values)
    is_number = column.shape.kind == "number" and not in_groups
    return is_number and any(re.search(r"[.,]\d*[1-9]", value) for value in column.values)


def rate_certainty(column: Column) -> float:
    """How sure it is that numbers are rates and no amounts: 1 where the source says so, 0 where it cannot be."""
    if is_rate(column):
        return 1.0
    numbers = [n for n in map(number, column.values) if n is not None]
    if column.shape.signs:
        return 0.0
    known = {float(rate) for rate in listed("vat_rates")}
    if numbers and all(n in known or round(n * 100, 4) in known for n in numbers):
        return 0.9 if any(0 < n < 1 for n in numbers) else 0.5
    return 0.3 if numbers and all(0 <= n <= 1 for n in numbers) else 0.0


def is_rate(column: Column) -> bool:
    """Whether a column says of itself that it is no amount; a `rate` may be a price as well."""
    if "percent" in column.shape.settings or says(column.name, "percent"):
        return True
    if says(column.name, "rate") and is_discount(column):
        return True
    known = {float(rate) for rate in listed("vat_rates")}
    numbers = [number(value) for value in column.values]
    return bool(says(column.name, "rate")) and all(
        n in known or (n is not None and 0 <= n <= 1) for n in numbers
    )


def is_discount(column: Column) -> bool:
    return bool(says(column.name, "discounts"))


def number(text: str) -> float | None:
    """A number as far as evidence needs it: the last mark is its decimal mark."""
    digits = re.sub(r"[^\d.,]", "", text)
    head, mark, tail = digits.rpartition("," if digits.rfind(",") > digits.rfind(".") else ".")
    plain = re.sub(r"\D", "", head) + (f".{tail}" if mark else tail)
    if not re.fullmatch(r"\d*\.?\d+", plain):
        return None
    return -float(plain) if re.search(r"^\W*[-\u2212(]|-$", text) else float(plain)


def matrix(columns: Iterable[Column]) -> frozenset[str]:
    """Names of numbers that differ in a number only, or in what stands behind the word for a store: a column per shop,
    or per week."""
    alike: dict[str, list[str]] = {}
    for column in columns:
        if column.shape.kind not in ("integer", "number"):
            continue
        head, _, rest = column.name.partition(" ")
        if rest and likeness(head, feed="", column="store_id") >= CERTAIN:
            alike.setdefault(head, []).append(column.name)
        elif re.search(r"\d", column.name):
            alike.setdefault(re.sub(r"\d+", "#", column.name), []).append(column.name)
    return frozenset(name for names in alike.values() if len(names) > 1 for name in names)
