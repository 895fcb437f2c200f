"""The keys of a mapping that say what records become: `targets`, with the feeds that they send records to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from retail_assets.contract import Feed
from retail_assets.feeds.mapping.keys.cells import CellReader
from retail_assets.feeds.mapping.keys.nodes import Node, meant
from retail_assets.feeds.mapping.keys.replacing import (
    DAY,
    REPEATS,
    REPLACING_KEYS,
    ROW,
    WAYS,
    check_day,
    check_replacing,
)
from retail_assets.feeds.mapping.keys.rules import RuleReader
from retail_assets.feeds.mapping.model import Block, FromColumn, Target
from retail_assets.feeds.mapping.unnest import EVERY
from retail_assets.intake.handlers import DECISIONS


@dataclass(frozen=True)
class TargetReader:
    """Reads the targets of one mapping."""

    feeds: Mapping[str, Feed]
    folder: str
    cells: CellReader
    said_of_all: Collection[str]
    """The keys of `values`."""

    @property
    def rules(self) -> RuleReader:
        return RuleReader(self.cells, self._feed)

    def read(self, node: Node) -> tuple[Target, ...]:
        """The targets of `targets`."""
        targets: list[Target] = []
        for item in node.items():
            target = self._target(item)
            count = sum(t.block.feed is target.block.feed for t in targets) + 1
            targets.append(target if count == 1 else replace(target, name=f"{target.name} {count}"))
        if not targets:
            raise node.error("a mapping needs at least one target")
        return tuple(targets)

    def _target(self, node: Node) -> Target:
        keys = ("feed", "unfold", "document", *REPLACING_KEYS, "leave_out", "rules", "columns", "sent")
        fields = node.fields((*keys, "same_names"), required=("feed",))
        feed = self._feed(fields["feed"])
        target = Target(
            name=feed.name,
            block=self._block(feed, node, fields),
            unnest=self._unfold(fields["unfold"]) if "unfold" in fields else None,
            document=self.cells.cell(fields["document"]) if "document" in fields else None,
            replaces=self._replaces(fields),
            repeats=fields["repeats"].choice(REPEATS) if "repeats" in fields else None,
            lines_by=fields["lines_by"].texts() if "lines_by" in fields else (),
            version=self.cells.cell(fields["version"]) if "version" in fields else None,
            at_least=fields["at_least"].share() if "at_least" in fields else None,
            filters=self.rules.read(fields.get("leave_out"), None),
            rules=self.rules.read(fields.get("rules"), feed),
            sent=self._sent(fields["sent"], feed) if "sent" in fields else {},
            where=node.where,
        )
        self._check_target(target, node, fields)
        return target

    @staticmethod
    def _unfold(node: Node) -> str:
        path = node.filled_text()
        if f".{EVERY}.{EVERY}" in path or path.startswith(EVERY):
            raise node.error(
                f"`{EVERY}` stands behind the name of a list, once: its members are its elements"
            )
        return path

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
        cells = {name: self.cells.of_column(feed, name, entry) for name, entry in listed.items()}
        if "same_names" in fields and fields["same_names"].flag():
            cells |= {name: self.cells.same(name, node) for name in feed.columns if name not in cells}
        missing = [f"`{name}`" for name in feed.required if name not in cells]
        if missing:
            raise fields.get("columns", node).error(f"{feed.name} needs {', '.join(missing)} too")
        return Block(feed, cells, node.where)

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
            said = {*self.said_of_all, *self._said_of_time(target, fields)}
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
        parsed = self.cells.said_of(origin.column) if isinstance(origin, FromColumn) else {}
        return {*own, *parsed}
