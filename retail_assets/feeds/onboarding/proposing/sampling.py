"""A sample of a file's records as somebody who knows nothing of it sees it: its columns, and what each holds."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from retail_assets.feeds.onboarding.proposing.moments import day_order
from retail_assets.feeds.onboarding.proposing.shape import Shape
from retail_assets.feeds.onboarding.proposing.shapes import NumberCell, shape_of
from retail_assets.feeds.readers.totals import is_total

_MAX_FIELDS = 500

Record = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of the source and a sample of what it holds."""

    name: str
    values: list[str]
    """Its distinct filled texts, the commonest first."""
    shape: Shape
    is_unique: bool
    filled: float
    """The share of records in which anything stands."""
    count: int
    """In how many of them."""


def plain(record: Record) -> Record:
    """Texts as they are, values of Parquet as text, JSON lists and objects as such."""
    plain = {}
    for name, value in record.items():
        text = None if value is None else str(value)
        if text and text[0] in "[{":
            with suppress(ValueError, RecursionError):
                plain[name] = json.loads(text, parse_float=str, parse_int=str)
                continue
        plain[name] = text
    return plain


def without_totals(sample: list[Record]) -> tuple[list[Record], list[Record]]:
    """The records that are lines, and those that sum them up; repeated headers are neither."""

    def filled(record: Record) -> dict[str, str]:
        return {name: value for name, value in record.items() if isinstance(value, str) and value.strip()}

    def is_line(record: Record) -> bool:
        nested = any(value and not isinstance(value, str) for value in record.values())
        return nested or not all(_is_name(value, name) for name, value in filled(record).items())

    lines = [record for record in sample if is_line(record)]
    totals = [record for record in lines if _is_total(record)]
    if len(totals) > max(3, len(lines) // 20):
        return lines, []
    return [record for record in lines if not _is_total(record)], totals


def _is_total(record: Record) -> bool:
    return any(isinstance(value, str) and value.strip() and is_total(value) for value in record.values())


def _is_name(value: str, name: str) -> bool:
    """Whether a column's name stands in it again, as a list with pages has it; of a name that repeats the first."""
    text = " ".join(value.split())
    return text == name or bool(re.fullmatch(re.escape(text) + r"_\d+", name))


def lists_in(sample: Iterable[Record]) -> list[str]:
    """The dotted paths of lists of objects, which a target may unfold."""
    paths: Counter[str] = Counter()

    def look(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                look(inner, f"{path}.{key}" if path else key)
        elif isinstance(value, list) and any(isinstance(element, dict) for element in value):
            paths[path] += 1

    for record in sample:
        look(record, "")
    return list(paths)


def unfolded(sample: list[Record], path: str | None) -> Iterator[Record]:
    """Records with one list unfolded and nested fields under their dotted paths; other lists are left out."""
    for record in sample:
        parents, elements = record, [None]
        if path:
            value: Any = record
            for key in path.split("."):
                value = value.get(key) if isinstance(value, dict) else None
            elements = value if isinstance(value, list) else []
        flat = dict(_flat(parents, ""))
        for element in elements:
            yield flat if path is None else {**flat, **dict(_flat(element, path))}


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else key)
    elif not isinstance(value, list):
        yield path, value


def columns_of(records: Iterable[Record], *, settles: bool) -> list[Column]:
    """Every column with its shape. What one leaves open (decimal mark, day or month first) the others settle where all
    are texts in one dialect; a workbook's own numbers say nothing of its texts."""
    texts: dict[str, Counter[str]] = {}
    count = 0
    for record in records:
        count += 1
        for name, value in record.items():
            counts = texts.setdefault(name, Counter())
            text = value if isinstance(value, NumberCell) else "" if value is None else str(value).strip()
            if text:
                counts[text] += 1
    values = dict(list(texts.items())[:_MAX_FIELDS])
    alone = {name: shape_of(found) for name, found in values.items()}
    decimals = Counter(
        s.settings["decimal"] for s in alone.values() if "decimal" in s.settings and not s.doubt
    )
    orders = {order for found in values.values() if (order := day_order(found)) is not None}
    decimal = decimals.most_common(1)[0][0] if decimals and settles else None
    day_first = orders.pop() if len(orders) == 1 else None
    return [
        Column(
            name=name,
            values=[text for text, _ in found.most_common()],
            shape=shape_of(found, decimal=decimal, day_first=day_first) if alone[name].doubt else alone[name],
            is_unique=len(found) == found.total() > 1,
            filled=found.total() / max(count, 1),
            count=found.total(),
        )
        for name, found in values.items()
    ]
