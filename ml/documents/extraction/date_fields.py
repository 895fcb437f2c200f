"""Candidates for the date of issue and the date when payment is due."""

from datetime import date

from ml.documents.extraction.dates import Found, dates, day_comes_first
from ml.documents.extraction.labels import classes
from ml.documents.extraction.layout import Cell, Layout
from ml.documents.extraction.scoring import Candidate

_LABEL = 42
"""Characters before a date that may name it."""


def candidates(layout: Layout) -> tuple[list[Candidate], bool]:
    """Dates with what stands around them, and whether the day comes first."""
    found: list[tuple[Found, Cell, str, str]] = []
    for line in layout.lines:
        before = ""
        for cell in line.cells:
            text = cell.text
            last = 0
            for one in dates(text):
                label = text[last : one.start] if last else f"{before} {text[: one.start]}"
                found.append((one, cell, label[-_LABEL:], text[one.end : one.end + 12]))
                last = one.end
            before = text if not last else text[last:]
    day_first = day_comes_first([one for one, *_ in found], layout.text)
    values = [one.value(day_first) for one, *_ in found]
    made = []
    for place, (one, cell, label, after) in enumerate(found):
        value = values[place]
        if value is None:
            continue
        features = {f"L:{name}": 1.0 for name in classes("dates", label)}
        over = _label_above(layout, cell) if not set(features) - {"L:invoice", "L:time"} else ""
        features |= {f"A:{name}": 1.0 for name in classes("dates", over)}
        features |= {
            "bias": 1.0,
            "repeated": min(values.count(value) - 1, 2) / 2,
            "order": min(place, 6) / 6,
            "height": _down(layout, cell),
            "first_page": float(cell.page == layout.pages[0].number),
            "short_year": float(one.short_year),
            "ambiguous": float(
                one.day_first != one.month_first and None not in (one.day_first, one.month_first)
            ),
            "time_after": float(":" in after),
            "packed": float(one.kind == "packed"),
            "alone": float(len(cell.text) - (one.end - one.start) < 4),
            "in_sentence": float(len(label) >= _LABEL - 2),
            "latest": float(value == max(filter(None, values))),
            "earliest": float(value == min(filter(None, values))),
        }
        made.append(
            Candidate(value, features, cell.box, value.isoformat(), cell.line, label.strip() or over.strip())
        )
    return made, day_first


def _label_above(layout: Layout, cell: Cell) -> str:
    for over in layout.above(cell, lines=2):
        if not any(character.isdigit() for character in over.text):
            return over.text[:60]
    return ""


def _down(layout: Layout, cell: Cell) -> float:
    page = layout.page_of(cell.page)
    return min(cell.y0 / max(page.height, 1.0), 1.0)


def is_sane(issued: date | None, due: date | None) -> bool:
    return issued is None or due is None or due >= issued
