"""Writes docs/data-dictionary.md from the contracts and dbt's manifest; nothing in it is written by hand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from retail_assets.config import DBT_PROJECT_DIR, REPOSITORY
from retail_assets.feeds.contracts.base import Feed
from retail_assets.feeds.contracts.registry import FEEDS

DICTIONARY = REPOSITORY / "docs" / "data-dictionary.md"
MANIFEST = DBT_PROJECT_DIR / "target" / "manifest.json"


def dictionary(manifest: dict[str, Any]) -> str:
    """The data dictionary as Markdown: published marts first, then the feeds."""
    marts = sorted(
        (n for n in manifest["nodes"].values() if n["resource_type"] == "model" and n["fqn"][1] == "marts"),
        key=lambda node: node["name"],
    )
    lines = [
        "# Data dictionary",
        "",
        "Generated from the feed contracts and dbt by `make dictionary`; do not edit.",
        "",
        "## Marts",
        "",
    ]
    for mart in marts:
        lines += _mart(mart)
    lines += ["## Feeds", ""]
    for feed in FEEDS.values():
        lines += _feed(feed)
    return "\n".join(lines).rstrip() + "\n"


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def _mart(node: dict[str, Any]) -> Iterator[str]:
    yield from (
        f"### {node['name']}",
        "",
        _cell(node["description"]),
        "",
        "| column | description |",
        "|---|---|",
    )
    for name, column in node["columns"].items():
        yield f"| {name} | {_cell(column['description'])} |"
    yield ""


def _feed(feed: Feed) -> Iterator[str]:
    yield from (f"### {feed.name}", "", f"{feed.description} Key: {', '.join(feed.key)}.", "")
    yield from ("| column | type | required | description |", "|---|---|---|---|")
    for name, column in feed.columns.items():
        required = "yes" if not column.nullable else ""
        personal = " Personal." if name in feed.personal else ""
        yield f"| {name} | {_cell(column.dtype)} | {required} | {_cell(column.description or '')}{personal} |"
    if feed.rules:
        yield from ("", "Row rules: " + ", ".join(f"`{rule}`" for rule in feed.rules) + ".")
    yield ""


def write_dictionary(path: Path = DICTIONARY) -> None:
    path.write_text(dictionary(json.loads(MANIFEST.read_text())), encoding="utf-8")


if __name__ == "__main__":
    write_dictionary()
