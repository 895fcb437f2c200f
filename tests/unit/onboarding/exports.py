"""Exports as real systems write them (their column names, their dialects, made-up contents), and what each column is.

`right` says by hand where each contract column comes from: a source column; an empty text, a person has to say it;
`derived`; `sql`, it is computed; `=EUR`, a constant; alternatives stand between `|`. With a leading `~` it is right
only if it is marked, since nobody could be certain of it. Optional columns that are not listed have no source.
"""

import io
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import yaml


@dataclass(frozen=True)
class Export:
    name: str
    feed: str
    right: dict[str, str]
    files: str
    """The pattern of file names that this source's files have in common."""
    text: str = ""
    encoding: str = "utf-8"
    lines_end: str = "\n"
    tab: str = ""
    """What stands for a tab in the text."""
    sheets: dict[str, list[list[Any]]] = field(default_factory=dict)
    persons: list[str] = field(default_factory=list)
    """What of its contents speaks of persons, and must stand in no mapping."""
    fill: dict[str, str] = field(default_factory=dict)
    """What the person says, whom the proposal asks."""
    reads: dict[str, str] = field(default_factory=dict)
    """Sums of what `try` admits then."""

    @property
    def content(self) -> bytes:
        if self.sheets:
            return _workbook(self.sheets)
        text = self.text.replace(self.tab, "\t") if self.tab else self.text
        return text.replace("\n", self.lines_end).encode(self.encoding)


@cache
def exports(name: str) -> tuple[Export, ...]:
    listed = yaml.safe_load(Path(__file__).with_name(f"{name}_exports.yaml").read_text(encoding="utf-8"))
    return tuple(Export(**one) for one in listed)


def _workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
