"""What the XML of a sheet of Excel says of its cells, and the library that reads their values does not.

Formulas that have no value: who writes a workbook by program leaves that to Excel, and a parser takes such a cell for
an empty one. And numbers that are shown with zeros in front, which are ids: 123 as 00123.
"""

import re
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from retail_assets.feeds.readers.shown_digits import Shown

Formulas = dict[tuple[int, int], str]
"""Formulas by row and column of their cells, from 0."""

_PLACE = re.compile("([A-Z]{1,3})([0-9]{1,7})")


@dataclass
class SheetCells:
    """What is said of the cells of one sheet."""

    formulas: Formulas = field(default_factory=dict)
    """Those without a value."""
    zeros: Formulas = field(default_factory=dict)
    """Those whose value is 0, which says nothing where the workbook says that nothing in it has been calculated."""
    padded: dict[tuple[int, Shown], array] = field(default_factory=dict)
    """Rows, by their column and what is shown of numbers in them."""


def sheet_cells(chunks: Iterable[bytes], digits: Mapping[str, Shown]) -> SheetCells:
    """What the XML of a sheet says; `digits` is what some styles show of a number."""
    reader = _Reader(digits)
    for chunk in chunks:
        reader.parser.Parse(chunk, False)
    reader.parser.Parse(b"", True)
    return reader.found


class _Reader:
    """Follows the cells of a sheet. A cell that does not say where it stands stands right of the one before."""

    def __init__(self, digits: Mapping[str, Shown]) -> None:
        self.found, self.digits = SheetCells(), digits
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.row = self.column = -1
        self.kind = ""
        self.parts: dict[str, list[str]] = {}
        """What stands in the elements of the cell, by their names."""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            place = _PLACE.fullmatch(attributes.get("r", ""))
            self.column = column_number(place[1].encode()) - 1 if place else self.column + 1
            self.row = int(place[2]) - 1 if place else self.row
            self.kind, self.parts = attributes.get("t", "n"), {}
            if self.kind == "n" and (digits := self.digits.get(attributes.get("s", ""))):
                self.found.padded.setdefault((self.column, digits), array("I")).append(max(self.row, 0))
        elif name == "row":
            said = attributes.get("r", "")
            self.row, self.column = (int(said) - 1 if said.isdecimal() else self.row + 1), -1
        elif name in ("f", "v"):
            self.parts[name] = []
            self.parser.CharacterDataHandler = self.parts[name].append

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name in ("f", "v"):
            self.parser.CharacterDataHandler = None
        elif name == "c" and "f" in self.parts:
            formula, value = "".join(self.parts["f"]), "".join(self.parts.get("v", [])).strip()
            if not value and not (self.kind == "str" and "v" in self.parts):
                self.found.formulas[self.row, self.column] = formula
            elif self.kind == "n" and _is_zero(value):
                self.found.zeros[self.row, self.column] = formula


def _is_zero(value: str) -> bool:
    try:
        return float(value) == 0
    except ValueError:
        return False


def column_number(letters: bytes) -> int:
    """Of the letters that a cell's place begins with, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
