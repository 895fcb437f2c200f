"""Ids that a source counts for itself: two tills have a receipt 1 each. With `own_ids` the source's name stands before
them, in every feed that the mapping fills, so that what names a receipt elsewhere in the file still finds it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from retail_assets.contract import Feed
from retail_assets.feeds.mapping.contract_sql import contract_kind
from retail_assets.feeds.mapping.keys.nodes import Node, meant
from retail_assets.feeds.mapping.model import Block, Cell, Target


def with_own_ids(targets: tuple[Target, ...], node: Node, source: str) -> tuple[Target, ...]:
    """The targets with the source's name before its ids: those that contracts name, or a list of columns."""
    feeds = [block.feed for target in targets for block in target.blocks]
    named = _named(node, feeds)

    def own(feed: Feed, cells: Mapping[str, Cell]) -> dict[str, Cell]:
        ids = feed.own_ids if named is None else named
        return {
            name: replace(cell, prefix=f"{source}:") if name in ids else cell for name, cell in cells.items()
        }

    def own_block(block: Block) -> Block:
        return replace(block, cells=own(block.feed, block.cells))

    return tuple(
        replace(
            target,
            block=own_block(target.block),
            sent={name: own_block(block) for name, block in target.sent.items()},
            rules=tuple(replace(rule, cells=own(target.block.feed, rule.cells)) for rule in target.rules),
        )
        for target in targets
    )


def _named(node: Node, feeds: Iterable[Feed]) -> frozenset[str] | None:
    """The columns of a list; None where the contracts are to say which, or `false` that none is."""
    if node.value == "false":
        return frozenset()
    if node.value == "true":
        if not any(feed.own_ids for feed in feeds):
            raise node.error(
                "none of its feeds has ids of a source's own numbering; name the columns: `[customer_id]`"
            )
        return None
    texts = {name for feed in feeds for name, column in feed.columns.items() if contract_kind(column).is_text}
    for item in node.items():
        if item.text() not in texts:
            known = sorted(texts)
            raise item.error(
                f"`{item.text()}` is no column of texts in its feeds{meant(item.text(), known)}; `true` takes those "
                f"that contracts call ids of a source's own numbering, a list any of {', '.join(known)}"
            )
    return frozenset(node.texts())
