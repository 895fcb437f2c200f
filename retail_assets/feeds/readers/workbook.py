"""What a workbook would cost, found out before a library that trusts it opens it.

A workbook is a zip archive of XML. A small one may unpack to gigabytes, and two cells in opposite corners make
the parser ask for a table of 17 billion cells.

On the way it finds formulas without a value: who writes a workbook by program leaves that to Excel, and a parser takes
such a cell for an empty one.
"""

import html
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from retail_assets.error_classification import machine_trouble
from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.columns import too_many_columns
from retail_assets.feeds.readers.records import ReaderLimits

_OLD_FORMAT = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
_DOCUMENTS = {
    "word/": "a Word document",
    "ppt/": "a presentation",
    "Index/": "an Apple Numbers document",
    "content.xml": "an OpenDocument text or drawing",
}
_CELL = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"[^<>]*[^/]>')
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\b([^<>]*)>\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>([^<]*)</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*(0?)\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
"""A cell with a formula and nothing, or 0, for its value."""
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_TEXT_VALUE = re.compile(rb'\bt="str"')
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^<>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^<>]*>")
_UNCALCULATED = re.compile(rb'<(?:\w+:)?calcPr\b[^<>]*\bfullCalcOnLoad="(?:1|true)"')
_CELL_BYTES = 100
"""What a cell of the enclosing rectangle costs, at least, on its way to text."""
_CHUNK = 2**20
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    expat.ExpatError,
)
"""What the archive module raises over damaged archives, encryption and unknown compressions among them."""
_OVERLAP = 2**14
"""More than a formula can be long."""

Formulas = dict[tuple[int, int], str]
"""Formulas by row and column of their cells, from 0."""


def check_workbook(path: Path, limits: ReaderLimits) -> dict[str, Formulas]:
    """Refuse what is no workbook, is encrypted, or would unpack to more than the limits; of every other the formulas
    without a value, by sheet."""
    with path.open("rb") as handle:
        start = handle.read(8)
        if start == _OLD_FORMAT:
            if _ENCRYPTED in start + handle.read(2**20) or _encrypted_at_end(path):
                raise _protected()
            return {}
    try:
        with zipfile.ZipFile(path) as archive:
            return _check_archive(archive, limits)
    except _DAMAGE as error:
        if machine_trouble(error):
            raise
        raise damaged(str(error)) from error


def _protected() -> Unreadable:
    return Unreadable(
        "encrypted",
        "A workbook was expected, but this one is protected by a password; save it without one and send it again.",
    )


def _no_workbook(names: set[str]) -> Unreadable:
    """What another archive than a workbook is, by the files in it."""
    what = next(
        (kind for start, kind in _DOCUMENTS.items() if any(name.startswith(start) for name in names)), None
    )
    return Unreadable(
        "not_excel",
        f"A workbook was expected, but this is {what}; save the table in it as .xlsx or CSV."
        if what
        else "A workbook (.xlsx) was expected, but this is another kind of archive; save the table as .xlsx or CSV, or "
        "give an archive of tables the ending .zip.",
    )


def damaged(cause: str) -> Unreadable:
    if "password" in cause.lower():
        return _protected()
    return Unreadable(
        "damaged_workbook",
        f"An Excel workbook was expected, but it cannot be opened ({' '.join(cause.split())[:200]}); "
        "open it in Excel, save it anew and send it again.",
    )


def _encrypted_at_end(path: Path) -> bool:
    with path.open("rb") as handle:
        handle.seek(max(path.stat().st_size - 2**20, 0))
        return _ENCRYPTED in handle.read()


def _check_archive(archive: zipfile.ZipFile, limits: ReaderLimits) -> dict[str, Formulas]:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    is_open_document = "content.xml" in names and _beginning(archive, "mimetype") == _OPEN_DOCUMENT
    if not is_open_document and not any(name.startswith("xl/workbook") for name in names):
        raise _no_workbook(names)
    if is_open_document and b"encryption-data" in _beginning(archive, "META-INF/manifest.xml"):
        raise _protected()
    unpacked = sum(part.file_size for part in parts)
    if unpacked > limits.unpacked_bytes:
        raise Unreadable(
            "unpacks_too_large",
            f"A workbook that unpacks to at most {limits.unpacked_bytes:,} bytes was expected, but this one "
            f"says that it has {unpacked:,}; send the table as CSV or Parquet.",
        )
    found: dict[str, Formulas] = {}
    zeros: dict[str, Formulas] = {}
    for part in parts:
        if part.filename.endswith((".xml", ".bin", ".rels")):
            found[part.filename], zeros[part.filename] = _check_part(archive, part, limits)
    if not any((*found.values(), *zeros.values())):
        return {}
    book = archive.read("xl/workbook.xml")
    # What says that nothing in it has been calculated yet has 0 where a value was to be.
    trusted = not _UNCALCULATED.search(book)
    return {
        sheet: found[part] if trusted else found[part] | zeros[part]
        for sheet, part in parts_of_sheets(archive, book).items()
        if part in found
    }


def _beginning(archive: zipfile.ZipFile, name: str) -> bytes:
    if name not in archive.namelist():
        return b""
    with archive.open(name) as part:
        return part.read(_CHUNK)


def parts_of_sheets(archive: zipfile.ZipFile, book: bytes) -> dict[str, str]:
    """The sheets by name, and the part of the archive that each is."""
    relations = _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {_attribute("Id", tag): _attribute("Target", tag) for tag in relations}
    parts = {}
    for tag in _SHEET.findall(book):
        target = targets.get(_attribute("id", tag), "")
        parts[_attribute("name", tag)] = (
            target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        )
    return parts


def _attribute(name: str, tag: bytes) -> str:
    found = re.search(rf"""[\s:]{name}\s*=\s*(?:"([^"]*)"|'([^']*)')""", tag.decode())
    return html.unescape(found[1] or found[2] or "") if found else ""


def _check_part(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, limits: ReaderLimits
) -> tuple[Formulas, Formulas]:
    """Unpack a part once, which also holds its sizes to what the archive says, and measure a sheet; its formulas
    without a value, and those whose value is 0."""
    is_sheet = part.filename.startswith("xl/worksheets/")
    columns, rows, cells = 0, 0, 0
    without: Formulas = {}
    zeros: Formulas = {}
    for chunk in pieces(archive, part):
        found = _CELL.findall(chunk) if is_sheet else []
        if found:
            cells += len(found)
            columns = max(columns, max(map(column_number, {letters for letters, _ in found})))
            rows = max(rows, max(int(number) for _, number in found))
            for tag, formula, zero in _FORMULA.findall(chunk):
                if (place := _PLACE.search(tag)) and not _TEXT_VALUE.search(tag):
                    at = int(place[2]) - 1, column_number(place[1]) - 1
                    (zeros if zero else without)[at] = html.unescape(formula.decode(errors="replace"))
    if columns > limits.columns:
        raise too_many_columns(f"{columns:,}", limits.columns)
    if rows * columns * _CELL_BYTES > limits.memory_bytes:
        raise Unreadable(
            "sparse_sheet",
            f"A sheet that fills its rectangle was expected, but {part.filename} has {cells:,} cells in "
            f"{rows:,} rows and {columns:,} columns; delete the stray cells far from the table, or send CSV.",
        )
    return without, zeros


def pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """A part in pieces. The reader of cells passes over tags that are none, and values with them, so a part that is no
    XML is damage."""
    rest = b""
    xml = None if part.filename.endswith(".bin") else expat.ParserCreate()
    with archive.open(part) as handle:
        while piece := handle.read(_CHUNK):
            if xml:
                xml.Parse(piece, False)
            chunk = rest + piece
            yield chunk
            # A cell's tag may straddle two chunks; seeing some twice changes no extreme.
            rest = chunk[-_OVERLAP:]
    if xml:
        xml.Parse(b"", True)


def column_number(letters: bytes) -> int:
    """Of the letters that a cell's place begins with, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
