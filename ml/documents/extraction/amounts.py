"""Candidates for net, tax, total and their kin, with what stands around them, and taxes by rate."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from ml.documents.extraction.labels import classes
from ml.documents.extraction.layout import Cell, Layout, Line
from ml.documents.extraction.numbers import CURRENCIES, MOST_IN_LINE, Number, numbers
from ml.documents.extraction.scoring import Candidate
from ml.documents.record import Tax

TOLERANCE = Decimal("0.02")


def candidates(layout: Layout, sign: str, row_lines: set[int], row_total: Decimal | None) -> list[Candidate]:
    """All amounts of a document with what stands around them."""
    found: list[tuple[Line, Number, str, bool]] = []
    for line in layout.lines:
        values = numbers(line, sign)
        before = 0
        lead = " ".join(word.text for word in line.words[: values[0].first]) if values else ""
        for number in values:
            label = _label(line, before, number.first)
            before = number.last + 1
            if number.percent or not (number.decimals == 2 or number.currency):
                continue
            own = _says_something(label)
            found.append((line, number, label if own else lead, own))
    counts = Counter(abs(number.value) for _, number, *_ in found)
    ranked = sorted({abs(number.value) for _, number, *_ in found}, reverse=True)
    labelled = [(number.value, set(classes("amounts", label[-70:]))) for _, number, label, *_ in found]
    cash = [value for value, kinds in labelled if "cash" in kinds]
    change = [value for value, kinds in labelled if "change" in kinds]
    paid = {abs(one) - abs(two) for one in cash for two in change}
    made = []
    for place, (line, number, label, own) in enumerate(found):
        features = _label_features(layout, line, number, label, own)
        page = layout.page_of(line.page)
        value = number.value
        features |= {
            "bias": 1.0,
            "repeated": min(counts[abs(value)] - 1, 3) / 3,
            "rank1": float(abs(value) == ranked[0]),
            "rank2": float(len(ranked) > 1 and abs(value) == ranked[1]),
            "low": line.y0 / max(page.height, 1.0),
            "last_page": float(line.page == layout.pages[-1].number),
            "after": place / max(len(found), 1),
            "tall": float(number.word.height > 1.3 * layout.word_height),
            "currency": float(number.currency is not None),
            "in_row": float(line.number in row_lines),
            "row_total": float(row_total is not None and abs(value - row_total) <= TOLERANCE),
            "paid": float(value in paid),
            "zero": float(value == 0),
            "negative": float(value < 0),
            "glued": float(number.glued),
            "own_label": float(own),
            "long_label": float(len(label) > 60),
            "decimals": float(number.decimals == 2),
            "last_in_line": float(number.last >= len(line.words) - 2),
        }
        made.append(
            Candidate(
                value,
                features,
                (line.page, number.word.x0, number.word.y0, number.word.x1, number.word.y1),
                number.word.text,
                line.number,
                label[-60:],
                more={"currency": number.currency},
            )
        )
    return made


def _label(line: Line, start: int, end: int) -> str:
    """The words before a number: of their cells the nearest that says what the number is, else the nearest one."""
    parts: list[str] = []
    place = 0
    for cell in line.cells:
        words = [word.text for at, word in enumerate(cell.words, place) if start <= at < end]
        place += len(cell.words)
        if words:
            parts.append(" ".join(words))
    named = [part for part in parts if classes("amounts", part[-70:])]
    lettered = [part for part in parts if _says_something(part)]
    return (named or lettered or parts or [""])[-1]


def _says_something(label: str) -> bool:
    """Whether it is more than a mark or a currency: `VAT 20% GBP 50.00` has its label before the rate."""
    return sum(map(str.isalpha, label)) > 1 and label.lower().strip(".:") not in CURRENCIES


def _label_features(layout: Layout, line: Line, number: Number, label: str, own: bool) -> dict[str, float]:
    said = set(classes("amounts", label[-70:]))
    features = {f"L:{name}": 1.0 for name in said}
    for one, other in (
        ("total", "net"),
        ("total", "tax"),
        ("total", "quantity"),
        ("total", "rounded"),
        ("tax", "incl"),
        ("tax", "excl"),
        ("total", "rounding"),
        ("total", "incl"),
        ("total", "excl"),
        ("total", "partial"),
        ("total", "charge"),
    ):
        if one in said and other in said:
            features[f"L:{one}+{other}"] = 1.0
    if not own or not said & {"net", "tax", "due", "strong", "prepaid"}:
        cell = Cell([number.word], line.number)
        for over in layout.above(cell, lines=3, slack=0.6):
            if any(character.isdigit() for character in over.text) and not any(
                character.isalpha() for character in over.text
            ):
                continue
            features |= {f"A:{name}": 1.0 for name in classes("amounts", over.text[:40])}
            break
        if line.number and not own:
            before = layout.lines[line.number - 1]
            if before.page == line.page and not any(map(str.isdigit, before.text)):
                features |= {f"P:{name}": 1.0 for name in classes("amounts", before.text[-70:])}
    return features


def taxes(layout: Layout, sign: str, row_lines: set[int]) -> list[Tax]:
    """Rates with base and tax that multiply, each once; lines of rows are none of them."""
    found: dict[tuple[Decimal, Decimal], Tax] = {}
    for line in layout.lines:
        if line.number in row_lines:
            continue
        values = numbers(line, sign)
        if len(values) > MOST_IN_LINE:
            continue
        rates = [one.value for one in values if one.percent and 0 <= one.value <= 50]
        rates += [
            one.value for one in values if not one.percent and one.decimals <= 1 and 0 < one.value <= 27
        ]
        others = [one.value for one in values if not one.percent and one.decimals == 2]
        for rate, base, tax in _multiplied(rates, others):
            found.setdefault((rate, base), Tax(rate, base, tax))
    return list(found.values())


def _multiplied(rates: list[Decimal], others: list[Decimal]) -> Iterator[tuple[Decimal, Decimal, Decimal]]:
    for rate in rates:
        if not rate:
            continue
        for base in others:
            for tax in others:
                if tax is base or not base or (base > 0) != (tax > 0):
                    continue
                if abs(base * rate / 100 - tax) <= Decimal("0.011"):
                    yield rate, base, tax
                    return
