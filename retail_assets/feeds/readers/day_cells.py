"""Which date cells of a workbook are shown as a day without a time: only the number format tells it from midnight."""

import re
import zipfile
from pathlib import Path

from retail_assets.feeds.readers.sheet_cells import column_number
from retail_assets.feeds.readers.workbook import parts_of_sheets, pieces

_FORMAT = re.compile(rb'<(?:\w+:)?numFmt\b[^<>]*?\bnumFmtId="(\d+)"[^<>]*?\bformatCode="([^"]*)"')
_STYLES = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_STYLE = re.compile(rb"<(?:\w+:)?xf\b([^<>]*)>")
_FORMAT_OF = re.compile(rb'\bnumFmtId="(\d+)"')
_CELL = re.compile(rb'<(?:\w+:)?c\b(?=[^<>]*\br="([A-Z]{1,3})([0-9]{1,7})")(?=[^<>]*\bs="([0-9]+)")')
_SAID = re.compile(rb"&quot;.*?&quot;|\\.|_.|\[[^\]]*\]")
"""What a format says in words, and its colours and languages: no codes."""
_SHORT_DATES = frozenset(range(14, 18))
"""The formats of dates that every workbook has under these numbers."""


def cells_shown_as_days(path: Path, sheet: str) -> set[tuple[int, int]]:
    """By row and column of the sheet, from 0. Only .xlsx says it where it can be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            if "xl/styles.xml" not in archive.namelist():
                return set()
            styles = _day_styles(archive.read("xl/styles.xml"))
            part = parts_of_sheets(archive, archive.read("xl/workbook.xml")).get(sheet)
            found = set()
            for piece in pieces(archive, archive.getinfo(part)) if part and styles else ():
                for letters, row, style in _CELL.findall(piece):
                    if int(style) in styles:
                        found.add((int(row) - 1, column_number(letters) - 1))
            return found
    except (zipfile.BadZipFile, KeyError):  # .xls, .ods
        return set()


def _day_styles(styles: bytes) -> set[int]:
    """The styles of cells, by their number, that show a date and no time."""
    own = {int(number): _SAID.sub(b"", code).lower() for number, code in _FORMAT.findall(styles)}
    days = {
        number for number, code in own.items() if re.search(b"[yd]", code) and not re.search(b"[hs]", code)
    }
    days |= _SHORT_DATES - own.keys()
    listed = _STYLES.search(styles)
    used = [_FORMAT_OF.search(style) for style in _STYLE.findall(listed[0])] if listed else []
    return {number for number, form in enumerate(used) if form and int(form[1]) in days}
