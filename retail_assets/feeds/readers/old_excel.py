"""What a workbook of Excel 97 (.xls) says of formulas, and the library that reads their values does not.

Such a file is a small file system (OLE), in which one stream holds the workbook as records (BIFF). A formula that was
never calculated is blank in it, or 0, and so may be one that was: so it tells only where no formula at all has a value.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retail_assets.feeds.readers.sheet_cells import SheetCells

_STREAMS = ("Workbook", "Book")
_ROOT = 5
_ENTRY, _HEADER, _DIFAT = 128, 512, 109
_BOF, _SHEET, _FORMULA, _UNCALCULATED = 0x809, 0x85, 0x6, 0x5E
_BIFF8 = 0x600
_NO_NUMBER, _BLANK = b"\xff\xff", 3
_CALCULATE_ON_LOAD = 2


def cells_of_old_excel(path: Path) -> dict[str, SheetCells]:
    """The formulas without a value, by sheet; nothing where the file is damaged, which its reader will tell."""
    with suppress(struct.error, ValueError, IndexError, StopIteration):
        return _formulas(_workbook(path.read_bytes()))
    return {}


def _workbook(data: bytes) -> bytes:
    """The stream of the workbook."""
    sector_shift, mini_shift = struct.unpack_from("<2H", data, 30)
    directory, _, cutoff, mini_table, _, more, more_count = struct.unpack_from("<I I I I I I I", data, 48)
    size = 1 << sector_shift

    def sector(number: int) -> bytes:
        return data[_HEADER + number * size : _HEADER + (number + 1) * size]

    tables = list(struct.unpack_from(f"<{_DIFAT}I", data, 76))
    for _ in range(min(more_count, len(data) // size)):
        *further, more = np.frombuffer(sector(more), "<u4").tolist()
        tables += further
    held = len(data) // size
    table = np.frombuffer(
        b"".join(sector(number) for number in dict.fromkeys(tables) if number < held), "<u4"
    )

    def stream(start: int) -> bytes:
        return b"".join(map(sector, _chain(table, start)))

    entries = {entry.name: entry for entry in _entries(stream(directory))}
    found = next(entries[name] for name in _STREAMS if name in entries)
    if found.size >= cutoff:
        return stream(found.start)[: found.size]
    mini, root = 1 << mini_shift, next(entry for entry in entries.values() if entry.kind == _ROOT)
    small, minis = stream(root.start), _chain(np.frombuffer(stream(mini_table), "<u4"), found.start)
    return b"".join(small[number * mini : (number + 1) * mini] for number in minis)[: found.size]


def _chain(table: np.ndarray, start: int) -> Iterator[int]:
    """The sectors of a stream, of which each names the next."""
    for _ in range(len(table)):
        if start >= len(table):
            return
        yield start
        start = int(table[start])


@dataclass(frozen=True)
class _Entry:
    name: str
    kind: int
    start: int
    size: int


def _entries(directory: bytes) -> Iterator[_Entry]:
    for at in range(0, len(directory), _ENTRY):
        length, kind = struct.unpack_from("<HB", directory, at + 64)
        start, size = struct.unpack_from("<II", directory, at + 116)
        yield _Entry(directory[at : at + max(length - 2, 0)].decode("utf-16-le"), kind, start, size)


def _formulas(book: bytes) -> dict[str, SheetCells]:
    sheets: dict[int, SheetCells] = {}
    names: dict[int, str] = {}
    here, is_new, uncalculated, at = SheetCells(), True, False, 0
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        begins, at = at + 4, at + 4 + length
        if kind == _BOF:
            is_new = is_new and struct.unpack_from("<H", book, begins)[0] == _BIFF8
            here = sheets.get(begins - 4, here)
        elif kind == _SHEET:
            (place,) = struct.unpack_from("<I", book, begins)
            names[place], sheets[place] = _sheet_name(book[begins + 6 : at], is_new=is_new), SheetCells()
        elif kind == _UNCALCULATED:
            uncalculated = True
        elif kind == _FORMULA:
            row, column, _, result, flags = struct.unpack_from("<3H8sH", book, begins)
            blank = result[6:] == _NO_NUMBER and result[0] == _BLANK
            if not blank and not (result == bytes(8) and (uncalculated or flags & _CALCULATE_ON_LOAD)):
                return {}
            here.formulas[row, column] = ""
    return {names[place]: cells for place, cells in sheets.items()}


def _sheet_name(text: bytes, *, is_new: bool) -> str:
    if not is_new:
        return text[1 : 1 + text[0]].decode("cp1252")
    wide = text[1] & 1
    return text[2 : 2 + text[0] * (1 + wide)].decode("utf-16-le" if wide else "latin-1")
