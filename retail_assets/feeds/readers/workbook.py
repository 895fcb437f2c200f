"""What a workbook would cost, found out before a library that trusts it opens it.

A workbook is a zip archive of XML. A small one may unpack to gigabytes, and two cells in opposite corners make
the parser ask for a table of 17 billion cells.
"""

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

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
)
"""What the archive module raises over damaged archives, encryption and unknown compressions among them."""
_OVERLAP = 512


def check_workbook(path: Path, limits: ReaderLimits) -> None:
    """Refuse what is no workbook, is encrypted, or would unpack to more than the limits."""
    with path.open("rb") as handle:
        start = handle.read(8)
        if start == _OLD_FORMAT:
            if _ENCRYPTED in start + handle.read(2**20) or _encrypted_at_end(path):
                raise _protected()
            return
    try:
        with zipfile.ZipFile(path) as archive:
            _check_archive(archive, limits)
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


def _check_archive(archive: zipfile.ZipFile, limits: ReaderLimits) -> None:
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
    for part in parts:
        if part.filename.endswith((".xml", ".bin", ".rels")):
            _check_part(archive, part, limits)


def _beginning(archive: zipfile.ZipFile, name: str) -> bytes:
    if name not in archive.namelist():
        return b""
    with archive.open(name) as part:
        return part.read(_CHUNK)


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, limits: ReaderLimits) -> None:
    """Unpack a part once, which also holds its sizes to what the archive says, and measure a sheet."""
    is_sheet = part.filename.startswith("xl/worksheets/")
    columns, rows, cells = 0, 0, 0
    for chunk in _chunks(archive, part):
        found = _CELL.findall(chunk) if is_sheet else []
        if found:
            cells += len(found)
            columns = max(columns, max(map(_column_number, {letters for letters, _ in found})))
            rows = max(rows, max(int(number) for _, number in found))
    if columns > limits.columns:
        raise too_many_columns(f"{columns:,}", limits.columns)
    if rows * columns * _CELL_BYTES > limits.memory_bytes:
        raise Unreadable(
            "sparse_sheet",
            f"A sheet that fills its rectangle was expected, but {part.filename} has {cells:,} cells in "
            f"{rows:,} rows and {columns:,} columns; delete the stray cells far from the table, or send CSV.",
        )


def _chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    rest = b""
    with archive.open(part) as handle:
        while piece := handle.read(_CHUNK):
            chunk = rest + piece
            yield chunk
            # A cell's tag may straddle two chunks; seeing some twice changes no extreme.
            rest = chunk[-_OVERLAP:]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
