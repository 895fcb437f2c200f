"""From a mapping's YAML to its model. What every key means is in docs/bring-a-source.md."""

import hashlib
import json
import re
from dataclasses import replace
from typing import Any

from retail_assets.contract import Feeds
from retail_assets.feeds.mapping.keys.cells import CellReader, merged
from retail_assets.feeds.mapping.keys.dialect import VALUE_KEYS, value_settings
from retail_assets.feeds.mapping.keys.file import file_layout, inbox_folder, name_pattern, name_patterns
from retail_assets.feeds.mapping.keys.nodes import Node
from retail_assets.feeds.mapping.keys.own_ids import with_own_ids
from retail_assets.feeds.mapping.keys.reshape import reshape_steps
from retail_assets.feeds.mapping.keys.targets import TargetReader
from retail_assets.feeds.mapping.model import SourceMapping
from retail_assets.feeds.mapping.values.dialect import STANDARD
from retail_assets.feeds.readers.layout import FileLayout

ENGINE_VERSION = 7
"""Part of every mapping's version: raise it when the same mapping comes to mean other rows."""

IDENTITY = "contract"
"""The name of the mapping that reads files whose columns carry the contract's names."""

_KEYS = (
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


def read_mapping(root: Node, feeds: Feeds) -> SourceMapping:
    """The model of one mapping file for some feeds; raises MappingError with the line that is wrong."""
    fields = root.fields(_KEYS, required=("source", "match", "targets"))
    said_of_all = fields["values"].fields(VALUE_KEYS) if "values" in fields else {}
    values = merged(STANDARD, value_settings(said_of_all), fields.get("values", root))
    layout = file_layout(fields["file"]) if "file" in fields else FileLayout()
    name = _source_name(fields["source"])
    match = fields["match"].fields(("folder", "files", "name_values"), required=("folder", "files"))
    name_values = name_pattern(match["name_values"]) if "name_values" in match else None
    named = {feed.name: feed for feed in feeds}
    cells = CellReader(values, name_values, layout)
    parse = cells.declare(fields["parse"]) if "parse" in fields else {}
    reader = TargetReader(
        feeds=named,
        folder=inbox_folder(match["folder"], [feed.folder for feed in named.values()]),
        cells=cells,
        said_of_all=said_of_all,
    )
    mapping = SourceMapping(
        name=name,
        version=canonical_version(plain(root)),
        folder=reader.folder,
        files=name_patterns(match["files"]),
        name_values=name_values,
        layout=layout,
        values=values,
        parse=parse,
        filters=reader.rules.read(fields.get("leave_out"), None),
        reshape=reshape_steps(fields["reshape"]) if "reshape" in fields else (),
        rejected_at_most=fields["rejected_at_most"].share() if "rejected_at_most" in fields else None,
        targets=reader.read(fields["targets"]),
        where=root.where,
    )
    _check_scales(mapping)
    if "own_ids" in fields:
        return replace(mapping, targets=with_own_ids(mapping.targets, fields["own_ids"], name))
    return mapping


def _source_name(node: Node) -> str:
    name = node.filled_text()
    if not re.fullmatch("[A-Za-z0-9][A-Za-z0-9_-]{0,99}", name) or name == IDENTITY:
        raise node.error(
            f"a source's name is up to 100 letters, digits, _ and -, and not `{IDENTITY}`; this is `{name}`"
        )
    return name


def _check_scales(mapping: SourceMapping) -> None:
    for parsed in mapping.parse.values() if mapping.reshape else ():
        if parsed.values.scale:
            raise parsed.where.error(
                "`scale` would be applied to what the reshape reads and again to what it makes; "
                "say it at the column of the target"
            )


def canonical_version(content: Any) -> str:
    """Of a mapping's content, as it is read now."""
    text = json.dumps([ENGINE_VERSION, content], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def plain(node: Node) -> Any:
    """The YAML's content without comments and layout."""
    if isinstance(node.value, str):
        return node.value
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return {key: plain(value) for key, value in node.value.items()}
