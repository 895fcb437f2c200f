"""What a contract demands of a row, as SQL: the type of every column and the conditions that reject a row."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import dataframely as dy

from retail_assets.contract import MOMENTS, Feed
from retail_assets.feeds.mapping.values.conversion import (
    BOOLEAN,
    DATE,
    ID,
    INSTANT,
    INTEGER,
    NUMBER,
    TEXT,
    Kind,
)
from retail_assets.sql import hash_of, identifier, literal


@dataclass(frozen=True)
class Check:
    """A condition that is true for rows that break `rule`, and the column whose value is to blame."""

    condition: str
    rule: str
    column: str | None = None


def contract_kind(column: dy.Column) -> Kind:
    """What the values of a contract column are to become."""
    match column:
        case dy.Int8() | dy.Int16() | dy.Int32() | dy.Int64():
            return Kind("integer", _INTEGERS[type(column).__name__], INTEGER.fault)
        case dy.Decimal():
            return Kind("number", f"decimal({column.precision},{column.scale})", NUMBER.fault)
        case dy.Datetime():
            return INSTANT
        case dy.Date():
            return DATE
        case dy.Bool():
            return BOOLEAN
    return ID if column.name.endswith(_NAMING) else TEXT


_NAMING = ("_id", "_sku", "_reference", "barcode")
"""How texts are called that name something."""
_INTEGERS = {"Int8": "tinyint", "Int16": "smallint", "Int32": "integer", "Int64": "bigint"}


def contract_hash(feed: Feed, names: Iterable[str]) -> str:
    """SQL of a number that rows with other values in some columns, a row file's own among them, do not share."""
    types = {name: contract_kind(column).sql_type for name, column in feed.columns.items()} | _OWN_TYPES
    return hash_of({identifier(name): types[name] for name in names})


_OWN_TYPES = {"_document": "varchar", "_version": "bigint", "_extra": "varchar"}


def contract_columns(feed: Feed) -> dict[str, str]:
    """The columns of a feed as its contract types them, over columns of the same names."""
    kinds = {identifier(name): contract_kind(column) for name, column in feed.columns.items()}
    return {name: f"cast({name} as {kind.sql_type})" for name, kind in kinds.items()}


def contract_checks(feed: Feed) -> list[Check]:
    """Everything the contract demands of typed columns of its own names, in the order it is reported."""
    checks = [Check(f"{identifier(name)} is null", "required", name) for name in feed.required]
    for name, column in feed.columns.items():
        checks += _column_checks(identifier(name), name, column)
    return checks + [Check(f"not ({rule.sql})", name, rule.about) for name, rule in feed.rules.items()]


def _column_checks(quoted: str, name: str, column: Any) -> list[Check]:
    """Conditions are null, so not broken, where the value is."""
    kind = contract_kind(column)
    checks = []
    if kind in (DATE, INSTANT):
        # DuckDB reads years of one digit and the word infinity; neither is what a source meant.
        last = "9999-12-31" if kind is DATE else "9999-12-31 23:59:59.999999"
        sane = f"{quoted} >= '1000-01-01'::{kind.sql_type} and {quoted} <= '{last}'::{kind.sql_type}"
        checks.append(Check(f"not ({sane})", kind.fault, name))
    if kind is INSTANT:
        first, last = (f"{literal(str(moment))}::{kind.sql_type}" for moment in MOMENTS)
        checks.append(Check(f"{quoted} < {first}", "minimum", name))
        checks.append(Check(f"{quoted} >= {last}", "maximum", name))
    for attribute, operator, rule in _BOUNDS:
        bound = getattr(column, attribute, None)
        if bound is not None:
            checks.append(Check(f"{quoted} {operator} {bound}", rule, name))
    if getattr(column, "max_length", None) is not None:
        longest = column.max_length
        checks.append(
            Check(f"strlen({quoted}) > {longest} and length({quoted}) > {longest}", "too_long", name)
        )
    if getattr(column, "regex", None) is not None:
        checks.append(Check(f"not regexp_matches({quoted}, {literal(column.regex)})", "pattern", name))
    if isinstance(column, dy.Enum):
        allowed = ", ".join(literal(value) for value in column.categories)
        checks.append(Check(f"{quoted} not in ({allowed})", "allowed_values", name))
    return checks


_BOUNDS = (
    ("min", "<", "minimum"),
    ("min_exclusive", "<=", "minimum"),
    ("max", ">", "maximum"),
    ("max_exclusive", ">=", "maximum"),
)


@cache
def contract_version(feed: Feed) -> str:
    """Changes whenever the contract would judge rows otherwise."""
    columns = [(name, contract_kind(column).sql_type) for name, column in feed.columns.items()]
    checks = [(check.condition, check.rule) for check in contract_checks(feed)]
    judged = [columns, checks, feed.key, sorted(feed.descriptive), feed.parts, feed.subject, feed.signed]
    return hashlib.sha256(json.dumps(judged).encode()).hexdigest()[:16]
