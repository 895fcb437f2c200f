"""The keys of a mapping that say what becomes of records: `leave_out` and `rules`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from retail_assets.contract import Feed
from retail_assets.feeds.mapping.keys.cells import CellReader, contract_column, expression
from retail_assets.feeds.mapping.keys.nodes import Node
from retail_assets.feeds.mapping.model import Rule

_ACTIONS = ("reject", "send_to", "set", "flag")


@dataclass(frozen=True)
class RuleReader:
    """Reads rules; `feed_named` is the feed that a value names."""

    cells: CellReader
    feed_named: Callable[[Node], Feed]

    def read(self, node: Node | None, feed: Feed | None) -> tuple[Rule, ...]:
        """The rules of a `rules` list, or with no feed the conditions of a `leave_out` list."""
        rules = []
        for item in node.items() if node else []:
            actions = _ACTIONS if feed else ()
            fields = item.fields(("name", "when", *actions), required=("name", "when"))
            if not re.fullmatch("[a-z][a-z0-9_]{0,99}", fields["name"].text()):
                raise fields["name"].error(
                    "a rule's name is up to 100 small letters, digits and _, like `bad_debt`"
                )
            rule = Rule(
                fields["name"].text(), expression(fields["when"]), "leave_out", where=fields["when"].where
            )
            rules.append(self._acting(rule, item, fields, feed) if feed else rule)
        return tuple(rules)

    def _acting(self, rule: Rule, node: Node, fields: dict[str, Node], feed: Feed) -> Rule:
        given = [key for key in _ACTIONS if key in fields]
        for key in ("reject", "flag"):
            if key in fields:
                fields[key].choice(("true",))
        match given:
            case ["reject"]:
                return replace(rule, action="reject")
            case ["send_to"]:
                return replace(rule, action="send_to", feed=self.feed_named(fields["send_to"]).name)
            case ["flag"]:
                return replace(rule, action="admit", flag=True)
            case ["set"] | ["set", "flag"]:
                entries = fields["set"].entries()
                cells = {
                    contract_column(feed, name, entry): self.cells.cell(entry)
                    for name, entry in entries.items()
                }
                return replace(rule, action="admit", cells=cells, flag="flag" in fields)
        raise node.error(
            "a rule does one thing: `reject: true`, `send_to: FEED`, `set: {column: …}` or `flag: true` (which may "
            "stand beside `set`)"
        )
