"""OpenDocument spreadsheets to the cells of their sheets.

The library that reads the workbooks of Excel loses of these what matters here: formulas without a value, errors and
spans of time are blank in it, tabs and line ends vanish, and a date cannot be told from a text.
"""

import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from xml.parsers import expat

import polars as pl

from retail_assets.feeds.readers.columns import (
    DAY_CELL,
    FORMULA,
    LONG_NUMBER,
    MOMENT_CELL,
    NUMBER_CELL,
    TEXT_CELL,
    TIME_CELL,
)
from retail_assets.feeds.readers.excel_cells import EXACT, TYPED, Sheet
from retail_assets.feeds.readers.records import ReaderLimits
from retail_assets.feeds.readers.workbook import hold_to

_CHUNK = 2**20
_VALUES = {
    "float": "office:value",
    "percentage": "office:value",
    "currency": "office:value",
    "date": "office:date-value",
    "time": "office:time-value",
    "boolean": "office:boolean-value",
}
"""Types of cells, and the attribute that holds the value."""
_PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?)?")
_SPAN = re.compile(r"P(?:([0-9]+)D)?T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)([.,][0-9]+)?S)?")
_ERROR = re.compile(r"#\S+[!?]|#N/A|Err:[0-9]+")
_ZEROS = re.compile("0[0-9]{1,19}")
_BLANKS = re.compile(r"[ \t\r\n]+")
_MOST_BLANKS = 1_000
_ASIDE = ("table:shapes", "table:tracked-changes", "table:dde-links")
"""What holds cells that are none of the sheet."""
_SPACES = {
    f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0": name for name in ("office", "style", "table", "text")
} | {"urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0": "calcext"}

Cell = tuple[str, str]
"""Its text, and what it is."""
_EMPTY: Cell = ("", TEXT_CELL)


@dataclass
class Table:
    """A sheet while it is read."""

    name: str
    hidden: bool
    rows: list[list[Cell]] = field(default_factory=list)

    @property
    def width(self) -> int:
        return max(map(len, self.rows), default=0)

    @property
    def sheet(self) -> Sheet:
        """Its cells by columns."""
        columns = [
            [row[number] if number < len(row) else _EMPTY for row in self.rows]
            for number in range(self.width)
        ]
        return Sheet(
            texts=pl.DataFrame({str(n): [text for text, _ in cells] for n, cells in enumerate(columns)}),
            kinds=pl.DataFrame({str(n): _kinds(cells) for n, cells in enumerate(columns)}),
        )


def read_tables(path: Path, limits: ReaderLimits) -> list[Table]:
    """The sheets of a document that was checked, in their order."""
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as content:
        return _Reader(limits).read(iter(partial(content.read, _CHUNK), b""))


class _Reader:
    """Follows the elements of the content. Rows and cells that repeat are written once, with their number."""

    def __init__(self, limits: ReaderLimits) -> None:
        self.limits = limits
        self.tables: list[Table] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.aside = 0
        """How deep in something that is no part of the sheet, or of a cell's text."""
        self.style, self.hidden = "", set()
        self.repeats, self.blank_rows = 1, 0
        self.row: list[Cell] = []
        self.blank_cells = 0
        self.cell: dict[str, str] | None = None
        """Attributes of the cell that is read."""
        self.texts: list[str] = []

    def read(self, chunks: Iterable[bytes]) -> list[Table]:
        for chunk in chunks:
            self.parser.Parse(chunk, False)
        self.parser.Parse(b"", True)
        return self.tables

    def _start(self, raw: str, given: dict[str, str]) -> None:
        name = _short(raw)
        in_cell = self.cell is not None
        if self.aside or name in _ASIDE or (in_cell and not name.startswith("text:")):
            self.aside += 1
            return
        attributes = {_short(key): value for key, value in given.items()}
        if in_cell:
            self._start_text(name, attributes)
        elif name == "style:style":
            self.style = attributes.get("style:name", "")
        elif name == "style:table-properties" and attributes.get("table:display") == "false":
            self.hidden.add(self.style)
        elif name == "table:table":
            hidden = attributes.get("table:style-name") in self.hidden
            self.tables.append(Table(attributes.get("table:name", ""), hidden))
            self.blank_rows = 0
        elif name == "table:table-row":
            self.repeats, self.row, self.blank_cells = (
                _number(attributes, "table:number-rows-repeated"),
                [],
                0,
            )
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self.cell, self.texts = attributes, []

    def _start_text(self, name: str, attributes: dict[str, str]) -> None:
        if name == "text:p":
            self.texts += ["\n"] if self.texts else [""]
            self.parser.CharacterDataHandler = self._characters
        elif name == "text:s":
            self.texts.append(" " * min(_number(attributes, "text:c"), _MOST_BLANKS))
        elif name in ("text:tab", "text:line-break"):
            self.texts.append("\t" if name == "text:tab" else "\n")

    def _characters(self, text: str) -> None:
        if not self.aside:
            self.texts.append(_BLANKS.sub(" ", text))

    def _end(self, raw: str) -> None:
        if self.aside:
            self.aside -= 1
            return
        name = _short(raw)
        if name == "text:p":
            self.parser.CharacterDataHandler = None
        elif name in ("table:table-cell", "table:covered-table-cell") and self.cell is not None:
            # What a merged cell covers nobody sees.
            cell = _cell(self.cell, "".join(self.texts)) if name == "table:table-cell" else _EMPTY
            self._add_cells(cell, _number(self.cell, "table:number-columns-repeated"))
            self.cell = None
        elif name == "table:table-row":
            self._add_rows()

    def _add_cells(self, cell: Cell, count: int) -> None:
        if cell == _EMPTY:
            self.blank_cells += count
            return
        self._hold_to(1, len(self.row) + self.blank_cells + count)
        self.row += [_EMPTY] * self.blank_cells + [cell] * count
        self.blank_cells = 0

    def _add_rows(self) -> None:
        if not self.row:
            self.blank_rows += self.repeats
            return
        rows = self.tables[-1].rows
        self._hold_to(len(rows) + self.blank_rows + self.repeats, len(self.row))
        rows += [[]] * self.blank_rows + [self.row] * self.repeats
        self.blank_rows = 0

    def _hold_to(self, rows: int, columns: int) -> None:
        hold_to(self.limits, self.tables[-1].name, rows=rows, columns=columns)


def _short(name: str) -> str:
    """A name as people write it: table:table-cell."""
    space, _, local = name.rpartition(" ")
    return f"{_SPACES.get(space, '')}:{local}"


def _number(attributes: dict[str, str], name: str) -> int:
    said = attributes.get(name, "1")
    return int(said) if said.isdecimal() and len(said) < 10 else 1


def _cell(attributes: dict[str, str], shown: str) -> Cell:
    """The text of a cell and what it is, by its attributes and what it shows."""
    formula, kind = attributes.get("table:formula"), attributes.get("office:value-type", "")
    if attributes.get("calcext:value-type") == "error" or (formula and _ERROR.fullmatch(shown)):
        return (shown if shown.startswith("#") else "#VALUE!"), TEXT_CELL
    value = attributes.get(_VALUES.get(kind, "office:string-value"))
    if formula and not shown and not (value or kind == "string"):
        return f"={formula.partition('=')[2]}", FORMULA
    if not value:
        return (shown if value is None else ""), TEXT_CELL
    if _ZEROS.fullmatch(shown) and shown.lstrip("0") == value and kind == "float":
        return shown, NUMBER_CELL  # an id that is a number: 123, shown as 00123
    read = {"office:value": _as_number, "office:date-value": _as_date, "office:time-value": _as_span}
    return read.get(_VALUES.get(kind, ""), _as_text)(value)


def _as_text(value: str) -> Cell:
    return value, TEXT_CELL


def _as_number(value: str) -> Cell:
    try:
        number = float(value)
    except ValueError:
        return _as_text(value)
    if not abs(number) < float("inf"):
        return _as_text(value)
    text = value if _PLAIN.fullmatch(value) else repr(number).replace("e+", "e")
    text = text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text
    is_long = abs(number) >= EXACT or (abs(number) >= TYPED and number % 10 == 0)
    return ("0" if number == 0 else text), LONG_NUMBER if is_long else NUMBER_CELL


def _as_date(value: str) -> Cell:
    if not (found := _DATE.fullmatch(value)):
        return _as_text(value)
    day, clock, part = found.groups()
    part = (part or "").rstrip("0").rstrip(".")
    moment = f"{day} {clock or '00:00:00'}{part}"
    return moment, DAY_CELL if moment.endswith(" 00:00:00") else MOMENT_CELL


def _as_span(value: str) -> Cell:
    if not (found := _SPAN.fullmatch(value)):
        return _as_text(value)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[:4])
    total = seconds + 60 * (minutes + 60 * (hours + 24 * days))
    part = (found[5] or "").replace(",", ".").rstrip("0").rstrip(".")
    return f"{total // 3600:02}:{total // 60 % 60:02}:{total % 60:02}{part}", TIME_CELL


def _kinds(cells: list[Cell]) -> list[str]:
    """A column of dates of which some have a time has no dates alone."""
    kinds = [kind for _, kind in cells]
    return [MOMENT_CELL if kind == DAY_CELL else kind for kind in kinds] if MOMENT_CELL in kinds else kinds
