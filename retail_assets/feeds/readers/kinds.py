"""Which format a file is in: what the mapping says, else its name, unless its content is plainly another."""

import re
from pathlib import Path

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.layout import FORMATS, FileLayout

EXTENSIONS = {
    ".csv": "csv", ".txt": "csv", ".dat": "csv", ".asc": "csv", ".tsv": "tsv", ".tab": "tsv",
    ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson",
    ".parquet": "parquet", ".pq": "parquet",
    ".xlsx": "excel", ".xlsm": "excel", ".xlsb": "excel", ".xls": "excel",
}  # fmt: skip
TABLE_SUFFIXES = tuple(EXTENSIONS)
"""What calls itself a table."""

TEXT_FORMATS = ("csv", "tsv")
"""Whose records all have the same types: text."""

_CONTENTS = {b"PAR1": "parquet", b"PK\x03\x04": "excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "excel"}
_OTHERS = {
    b"\x1f\x8b": "a gzip archive", b"BZh": "a bzip2 archive", b"\xfd7zXZ\0": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive", b"7z\xbc\xaf": "a 7-Zip archive", b"Rar!": "a RAR archive",
    b"%PDF": "a PDF document", b"\x89PNG": "an image", b"\xff\xd8\xff": "an image", b"GIF8": "an image",
    b"SQLite format 3\0": "an SQLite database", b"{\\rtf": "a text document", b"ARROW1\0\0": "an Arrow file",
    b"ORC": "an ORC file", b"Obj\x01": "an Avro file",
}  # fmt: skip
_HTML = re.compile(rb"\s*<(!doctype html|html|table|\?xml)", re.IGNORECASE)
_JSON = re.compile(rb'\s*(\{|\[\s*\{)\s*"')


def format_of(path: Path, *, name: str, layout: FileLayout) -> str:
    """The format to read a file in; raises Unreadable when name or mapping and content contradict."""
    with path.open("rb") as handle:
        start = handle.read(512)
    content = next((kind for magic, kind in _CONTENTS.items() if start.startswith(magic)), None)
    if content is None:
        _refuse_others(start)
    expected = layout.format or EXTENSIONS.get(Path(name).suffix.lower())
    if layout.format is not None and layout.format not in FORMATS:
        raise Unreadable(
            "wrong_layout",
            f"The mapping states the format {layout.format!r}; write one of {', '.join(FORMATS)}.",
        )
    if content is not None:
        if layout.format not in (None, content):
            raise _contradiction(f"the mapping says {layout.format}", f"{content} file", content)
        return content
    start = start.removeprefix(b"\xef\xbb\xbf")
    if expected in ("parquet", "excel"):
        says = "the mapping says" if layout.format else f"the name {name} says"
        raise _contradiction(f"{says} {expected}", f"file that begins with {start[:20]!r}", "csv")
    if layout.format is None and expected not in ("json", "ndjson") and _JSON.match(start):
        return "json"
    return expected or "csv"


def _refuse_others(start: bytes) -> None:
    for magic, what in _OTHERS.items():
        if start.startswith(magic):
            raise Unreadable(
                "compressed" if "archive" in what else "not_a_table",
                f"A table (CSV, TSV, JSON, NDJSON, Parquet or Excel) was expected, but this is {what}; "
                f"{'unpack it and drop what is in it' if 'archive' in what else 'export the table itself'}.",
            )
    if _HTML.match(start):
        raise Unreadable(
            "not_a_table",
            "A table was expected, but this is an HTML or XML page, perhaps the error page of a download; "
            "export the table as CSV.",
        )


def _contradiction(says: str, found: str, content: str) -> Unreadable:
    return Unreadable(
        "wrong_format",
        f"A file of the format that it claims was expected: {says}, but this is a {found}; give it the right "
        f"ending, or state format: {content} in the mapping.",
    )
