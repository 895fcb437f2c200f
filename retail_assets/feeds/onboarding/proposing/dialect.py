"""How a file writes its numbers, times and words, as the keys of a mapping's `values` and of single columns."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from retail_assets.feeds.mapping.contract_sql import contract_kind
from retail_assets.feeds.mapping.values.conversion import INSTANT
from retail_assets.feeds.onboarding.proposing.draft import Draft
from retail_assets.feeds.onboarding.proposing.matching import NAMES, is_in_cents
from retail_assets.feeds.onboarding.proposing.moments import UTC
from retail_assets.feeds.onboarding.proposing.shape import Shape
from retail_assets.feeds.onboarding.proposing.words import nothing_words

_LISTS = ("thousands", "strip", "negatives", "null_words", "dates", "times")
_IN_CELL = frozenset({"true_words", "false_words", "replace"})
_FREE = NAMES | {"note", "reason", "item_category", "return_reason"}
"""Columns in which a word stands for itself."""


def written_values(draft: Draft) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The dialect of the file, and what single columns write otherwise."""
    shapes = {column.name: column.shape for column in draft.used}
    texts = {p.source.name for n, p in draft.placed.items() if contract_kind(draft.feed.columns[n]).is_text}
    read = set(shapes) - texts  # as numbers, times or booleans; a text stays as it is
    decimals = [shapes[name] for name in shapes if name in read and "decimal" in shapes[name].settings]
    certain = [shape for shape in decimals if not shape.doubt] or decimals
    marks = Counter(shape.settings["decimal"] for shape in certain)
    beside = [] if marks else _numbers_beside(draft, shapes)
    marks = marks or Counter(shape.settings["decimal"] for shape in beside if "decimal" in shape.settings)
    mark = marks.most_common(1)[0][0] if marks else "."
    values: dict[str, Any] = {"decimal": mark} if mark != "." else {}
    own: dict[str, dict[str, Any]] = {}
    nothing, in_cells = _null_words(draft)
    if (
        len({tuple(s.settings["dates"]) for n, s in shapes.items() if n in read and "dates" in s.settings})
        > 1
    ):
        in_cells |= {"dates"}  # tried one after the other, one column's would read another's
    for name, shape in shapes.items():
        written = shape.settings if name in read else {}
        settings = {**written, "null_words": nothing.get(name, [])}
        cell = {key: settings.pop(key) for key in in_cells if settings.get(key)}
        if settings.get("decimal", mark) != mark or mark in settings.get("thousands", ()):
            cell["decimal"] = settings.pop("decimal", "." if mark == "," else ",")
            cell |= {"thousands": settings.pop("thousands")} if "thousands" in settings else {}
        own[name] = cell
        for key in _LISTS:
            values[key] = list(dict.fromkeys([*values.get(key, []), *settings.get(key, [])]))
        values |= {"percent": "true"} if "percent" in settings else {}
    for key in ("thousands", "negatives"):
        agreed = (s for s in beside if s.settings.get("decimal", mark) == mark)
        more = [text for shape in agreed for text in shape.settings.get(key, []) if text != mark]
        values[key] = list(dict.fromkeys([*values.get(key, []), *more]))
    for cell in own.values():
        if cell.get("decimal", mark) in values["thousands"] and "thousands" not in cell and "decimal" in cell:
            cell["thousands"] = [mark]  # the file's would be its own decimal mark
    return {key: value for key, value in (values | _zones(draft, own)).items() if value}, own


def _numbers_beside(draft: Draft, used: Mapping[str, Shape]) -> list[Shape]:
    """How the numbers are written that the mapping does not read yet: whoever completes it may take them."""
    return [
        column.shape
        for column in draft.columns
        if column.name not in used and column.shape.kind in ("integer", "number") and not column.shape.doubt
    ]


def _zones(draft: Draft, own: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The zone of times that do not say theirs; at their columns, where those are of several."""
    moments = [p.source for n, p in draft.placed.items() if contract_kind(draft.feed.columns[n]) is INSTANT]
    cells = [p.cell for n, p in draft.placed.items() if contract_kind(draft.feed.columns[n]) is INSTANT]
    open_ = [
        source
        for source, cell in zip(moments, cells, strict=True)
        if not source.shape.zoned or source.shape.kind == "date" or "dates" in cell
    ]
    in_utc = [source for source in open_ if source.shape.in_utc]
    if open_ and len(in_utc) == len(open_):
        return {"time_zone": UTC}
    for source in in_utc:
        own[source.name]["time_zone"] = UTC
    return {"time_zone": draft.time_zone} if open_ else {}


def parsed(draft: Draft, own: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The types of what prices are computed from."""
    rates = draft.discounts_in_percent[:1] if draft.is_priced else []
    factors = ["quantity", "unit_price"] if rates else []
    computed = {name: draft.placed[name] for name in [*factors, *draft.priced_per_unit]}
    columns = {placed.source.name: placed.cell for placed in computed.values()}
    columns |= {column.name: {} for column in rates}
    columns |= {draft.price_unit.name: {}} if draft.priced_per_unit and draft.price_unit else {}
    if amount := draft.amount:
        columns[amount.name] = {"scale": "0.01"} if is_in_cents(amount) else {}
    keys = {name: {**own.get(name, {}), **cell} for name, cell in columns.items()}
    return {name: {"type": "number", **written} if written else "number" for name, written in keys.items()}


def _null_words(draft: Draft) -> tuple[dict[str, list[str]], frozenset[str]]:
    """The words that mean nothing by source column, and the keys that have to stand at the columns: null words do
    where another column means them."""
    found = {column.name: column.shape.settings.get("null_words", []) for column in draft.used}
    texts = {n: p.source for n, p in draft.placed.items() if contract_kind(draft.feed.columns[n]).is_text}
    for name, column in texts.items():
        if name.endswith("_id") or (draft.feed.columns[name].nullable and name not in _FREE):
            found[column.name] = sorted(v for v in column.values if v.lower() in nothing_words())
    every = {word.lower() for words in found.values() for word in words}
    meant = {v.lower() for column in texts.values() for v in column.values if v not in found[column.name]}
    return found, _IN_CELL | ({"null_words"} if every & meant else frozenset())
