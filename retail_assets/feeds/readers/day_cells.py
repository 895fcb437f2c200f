"""Which date cells of a workbook are shown as a day without a time: only the number format tells it from midnight."""

import re
import zipfile
from functools import partial
from pathlib import Path

from retail_assets.feeds.readers.sheet_cells import column_number, sheet_cells
from retail_assets.feeds.readers.workbook import pieces
from retail_assets.feeds.readers.workbook_parts import number_formats, parts_of_sheets, workbook_part

_CELL = re.compile(
    rb"""<(?:\w+:)?c\b(?=[^<>]*\br=["']([A-Z]{1,3})([0-9]{1,7})["'])(?=[^<>]*\bs=["']([0-9]+)["'])"""
)
_UNPLACED = re.compile(rb"<(?:\w+:)?c\b(?![^<>]*\br=)[^<>]*>")
"""A cell that stands right of the one before, wherever that is."""
_SAID = re.compile(r'".*?"|\\.|_.|\[[^\]]*\]')
"""What a format says in words, and its colours and languages: no codes."""
_SHORT_DATES = range(14, 18)
"""The formats of dates that every workbook has under these numbers."""


def cells_shown_as_days(path: Path, sheet: str) -> set[tuple[int, int]]:
    """By row and column of the sheet, from 0. Only .xlsx says it where it can be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            styles = {style for style, form in enumerate(number_formats(archive)) if _is_day(*form)}
            part = parts_of_sheets(archive, archive.read(workbook_part(archive))).get(sheet)
            if not part or not styles:
                return set()
            found = set()
            for piece in pieces(archive, archive.getinfo(part)):
                if _UNPLACED.search(piece):
                    return _followed(archive, part, styles)
                for letters, row, style in _CELL.findall(piece):
                    if int(style) in styles:
                        found.add((int(row) - 1, column_number(letters) - 1))
            return found
    except (zipfile.BadZipFile, KeyError):  # .xls, .ods
        return set()


def _followed(archive: zipfile.ZipFile, part: str, styles: set[int]) -> set[tuple[int, int]]:
    """The same, from cell to cell."""
    with archive.open(part) as handle:
        cells = sheet_cells(iter(partial(handle.read, 2**20), b""), dict.fromkeys(map(str, styles), ("", 1)))
    return {(row, column) for (column, _), rows in cells.padded.items() for row in rows}


def _is_day(number: int, code: str) -> bool:
    """Whether a format shows a date and no time."""
    said = _SAID.sub("", code).lower()
    return bool(re.search("[yd]", said) and not re.search("[hs]", said)) if code else number in _SHORT_DATES
