"""The keys of a mapping that say which files it reads and how they are laid out: `match` and `file`."""

import codecs
import re
from collections.abc import Iterable
from typing import Any

import duckdb

from retail_assets.feeds.mapping.file_names import name_parts
from retail_assets.feeds.mapping.functions import MAX_PATTERN
from retail_assets.feeds.mapping.keys.nodes import Node
from retail_assets.feeds.readers.layout import FORMATS, FileLayout

MAX_NAME_PATTERNS = 100
"""Of one mapping: every file's name is compared with each."""

MAX_DELIMITER = 10
_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


def inbox_folder(node: Node, folders: Iterable[str]) -> str:
    return node.choice(tuple(folders))


def name_patterns(node: Node) -> tuple[str, ...]:
    patterns = node.items()
    if len(patterns) > MAX_NAME_PATTERNS:
        raise node.error(
            f"a mapping has at most {MAX_NAME_PATTERNS} patterns of file names; `*` stands for any text"
        )
    for item in patterns:
        if len(item.filled_text()) > MAX_PATTERN:
            raise item.error(f"a pattern of file names has at most {MAX_PATTERN} characters")
    return tuple(item.text() for item in patterns)


def name_pattern(node: Node) -> str:
    pattern = re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", node.filled_text())
    if len(pattern) > MAX_PATTERN:
        raise node.error(f"a regular expression has at most {MAX_PATTERN} characters here")
    try:
        groups = re.compile(pattern).groupindex
    except (re.error, OverflowError, RecursionError) as error:
        raise node.error(f"not a regular expression: {error}") from error
    if not groups:
        raise node.error("name the parts you want: (?P<store>[0-9]+)")
    try:
        name_parts(pattern, "")
    except duckdb.Error as error:
        said = str(error).partition(": ")[2] or str(error)
        raise node.error(f"not possible here, where nothing may look ahead or back: {said}") from error
    return pattern


def file_layout(node: Node) -> FileLayout:
    keys = (
        "format",
        "encoding",
        "delimiter",
        "quote",
        "escape",
        "sheet",
        "header_row",
        "header",
        "above",
        "columns",
        "short_lines",
        "records",
    )
    fields = node.fields(keys)
    given: dict[str, Any] = {}
    if "format" in fields:
        given["format"] = fields["format"].choice(FORMATS)
    if "encoding" in fields:
        given["encoding"] = _encoding(fields["encoding"])
    if "delimiter" in fields:
        given["delimiter"] = _delimiter(fields["delimiter"])
    if "quote" in fields:
        given["quote"] = _one_character(fields["quote"], {"": "", "none": ""})
    if "escape" in fields:
        given["escape"] = _one_character(fields["escape"], {"": "", "none": "", "backslash": "\\"})
    if "sheet" in fields:
        sheet = fields["sheet"]
        given["sheet"] = sheet.value if isinstance(sheet.value, str) else sheet.texts()
    if "header_row" in fields:
        given["header_row"] = fields["header_row"].whole_number()
    if "header" in fields:
        given["header"] = tuple(item.filled_text() for item in fields["header"].items())
        if clash := fields.keys() & {"header_row", "columns"}:
            raise fields["header"].error(f"`header` and `{min(clash)}` say the same; write one")
    if "above" in fields:
        given["above"] = tuple(name_pattern(item) for item in fields["above"].items())
        if not {"header", "header_row"} & fields.keys():
            raise fields["above"].error("say above what: with `header` (some of the names) or `header_row`")
    if "columns" in fields:
        given["columns"] = tuple(item.filled_text() for item in fields["columns"].items())
    if "short_lines" in fields:
        given["fill_short_lines"] = fields["short_lines"].choice(("reject", "fill")) == "fill"
    if "records" in fields:
        given["records"] = fields["records"].filled_text()
    return FileLayout(**given)


def _encoding(node: Node) -> str:
    try:
        return codecs.lookup(node.text()).name
    except (LookupError, ValueError):
        raise node.error(
            f"`{node.text()}` is no encoding; write utf-8, utf-16, windows-1252, latin-1, …"
        ) from None


def _delimiter(node: Node) -> str:
    text = _DELIMITERS.get(node.text(), node.text())
    if not 1 <= len(text) <= MAX_DELIMITER or set(text) & set("\r\n"):
        raise node.error(
            f"one to {MAX_DELIMITER} characters of one line, or one of the words "
            + ", ".join(word for word in _DELIMITERS if len(word) > 2)
        )
    return text


def _one_character(node: Node, words: dict[str, str]) -> str:
    text = words.get(node.text(), node.text())
    if len(text) > 1 or (not text and "" not in words):
        raise node.error(f"one character, or one of the words {', '.join(w for w in words if len(w) > 2)}")
    return text
