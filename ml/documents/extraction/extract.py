"""Fields and rows of an invoice from the words of its pages, in any language and layout."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from ml.documents.extraction import amounts, date_fields, identifiers, parties, rows, sums
from ml.documents.extraction.labels import plain
from ml.documents.extraction.layout import Layout, layout
from ml.documents.extraction.numbers import Number, decimal_sign, numbers
from ml.documents.extraction.scoring import Candidate, evidence, scored
from ml.documents.record import Invoice
from ml.documents.words import Page

VERSION = "3"
"""Changes with whatever changes the answer: answers are kept by it."""
_DISCOUNT = re.compile(
    r"(\d{1,2}(?:[.,]\d{1,2})?)\s?%\s?(?:skonto|discount|d'escompte|escompte|cash discount)", re.IGNORECASE
)
_PENALTY = re.compile(r"recouvrement|penalit|mahn|verzug|late payment")
"""Who pays late owes that; it is no charge of this invoice."""
_NAMED = {f"{side}:{name}" for side in "LA" for name in ("strong", "title", "invoice", "plain")}
"""A number without such a label may be anything."""
_LEAST = {"date": -2.0, "due_date": -1.0, "number": -1.5, "vendor": -4.0, "buyer": -2.0}
"""Scores under which a field is left empty."""


@dataclass
class Read:
    """All that the extractor considered: what the weights are fitted on."""

    layout: Layout
    sign: str
    rows: list[rows.Found]
    row_total: Decimal | None
    dates: list[Candidate]
    numbers: list[Candidate]
    amounts: list[Candidate]
    parties: list[Candidate]
    values: list[Number]


def read(pages: list[Page]) -> Read:
    found = layout(pages)
    sign = decimal_sign([line.text for line in found.lines])
    table = rows.rows(found, sign)
    row_total = rows.total(table)
    return Read(
        found,
        sign,
        table,
        row_total,
        date_fields.candidates(found)[0],
        identifiers.number_candidates(found),
        amounts.candidates(found, sign, {one.line for one in table}, row_total),
        parties.candidates(found, rows.table_lines(table)),
        [number for line in found.lines for number in numbers(line, sign)],
    )


def extract(pages: list[Page]) -> Invoice:
    """One invoice; what was not found is left out."""
    return invoice_of(read(pages), pages[0].engine if pages else "text")


def invoice_of(found: Read, source: str) -> Invoice:
    invoice = Invoice(source)
    invoice.lines = [one.row for one in found.rows]
    _put_dates(invoice, found)
    _put_identifiers(invoice, found)
    _put_parties(invoice, found)
    _put_amounts(invoice, found)
    currency, why = identifiers.currency(found.layout, found.values)
    invoice.put("currency", currency, *why, score=1.5 if why else 0.0)
    kind = identifiers.document_type(found.layout)
    total = invoice.amount("total")
    if kind == "invoice" and total is not None and total < 0:
        kind = "credit_note"
    invoice.put("type", kind, "words", score=1.5)
    return invoice


def _put(invoice: Invoice, name: str, one: Candidate | None, value=None, *more: str) -> None:
    if one is not None and one.score >= _LEAST.get(name, -99):
        invoice.put(
            name, one.value if value is None else value, *evidence(one), *more, box=one.box, score=one.score
        )


def _put_dates(invoice: Invoice, found: Read) -> None:
    ranked = scored("date", [_again(one) for one in found.dates])
    if not ranked:
        return
    best = ranked[0]
    rival = next((one for one in ranked[1:] if one.value != best.value), None)
    _put(invoice, "date", best, best.value.isoformat(), *_margin(best, rival))
    due = next(
        (
            one
            for one in scored("due_date", [_again(one) for one in found.dates])
            if ("L:due" in one.features or "A:due" in one.features) and one.value >= best.value
        ),
        None,
    )
    if due is not None:
        _put(invoice, "due_date", due, due.value.isoformat())
    elif match := re.search(
        r"(?:zahlbar|payable|net|paiement|innerhalb|within)\D{0,25}(\d{1,3}) (?:tage|days|jours)",
        plain(found.layout.text),
    ):
        later = date.fromisoformat(best.value.isoformat()) + timedelta(days=min(int(match[1]), 365))
        if "date" in invoice.fields:
            invoice.put("due_date", later.isoformat(), f"{match[1]} days after the date", score=-0.5)


def _again(one: Candidate) -> Candidate:
    return Candidate(one.value, one.features, one.box, one.text, one.line, one.label, more=one.more)


def _margin(best: Candidate, rival: Candidate | None) -> tuple[str, ...]:
    return ("no rival",) if rival is None or best.score - rival.score > 3 else ()


def _put_identifiers(invoice: Invoice, found: Read) -> None:
    named = [
        one
        for one in found.numbers
        if _NAMED & one.features.keys() and ("L:tax" not in one.features or "L:strong" in one.features)
    ]
    ranked = scored("number", [_again(one) for one in named])
    if ranked:
        _put(invoice, "number", ranked[0])
    order = identifiers.order_number(found.numbers, invoice.value("number"))
    if order:
        order.score = 1.0
        _put(invoice, "order_number", order)
    accounts = identifiers.ibans(found.layout)
    if accounts:
        checked = accounts[0].score >= 0
        accounts[0].score = 3.0 if checked else -0.5
        _put(invoice, "iban", accounts[0], None, *(("checksum",) if checked else ()))


def _put_parties(invoice: Invoice, found: Read) -> None:
    ranked = scored("vendor", [_again(one) for one in found.parties])
    vendor = ranked[0] if ranked else None
    if vendor:
        rival = next((one for one in ranked[1:] if plain(one.value) != plain(vendor.value)), None)
        _put(invoice, "vendor", vendor, None, *_margin(vendor, rival))
    name = plain(vendor.value) if vendor else ""
    buyers = [
        one for one in scored("buyer", [_again(one) for one in found.parties]) if plain(one.value) not in name
    ]
    if buyers:
        _put(invoice, "buyer", buyers[0])
    ids = identifiers.tax_ids(found.layout)
    own = _of_vendor(found, ids, vendor, buyers[0] if buyers else None)
    if own:
        own.score = 1.0 + own.features["vat"]
        _put(invoice, "vendor_tax_id", own)


def _of_vendor(
    found: Read, ids: list[Candidate], vendor: Candidate | None, buyer: Candidate | None
) -> Candidate | None:
    """The tax number that is nearest to the seller, and not in the buyer's block."""
    if not ids:
        return None

    def distance(one: Candidate, party: Candidate | None) -> float:
        if party is None or party.box is None or one.box is None:
            return 1e6
        # What belongs to a name stands under it.
        apart = abs(one.line - party.line) + (20 if one.line < party.line else 0)
        # Blocks stand side by side: another column is far away.
        aside = abs(one.box[1] - party.box[1]) > 120 * (found.layout.word_height / 10)
        return apart + (30 if aside and apart < 25 else 0)

    free = [
        one
        for one in ids
        if not re.search(r"\b(?:client|customer|votre|ihre|your|buyer|kunde)\b", plain(one.label))
    ]
    nearer = [
        one for one in free if distance(one, buyer) >= distance(one, vendor) or distance(one, buyer) > 25
    ]
    # A number of a country's own kind is worth more than a local one.
    return min(
        nearer or free or ids, key=lambda one: (distance(one, vendor) - 12 * one.features["vat"], one.line)
    )


def _put_amounts(invoice: Invoice, found: Read) -> None:
    taxes = amounts.taxes(found.layout, found.sign, {one.line for one in found.rows})
    options = _adjustments(found)
    chosen = max(
        (sums.choose(found.amounts, taxes, found.row_total, total) for total in options),
        key=lambda one: len(one.proofs),
    )
    for name, one in chosen.chosen.items():
        if one is not None:
            why = [proof for proof in chosen.proofs if name in proof]
            _put(invoice, name, one, None, *why)
    invoice.taxes = [
        one for one in chosen.taxes if len({tax.rate for tax in chosen.taxes}) == len(chosen.taxes)
    ]
    _complete(invoice)
    invoice.proven = sums.are_proof(chosen.proofs, invoice)
    _put_more(invoice, found)
    text = found.layout.text
    if match := _DISCOUNT.search(text):
        invoice.put("discount_percent", Decimal(match[1].replace(",", ".")), "label")


def _adjustments(found: Read) -> list[Decimal]:
    """What may stand between rows and net amount: nothing, or all charges less all allowances."""
    charges, allowances = _labelled(found, "charge"), _labelled(found, "allowance")
    total = sum(charges, Decimal(0)) - sum(map(abs, allowances), Decimal(0))
    return [Decimal(0), total] if total else [Decimal(0)]


def _labelled(found: Read, name: str) -> list[Decimal]:
    """The last amount of each line with such a label."""
    rows_at = {one.line for one in found.rows}
    lines: dict[int, Decimal] = {}
    for one in found.amounts:
        if (
            f"L:{name}" in one.features
            and one.line not in rows_at
            and not {"L:total", "L:due"} & one.features.keys()
            and not _PENALTY.search(plain(one.label))
        ):
            lines[one.line] = one.value
    return list(lines.values())


def _complete(invoice: Invoice) -> None:
    """Net or tax that follows from the two others."""
    total, net, tax = (invoice.amount(name) for name in ("total", "net", "tax"))
    if total is not None and net is not None and tax is None and 0 < total - net <= net * sums.LARGEST_TAX:
        invoice.put("tax", total - net, "total - net", score=-0.5)
    elif (
        total is not None and tax is not None and net is None and 0 < tax <= (total - tax) * sums.LARGEST_TAX
    ):
        invoice.put("net", total - tax, "total - tax", score=-0.5)
    elif total is not None and net is None and tax is None:
        invoice.put("net", total, "no tax is shown", score=-1.0)
        invoice.put("tax", Decimal(0), "no tax is shown", score=-1.0)


def _put_more(invoice: Invoice, found: Read) -> None:
    total = invoice.amount("total")
    prepaid = [
        value for value in map(abs, _labelled(found, "prepaid")) if value and total and value <= abs(total)
    ]
    due = [
        one
        for one in found.amounts
        if {"L:due", "A:due", "P:due"} & one.features.keys() and "L:prepaid" not in one.features
    ]
    fitting = [one for one in due if total is None or abs(one.value) <= abs(total)]
    if prepaid and total is not None and any(one.value == total - prepaid[-1] for one in found.amounts):
        invoice.put("prepaid", prepaid[-1], "label")
        invoice.put("amount_due", total - prepaid[-1], "total - prepaid", score=2.0)
    elif fitting:
        best = max(fitting, key=lambda one: ("L:due" in one.features, one.line))
        invoice.put("amount_due", best.value, *evidence(best), box=best.box, score=1.5)
    elif total is not None:
        invoice.put("amount_due", total, "no prepayment is shown", score=invoice.fields["total"].score - 0.5)
    for name, label in (("allowances", "allowance"), ("charges", "charge")):
        values = _labelled(found, label)
        if values:
            invoice.put(name, sum(map(abs, values), Decimal(0)), "label")
