"""Candidates for net, tax, total and their kin, and the choice of those that add up."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ml.documents.extraction.labels import classes
from ml.documents.extraction.layout import Cell, Layout, Line
from ml.documents.extraction.numbers import CURRENCIES, Number, numbers
from ml.documents.extraction.scoring import Candidate, scored
from ml.documents.record import Tax

TOLERANCE, CENT = Decimal("0.02"), Decimal("0.01")
LARGEST_ROUNDING = Decimal("0.05")
_TRIED = 7
"""Values of a field that are combined with those of others."""
ABSENT = {"net": -1.0, "tax": -1.0, "total": -6.0}
"""Scores of a field that the page does not show."""
ADDS_UP = 3.5
EQUAL = 0.5
"""A total that is the net amount: no tax is shown."""
CONTRADICTS = -4.0
LARGEST_TAX = Decimal("0.35")


@dataclass
class Amounts:
    """The chosen values, and what they were proven by."""

    chosen: dict[str, Candidate | None]
    proofs: list[str]
    taxes: list[Tax]


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
            own = len([one for one in label if one.isalpha()]) > 1
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
    lettered = [
        part
        for part in parts
        if sum(map(str.isalpha, part)) > 1 and part.lower().strip(".:") not in CURRENCIES
    ]
    return (named or lettered or parts or [""])[-1]


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


def choose(
    candidates: list[Candidate], found_taxes: list[Tax], row_total: Decimal | None, adjustments: Decimal
) -> Amounts:
    """Net, tax and total by their labels, their places and their sums together."""
    ranked = {
        name: _best(scored(name, [_copy(one) for one in candidates if _may_be(name, one)]))
        for name in ("net", "tax", "total")
    }
    tax_sum = sum((one.amount for one in found_taxes if one.amount is not None), Decimal(0))
    base_sum = sum((one.base for one in found_taxes if one.base is not None), Decimal(0))
    if len(found_taxes) > 1 and len({one.rate for one in found_taxes}) == len(found_taxes):
        _add(ranked["tax"], tax_sum, "sum of the taxes by rate")
        _add(ranked["net"], base_sum, "sum of the bases by rate")
    roundings = {Decimal(0), CENT, -CENT}
    for one in candidates:
        if "L:rounding" in one.features and abs(one.value) <= LARGEST_ROUNDING:
            # Printers leave out the sign.
            roundings |= {one.value, -one.value}
    best, score = None, float("-inf")
    for total in (*ranked["total"], None):
        for net in (*ranked["net"], None):
            for tax in (*ranked["tax"], None):
                worth = _worth(total, net, tax, tax_sum, base_sum, row_total, adjustments, roundings)
                if worth > score:
                    best, score = {"total": total, "net": net, "tax": tax}, worth
    chosen = best or {"total": None, "net": None, "tax": None}
    chosen["total"] = _rounded(chosen["total"], ranked["total"], roundings - {Decimal(0), CENT, -CENT})
    return Amounts(
        chosen,
        _proofs(chosen, found_taxes, tax_sum, base_sum, row_total, adjustments, roundings),
        found_taxes,
    )


def _rounded(total: Candidate | None, ranked: list[Candidate], roundings: set[Decimal]) -> Candidate | None:
    """What is left to pay where the page rounds its total and shows both."""
    if total is None:
        return None
    for one in ranked:
        said = {"L:total", "L:rounded", "L:strong", "L:due"} & one.features.keys()
        if said and one.value - total.value in roundings and one.line > total.line:
            return one
    return total


def _may_be(name: str, one: Candidate) -> bool:
    """Whether something says that a value is of such a kind: a tax without a label may be anything."""
    said = {feature[2:] for feature in one.features if feature[1] == ":"}
    if name == "tax":
        return "tax" in said
    if name == "net":
        return bool(one.features["row_total"]) or bool(said & {"net", "excl", "total", "tax", "partial"})
    return True


def _copy(one: Candidate) -> Candidate:
    return Candidate(one.value, one.features, one.box, one.text, one.line, one.label, more=one.more)


def _best(ranked: list[Candidate]) -> list[Candidate]:
    """The best places of different values."""
    seen: dict[Decimal, Candidate] = {}
    for one in ranked:
        seen.setdefault(one.value, one)
        if len(seen) == _TRIED:
            break
    return list(seen.values())


def _add(ranked: list[Candidate], value: Decimal, why: str) -> None:
    if all(one.value != value for one in ranked):
        ranked.append(Candidate(value, {}, label=why, score=0.5))


def _worth(
    total: Candidate | None,
    net: Candidate | None,
    tax: Candidate | None,
    tax_sum: Decimal,
    base_sum: Decimal,
    row_total: Decimal | None,
    adjustments: Decimal,
    roundings: set[Decimal],
) -> float:
    worth = sum(
        ABSENT[name] if one is None else one.score
        for name, one in (("total", total), ("net", net), ("tax", tax))
    )
    places = [(one.box, one.line) for one in (total, net, tax) if one is not None and one.box]
    worth -= 3.0 * (len(places) - len(set(places)))
    if total and net and tax:
        if _adds_up(net.value, tax.value, total.value, roundings):
            # The sum of one group of goods adds up too, and is not that of the invoice.
            whole = "L:partial" not in total.features or "L:strong" in total.features
            worth += ADDS_UP if tax.value and whole else EQUAL
        elif abs(net.value - adjustments + tax.value - total.value) > TOLERANCE:
            worth += CONTRADICTS
    elif total and net and not tax:
        worth += EQUAL if abs(net.value - total.value) <= TOLERANCE else CONTRADICTS / 2
    if tax and tax_sum and abs(tax.value - tax_sum) <= TOLERANCE:
        worth += 1.5
    if net and base_sum and abs(net.value - base_sum) <= TOLERANCE:
        worth += 1.0
    if net and row_total and abs(net.value - row_total - adjustments) <= TOLERANCE:
        worth += 1.5
    if total and net and total.value < net.value and total.value > 0:
        worth -= 2.0
    return worth


def _adds_up(net: Decimal, tax: Decimal, total: Decimal, roundings: set[Decimal]) -> bool:
    """Whether net and tax are the total, or are with a rounding that the page shows."""
    apart = total - net - tax
    return _is_plausible(net, tax) and any(abs(apart - one) <= TOLERANCE / 2 for one in roundings)


def _is_plausible(net: Decimal, tax: Decimal) -> bool:
    return not tax or (bool(net) and 0 < tax / net <= LARGEST_TAX)


def _proofs(
    chosen: dict[str, Candidate | None],
    found_taxes: list[Tax],
    tax_sum: Decimal,
    base_sum: Decimal,
    row_total: Decimal | None,
    adjustments: Decimal,
    roundings: set[Decimal],
) -> list[str]:
    """Sums that hold, each of values that stand at different places."""
    total, net, tax = (chosen[name].value if chosen[name] else None for name in ("total", "net", "tax"))  # ty: ignore
    proofs = []
    if total is not None and net is not None and tax and _adds_up(net, tax, total, roundings):
        proofs.append("net + tax = total")
    if net is not None and row_total is not None and abs(row_total + adjustments - net) <= TOLERANCE:
        proofs.append("rows = net")
    elif total is not None and row_total is not None and abs(row_total + adjustments - total) <= TOLERANCE:
        proofs.append("rows = total")
    if (
        tax
        and found_taxes
        and abs(tax_sum - tax) <= TOLERANCE
        and (net is None or abs(base_sum - net) <= TOLERANCE)
    ):
        proofs.append("rate x base = tax")
    return proofs
