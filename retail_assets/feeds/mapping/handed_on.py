"""Which columns an expression hands on: as its value, into a text, into a cast. Over parts of DuckDB's syntax tree."""

from typing import Any

from retail_assets.feeds.mapping.functions import JOINING, KEEPING, MAKING_TEXTS, NUMBERS, TEXTS
from retail_assets.feeds.mapping.values.spelling import has_blanks

_LOOKING = frozenset(
    ("~~", "!~~", "~~*", "!~~*", "~~~", "^@", "starts_with", "prefix", "ends_with", "suffix", "contains")
)
"""Functions that look for one text in another."""
_REPLACING = ("replace", "translate", "regexp_replace")


def cast_to_numbers(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns, and the calls that make texts, which a cast makes a number of."""
    return _texts_of(node["child"]) if makes_number(node) else []


def makes_number(node: dict[str, Any]) -> bool:
    return node["class"] == "CAST" and node["type_expr"].get("type_name", "").lower() in NUMBERS


def _makes_text(node: dict[str, Any]) -> bool:
    return node["class"] == "CAST" and node["type_expr"].get("type_name", "").lower() in TEXTS


def _name(node: dict[str, Any]) -> str:
    return node.get("function_name", "").lower()


def _arguments(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [argument["expression"] for argument in node.get("arguments", ())]


def _chosen(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of which one is the value of this one."""
    name, arguments = _name(node), _arguments(node)
    if node["type"] in ("OPERATOR_COALESCE", "OPERATOR_TRY"):
        return node["children"]
    if node["class"] == "CASE":
        return [*(check["then_expr"] for check in node["case_checks"]), node["else_expr"]]
    if name in ("greatest", "least"):
        return arguments
    return arguments[1:] if name == "if" else arguments[:1] if name == "nullif" else []


def handed_on(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns whose texts, or parts of them, may be in a value."""
    if node["class"] == "COLUMN_REF":
        return [node]
    inner = [node["child"]] if _makes_text(node) else _chosen(node)
    if _name(node) in MAKING_TEXTS or _name(node) in JOINING:
        inner = _arguments(node)
    return [column for one in inner for column in handed_on(one)]


def as_written(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The same where nothing is done about the marks of numbers on the way."""
    if node["class"] == "COLUMN_REF":
        return [node]
    inner = [node["child"]] if _makes_text(node) else _chosen(node)
    arguments = _arguments(node)
    marks = [one["literal"].get("text", "") for one in arguments if one["class"] == "CONSTANT"]
    replaces = _name(node) in _REPLACING and not any(mark in str(text) for text in marks for mark in ".,")
    if replaces or _name(node) in KEEPING:
        inner = arguments[:1]
    return [column for one in inner for column in as_written(one)]


def _texts_of(node: dict[str, Any]) -> list[dict[str, Any]]:
    if node["class"] == "COLUMN_REF" or _name(node) in MAKING_TEXTS:
        return [node]
    return [text for one in _chosen(node) for text in _texts_of(one)]


def made_texts_of(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns that are written into a text as a whole."""
    if _makes_text(node):
        return _columns_in(node["child"]) or []
    name, arguments = _name(node), _arguments(node)
    written = arguments if name in JOINING else arguments[:1] if name in KEEPING else []
    return [column for argument in written for column in _columns_in(argument) or []]


def _columns_in(node: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The columns of which one is the value of a part; None where it may be something else than columns and texts."""
    name = _name(node)
    if node["class"] == "COLUMN_REF":
        return [node]
    if node["class"] == "CONSTANT":
        return [] if node["literal"].get("kind") in ("STRING", "NULL") else None
    if name in MAKING_TEXTS or name in JOINING:
        return []
    found = [_columns_in(one) for one in _chosen(node)]
    return [column for one in found for column in one or []] if found and None not in found else None


def beside_words(node: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The columns that a part of an expression compares with texts in which blanks stand, and those texts."""
    match node["class"], node["type"]:
        case "COMPARISON", _:
            sides = [node["left"], node["right"]]
        case "BETWEEN", _:
            sides = [node["input"], node["lower"], node["upper"]]
        case _, "COMPARE_IN" | "COMPARE_NOT_IN":
            sides = node["children"]
        case _:
            sides = _arguments(node) if _name(node) in _LOOKING else []
    words = [one for one in sides if one["class"] == "CONSTANT" and one["literal"].get("kind") == "STRING"]
    words = [one for one in words if has_blanks(one["literal"].get("text", ""))]
    return ([column for side in sides for column in as_written(side)] if words else [], words)
