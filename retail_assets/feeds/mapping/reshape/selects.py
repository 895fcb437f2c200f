"""SQL of `reshape`: is a text one harmless select over the file's records, and which columns does it name?

As with expressions DuckDB's own parser answers, and what is not listed is not possible. Beyond what expressions do, a
select joins and aggregates, over `records` and what it names itself with `with`; never over files, other tables or
what a function makes. What depends on an order has to state one that ends with `record`: the same file must always
give the same rows.
"""

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from retail_assets.feeds.mapping.expressions import ExpressionError, parts_of, serialized
from retail_assets.feeds.mapping.functions import FUNCTIONS, TYPES, growth

MAX_CHARACTERS = 10_000
RECORDS, RECORD = "records", "record"
"""The relation of the file's records, and the column with a record's number. A select gives `record`, or the list
`records` of those that it merged into the row."""

_AGGREGATES = {"sum", "count", "count_star", "count_if", "min", "max", "avg", "median", "bool_and", "bool_or"}
_ORDERED = {"first", "last", "any_value", "string_agg", "list"}
"""Aggregates whose answer depends on an order; `list(record)` alone is taken for a set."""
_BY_RECORD = {"arg_min", "arg_max", "min_by", "max_by"}
_WINDOWS = {"row_number", "rank", "dense_rank", "lag", "lead", "first_value", "last_value", "nth_value"}
_LISTS = {"unnest", "string_split", "flatten", "list_distinct", "list_concat", "list_sort"}
SELECT_FUNCTIONS = _AGGREGATES | _ORDERED | _BY_RECORD | _WINDOWS | _LISTS
"""What a select may call beyond the functions of expressions."""
_CALLS = FUNCTIONS | (SELECT_FUNCTIONS - _WINDOWS)
_TYPES = TYPES - {"double", "float", "real", "float4", "float8"}
"""Sums of floating point numbers depend on their order."""
_QUERIES = ("SELECT_NODE", "SET_OPERATION_NODE", "CTE_NODE")
_RELATIONS = ("BASE_TABLE", "JOIN", "SUBQUERY", "EMPTY", "EXPRESSION_LIST", "PIVOT")
_REFUSED = {
    "PARAMETER": "a parameter",
    "POSITIONAL_REFERENCE": "a positional reference",
    "DEFAULT": "DEFAULT",
    "LAMBDA": "`->`",
    "COLLATE": "`collate`",
}
_OF_THE_MOMENT = frozenset(
    [
        "current_catalog",
        "current_date",
        "current_localtime",
        "current_localtimestamp",
        "current_role",
        "current_schema",
        "current_time",
        "current_timestamp",
        "current_user",
        "localtime",
        "localtimestamp",
        "session_user",
        "user",
    ]
)
"""What DuckDB takes for a question about the moment where no column has that name."""
_JOINS = ("REGULAR", "CROSS", "NATURAL")
_REFUSED_TYPES = {
    "TABLE_FUNCTION": "a function after `from`",
    "RECURSIVE_CTE_NODE": "a recursive `with`",
    "LIMIT_MODIFIER": "`limit`",
    "LIMIT_PERCENT_MODIFIER": "`limit`",
}


@dataclass(frozen=True)
class Select:
    text: str
    names: tuple[str, ...]
    """Every column that it names, and every alias that it uses."""
    aliases: frozenset[str]
    """Names that it gives itself, in small letters: they need not be columns of the file."""
    takes_all: bool
    """Whether it takes all columns with `*`."""
    beside_all: frozenset[str] = frozenset()
    """Those of the aliases that stand beside a `*` of the records, which may have a column of that name."""
    made_beside_all: frozenset[str] = frozenset()
    """Those of them of which the file's column, if it had one, is not asked where they are made: columns of its own."""
    matches: bool = False
    """Whether it looks for columns with `columns(…)`: only a file says what it finds."""


def parse_select(text: str) -> Select:
    """Check one select; raises ExpressionError."""
    text = text.strip().removesuffix(";")
    if not text.strip():
        raise ExpressionError("a select is missing")
    if "\0" in text:
        raise ExpressionError("a NUL character, where DuckDB would stop reading")
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(f"a select has at most {MAX_CHARACTERS:,} characters")
    try:
        return _read(text)
    except RecursionError:
        raise ExpressionError("too many brackets within brackets") from None


def _read(text: str) -> Select:
    answer = json.loads(serialized(text))
    if answer["error"]:
        raise ExpressionError(answer["error_message"])
    if len(answer["statements"]) != 1:
        raise ExpressionError("write one select, without `;`")
    nodes = list(parts_of(answer["statements"]))
    relations = {RECORDS, *(name for node in nodes for name in _with(node))}
    names: list[str] = []
    aliases: set[str] = set()
    for node in nodes:
        _check(node, relations)
        aliases |= _given(node)
        if node.get("class") == "COLUMN_REF":
            names.append(node["column_names"][-1])
        if node.get("class") == "STAR":
            names += _not_as_they_are(node)
    stars = [node for node in nodes if node.get("class") == "STAR"]
    matches = any(star["columns"] for star in stars)
    beside = [(alias, node) for node in nodes for alias in _beside_all(node)]
    made = frozenset(alias for alias, node in beside if alias not in _named_in(node))
    every = frozenset(alias for alias, _ in beside)
    return Select(text, tuple(dict.fromkeys(names)), frozenset(aliases), bool(stars), every, made, matches)


def _named_in(node: dict[str, Any]) -> set[str]:
    return {part["column_names"][-1].lower() for part in parts_of(node) if part.get("class") == "COLUMN_REF"}


def _not_as_they_are(star: dict[str, Any]) -> list[str]:
    """The columns that a `*` names behind `exclude`, `replace` and `rename`."""
    excluded = [*star["exclude_list"], *(one["column"] for one in star["qualified_exclude_list"])]
    renamed = [one["key"]["column"] for one in star["rename_list"]]
    return [*excluded, *renamed, *_replaced(star)]


def _replaced(star: dict[str, Any]) -> list[str]:
    return [one["key"] for one in star["replace_list"]]


def _beside_all(node: dict[str, Any]) -> Iterator[str]:
    """The aliases in a list that takes all columns of the records too, but for those that the `*` leaves out."""
    listed = node.get("select_list") or []
    stars = [one for one in listed if one.get("class") == "STAR" and not one["columns"]]
    if not stars or node["from_table"].get("table_name", "").lower() != RECORDS:
        return
    left = {name.lower() for star in stars for name in _not_as_they_are(star)}
    left -= {name.lower() for star in stars for name in _replaced(star)}
    aliases = (one.get("alias") or "" for one in listed)
    yield from (alias.lower() for alias in aliases if alias and alias.lower() not in left)


def _with(node: dict[str, Any]) -> Iterator[str]:
    """The relations that a query names with `with`."""
    for entry in (node.get("cte_map") or {}).get("map", []):
        if entry["key"].lower() == RECORDS:
            raise ExpressionError(f"`{RECORDS}` is what the file's records are called; name yours otherwise")
        yield entry["key"].lower()


def _given(node: dict[str, Any]) -> set[str]:
    """The names that a part of a select gives to what it makes."""
    given = [node.get("alias") or "", *(node.get("column_name_alias") or [])]
    given += [*(node.get("unpivot_names") or []), *(node.get("aliases") or [])]
    return {name.lower() for name in given if isinstance(name, str) and name}


def _check(node: dict[str, Any], relations: set[str]) -> None:
    kind, sort = node.get("class"), node.get("type")
    refused = _REFUSED.get(str(kind)) or _REFUSED_TYPES.get(str(sort))
    if refused:
        raise ExpressionError(f"{refused} is not possible in a reshape")
    if node.get("sample"):
        raise ExpressionError("a sample is not possible in a reshape")
    if sort == "DISTINCT_MODIFIER" and node.get("distinct_on_targets"):
        raise ExpressionError("`distinct on` is not possible: say which one with `arg_min(…, record)`")
    if str(sort).endswith("_NODE") and sort not in _QUERIES:
        raise ExpressionError("write one select")
    if "sample" in node and "select_list" not in node and sort not in _RELATIONS:
        raise ExpressionError(f"{str(sort).lower()} after `from` is not possible in a reshape")
    if sort == "JOIN" and node["ref_type"] not in _JOINS:
        raise ExpressionError(f"a join that is {node['ref_type'].lower()} is not possible in a reshape")
    if kind == "COLUMN_REF" and node["column_names"][-1].lower() in _OF_THE_MOMENT:
        raise ExpressionError(
            f"`{node['column_names'][-1]}` is an SQL word for something of the moment; name a column of the file "
            "otherwise with `file: {columns: …}`"
        )
    if sort == "BASE_TABLE":
        _check_relation(node, relations)
    if kind == "TYPE" and node["type_name"].lower() not in _TYPES:
        raise ExpressionError(f"nothing becomes a {node['type_name'].lower()} in a reshape")
    if kind in ("FUNCTION", "WINDOW"):
        _check_call(node, is_window=kind == "WINDOW")


def _check_relation(node: dict[str, Any], relations: set[str]) -> None:
    plain = not node["schema_name"] and not node["catalog_name"] and not node.get("at_clause")
    if not plain or node["table_name"].lower() not in relations:
        raise ExpressionError(
            f"`{node['table_name']}` is not there: a reshape reads the file's `{RECORDS}`, "
            "and what it names with `with`"
        )


def _check_call(node: dict[str, Any], *, is_window: bool) -> None:
    name = node["function_name"].lower()
    if node["schema"] or node.get("catalog"):
        raise ExpressionError(f"write {name}(…) without what stands before its point")
    calls = _CALLS | _WINDOWS if is_window else _CALLS
    if name not in calls:
        near = difflib.get_close_matches(name, calls, n=1)
        raise ExpressionError(
            f"{name}() is not possible in a reshape{f' (did you mean {near[0]}()?)' if near else ''}; "
            "what is possible is listed in docs/bring-a-source.md"
        )
    arguments = [argument["expression"] for argument in node["arguments"]]
    try:
        growth(name, arguments)
    except ValueError as error:
        raise ExpressionError(str(error)) from error
    if name in _BY_RECORD and not (len(arguments) == 2 and _is_record(arguments[1])):
        raise ExpressionError(f"write {name}(…, record): only a record's number is no other record's too")
    a_set = name == "list" and len(arguments) == 1 and _is_record(arguments[0])
    orders = (node.get("order_bys") or {}).get("orders") or node.get("arg_orders")
    if name in _ORDERED and not a_set and not _ends_with_record(orders):
        raise ExpressionError(f"{name}() depends on an order: write {name}(… order by …, record)")
    if name in _WINDOWS and not _ends_with_record(node["orders"]):
        raise ExpressionError(f"{name}() depends on an order: write over (… order by …, record)")
    if is_window and name not in _WINDOWS and node["orders"] and not _ends_with_record(node["orders"]):
        raise ExpressionError(f"a running {name}() depends on an order: write over (… order by …, record)")


def _ends_with_record(orders: list[dict[str, Any]] | None) -> bool:
    return bool(orders) and _is_record(orders[-1]["expression"])


def _is_record(node: dict[str, Any]) -> bool:
    return node.get("class") == "COLUMN_REF" and node["column_names"][-1].lower() == RECORD
