"""What a later file replaces: does a target say it so that it can be carried out, and what it comes to in words."""

from collections.abc import Iterable, Mapping

from retail_assets.contract import Feed
from retail_assets.feeds.mapping.keys.nodes import Node
from retail_assets.feeds.mapping.model import Target

ROW, DOCUMENT, DAY = "row", "document", "day"
WAYS = (ROW, DOCUMENT, DAY)

REPEATS = ("keep", "drop")

REPLACING_KEYS = ("replaces", "version", "at_least", "repeats", "lines_by")
"""What a target may say of it, beside its `document`."""


def check_replacing(target: Target, node: Node, fields: Mapping[str, Node]) -> None:
    """Raise MappingError where a target does not say enough, or says what cannot be."""
    if target.replaces == DOCUMENT and target.document is None:
        raise fields["replaces"].error("say with `document` which column names the document")
    if target.derives_line_numbers and (target.document is None or "replaces" not in fields):
        raise node.error(
            "derived line numbers need `document`, and `replaces`: `document` where an order that comes again comes "
            "whole, `row` where a file may hold a part of it (pages of an export, lines that are added later)"
        )
    for key in ("repeats", "lines_by"):
        if key in fields and not target.derives_line_numbers:
            raise fields[key].error("is for derived line numbers; `line_number: {line_number: derived}`")
    if target.lines_by and target.replaces == DOCUMENT:
        raise fields["lines_by"].error(
            "with `replaces: document` lines are counted, and need nothing to be known by"
        )
    if target.at_least is not None and target.replaces is None:
        raise fields["at_least"].error("belongs to `replaces: document` or `replaces: day`")


def check_day(feed: Feed, target: Target, node: Node, *, names_zone: bool) -> None:
    """Raise MappingError where a feed has no days of stores, or nobody says by which clock."""
    if feed.business_time is None or "store_id" not in target.block.cells:
        raise node.error(f"{feed.name} has no days of stores; `replaces: document` may do")
    if not names_zone:
        raise node.error("say with `values: {time_zone: …}` whose days the source means")


def replaced_in_words(targets: Iterable[Target]) -> str | None:
    """What files of a mapping take away from earlier ones of the source, and in which feeds; None where rows only
    replace rows with their keys."""
    whole: dict[str, list[str]] = {}
    by_key: list[str] = []
    for target in targets:
        feeds = [block.feed.name for block in target.blocks]
        (whole.setdefault(target.replaces, []) if target.replaces else by_key).extend(feeds)
    if not whole:
        return None
    said = [
        f"each {'store-day' if way == DAY else 'document'} in it removes the source's earlier rows of that "
        f"{way} from {_and(feeds)}"
        for way, feeds in whole.items()
    ]
    others = sorted(set(by_key) - {feed for feeds in whole.values() for feed in feeds})
    said += [f"rows of {_and(others)} replace those with their keys only"] if others else []
    return f"When it is dropped, {'; '.join(said)}. How many that are is in input_files then."


def _and(feeds: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(feeds))
