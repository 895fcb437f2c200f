"""The keys of a mapping that say where values come from: the entries of `columns`, `parse`, `document`, `version`."""

import re
from dataclasses import replace
from typing import Any

from retail_assets.contract import Feed
from retail_assets.feeds.mapping.expressions import Expression, ExpressionError, parse_expression
from retail_assets.feeds.mapping.keys.dialect import COLUMN_VALUE_KEYS, value_settings
from retail_assets.feeds.mapping.keys.nodes import Node, meant
from retail_assets.feeds.mapping.model import (
    Cell,
    Constant,
    DerivedLineNumber,
    FromColumn,
    FromDateAndTime,
    FromFileName,
    FromSql,
    Origin,
    ParsedColumn,
)
from retail_assets.feeds.mapping.spelled_names import normalised
from retail_assets.feeds.mapping.values.conversion import DECLARED
from retail_assets.feeds.mapping.values.dialect import STANDARD, Values
from retail_assets.feeds.readers.layout import ABOVE, FileLayout


class CellReader:
    """Reads cells as one mapping means them: in its dialect, with the columns that it declares and the names that it
    gives to parts of a file's name and lines."""

    def __init__(self, values: Values, name_values: str | None, layout: FileLayout) -> None:
        self.values, self.name_values, self.layout = values, name_values, layout
        self._declared: dict[str, dict[str, Any]] = {}

    def declare(self, node: Node) -> dict[str, ParsedColumn]:
        """Read `parse`: what is said of a source column holds wherever a cell takes it."""
        columns = {}
        for column, entry in node.entries().items():
            if isinstance(entry.value, str):
                entry_type, settings = entry.choice(tuple(DECLARED)), {}
            else:
                fields = entry.fields(("type", *COLUMN_VALUE_KEYS), required=("type",))
                entry_type, settings = fields["type"].choice(tuple(DECLARED)), value_settings(fields)
            if normalised(column) in self._declared:
                raise entry.error(f"`{column}` stands here twice")
            self._declared[normalised(column)] = settings
            columns[column] = ParsedColumn(entry_type, merged(self.values, settings, entry), entry.where)
        return columns

    def said_of(self, column: str) -> dict[str, Any]:
        """The dialect that is declared for one source column."""
        return self._declared.get(normalised(column), {})

    def same(self, name: str, node: Node) -> Cell:
        """The source column of this name."""
        return Cell(FromColumn(name), replace(self.values, **self.said_of(name)), where=node.where)

    def of_column(self, feed: Feed, name: str, node: Node) -> Cell:
        """Where a column of a feed comes from, and what becomes of its bad values."""
        contract_column(feed, name, node)
        if isinstance(node.value, str) or "bad_values" not in node.entries():
            return self.cell(node)
        own = {key: value for key, value in node.entries().items() if key != "bad_values"}
        chosen = node.entries()["bad_values"]
        bad_values = chosen.choice(("flag", "reject"))
        if bad_values == "flag" and not feed.may_be_flagged(name):
            raise chosen.error(
                f"{feed.name} cannot do without `{name}`: a bad value of it has to reject its record; only optional "
                "columns that are not part of the key can be flagged"
            )
        return replace(self.cell(Node(node.where, own)), bad_values=bad_values)

    def cell(self, node: Node) -> Cell:
        if isinstance(node.value, str):
            return self.same(node.filled_text(), node)
        origins = ("column", "constant", "file_name", "above", "sql", "date", "line_number")
        if "bad_values" in node.entries():
            raise node.entries()["bad_values"].error("say it where `columns` lists the column")
        fields = node.fields((*origins, "time", "default", *COLUMN_VALUE_KEYS))
        given = [key for key in origins if key in fields]
        if len(given) != 1:
            raise node.error(f"say where the value comes from with one of {', '.join(origins)}")
        origin = self._origin(given[0], fields)
        inherited = self.values
        if isinstance(origin, FromColumn):
            inherited = replace(inherited, **self.said_of(origin.column))
        if isinstance(origin, Constant):
            inherited = STANDARD
        default = fields["default"].filled_text() if "default" in fields else None
        zone = None
        if isinstance(fields.get("time_zone", node).value, dict) and "time_zone" in fields:
            said = fields["time_zone"].fields(("column",), required=("column",))
            zone = said["column"].filled_text()
            fields = {key: value for key, value in fields.items() if key != "time_zone"}
        return Cell(
            origin, merged(inherited, value_settings(fields), node), default, zone=zone, where=node.where
        )

    def _origin(self, key: str, fields: dict[str, Node]) -> Origin:
        if ("time" in fields) != (key == "date"):
            raise fields.get("time", fields[key]).error(
                "`date` and `time` belong together: two columns, one moment"
            )
        node = fields[key]
        match key:
            case "column":
                return FromColumn(node.filled_text())
            case "constant":
                return Constant(node.filled_text())
            case "file_name":
                return FromFileName(self._name_part(node))
            case "above":
                names = self.layout.names_above or ("nothing: file.above names none",)
                return FromFileName(f"{ABOVE}{node.choice(names)}")
            case "sql":
                return FromSql(expression(node))
            case "date":
                return FromDateAndTime(node.filled_text(), fields["time"].filled_text())
        node.choice(("derived",))
        return DerivedLineNumber()

    def _name_part(self, node: Node) -> str:
        groups = list(re.compile(self.name_values or "").groupindex)
        if not groups:
            raise node.error("`match.name_values` takes no part of this name out of the file name")
        return node.choice(tuple(groups))


def merged(values: Values, settings: dict[str, Any], node: Node) -> Values:
    """A dialect with what a block says otherwise."""
    values = replace(values, **settings)
    if values.decimal in values.thousands:
        raise node.error(f"`{values.decimal}` cannot be the mark of decimals and of thousands; name both")
    return values


def expression(node: Node) -> Expression:
    """The SQL that a value writes."""
    try:
        return parse_expression(node.text())
    except ExpressionError as error:
        hint = (
            "; names with spaces or points go in double quotes, texts in single ones"
            if "syntax" in str(error)
            else ""
        )
        raise node.error(f"{error}{hint}") from error


def contract_column(feed: Feed, name: str, node: Node) -> str:
    """The name, if the feed has such a column."""
    if name not in feed.columns:
        known = list(feed.columns)
        raise node.error(f"{feed.name} has no column `{name}`{meant(name, known)}; it has {', '.join(known)}")
    return name
