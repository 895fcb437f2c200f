"""What a workbook would cost, found out before a library that trusts it opens it.

A workbook is a zip archive of XML. A small one may unpack to gigabytes, and two cells in opposite corners make
the parser ask for a table of 17 billion cells. On the way it finds what that library does not tell of the cells.
"""

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from xml.parsers import expat

from retail_assets.error_classification import machine_trouble
from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.columns import too_many_columns
from retail_assets.feeds.readers.old_excel import cells_of_old_excel
from retail_assets.feeds.readers.records import ReaderLimits
from retail_assets.feeds.readers.sheet_cells import SheetCells, column_number, sheet_cells
from retail_assets.feeds.readers.shown_digits import Shown, digits_shown
from retail_assets.feeds.readers.workbook_parts import (
    beginning,
    number_formats,
    parts_of_sheets,
    workbook_part,
)

_OLD_FORMAT = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
_DOCUMENTS = {
    "word/": "a Word document",
    "ppt/": "a presentation",
    "Index/": "an Apple Numbers document",
    "content.xml": "an OpenDocument text or drawing",
}
_CELL = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["'][^<>]*[^/]>""")
_UNCALCULATED = re.compile(rb"""<(?:\w+:)?calcPr\b[^<>]*\bfullCalcOnLoad\s*=\s*["'](?:1|true)["']""")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
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
    KeyError,
)
"""What the archive module raises over damaged archives, encryption, unknown compressions and missing parts among
them."""
_OVERLAP = 2**10
"""More than a tag of a cell is long."""


def check_workbook(path: Path, limits: ReaderLimits) -> dict[str, SheetCells]:
    """Refuse what is no workbook, is encrypted, or would unpack to more than the limits; of every other what there is
    to tell of its cells, by sheet."""
    with path.open("rb") as handle:
        start = handle.read(8)
        if start == _OLD_FORMAT:
            if _ENCRYPTED in start + handle.read(2**20) or _encrypted_at_end(path):
                raise _protected()
            return cells_of_old_excel(path)
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


def _check_archive(archive: zipfile.ZipFile, limits: ReaderLimits) -> dict[str, SheetCells]:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    is_document = _is_document(archive)
    if not is_document and not any(name.startswith("xl/workbook") for name in names):
        raise _no_workbook(names)
    if is_document and b"encryption-data" in beginning(archive, "META-INF/manifest.xml"):
        raise _protected()
    unpacked = sum(part.file_size for part in parts)
    if unpacked > limits.unpacked_bytes:
        raise Unreadable(
            "unpacks_too_large",
            f"A workbook that unpacks to at most {limits.unpacked_bytes:,} bytes was expected, but this one "
            f"says that it has {unpacked:,}; send the table as CSV or Parquet.",
        )
    with_formulas = [part.filename for part in parts if _is_read(part) and _check_part(archive, part, limits)]
    digits = {} if is_document else _digits_shown(archive)
    if is_document or not (with_formulas or digits):
        return {}
    book = archive.read(workbook_part(archive))
    trusted = not _UNCALCULATED.search(book)
    found = {}
    for sheet, part in parts_of_sheets(archive, book).items():
        if part in with_formulas or (digits and part.endswith(".xml")):
            with archive.open(part) as handle:
                cells = sheet_cells(iter(partial(handle.read, _CHUNK), b""), digits)
            found[sheet] = cells if trusted else replace(cells, formulas=cells.formulas | cells.zeros)
    return found


def _digits_shown(archive: zipfile.ZipFile) -> dict[str, Shown]:
    """The styles of cells that show zeros in front of a number, by their number."""
    shown = enumerate(digits_shown(code) for _, code in number_formats(archive))
    return {str(style): digits for style, digits in shown if digits}


def _is_read(part: zipfile.ZipInfo) -> bool:
    return part.filename.endswith((".xml", ".bin", ".rels"))


def is_open_document(path: Path) -> bool:
    """Whether a workbook is none of Excel."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return _is_document(archive)


def _is_document(archive: zipfile.ZipFile) -> bool:
    return "content.xml" in archive.namelist() and beginning(archive, "mimetype") == _OPEN_DOCUMENT


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, limits: ReaderLimits) -> bool:
    """Unpack a part once, which also holds its sizes to what the archive says, and measure what may be a sheet; whether
    there are formulas in it."""
    columns, rows, cells = 0, 0, 0
    has_formulas = False
    for chunk in pieces(archive, part):
        has_formulas = has_formulas or bool(_FORMULA.search(chunk))
        if found := _CELL.findall(chunk):
            cells += len(found)
            columns = max(columns, max(column_number(letters) for letters in {each[0] for each in found}))
            rows = max(rows, max(int(number) for _, number in found))
    hold_to(limits, f"{part.filename} with {cells:,} cells", rows=rows, columns=columns)
    return has_formulas


def hold_to(limits: ReaderLimits, sheet: str, *, rows: int, columns: int) -> None:
    """Refuse a sheet whose rectangle of cells would take too much memory."""
    if columns > limits.columns:
        raise too_many_columns(f"{columns:,}", limits.columns)
    if rows * columns * _CELL_BYTES > limits.memory_bytes:
        raise Unreadable(
            "sparse_sheet",
            f"A sheet that fills its rectangle was expected, but {sheet} has {rows:,} rows and {columns:,} columns; "
            "delete the stray cells far from the table, or send CSV.",
        )


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
