"""Invoices and credit notes in UBL 2.1: Peppol, XRechnung."""

import re
from datetime import date
from decimal import Decimal

from ml.documents.record import Finding, Invoice, Line, Tax
from ml.documents.xml.cii import CREDIT_NOTES
from ml.documents.xml.parse import Element, children, find, local, number, text


def read(root: Element) -> Invoice:
    invoice = Invoice("xml")
    seller = find(root, "AccountingSupplierParty", "Party")
    buyer = find(root, "AccountingCustomerParty", "Party")
    totals = find(root, "LegalMonetaryTotal")
    invoice.put("number", text(root, "ID"), "xml")
    _put_date(invoice, "date", text(root, "IssueDate"))
    _put_date(invoice, "due_date", text(root, "DueDate") or text(root, "PaymentMeans", "PaymentDueDate"))
    invoice.put("vendor", _name(seller), "xml")
    invoice.put("vendor_tax_id", _tax_id(seller), "xml")
    invoice.put("buyer", _name(buyer), "xml")
    invoice.put("order_number", text(root, "OrderReference", "ID"), "xml")
    currency = text(root, "DocumentCurrencyCode")
    invoice.put("currency", currency, "xml")
    elements = {
        "net": "TaxExclusiveAmount",
        "total": "TaxInclusiveAmount",
        "amount_due": "PayableAmount",
        "allowances": "AllowanceTotalAmount",
        "charges": "ChargeTotalAmount",
        "prepaid": "PrepaidAmount",
        "rounding": "PayableRoundingAmount",
        "line_total": "LineExtensionAmount",
    }
    for name, element in elements.items():
        invoice.put(name, number(totals, element), "xml")
    _put_taxes(invoice, root, currency)
    for means in children(root, "PaymentMeans"):
        account = text(means, "PayeeFinancialAccount", "ID")
        if account:
            invoice.put("iban", re.sub(r"\s", "", account), "xml")
            break
    code = text(root, "InvoiceTypeCode|CreditNoteTypeCode")
    credit = local(root) == "CreditNote" or code in CREDIT_NOTES
    invoice.put("type", "credit_note" if credit else "invoice", "xml")
    lines = [*children(root, "InvoiceLine"), *children(root, "CreditNoteLine")]
    invoice.lines = [line for line in map(_line, lines) if line]
    return invoice


def _put_taxes(invoice: Invoice, root: Element, currency: str | None) -> None:
    for total in children(root, "TaxTotal"):
        amount = find(total, "TaxAmount")
        if amount is None or amount.get("currencyID") not in (None, currency):
            continue
        invoice.put("tax", number(amount), "xml")
        for part in children(total, "TaxSubtotal"):
            invoice.taxes.append(
                Tax(
                    number(part, "TaxCategory", "Percent"),
                    number(part, "TaxableAmount"),
                    number(part, "TaxAmount"),
                )
            )
        return


def _name(party: Element | None) -> str | None:
    return text(party, "PartyLegalEntity", "RegistrationName") or text(party, "PartyName", "Name")


def _tax_id(party: Element | None) -> str | None:
    ids = {
        text(scheme, "TaxScheme", "ID") or "": text(scheme, "CompanyID")
        for scheme in reversed(children(party, "PartyTaxScheme"))
    }
    return ids.get("VAT") or next(filter(None, ids.values()), None)


def _put_date(invoice: Invoice, name: str, said: str | None) -> None:
    if said is None:
        return
    try:
        invoice.put(name, date.fromisoformat(said[:10]).isoformat(), "xml")
    except ValueError:
        invoice.findings.append(
            Finding(
                "date", "error", f"The {name.replace('_', ' ')} {said[:40]!r} is no date as UBL writes it"
            )
        )


def _line(item: Element) -> Line | None:
    quantity = find(item, "InvoicedQuantity|CreditedQuantity")
    amount = number(item, "LineExtensionAmount")
    if number(quantity) is None and amount is None:
        return None
    product = find(item, "Item")
    base = number(item, "Price", "BaseQuantity")
    return Line(
        description=text(product, "Name") or text(item, "Note"),
        sku=text(product, "SellersItemIdentification", "ID")
        or text(product, "StandardItemIdentification", "ID"),
        quantity=number(quantity),
        unit=quantity.get("unitCode") if quantity is not None else None,
        unit_price=number(item, "Price", "PriceAmount"),
        price_base_quantity=base if base is not None and base > Decimal(0) else None,
        tax_rate=number(product, "ClassifiedTaxCategory", "Percent"),
        amount=amount,
        adjustment=_adjustment(item),
    )


def _adjustment(item: Element) -> Decimal | None:
    parts = []
    for one in children(item, "AllowanceCharge"):
        value = number(one, "Amount")
        if value is not None:
            parts.append(value if text(one, "ChargeIndicator") == "true" else -value)
    return sum(parts, Decimal(0)) if parts else None


def profile(root: Element) -> str | None:
    return text(root, "CustomizationID")
