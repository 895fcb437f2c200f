"""From a mapping's YAML to its model. What every key means is in docs/bring-a-source.md."""

import hashlib
import json
import re
from dataclasses import replace
from typing import Any

from retail_assets.contract import Feed, Feeds
from retail_assets.feeds.mapping.conversion import DECLARED
from retail_assets.feeds.mapping.dialect_keys import COLUMN_VALUE_KEYS, VALUE_KEYS, value_settings
from retail_assets.feeds.mapping.expressions import Expression, ExpressionError, parse_expression
from retail_assets.feeds.mapping.file_keys import file_layout, inbox_folder, name_pattern, name_patterns
from retail_assets.feeds.mapping.model import (
    Block,
    Cell,
    Constant,
    DerivedLineNumber,
    FromColumn,
    FromDateAndTime,
    FromFileName,
    FromSql,
    Origin,
    ParsedColumn,
    Rule,
    SourceMapping,
    Target,
)
from retail_assets.feeds.mapping.nodes import Node, meant
from retail_assets.feeds.mapping.own_ids import with_own_ids
from retail_assets.feeds.mapping.replacing import (
    DAY,
    REPEATS,
    REPLACING_KEYS,
    ROW,
    WAYS,
    check_day,
    check_replacing,
)
from retail_assets.feeds.mapping.reshape_keys import reshape_steps
from retail_assets.feeds.mapping.table import normalised
from retail_assets.feeds.mapping.values import STANDARD, Values
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.intake.handlers import DECISIONS

ENGINE_VERSION = 5
"""Part of every mapping's version: raise it when the same mapping comes to mean other rows."""

IDENTITY = "contract"
"""The name of the mapping that reads files whose columns carry the contract's names."""


def read_mapping(root: Node, feeds: Feeds) -> SourceMapping:
    """The model of one mapping file for some feeds; raises MappingError with the line that is wrong."""
    keys = (
        "source",
        "match",
        "file",
        "values",
        "parse",
        "leave_out",
        "reshape",
        "rejected_at_most",
        "own_ids",
        "targets",
    )
    fields = root.fields(keys, required=("source", "match", "targets"))
    return _MappingReader(root, fields, {feed.name: feed for feed in feeds}).read()


def canonical_version(content: Any) -> str:
    text = json.dumps([ENGINE_VERSION, content], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class _MappingReader:
    """What the parts of one mapping have to know of each other: values, parsed columns, parts of the name."""

    def __init__(self, root: Node, fields: dict[str, Node], feeds: dict[str, Feed]) -> None:
        self.root, self.fields, self.feeds = root, fields, feeds
        self.value_fields = fields["values"].fields(VALUE_KEYS) if "values" in fields else {}
        self.values = _merged(STANDARD, value_settings(self.value_fields), fields.get("values", root))
        self.name_values: str | None = None
        self.layout = file_layout(fields["file"]) if "file" in fields else FileLayout()
        self.folder = ""
        self.parsed: dict[str, dict[str, Any]] = {}

    def read(self) -> SourceMapping:
        name = self.fields["source"].filled_text()
        if not re.fullmatch("[A-Za-z0-9][A-Za-z0-9_-]{0,99}", name) or name == IDENTITY:
            raise self.fields["source"].error(
                f"a source's name is up to 100 letters, digits, _ and -, and not `{IDENTITY}`; this is `{name}`"
            )
        match = self.fields["match"].fields(("folder", "files", "name_values"), required=("folder", "files"))
        self.name_values = name_pattern(match["name_values"]) if "name_values" in match else None
        self.folder = inbox_folder(match["folder"], [feed.folder for feed in self.feeds.values()])
        parse = self._parse(self.fields["parse"]) if "parse" in self.fields else {}
        reshape = reshape_steps(self.fields["reshape"]) if "reshape" in self.fields else ()
        if scaled := [column for column, parsed in parse.items() if parsed.values.scale and reshape]:
            raise parse[scaled[0]].where.error(
                "`scale` would be applied to what the reshape reads and again to what it makes; "
                "say it at the column of the target"
            )
        return SourceMapping(
            name=name,
            version=canonical_version(plain(self.root)),
            folder=self.folder,
            files=name_patterns(match["files"]),
            name_values=self.name_values,
            layout=self.layout,
            values=self.values,
            parse=parse,
            filters=self._rules(self.fields.get("leave_out"), None),
            reshape=reshape,
            rejected_at_most=self.fields["rejected_at_most"].share()
            if "rejected_at_most" in self.fields
            else None,
            targets=self._targets(self.fields["targets"], name),
            where=self.root.where,
        )

    def _parse(self, node: Node) -> dict[str, ParsedColumn]:
        columns = {}
        for column, entry in node.entries().items():
            if isinstance(entry.value, str):
                entry_type, settings = entry.choice(tuple(DECLARED)), {}
            else:
                fields = entry.fields(("type", *COLUMN_VALUE_KEYS), required=("type",))
                entry_type, settings = fields["type"].choice(tuple(DECLARED)), value_settings(fields)
            if normalised(column) in self.parsed:
                raise entry.error(f"`{column}` stands here twice")
            self.parsed[normalised(column)] = settings
            columns[column] = ParsedColumn(entry_type, _merged(self.values, settings, entry), entry.where)
        return columns

    def _targets(self, node: Node, source: str) -> tuple[Target, ...]:
        targets: list[Target] = []
        for item in node.items():
            target = self._target(item)
            count = sum(t.block.feed is target.block.feed for t in targets) + 1
            targets.append(target if count == 1 else replace(target, name=f"{target.name} {count}"))
        if not targets:
            raise node.error("a mapping needs at least one target")
        if "own_ids" in self.fields:
            return with_own_ids(tuple(targets), self.fields["own_ids"], source)
        return tuple(targets)

    def _target(self, node: Node) -> Target:
        keys = ("feed", "unfold", "document", *REPLACING_KEYS, "leave_out", "rules", "columns", "sent")
        fields = node.fields((*keys, "same_names"), required=("feed",))
        feed = self._feed(fields["feed"])
        target = Target(
            name=feed.name,
            block=self._block(feed, node, fields),
            unnest=fields["unfold"].filled_text() if "unfold" in fields else None,
            document=self._cell(fields["document"]) if "document" in fields else None,
            replaces=self._replaces(fields),
            repeats=fields["repeats"].choice(REPEATS) if "repeats" in fields else None,
            lines_by=fields["lines_by"].texts() if "lines_by" in fields else (),
            version=self._cell(fields["version"]) if "version" in fields else None,
            at_least=fields["at_least"].share() if "at_least" in fields else None,
            filters=self._rules(fields.get("leave_out"), None),
            rules=self._rules(fields.get("rules"), feed),
            sent=self._sent(fields["sent"], feed) if "sent" in fields else {},
            where=node.where,
        )
        self._check_target(target, node, fields)
        return target

    @staticmethod
    def _replaces(fields: dict[str, Node]) -> str | None:
        way = fields["replaces"].choice(WAYS) if "replaces" in fields else ROW
        return None if way == ROW else way

    def _feed(self, node: Node) -> Feed:
        name, known = node.text(), list(self.feeds)
        if name not in self.feeds:
            raise node.error(f"there is no feed `{name}`{meant(name, known)}; there are {', '.join(known)}")
        feed = self.feeds[name]
        if feed.folder == DECISIONS != self.folder:
            # Else who drops into any other folder says who decides.
            raise node.error(
                f"`{name}` comes out of the inbox folder {DECISIONS} only, not out of {self.folder}"
            )
        return feed

    def _sent(self, node: Node, target: Feed) -> dict[str, Block]:
        blocks = {}
        for name, entry in node.entries().items():
            feed = self._feed(Node(entry.where, name))
            if feed is target:
                raise entry.error("a record cannot be sent to the feed it is in; use `set`")
            blocks[name] = self._block(feed, entry, entry.fields(("columns", "same_names")))
        return blocks

    def _block(self, feed: Feed, node: Node, fields: dict[str, Node]) -> Block:
        listed = fields["columns"].entries() if "columns" in fields else {}
        cells = {name: self._cell_of(feed, name, entry) for name, entry in listed.items()}
        if "same_names" in fields and fields["same_names"].flag():
            cells |= {name: self._same(name, node) for name in feed.columns if name not in cells}
        missing = [f"`{name}`" for name in feed.required if name not in cells]
        if missing:
            raise fields.get("columns", node).error(f"{feed.name} needs {', '.join(missing)} too")
        return Block(feed, cells, node.where)

    def _same(self, name: str, node: Node) -> Cell:
        return Cell(
            FromColumn(name), replace(self.values, **self.parsed.get(normalised(name), {})), where=node.where
        )

    def _cell_of(self, feed: Feed, name: str, node: Node) -> Cell:
        """Where a column of a feed comes from, and what becomes of its bad values."""
        _column(feed, name, node)
        if isinstance(node.value, str) or "bad_values" not in node.entries():
            return self._cell(node)
        own = {key: value for key, value in node.entries().items() if key != "bad_values"}
        chosen = node.entries()["bad_values"]
        bad_values = chosen.choice(("flag", "reject"))
        if bad_values == "flag" and not feed.may_be_flagged(name):
            raise chosen.error(
                f"{feed.name} cannot do without `{name}`: a bad value of it has to reject its record; only optional "
                "columns that are not part of the key can be flagged"
            )
        return replace(self._cell(Node(node.where, own)), bad_values=bad_values)

    def _cell(self, node: Node) -> Cell:
        if isinstance(node.value, str):
            return self._same(node.filled_text(), node)
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
            inherited = replace(inherited, **self.parsed.get(normalised(origin.column), {}))
        if isinstance(origin, Constant):
            inherited = STANDARD
        default = fields["default"].filled_text() if "default" in fields else None
        zone = None
        if isinstance(fields.get("time_zone", node).value, dict) and "time_zone" in fields:
            said = fields["time_zone"].fields(("column",), required=("column",))
            zone = said["column"].filled_text()
            fields = {key: value for key, value in fields.items() if key != "time_zone"}
        return Cell(
            origin, _merged(inherited, value_settings(fields), node), default, zone=zone, where=node.where
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
                names = [name for pattern in self.layout.above for name in re.compile(pattern).groupindex]
                return FromFileName(
                    f"above.{node.choice(tuple(names or ['nothing: file.above names none']))}"
                )
            case "sql":
                return FromSql(_expression(node))
            case "date":
                return FromDateAndTime(node.filled_text(), fields["time"].filled_text())
        node.choice(("derived",))
        return DerivedLineNumber()

    def _name_part(self, node: Node) -> str:
        groups = list(re.compile(self.name_values or "").groupindex)
        return node.choice(tuple(groups)) if groups else _no_name_parts(node)

    def _rules(self, node: Node | None, feed: Feed | None) -> tuple[Rule, ...]:
        """The rules of a `rules` list, or with no feed the conditions of a `leave_out` list."""
        rules = []
        for item in node.items() if node else []:
            actions = ("reject", "send_to", "set", "flag") if feed else ()
            fields = item.fields(("name", "when", *actions), required=("name", "when"))
            if not re.fullmatch("[a-z][a-z0-9_]{0,99}", fields["name"].text()):
                raise fields["name"].error(
                    "a rule's name is up to 100 small letters, digits and _, like `bad_debt`"
                )
            rule = Rule(
                fields["name"].text(), _expression(fields["when"]), "leave_out", where=fields["when"].where
            )
            rules.append(self._acting(rule, item, fields, feed) if feed else rule)
        return tuple(rules)

    def _acting(self, rule: Rule, node: Node, fields: dict[str, Node], feed: Feed) -> Rule:
        given = [key for key in ("reject", "send_to", "set", "flag") if key in fields]
        for key in ("reject", "flag"):
            if key in fields:
                fields[key].choice(("true",))
        match given:
            case ["reject"]:
                return replace(rule, action="reject")
            case ["send_to"]:
                return replace(rule, action="send_to", feed=self._feed(fields["send_to"]).name)
            case ["flag"]:
                return replace(rule, action="admit", flag=True)
            case ["set"] | ["set", "flag"]:
                entries = fields["set"].entries()
                cells = {_column(feed, name, entry): self._cell(entry) for name, entry in entries.items()}
                return replace(rule, action="admit", cells=cells, flag="flag" in fields)
        raise node.error(
            "a rule does one thing: `reject: true`, `send_to: FEED`, `set: {column: …}` or `flag: true` (which may "
            "stand beside `set`)"
        )

    def _check_target(self, target: Target, node: Node, fields: dict[str, Node]) -> None:
        feed = target.block.feed
        for rule in target.rules:
            if rule.feed and rule.feed not in target.sent:
                raise rule.where.error(
                    f"`{rule.feed}` has no columns; add them under `sent: {{{rule.feed}: …}}`"
                )
        unused = target.sent.keys() - {rule.feed for rule in target.rules}
        for name in unused:
            raise target.sent[name].where.error(f"no rule sends records to `{name}`")
        check_replacing(target, node, fields)
        if target.replaces == DAY:
            said = {*self.value_fields, *self._said_of_time(target, fields)}
            check_day(feed, target, fields["replaces"], names_zone="time_zone" in said)

    def _said_of_time(self, target: Target, fields: dict[str, Node]) -> set[str]:
        """What the mapping says of the column whose days are meant, beside what holds for all."""
        time = target.block.feed.business_time or ""
        entry = fields["columns"].entries().get(time) if "columns" in fields else None
        own = entry.value if entry and isinstance(entry.value, dict) else {}
        cell = target.block.cells.get(time)
        if cell and cell.zone:
            raise fields["replaces"].error("days are those of one clock, and here a column says whose it is")
        origin = cell.origin if cell else None
        parsed = self.parsed.get(normalised(origin.column), {}) if isinstance(origin, FromColumn) else {}
        return {*own, *parsed}


def _merged(values: Values, settings: dict[str, Any], node: Node) -> Values:
    merged = replace(values, **settings)
    if merged.decimal in merged.thousands:
        raise node.error(f"`{merged.decimal}` cannot be the mark of decimals and of thousands; name both")
    return merged


def _no_name_parts(node: Node) -> str:
    raise node.error("`match.name_values` takes no part of this name out of the file name")


def plain(node: Node) -> Any:
    """The YAML's content without comments and layout."""
    if isinstance(node.value, str):
        return node.value
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return {key: plain(value) for key, value in node.value.items()}


def _expression(node: Node) -> Expression:
    try:
        return parse_expression(node.text())
    except ExpressionError as error:
        hint = (
            "; names with spaces or points go in double quotes, texts in single ones"
            if "syntax" in str(error)
            else ""
        )
        raise node.error(f"{error}{hint}") from error


def _column(feed: Feed, name: str, node: Node) -> str:
    if name not in feed.columns:
        known = list(feed.columns)
        raise node.error(f"{feed.name} has no column `{name}`{meant(name, known)}; it has {', '.join(known)}")
    return name
