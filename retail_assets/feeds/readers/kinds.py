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
    ".ods": "excel",
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
    b"ORC": "an ORC file", b"Obj\x01": "an Avro file", b"RIFF": "an image", b"II*\0": "an image", b"MM\0*": "an image",
}  # fmt: skip
_TOLD_BY_TEXT = (
    (
        rb"UNA.{6}\s*UNB|UNB\+",
        "an EDIFACT message; have it translated into a table (CSV) by whoever exchanges EDI for you",
    ),
    (
        rb"ISA([^\w\s]).{2}\1.{10}\1",
        "an X12 EDI message; have it translated into a table (CSV) by whoever exchanges EDI for you",
    ),
    (
        rb"EDI_DC40|STX=",
        "an EDI message; have it translated into a table (CSV) by whoever exchanges EDI for you",
    ),
    (
        rb"<\?xml.{0,2000}(progid=.Excel\.Sheet|urn:schemas-microsoft-com:office:spreadsheet)",
        "a workbook in the XML format of Excel 2003, whatever its name says; open it in Excel and save it as .xlsx",
    ),
    (
        rb"(<!doctype html|<html|<head|<meta|<style|<body|<div|<table).{0,20000}<t(able|r)[\s>]|<table[\s>]",
        "an HTML page with a table, which Excel opens although it is no workbook; open it in Excel and save it as "
        ".xlsx, or have the report exported as CSV",
    ),
    (
        rb"MIME-Version:.{0,500}multipart/related",
        "a web archive (MHTML); open it in Excel and save it as .xlsx",
    ),
    (
        rb"<(!doctype html|html|head|body)",
        "an HTML page, perhaps the error page of a download; export the table as CSV",
    ),
    (rb"<\?xml", "an XML document; export the table as CSV, JSON, Parquet or Excel"),
)
"""How other things than tables begin, and what they are."""
_JSON = re.compile(rb'\s*(\{|\[\s*\{)\s*"')


def format_of(path: Path, *, name: str, layout: FileLayout) -> str:
    """The format to read a file in; raises Unreadable when name or mapping and content contradict."""
    with path.open("rb") as handle:
        start = handle.read(2**15)
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
    others = _OTHERS | ({start[:8]: "an image or a video"} if start[4:8] == b"ftyp" else {})
    for magic, what in others.items():
        if start.startswith(magic):
            raise Unreadable(
                "compressed" if "archive" in what else "not_a_table",
                f"A table (CSV, TSV, JSON, NDJSON, Parquet or Excel) was expected, but this is {what}; "
                f"{'unpack it and drop what is in it' if 'archive' in what else 'export the table itself'}.",
            )
    # UTF-16 reads like ASCII without its NULs.
    text = start.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").replace(b"\0", b"").lstrip()
    for pattern, what in _TOLD_BY_TEXT:
        if re.match(pattern, text, re.IGNORECASE | re.DOTALL):
            raise Unreadable("not_a_table", f"A table was expected, but this is {what}.")


def _contradiction(says: str, found: str, content: str) -> Unreadable:
    return Unreadable(
        "wrong_format",
        f"A file of the format that it claims was expected: {says}, but this is a {found}; give it the right "
        f"ending, or state format: {content} in the mapping.",
    )
