"""Which known supplier an invoice is of: by tax number, then by account, then by name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from ml.documents.extraction.labels import plain
from ml.documents.extraction.names import LEGAL
from ml.documents.record import Finding, Invoice

SIMILAR, APART = 88.0, 8.0
"""Of a hundred: names that are so like each other are the same, if the next one is so much less like."""


@dataclass(frozen=True)
class Supplier:
    """A supplier as the books know it."""

    supplier_id: str
    name: str
    tax_id: str | None = None
    ibans: tuple[str, ...] = ()


@dataclass(frozen=True)
class Match:
    """The supplier that was found, and by what."""

    supplier: Supplier
    by: str
    similarity: float = 100.0


def match(invoice: Invoice, suppliers: Sequence[Supplier]) -> Match | None:
    """The supplier of an invoice; none where nothing fits, or two fit as well."""
    tax_id = _bare(invoice.value("vendor_tax_id"))
    account = _bare(invoice.value("iban"))
    for value, by, of in (
        (tax_id, "tax id", lambda one: (_bare(one.tax_id),)),
        (account, "iban", lambda one: tuple(map(_bare, one.ibans))),
    ):
        fitting = [one for one in suppliers if value and value in of(one)]
        if len(fitting) == 1:
            return Match(fitting[0], by)
    return _by_name(invoice.value("vendor"), suppliers)


def _by_name(name: str | None, suppliers: Sequence[Supplier]) -> Match | None:
    if not name:
        return None
    known = [_name(one.name) for one in suppliers]
    found = process.extract(_name(name), known, scorer=fuzz.token_sort_ratio, limit=2)
    if not found or found[0][1] < SIMILAR or (len(found) > 1 and found[0][1] - found[1][1] < APART):
        return None
    _, similarity, place = found[0]
    return Match(suppliers[place], "name", similarity)


def check(invoice: Invoice, found: Match | None) -> list[Finding]:
    """An unknown seller, or money that would go to another account than before: the classic fraud."""
    if found is None:
        return [
            Finding(
                "supplier", "warning", f"No known supplier fits {invoice.value('vendor') or 'the seller'}"
            )
        ]
    account, known = invoice.value("iban"), found.supplier.ibans
    if account and known and _bare(account) not in map(_bare, known):
        said = f"The IBAN {account} is not one of {found.supplier.name}: ask them on a known number before you pay"
        return [Finding("supplier_iban", "error", said)]
    return []


def _name(text: str) -> str:
    """Without legal forms and marks, which differ where the name does not."""
    return " ".join(re.sub(r"[^\w]+", " ", LEGAL.sub(" ", plain(text))).split()) or plain(text)


def _bare(text: str | None) -> str:
    return re.sub(r"[^A-Z0-9]", "", (text or "").upper())
