"""Dates, accounts, tax numbers and currency of an invoice on their own."""

import re
from collections.abc import Iterator
from datetime import date

from stdnum import iban as iban_rules
from stdnum.exceptions import ValidationError

from ml.documents.record import Finding, Invoice

NEEDED = {"vendor": "seller", "number": "number", "date": "date of issue", "total": "total"}
_VAT = re.compile(
    r"^(AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK)[\dA-Z]{5,14}$"
)


def check(invoice: Invoice) -> Iterator[Finding]:
    for name, said in NEEDED.items():
        if invoice.value(name) is None and not any(one.check == name for one in invoice.findings):
            yield Finding("missing", "error", f"No {said} was found")
    yield from _dates(invoice)
    yield from _iban(invoice.value("iban"))
    yield from _tax_id(invoice.value("vendor_tax_id"))
    yield from _currency(invoice.value("currency"))


def _dates(invoice: Invoice) -> Iterator[Finding]:
    issued, due = invoice.value("date"), invoice.value("due_date")
    if issued and due and date.fromisoformat(due) < date.fromisoformat(issued):
        yield Finding("due_date", "error", f"The due date {due} is before the date of issue {issued}")


def _iban(value: str | None) -> Iterator[Finding]:
    if not value:
        return
    try:
        iban_rules.validate(value, check_country=False)
    except ValidationError:
        yield Finding("iban", "warning", f"The checksum of the IBAN {value[:40]} is wrong")


def _tax_id(value: str | None) -> Iterator[Finding]:
    bare = re.sub(r"[\s.\-]", "", value or "").upper()
    if not _VAT.match(bare):
        return
    from stdnum.eu import vat
    from stdnum.gb import vat as british

    rules = british if bare.startswith("GB") else vat
    if not rules.is_valid(bare):
        yield Finding("vendor_tax_id", "warning", f"The checksum of the VAT number {bare} is wrong")


def _currency(value: str | None) -> Iterator[Finding]:
    if value is None:
        yield Finding("currency", "warning", "No currency was found")
    elif not re.fullmatch(r"[A-Z]{3}", value):
        yield Finding("currency", "warning", f"The currency {value[:20]!r} is not known")
