"""SQL expressions in mappings: is a text one harmless scalar expression, and which columns does it name?

DuckDB's own parser answers; nothing here guesses at SQL. An expression may use DuckDB's scalar functions whose
result depends on their arguments only: no subqueries, no aggregates or windows, no clock, no chance, no settings.
"""

import difflib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import duckdb

_OPENING = "select (\n"


class ExpressionError(Exception):
    """The text is not an expression that a mapping may use; says why."""


@dataclass(frozen=True)
class Reference:
    """A column named in an expression; `start` and `end` are byte offsets in its text."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Expression:
    text: str
    references: tuple[Reference, ...]
    compared_with_numbers: tuple[str, ...] = ()
    """Columns that the expression compares with a number as they are: they had better be numbers."""

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(reference.name for reference in self.references))

    def sql(self, column_sql: Callable[[str], str]) -> str:
        """The expression with every column replaced by what `column_sql` says."""
        text = self.text.encode()
        for reference in sorted(self.references, key=lambda r: r.start, reverse=True):
            text = text[: reference.start] + column_sql(reference.name).encode() + text[reference.end :]
        return f"(\n{text.decode()}\n)"


def parse_expression(text: str) -> Expression:
    """Check one expression and find its columns; raises ExpressionError."""
    if not text.strip():
        raise ExpressionError("an expression is missing")
    tree = _syntax_tree(text)
    columns: dict[tuple[int, int], Reference] = {}
    numbers: list[str] = []
    for node, parameters in _walk(tree, frozenset()):
        _refuse(node)
        if node.get("class") in ("COMPARISON", "BETWEEN") or node.get("type") in (
            "COMPARE_IN",
            "COMPARE_NOT_IN",
        ):
            numbers += _compared_with_number(node)
        if node.get("class") == "COLUMN_REF" and node["column_names"][0] not in parameters:
            start = node["query_location"] - len(_OPENING)
            end = start + node["query_location_length"]
            columns[start, end] = Reference(".".join(node["column_names"]), start, end)
    return Expression(text, tuple(columns.values()), tuple(dict.fromkeys(numbers)))


def _syntax_tree(text: str) -> dict[str, Any]:
    answer = json.loads(_serialize(f"{_OPENING}{text}\n)"))
    if answer["error"]:
        raise ExpressionError(answer["error_message"])
    statements = answer["statements"]
    node = statements[0]["node"] if len(statements) == 1 else {}
    bare = node.get("type") == "SELECT_NODE" and len(node["select_list"]) == 1
    if not bare or node["from_table"]["type"] != "EMPTY" or any(node[part] for part in _CLAUSES):
        raise ExpressionError("write one SQL expression, without `select`, `from` or `;`")
    return node["select_list"][0]


_CLAUSES = ("modifiers", "where_clause", "group_expressions", "having", "sample", "qualify")


def _serialize(statement: str) -> str:
    try:
        [(tree,)] = _ask("select json_serialize_sql($1::varchar)", [statement])
    except duckdb.Error as error:
        raise ExpressionError(str(error)) from error
    return tree


@cache
def _functions() -> dict[str, bool]:
    """Every scalar function and macro by name: whether its result depends on its arguments only."""
    return dict(
        _ask(
            "select lower(function_name), bool_and(function_type in ('scalar', 'macro') "
            "and coalesce(stability, 'CONSISTENT') = 'CONSISTENT') from duckdb_functions() group by all"
        )
    )


def _ask(query: str, parameters: Sequence[str] = ()) -> list[tuple]:
    with _ONE_AT_A_TIME:  # sensors load mappings in threads of one process
        return _parser().execute(query, parameters).fetchall()


_ONE_AT_A_TIME = Lock()


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"enable_external_access": False, "threads": 1})


def _walk(node: Any, parameters: frozenset[str]) -> Iterator[tuple[dict[str, Any], frozenset[str]]]:
    """Every node of the tree with the lambda parameters that are in force there."""
    if isinstance(node, list):
        for child in node:
            yield from _walk(child, parameters)
    elif isinstance(node, dict):
        if node.get("class") == "LAMBDA":
            parameters = parameters | _lambda_parameters(node["lhs"])
            yield from _walk(node["expr"], parameters)
            return
        yield node, parameters
        for child in node.values():
            yield from _walk(child, parameters)


def _lambda_parameters(lhs: dict[str, Any]) -> frozenset[str]:
    return frozenset(
        n["column_names"][0] for n, _ in _walk(lhs, frozenset()) if n.get("class") == "COLUMN_REF"
    )


_REFUSED = {
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "STAR": "a *",
    "PARAMETER": "a parameter",
    "POSITIONAL_REFERENCE": "a positional reference",
    "DEFAULT": "DEFAULT",
}


def _refuse(node: dict[str, Any]) -> None:
    kind = node.get("class")
    if kind in _REFUSED:
        raise ExpressionError(f"an expression works on one record: {_REFUSED[kind]} is not possible")
    if kind == "FUNCTION" and not node["is_operator"]:
        name = node["function_name"].lower()
        if node["schema"]:
            raise ExpressionError(f"write {name}({node['schema']}, …) instead of {node['schema']}.{name}(…)")
        if name not in _functions():
            near = difflib.get_close_matches(name, [n for n, pure in _functions().items() if pure], n=1)
            raise ExpressionError(
                f"there is no function {name}(){f' (did you mean {near[0]}()?)' if near else ''}"
            )
        if not _functions()[name]:
            raise ExpressionError(
                f"{name}() is not possible here: an expression sees one record, and gives the same each time"
            )


def _compared_with_number(node: dict[str, Any]) -> list[str]:
    sides = [node.get(k) for k in ("left", "right", "input", "lower", "upper")] + node.get("children", [])
    sides = [side for side in sides if isinstance(side, dict)]
    if not any(_is_number(side) for side in sides):
        return []
    return [".".join(side["column_names"]) for side in sides if side.get("class") == "COLUMN_REF"]


def _is_number(node: dict[str, Any]) -> bool:
    if node.get("class") == "FUNCTION" and node["function_name"] == "-" and len(node["arguments"]) == 1:
        node = node["arguments"][0]["expression"]
    return node.get("class") == "CONSTANT" and node["literal"]["kind"] in ("INTEGER", "NUMERIC")
