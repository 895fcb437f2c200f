"""Invoices in CII: Factur-X, ZUGFeRD 2, XRechnung, and the older names of ZUGFeRD 1."""

import re
from datetime import datetime
from decimal import Decimal

from ml.documents.record import Finding, Invoice, Line, Tax
from ml.documents.xml.parse import Element, children, find, number, text

DATE_FORMATS = {"102": "%Y%m%d", "203": "%Y%m%d%H%M", "204": "%Y%m%d%H%M%S", "616": None, "610": None}
_TRANSACTION = "SupplyChainTradeTransaction|SpecifiedSupplyChainTradeTransaction"
_HEADER = "ExchangedDocument|HeaderExchangedDocument"
_AGREEMENT = "ApplicableHeaderTradeAgreement|ApplicableSupplyChainTradeAgreement"
_SETTLEMENT = "ApplicableHeaderTradeSettlement|ApplicableSupplyChainTradeSettlement"
_SUMMATION = "SpecifiedTradeSettlementHeaderMonetarySummation|SpecifiedTradeSettlementMonetarySummation"
CREDIT_NOTES = {"381", "261", "262", "296", "308", "396", "420", "458", "532"}


def read(root: Element) -> Invoice:
    invoice = Invoice("xml")
    header = find(root, _HEADER)
    transaction = find(root, _TRANSACTION)
    agreement, settlement = find(transaction, _AGREEMENT), find(transaction, _SETTLEMENT)
    summation = find(settlement, _SUMMATION)
    invoice.put("number", text(header, "ID"), "xml")
    _put_date(invoice, "date", find(header, "IssueDateTime"))
    seller, buyer = find(agreement, "SellerTradeParty"), find(agreement, "BuyerTradeParty")
    invoice.put("vendor", text(seller, "Name"), "xml")
    invoice.put("vendor_tax_id", tax_id(seller), "xml")
    invoice.put("buyer", text(buyer, "Name"), "xml")
    invoice.put(
        "order_number",
        text(agreement, "BuyerOrderReferencedDocument", "IssuerAssignedID|ID"),
        "xml",
    )
    totals = {
        "net": "TaxBasisTotalAmount",
        "total": "GrandTotalAmount",
        "amount_due": "DuePayableAmount",
        "allowances": "AllowanceTotalAmount",
        "charges": "ChargeTotalAmount",
        "prepaid": "TotalPrepaidAmount",
        "rounding": "RoundingAmount",
        "line_total": "LineTotalAmount",
    }
    for name, element in totals.items():
        invoice.put(name, number(summation, element), "xml")
    currency = text(settlement, "InvoiceCurrencyCode")
    if currency is None and (grand := find(summation, "GrandTotalAmount")) is not None:
        currency = grand.get("currencyID")
    invoice.put("currency", currency, "xml")
    _put_tax(invoice, summation, currency)
    _put_payment(invoice, settlement)
    code = text(header, "TypeCode")
    invoice.put("type", "credit_note" if code in CREDIT_NOTES else "invoice", "xml")
    for tax in children(settlement, "ApplicableTradeTax"):
        invoice.taxes.append(
            Tax(
                number(tax, "RateApplicablePercent|ApplicablePercent"),
                number(tax, "BasisAmount"),
                number(tax, "CalculatedAmount"),
            )
        )
    items = children(transaction, "IncludedSupplyChainTradeLineItem")
    invoice.lines = [line for line in map(_line, items) if line]
    return invoice


def _put_tax(invoice: Invoice, summation: Element | None, currency: str | None) -> None:
    """The tax in the currency of the invoice; a second one in that of the books is not it."""
    amounts = children(summation, "TaxTotalAmount")
    same = [one for one in amounts if one.get("currencyID") in (None, currency)] or amounts
    invoice.put("tax", number(same[0]) if same else None, "xml")


def _put_payment(invoice: Invoice, settlement: Element | None) -> None:
    for means in children(settlement, "SpecifiedTradeSettlementPaymentMeans"):
        iban = text(means, "PayeePartyCreditorFinancialAccount", "IBANID") or text(
            means, "PayerPartyDebtorFinancialAccount", "IBANID"
        )
        if iban:
            invoice.put("iban", re.sub(r"\s", "", iban), "xml")
            break
    for terms in children(settlement, "SpecifiedTradePaymentTerms"):
        _put_date(invoice, "due_date", find(terms, "DueDateDateTime"))
        discount = find(terms, "ApplicableTradePaymentDiscountTerms")
        invoice.put("discount_percent", number(discount, "CalculationPercent"), "xml")
        if "due_date" in invoice.fields:
            break


def tax_id(party: Element | None) -> str | None:
    """The VAT number, else the tax number."""
    ids = {}
    for registration in children(party, "SpecifiedTaxRegistration"):
        found = find(registration, "ID")
        if found is not None and found.text:
            ids.setdefault(found.get("schemeID", ""), " ".join(found.text.split()))
    return ids.get("VA") or ids.get("FC")


def _put_date(invoice: Invoice, name: str, element: Element | None) -> None:
    written = find(element, "DateTimeString|DateString")
    if written is None and element is not None and (element.text or "").strip():
        written = element
    said = text(written)
    if written is None or said is None:
        return
    declared = written.get("format") or "102"
    pattern = DATE_FORMATS.get(declared)
    try:
        if pattern is None:
            raise ValueError
        invoice.put(name, datetime.strptime(said, pattern).date().isoformat(), "xml")
    except ValueError:
        invoice.findings.append(
            Finding(
                "date",
                "error",
                f"The {name.replace('_', ' ')} {said[:40]!r} is no date in the format "
                f"{declared[:10]!r} that it declares",
            )
        )


def _line(item: Element) -> Line | None:
    agreement = find(item, "SpecifiedLineTradeAgreement|SpecifiedSupplyChainTradeAgreement")
    delivery = find(item, "SpecifiedLineTradeDelivery|SpecifiedSupplyChainTradeDelivery")
    settlement = find(item, "SpecifiedLineTradeSettlement|SpecifiedSupplyChainTradeSettlement")
    product = find(item, "SpecifiedTradeProduct")
    quantity = find(delivery, "BilledQuantity")
    amount = number(
        settlement,
        "SpecifiedTradeSettlementLineMonetarySummation|SpecifiedTradeSettlementMonetarySummation",
        "LineTotalAmount",
    )
    if number(quantity) is None and amount is None:
        return None
    price = find(agreement, "NetPriceProductTradePrice")
    notes = [
        text(note, "Content")
        for document in children(item, "AssociatedDocumentLineDocument")
        for note in children(document, "IncludedNote")
    ]
    return Line(
        description=text(product, "Name") or " ".join(note for note in notes if note) or None,
        sku=text(product, "SellerAssignedID"),
        quantity=number(quantity),
        unit=quantity.get("unitCode") if quantity is not None else None,
        unit_price=number(price, "ChargeAmount"),
        price_base_quantity=_positive(number(price, "BasisQuantity")),
        tax_rate=number(settlement, "ApplicableTradeTax", "RateApplicablePercent|ApplicablePercent"),
        amount=amount,
        adjustment=_adjustment(settlement),
    )


def _adjustment(settlement: Element | None) -> Decimal | None:
    """Charges less allowances of a row."""
    parts = []
    for one in children(settlement, "SpecifiedTradeAllowanceCharge"):
        value = number(one, "ActualAmount")
        if value is not None:
            parts.append(value if text(one, "ChargeIndicator", "Indicator") == "true" else -value)
    return sum(parts, Decimal(0)) if parts else None


def _positive(value: Decimal | None) -> Decimal | None:
    return value if value is not None and value > 0 else None


def profile(root: Element) -> str | None:
    """What the document says that it follows."""
    context = find(root, "ExchangedDocumentContext|SpecifiedExchangedDocumentContext")
    return text(context, "GuidelineSpecifiedDocumentContextParameter", "ID")
