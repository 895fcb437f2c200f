"""The net amount, the tax and the total that add up, out of all amounts of a page."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal

from ml.documents.extraction.amounts import TOLERANCE
from ml.documents.extraction.scoring import Candidate, scored
from ml.documents.record import Invoice, Tax

CENT = Decimal("0.01")
ROUNDINGS = frozenset({Decimal(0), CENT, -CENT})
LARGEST_ROUNDING = Decimal("0.05")
_TRIED = 7
"""Values of a field that are combined with those of others."""
ABSENT = {"net": -1.0, "tax": -1.0, "total": -6.0}
"""Scores of a field that the page does not show."""
ADDS_UP = 3.5
EQUAL = 0.5
"""A total that is the net amount: no tax is shown."""
CONTRADICTS = -4.0
SUMMED, PROVEN_TAXES = 0.5, 4.0
"""Scores of a sum that the page need not show: of taxes by rate, and of those that are their rates of their bases."""
LARGEST_TAX = Decimal("0.35")


@dataclass
class Amounts:
    """The chosen values, and what they were proven by."""

    chosen: dict[str, Candidate | None]
    proofs: list[str]
    taxes: list[Tax]


def choose(
    candidates: list[Candidate], found_taxes: list[Tax], row_total: Decimal | None, adjustments: Decimal
) -> Amounts:
    """Net, tax and total by their labels, their places and their sums together."""
    ranked = {
        name: _best(scored(name, [_copy(one) for one in candidates if _may_be(name, one)]))
        for name in ("net", "tax", "total")
    }
    tax_sum, base_sum = _sums(found_taxes)
    # Rates and bases that prove each tax say more than a label beside one of them.
    proven = all(map(_is_rate_of_base, found_taxes))
    by_rate = len({one.rate for one in found_taxes}) == len(found_taxes)
    if by_rate and (len(found_taxes) > 1 or (found_taxes and proven)):
        _add(ranked["tax"], tax_sum, "sum of the taxes by rate", PROVEN_TAXES if proven else SUMMED)
        _add(ranked["net"], base_sum, "sum of the bases by rate", SUMMED)
    roundings = set(ROUNDINGS)
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
    chosen["total"] = _rounded(chosen["total"], ranked["total"], roundings - ROUNDINGS)
    return Amounts(
        chosen,
        proofs(
            {name: one.value if one else None for name, one in chosen.items()},
            found_taxes,
            row_total if _apart_from_rows(chosen, candidates) else None,
            adjustments,
            roundings,
        ),
        found_taxes,
    )


def _apart_from_rows(chosen: dict[str, Candidate | None], candidates: list[Candidate]) -> bool:
    """Whether net and total stand outside of the rows: an amount that is its own row proves nothing."""
    outside = {one.value for one in candidates if not one.features["in_row"]}
    return all(
        one is None or not one.features.get("in_row") or one.value in outside
        for one in (chosen["net"], chosen["total"])
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


def _add(ranked: list[Candidate], value: Decimal, why: str, score: float) -> None:
    if all(one.value != value for one in ranked):
        ranked.append(Candidate(value, {}, label=why, score=score))


def _is_rate_of_base(tax: Tax) -> bool:
    if tax.rate is None or tax.base is None or tax.amount is None:
        return False
    return abs(tax.base * tax.rate / 100 - tax.amount) <= TOLERANCE


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


def _adds_up(net: Decimal, tax: Decimal, total: Decimal, roundings: AbstractSet[Decimal]) -> bool:
    """Whether net and tax are the total, or are with a rounding that the page shows."""
    apart = total - net - tax
    return _is_plausible(net, tax) and any(abs(apart - one) <= TOLERANCE / 2 for one in roundings)


def _is_plausible(net: Decimal, tax: Decimal) -> bool:
    return not tax or (bool(net) and 0 < tax / net <= LARGEST_TAX)


def proofs(
    values: Mapping[str, Decimal | None],
    found_taxes: list[Tax],
    row_total: Decimal | None,
    adjustments: Decimal,
    roundings: AbstractSet[Decimal] = ROUNDINGS,
) -> list[str]:
    """Sums of net, tax and total that hold, each of values that stand at different places."""
    total, net, tax = (values.get(name) for name in ("total", "net", "tax"))
    tax_sum, base_sum = _sums(found_taxes)
    holding = []
    if total is not None and net is not None and tax and _adds_up(net, tax, total, roundings):
        holding.append("net + tax = total")
    if net is not None and row_total is not None and abs(row_total + adjustments - net) <= TOLERANCE:
        holding.append("rows = net")
    elif total is not None and row_total is not None and abs(row_total + adjustments - total) <= TOLERANCE:
        holding.append("rows = total")
    if (
        tax
        and found_taxes
        and abs(tax_sum - tax) <= TOLERANCE
        and (net is None or abs(base_sum - net) <= TOLERANCE)
    ):
        holding.append("rate x base = tax")
    return holding


def _sums(taxes: list[Tax]) -> tuple[Decimal, Decimal]:
    """All taxes by rate together, and all that they are of."""
    return (
        sum((one.amount for one in taxes if one.amount is not None), Decimal(0)),
        sum((one.base for one in taxes if one.base is not None), Decimal(0)),
    )


def are_proof(holding: list[str], invoice: Invoice) -> bool:
    """Two sums that hold, one of them that of the total; or all rows are the total and no tax is shown."""
    total, net, tax = (invoice.amount(name) for name in ("total", "net", "tax"))
    if total is None or net is None:
        return False
    if "net + tax = total" in holding:
        return len(holding) >= 2
    return any(one.startswith("rows") for one in holding) and not tax and abs(net - total) <= TOLERANCE
