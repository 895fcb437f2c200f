"""Which columns an expression compares with numbers and words as they stand in it: both had better be of one kind.

DuckDB would make the word of a comparison a number, and fail for every record.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Compared:
    """A column, or what is calculated of columns, beside a constant."""

    columns: tuple[str, ...]
    is_number: bool
    """Whether the constant is a number; else it is a text."""
    constant: str
    is_plain: bool
    """Whether it is a column as it is."""


_CALCULATIONS = {
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "abs",
    "ceil",
    "ceiling",
    "floor",
    "mod",
    "round",
    "sign",
    "trunc",
}
_MADE_ALIKE = {"nullif", "greatest", "least"}
"""Functions whose arguments become values of one kind."""


def compared_in(node: dict[str, Any]) -> Iterator[Compared]:
    """What one part of an expression compares."""
    sides = _sides(node)
    for side in sides:
        columns = tuple(_columns_of(side))
        for is_number, constant in filter(None, map(_constant, sides if columns else [])):
            yield Compared(columns, is_number, constant, is_plain=side["class"] == "COLUMN_REF")


def _sides(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts that DuckDB makes values of one kind."""
    arguments = [argument["expression"] for argument in node.get("arguments", [])]
    match node["class"], node["type"]:
        case "COMPARISON", _:
            return [node["left"], node["right"]]
        case "BETWEEN", _:
            return [node["input"], node["lower"], node["upper"]]
        case _, "COMPARE_IN" | "COMPARE_NOT_IN" | "OPERATOR_COALESCE":
            return node["children"]
        case "CASE", _:
            return [*(check["then_expr"] for check in node["case_checks"]), node["else_expr"]]
        case "FUNCTION", _ if node["function_name"] in _MADE_ALIKE:
            return arguments
        case "FUNCTION", _ if node["function_name"] == "if":
            return arguments[1:]
    return []


def _columns_of(node: dict[str, Any]) -> Iterator[str]:
    if node["class"] == "COLUMN_REF":
        yield ".".join(node["column_names"])
    elif node["class"] == "FUNCTION" and node["function_name"] in _CALCULATIONS:
        for argument in node["arguments"]:
            yield from _columns_of(argument["expression"])


def _constant(node: dict[str, Any]) -> tuple[bool, str] | None:
    """Whether a constant is a number, and its text."""
    if node["class"] == "FUNCTION" and node["function_name"] == "-" and len(node["arguments"]) == 1:
        node = node["arguments"][0]["expression"]
    if node["class"] != "CONSTANT" or node["literal"]["kind"] not in ("INTEGER", "NUMERIC", "STRING"):
        return None
    return node["literal"]["kind"] != "STRING", str(node["literal"].get("text", ""))
