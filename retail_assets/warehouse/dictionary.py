"""The data dictionary, from the contracts and dbt's manifest; nothing in it is written by hand."""

import json
from collections.abc import Iterator

from retail_assets.config import REPOSITORY
from retail_assets.contract import Feed
from retail_assets.platform import Mart, Platform
from retail_assets.schema import columns_of
from retail_assets.warehouse.manifest import Manifest

DICTIONARY = REPOSITORY / "docs" / "data-dictionary.md"
MART_TYPES = REPOSITORY / "dbt_project" / "mart_types.json"


def dictionary(platform: Platform, manifest: Manifest) -> str:
    """The data dictionary as Markdown: published marts first, then the feeds."""
    lines = [
        "# Data dictionary",
        "",
        "Generated from the feed contracts and dbt by `make dictionary`; do not edit.",
        "",
        "## Marts",
        "",
    ]
    for mart in sorted(platform.marts.values(), key=lambda mart: mart.name):
        lines += _mart(platform, manifest, mart)
    lines += ["## Feeds", ""]
    for feed in platform.feeds.values():
        lines += _feed(feed)
    return "\n".join(lines).rstrip() + "\n"


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def _mart(platform: Platform, manifest: Manifest, mart: Mart) -> Iterator[str]:
    table = platform.tables.get(mart.name)
    if table is not None and table.published:
        description, key = table.description, [c.name for c in table.columns.values() if c.is_key]
        columns = {c.name: (c.sql_type, c.description) for c in table.columns.values()}
    else:
        model, types = manifest.models[mart.name], mart_types().get(mart.name, {})
        description, key = model.description, model.key
        columns = {name: (types.get(name, ""), text) for name, text in model.columns.items()}
    said = f" Key: {', '.join(map(_cell, key))}." if key else ""
    yield from (f"### {mart.name}", "", f"{_cell(description)} For {mart.audience}.{said}", "")
    yield from ("| column | type | description |", "|---|---|---|")
    for name, (kind, text) in columns.items():
        yield f"| {name} | {kind} | {_cell(text)} |"
    yield ""


def mart_types() -> dict[str, dict[str, str]]:
    """Of marts that dbt builds the types of their columns, which only a build tells: a test writes and checks them."""
    return json.loads(MART_TYPES.read_text(encoding="utf-8")) if MART_TYPES.exists() else {}


def _feed(feed: Feed) -> Iterator[str]:
    yield from (f"### {feed.name}", "", f"{feed.description} Key: {feed.key_in_words}.", "")
    if feed.own_ids:
        ids = ", ".join(name for name in feed.columns if name in feed.own_ids)
        yield from (f"A source may count for itself: {ids}. Then its mapping says `own_ids: true`.", "")
    yield from ("| column | type | required | description |", "|---|---|---|---|")
    for name, column in columns_of(feed.contract).items():
        required = "yes" if not column.nullable else ""
        notes = " Personal." if name in feed.personal else ""
        notes += " A bad value is left out and flagged." if name in feed.descriptive else ""
        yield f"| {name} | {column.sql_type} | {required} | {_cell(column.description)}{notes} |"
    if feed.rules:
        yield from ("", "Row rules: " + ", ".join(f"`{rule}`" for rule in feed.rules) + ".")
    yield ""


def write_dictionary(platform: Platform, manifest: Manifest) -> None:
    DICTIONARY.write_text(dictionary(platform, manifest), encoding="utf-8")
