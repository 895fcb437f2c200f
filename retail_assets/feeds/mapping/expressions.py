"""SQL expressions in mappings: is a text one harmless scalar expression, and which columns does it name?

DuckDB's own parser answers; nothing here guesses at SQL. An expression may use the functions and types that
`functions` lists: no subqueries, no aggregates or windows, no lists, no clock, no chance, no settings.
"""

import difflib
import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from threading import Lock
from typing import Any

import duckdb

from retail_assets.feeds.mapping.comparisons import Compared, compared_in
from retail_assets.feeds.mapping.functions import (
    FUNCTIONS,
    MAX_GROWTH,
    TYPES,
    growth,
)
from retail_assets.feeds.mapping.handed_on import (
    as_written,
    beside_words,
    cast_to_numbers,
    handed_on,
    made_texts_of,
    makes_number,
)
from retail_assets.feeds.mapping.values.spelling import as_compared

MAX_CHARACTERS = 5_000
MAX_DEPTH = 100
"""Of brackets within brackets: what DuckDB's parser takes for them grows with the square, to half a minute."""
_OPENING, _CLOSING = "select (\n", "\n), "
_END = "the_end"
"""Named behind the expression, to see whether DuckDB counts places as the text does."""


class ExpressionError(Exception):
    """The text is not an expression that a mapping may use; says why."""


@dataclass(frozen=True)
class Reference:
    """A column named in an expression; `start` and `end` are byte offsets in its text."""

    name: str
    start: int
    end: int
    becomes_number: bool = False
    """Whether the expression casts it to a number as it is."""
    becomes_text: bool = False
    """Whether the whole of it becomes a text, or a part of one."""
    is_handed_on: bool = False
    """Whether its text, or a part of it, may be what the expression yields."""
    is_cast: bool = False
    """Whether its text, or a part of it, is cast to a number."""
    is_cast_as_written: bool = False
    """The same with the marks that the source writes."""
    is_beside_blanks: bool = False
    """Whether it is compared with a text in which blanks stand."""


@dataclass(frozen=True)
class Expression:
    text: str
    references: tuple[Reference, ...]
    compared: tuple[Compared, ...] = ()
    """What it compares with numbers and texts."""
    texts_to_numbers: tuple[tuple[int, int], ...] = ()
    """Byte offsets of the calls that make a text, which is then cast to a number."""
    words: tuple[tuple[int, int], ...] = ()
    """Byte offsets of texts in which blanks stand, and with which columns are compared."""

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(reference.name for reference in self.references))

    def sql(self, column_sql: Callable[[Reference], str]) -> str:
        """The expression with every column replaced by what `column_sql` says, and no number read from 1_000."""
        edits = [(r.start, r.end, column_sql(r)) for r in self.references]
        for start, end in self.texts_to_numbers:
            before, after = no_number_with_underscores("\n").split("\n")
            edits += [(start, start, before), (end, end, after)]
        text = self.text.encode()
        edits += [(start, end, as_compared(text[start:end].decode())) for start, end in self.words]
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new.encode() + text[end:]
        return f"(\n{text.decode()}\n)"


def no_number_with_underscores(text: str) -> str:
    """SQL of a text that DuckDB casts to a number only where people would: 1_000 is none."""
    return f"translate({text}, '_', 'x')"


def parse_expression(text: str) -> Expression:
    """Check one expression and find its columns; raises ExpressionError."""
    text = unicodedata.normalize("NFC", text)  # as texts are read
    if not text.strip():
        raise ExpressionError("an expression is missing")
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(f"an expression has at most {MAX_CHARACTERS:,} characters")
    try:
        return _read_tree(text, _syntax_tree(text))
    except RecursionError:
        raise ExpressionError("too many brackets within brackets") from None


def _read_tree(text: str, tree: dict[str, Any]) -> Expression:
    columns: dict[tuple[int, int], Reference] = {}
    compared: list[Compared] = []
    grows = []
    cast = [part for node in _walk(tree) for part in cast_to_numbers(node)]
    calls = {_place(part) for part in cast if part["class"] != "COLUMN_REF"}
    bare = {_place(part) for part in cast if part["class"] == "COLUMN_REF"}
    texts = {_place(part) for node in _walk(tree) for part in made_texts_of(node)}
    numbers = [node["child"] for node in _walk(tree) if makes_number(node)]
    yielded = {_place(part) for part in handed_on(tree)}
    in_cast = {_place(part) for child in numbers for part in handed_on(child)}
    beside = [beside_words(node) for node in _walk(tree)]
    compared_so = {_place(part) for parts, _ in beside for part in parts}
    words = {_place(part) for _, parts in beside for part in parts}
    unmended = {_place(part) for child in numbers for part in as_written(child)}
    for node in _walk(tree):
        grows.append(_checked(node))
        compared += compared_in(node)
        if node["class"] == "COLUMN_REF":
            place = _place(node)
            said = [place in those for those in (bare, texts, yielded, in_cast, unmended, compared_so)]
            columns[place] = Reference(".".join(node["column_names"]), *place, *said)
    if math.prod(grows) * max(1, len(columns)) > MAX_GROWTH:
        raise ExpressionError(
            f"this could make a text more than {MAX_GROWTH:,} times as long; make it shorter"
        )
    return Expression(
        text,
        tuple(columns.values()),
        tuple(dict.fromkeys(compared)),
        tuple(sorted(calls)),
        tuple(sorted(words)),
    )


def _place(node: dict[str, Any]) -> tuple[int, int]:
    start = node["query_location"] - len(_OPENING)
    return start, start + node["query_location_length"]


def _syntax_tree(text: str) -> dict[str, Any]:
    answer = json.loads(serialized(f"{_OPENING}{text}{_CLOSING}{_END}"))
    if answer["error"]:
        raise ExpressionError(answer["error_message"])
    statements = answer["statements"]
    node = statements[0]["node"] if len(statements) == 1 else {}
    bare = node.get("type") == "SELECT_NODE" and len(node["select_list"]) == 2
    if not bare or node["from_table"]["type"] != "EMPTY" or any(node[part] for part in _CLAUSES):
        raise ExpressionError("write one SQL expression, without `select`, `from` or `;`")
    expression, end = node["select_list"]
    if end["query_location"] != len(f"{_OPENING}{text}{_CLOSING}".encode()):
        # It takes blanks of other kinds for shorter ones: columns would be replaced where none stands.
        raise ExpressionError("a blank in it is none of the keyboard's (copied from a page?); type it anew")
    return expression


_CLAUSES = ("modifiers", "where_clause", "group_expressions", "having", "sample", "qualify")


def serialized(statement: str) -> str:
    """DuckDB's syntax tree of a statement, as JSON; raises ExpressionError."""
    if _deepest(statement) > MAX_DEPTH:
        raise ExpressionError(f"brackets within brackets, more than {MAX_DEPTH} deep")
    try:
        with _ONE_AT_A_TIME:  # sensors load mappings in threads of one process
            [(tree,)] = _parser().execute("select json_serialize_sql($1::varchar)", [statement]).fetchall()
    except duckdb.Error as error:
        raise ExpressionError(str(error)) from error
    return tree


def _deepest(statement: str) -> int:
    """How deep brackets lie within each other, those in quotes aside."""
    brackets = (1 if one == "(" else -1 for one in _QUOTED.sub("", statement) if one in "()")
    return max(accumulate(brackets, initial=0))


_QUOTED = re.compile(r"'[^']*'" r'|"[^"]*"')


_ONE_AT_A_TIME = Lock()


def reads_as(text: str, sql_type: str) -> bool:
    """Whether DuckDB takes a text for a value of a type."""
    with _ONE_AT_A_TIME:
        [(value,)] = _parser().execute(f"select try_cast($1::varchar as {sql_type})", [text]).fetchall()
    return value is not None


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"enable_external_access": False, "threads": 1})


def parts_of(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in a syntax tree."""
    if isinstance(tree, list):
        for child in tree:
            yield from parts_of(child)
    elif isinstance(tree, dict):
        yield tree
        for child in tree.values():
            yield from parts_of(child)


def _walk(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every part of an expression."""
    return (part for part in parts_of(tree) if "class" in part)


_REFUSED = {
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "STAR": "a *",
    "PARAMETER": "a parameter",
    "POSITIONAL_REFERENCE": "a positional reference",
    "DEFAULT": "DEFAULT",
    "LAMBDA": "`->`",
    "COLLATE": "`collate`",
    "ARRAY_CONSTRUCTOR": "a list",
    "GROUPING_FUNCTION": "`grouping`",
}


def _checked(node: dict[str, Any]) -> float:
    """How many times longer this part may make a text; raises ExpressionError where it is not possible."""
    refused = _REFUSED.get(node["class"]) or _REFUSED.get(node["type"])
    if refused:
        raise ExpressionError(f"an expression works on one record: {refused} is not possible")
    if node["class"] == "TYPE" and node["type_name"].lower() not in TYPES:
        raise ExpressionError(f"nothing becomes a {node['type_name'].lower()} in a mapping")
    if node["class"] != "FUNCTION":
        return 1
    name = node["function_name"].lower()
    if node["schema"]:
        raise ExpressionError(f"write {name}({node['schema']}, …) instead of {node['schema']}.{name}(…)")
    if name not in FUNCTIONS:
        near = difflib.get_close_matches(name, FUNCTIONS, n=1)
        raise ExpressionError(
            f"{name}() is not possible here{f' (did you mean {near[0]}()?)' if near else ''}; "
            "the functions for expressions are listed in docs/bring-a-source.md"
        )
    try:
        return growth(name, [argument["expression"] for argument in node["arguments"]])
    except ValueError as error:
        raise ExpressionError(str(error)) from error
