"""What of a document a language model is shown, and what stands where on its pages."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

from ml.documents.extraction.dates import dates
from ml.documents.extraction.layout import Line, layout
from ml.documents.extraction.numbers import decimal_sign, numbers
from ml.documents.record import Box
from ml.documents.words import Page

CHARACTERS = 40_000
"""Of text that is shown; of longer documents the beginning and the end."""
AT_THE_END = 0.25
"""Share of that for the last pages, where totals stand."""


@dataclass(frozen=True)
class Part:
    """Words that stand together, and where."""

    text: str
    box: Box


@dataclass
class Seen:
    """Lines of parts in reading order, numbers and dates among them, and pictures of pages badly read."""

    pages: int = 0
    lines: list[list[Part]] = field(default_factory=list)
    left_out_after: int | None = None
    """Number of the line after which lines are left out."""
    others: list[list[Part]] = field(default_factory=list)
    """What another engine read on the same pages; not shown, but it stands there too."""
    numbers: list[tuple[Decimal, Box]] = field(default_factory=list)
    """Without their signs."""
    other_numbers: list[tuple[Decimal, Box]] = field(default_factory=list)
    dates: list[tuple[str, Box]] = field(default_factory=list)
    """In both readings where day and month may be either."""
    pictures: dict[int, bytes] = field(default_factory=dict)
    """JPEGs by the number of the page."""


def seen(pages: list[Page]) -> Seen:
    """The pages as a model is shown them; what is left out of the text is not looked at for values either."""
    found = Seen(len(pages))
    # The second engine reads weak pages better.
    shown = layout([replace(page, words=page.other) if page.other else page for page in pages]).lines
    kept, found.left_out_after = _within(shown)
    found.lines = list(map(_parts, kept))
    found.numbers = _numbers(kept)
    found.dates = _dates(kept)
    others = [page for page in pages if page.other]
    if others:
        kept, _ = _within(layout(others).lines)
        found.others = list(map(_parts, kept))
        found.other_numbers = _numbers(kept)
        found.dates += _dates(kept)
    return found


def _within(lines: list[Line]) -> tuple[list[Line], int | None]:
    sizes = [len(line.text) + 1 for line in lines]
    if sum(sizes) <= CHARACTERS:
        return lines, None
    first = _fitting(sizes, CHARACTERS * (1 - AT_THE_END))
    last = _fitting(sizes[::-1], CHARACTERS * AT_THE_END)
    return [*lines[:first], *lines[len(lines) - last :]], first


def _fitting(sizes: list[int], room: float) -> int:
    for count, size in enumerate(sizes):
        room -= size
        if room < 0:
            return count
    return len(sizes)


def _parts(line: Line) -> list[Part]:
    return [Part(cell.text, cell.box) for cell in line.cells]


def _numbers(lines: list[Line]) -> list[tuple[Decimal, Box]]:
    sign = decimal_sign([line.text for line in lines])
    return [
        (abs(one.value), (line.page, one.word.x0, one.word.y0, one.word.x1, one.word.y1))
        for line in lines
        for one in numbers(line, sign)
    ]


def _dates(lines: list[Line]) -> list[tuple[str, Box]]:
    return [
        (day.isoformat(), cell.box)
        for line in lines
        for cell in line.cells
        for one in dates(cell.text)
        for day in (one.day_first, one.month_first)
        if day is not None
    ]
