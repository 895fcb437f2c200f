"""Words put into lines and cells, as eyes do: by where they stand, in whatever order the file holds them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ml.documents.record import Box
from ml.documents.words import Page, Word

CELL_GAP = 1.1
"""Blanks that are wider than this share of a word's height divide cells."""


_TALLER = 2.6


@dataclass
class Cell:
    """Words that stand together on a line."""

    words: list[Word]
    line: int = 0
    """Number of its line in the document."""

    @cached_property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @cached_property
    def x0(self) -> float:
        return self.words[0].x0

    @cached_property
    def x1(self) -> float:
        return self.words[-1].x1

    @cached_property
    def y0(self) -> float:
        return min(word.y0 for word in self.words)

    @cached_property
    def y1(self) -> float:
        return max(word.y1 for word in self.words)

    @cached_property
    def height(self) -> float:
        return max(word.height for word in self.words)

    @cached_property
    def page(self) -> int:
        return self.words[0].page

    @property
    def box(self) -> Box:
        return (self.page, self.x0, self.y0, self.x1, self.y1)


@dataclass
class Line:
    """Cells side by side."""

    cells: list[Cell]
    number: int = 0
    read: dict[str, Any] = field(default_factory=dict)
    """Its numbers by the decimal sign that they were read with."""

    @cached_property
    def words(self) -> list[Word]:
        return [word for cell in self.cells for word in cell.words]

    @cached_property
    def text(self) -> str:
        return "  ".join(cell.text for cell in self.cells)

    @property
    def page(self) -> int:
        return self.cells[0].page

    @cached_property
    def y0(self) -> float:
        return min(cell.y0 for cell in self.cells)

    @cached_property
    def y1(self) -> float:
        return max(cell.y1 for cell in self.cells)

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


@dataclass
class Layout:
    """The lines of all pages, from the top of the first to the bottom of the last."""

    pages: Sequence[Page]
    lines: list[Line] = field(default_factory=list)

    @cached_property
    def cells(self) -> list[Cell]:
        return [cell for line in self.lines for cell in line.cells]

    @cached_property
    def word_height(self) -> float:
        heights = sorted(word.height for page in self.pages for word in page.words if len(word.text) > 1)
        return heights[len(heights) // 2] if heights else 10.0

    @cached_property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @cached_property
    def _by_page(self) -> dict[int, list[Line]]:
        found: dict[int, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.page, []).append(line)
        return found

    def page_of(self, number: int) -> Page:
        return next(page for page in self.pages if page.number == number)

    def above(self, cell: Cell, *, lines: int = 3, slack: float = 0.3) -> Iterator[Cell]:
        """Cells that stand over this one, the nearest first."""
        yield from self._beside(cell, -1, lines, slack)

    def below(self, cell: Cell, *, lines: int = 3, slack: float = 0.3) -> Iterator[Cell]:
        yield from self._beside(cell, 1, lines, slack)

    def _beside(self, cell: Cell, step: int, lines: int, slack: float) -> Iterator[Cell]:
        on_page = self._by_page.get(cell.page, [])
        at = bisect_left(on_page, cell.line, key=lambda line: line.number)
        room = slack * cell.height
        seen = 0
        at += step
        while 0 <= at < len(on_page) and seen < lines:
            over = [one for one in on_page[at].cells if one.x0 < cell.x1 + room and one.x1 > cell.x0 - room]
            if over:
                seen += 1
                yield from over
            elif abs(on_page[at].middle - (cell.y0 + cell.y1) / 2) > 6 * self.word_height:
                return
            at += step


def layout(pages: Sequence[Page]) -> Layout:
    found = Layout(pages)
    for page in pages:
        for words in _rows(page.words):
            number = len(found.lines)
            found.lines.append(Line([Cell(words, number) for words in _cells(words)], number))
    return found


def _rows(words: Sequence[Word]) -> list[list[Word]]:
    """Words of one height on the page each; a word joins the row with which it shares most of its height."""
    rows: list[list[Word]] = []
    tops: list[tuple[float, float]] = []
    for word in sorted(words, key=lambda one: (one.middle, one.x0)):
        best, best_share = None, 0.0
        for number in range(len(rows) - 1, max(len(rows) - 6, -1), -1):
            top, bottom = tops[number]
            shared = min(word.y1, bottom) - max(word.y0, top)
            low, high = sorted((word.height, bottom - top))
            # A word that is much taller than a line is not of it, wherever it reaches.
            share = shared / max(low if high < _TALLER * low else high, 1e-6)
            if share <= 0.5:
                continue
            # Of rows that fit, the one of the same size.
            likeness = share + 0.1 * (low / high if high else 1.0)
            if likeness > best_share:
                best, best_share = number, likeness
        if best is None:
            rows.append([word])
            tops.append((word.y0, word.y1))
        else:
            rows[best].append(word)
            count = len(rows[best])
            top, bottom = tops[best]
            tops[best] = (top + (word.y0 - top) / count, bottom + (word.y1 - bottom) / count)
    for row in rows:
        row.sort(key=lambda one: one.x0)
    rows.sort(key=lambda row: sum(word.middle for word in row) / len(row))
    return rows


def _cells(words: list[Word]) -> list[list[Word]]:
    cells = [[words[0]]]
    for word in words[1:]:
        before = cells[-1][-1]
        if word.x0 - before.x1 > CELL_GAP * min(
            max(word.height, before.height), 2 * min(word.height, before.height)
        ):
            cells.append([word])
        else:
            cells[-1].append(word)
    return cells
