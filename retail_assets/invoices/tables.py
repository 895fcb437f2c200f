"""The Parquet tables that this flow keeps in the lake: declarations only."""

from functools import partial

import dataframely as dy

from retail_assets.contract import instant, money
from retail_assets.kit.lake_table import LakeTable

_number = partial(dy.Decimal, 18, 6)
"""Quantities and rates as they are written, with their decimals."""
_FINDINGS = dy.List(
    dy.Struct({"check": dy.String(), "severity": dy.String(), "sentence": dy.String()}),
    description="What a person should know: name of the check, error or warning or note, and a sentence.",
)


class InvoiceDocuments(dy.Schema):
    """Documents of invoices that were admitted and count, one file per night."""

    sequence = dy.Int64(description="Number of the drop.")
    name = dy.String(description="Original file name.")
    kind = dy.String(description="pdf, png, jpeg, tiff, webp or xml, by its first bytes.")
    bytes = dy.Int64(description="Size in bytes.")
    sha256 = dy.String(description="Hash of the bytes.")
    mail_sequence = dy.Int64(nullable=True, description="Drop of the mail that it came in.")
    sender = dy.String(nullable=True, description="Sender of that mail. Personal.")
    subject = dy.String(nullable=True, description="Subject of that mail. Personal.")
    sent_at = dy.Datetime(
        nullable=True, time_zone="UTC", time_unit="us", description="When that mail was sent, as it says."
    )
    admitted_at = instant("When it was taken, UTC.")
    admitted_on = dy.Date(description="The night that took it.")


class InvoiceText(dy.Schema):
    """Pages of these documents as they were read, one file per night."""

    sequence = dy.Int64(description="Number of the drop.")
    sha256 = dy.String(description="Hash of the bytes.")
    admitted_on = dy.Date(description="The night that took it.")
    page = dy.Int32(description="Page, from 1.")
    engine = dy.String(description="Who read it: text (the text layer), tesseract, rapidocr, or none.")
    words = dy.Int32(description="Words on it.")
    mean_score = dy.Float32(nullable=True, description="How sure the engine is on average, from 0 to 1.")
    width = dy.Float64(description="Width, in points of a PDF or pixels of an image.")
    height = dy.Float64(description="Height, likewise.")


class InvoiceExtractions(dy.Schema):
    """What documents say: one row per invoice, one file per night."""

    invoice_id = dy.String(description="Number of the drop and place in the document; what decisions name.")
    sequence = dy.Int64(description="Number of the drop.")
    place = dy.Int32(description="Place of the invoice in its document, from 1.")
    sha256 = dy.String(description="Hash of the bytes.")
    admitted_on = dy.Date(description="The night that took it.")
    answers_entry = dy.Int64(
        nullable=True, description="Entry in the log of decisions of the retry that it answers."
    )
    engine = dy.String(description="The engine that was asked for: auto, tesseract or rapidocr.")
    method = dy.String(description="Where the values are from: xml, text, ocr, text+ocr, or none.")
    pages = dy.Int32(description="Pages of the document.")
    status = dy.String(description="auto_confirmable, preview or failed.")
    error = dy.String(nullable=True, description="Why it failed.")
    summary = dy.String(nullable=True, description="What it is about, by a language model. Personal.")
    vendor = dy.String(nullable=True, description="Seller, as written.")
    vendor_tax_id = dy.String(nullable=True, description="Tax id of the seller.")
    buyer = dy.String(nullable=True, description="Buyer, as written. Personal.")
    number = dy.String(nullable=True, description="Invoice number.")
    order_number = dy.String(nullable=True, description="Order that it names.")
    date = dy.Date(nullable=True, description="Day of issue.")
    due_date = dy.Date(nullable=True, description="Day until which to pay.")
    currency = dy.String(nullable=True, description="Currency, ISO 4217.")
    net = money("Net amount.", nullable=True)
    allowances = money("Allowances of the whole invoice.", nullable=True)
    charges = money("Charges of the whole invoice.", nullable=True)
    tax = money("Tax.", nullable=True)
    total = money("Total with tax.", nullable=True)
    prepaid = money("Paid before.", nullable=True)
    amount_due = money("What is left to pay.", nullable=True)
    discount_percent = _number(nullable=True, description="Cash discount in percent.")
    discount_date = dy.Date(nullable=True, description="Day until which the cash discount holds.")
    iban = dy.String(nullable=True, description="Account to pay to.")
    document_type = dy.String(nullable=True, description="invoice, credit_note or receipt.")
    least_confidence = dy.Float32(
        nullable=True, description="Confidence of the least sure of vendor, number, date and total."
    )
    fields = dy.List(
        dy.Struct(
            {
                "name": dy.String(),
                "value": dy.String(),
                "confidence": dy.Float32(),
                "evidence": dy.List(dy.String()),
                "page": dy.Int32(),
                "x0": dy.Float64(),
                "y0": dy.Float64(),
                "x1": dy.Float64(),
                "y1": dy.Float64(),
            }
        ),
        description="Each value as read, how sure it is and why, and where it stands: page from 1; left, top, right "
        "and bottom in units of the page.",
    )
    lines = dy.List(
        dy.Struct(
            {
                "line": dy.Int32(),
                "description": dy.String(),
                "sku": dy.String(),
                "quantity": _number(),
                "unit": dy.String(),
                "unit_price": _number(),
                "price_base_quantity": _number(),
                "tax_rate": _number(),
                "amount": _number(),
            }
        ),
        description="Its rows in order, from 1; the tax rate in percent.",
    )
    taxes = dy.List(
        dy.Struct({"rate": _number(), "base": _number(), "amount": _number()}),
        description="Tax by rate, in percent.",
    )
    findings = _FINDINGS
    superseded_by = dy.String(
        nullable=True,
        description="Invoice of the same mail, seller and number that counts in its place.",
    )
    model = dy.String(nullable=True, description="Language model that read it too.")
    model_tokens = dy.Int64(nullable=True, description="Tokens that this took.")
    model_cost = dy.Decimal(
        18, 6, nullable=True, description="What this cost, in the currency of the prices."
    )


class InvoiceChecks(dy.Schema):
    """What is known of an invoice beyond its document: supplier, order, twin. One file per night."""

    invoice_id = dy.String(description="The invoice.")
    admitted_on = dy.Date(description="The night that took it.")
    answers_entry = dy.Int64(nullable=True, description="Of the extraction that was checked, as there.")
    corrected_entry = dy.Int64(
        nullable=True, description="Entry in the log of decisions whose corrected values were checked."
    )
    supplier_id = dy.String(nullable=True, description="Supplier whom it is from.")
    supplier_matched_by = dy.String(nullable=True, description="tax_id, iban or name.")
    supplier_similarity = dy.Float32(nullable=True, description="Likeness of the names, from 0 to 1.")
    po_id = dy.String(nullable=True, description="Purchase order that it bills.")
    order_found_by = dy.String(nullable=True, description="number (that it names), or rows.")
    twin_invoice_id = dy.String(nullable=True, description="The earlier invoice that it repeats.")
    duplicate_by = dy.String(nullable=True, description="By what it repeats it: content or number.")
    findings = _FINDINGS
    may_auto_confirm = dy.Bool(description="Whether nothing found here asks for a person.")
    confirm_evidence = dy.String(nullable=True, description="Why it may be confirmed, as a sentence.")


class InvoicePictures(dy.Schema):
    """Pages of invoices that wait, or waited, for a person, drawn with the found values boxed; one file per night."""

    invoice_id = dy.String(description="The invoice.")
    admitted_on = dy.Date(description="The night that took it.")
    answers_entry = dy.Int64(nullable=True, description="Of the extraction that was drawn, as there.")
    pictures = dy.List(
        dy.String(),
        description="Files in the data folder, the page with the most values first; none where it failed.",
    )


class InvoiceOrderLines(dy.Schema):
    """Which line of a purchase order each row of an invoice bills, one file per night."""

    invoice_id = dy.String(description="The invoice.")
    line = dy.Int32(description="Its row, from 1.")
    admitted_on = dy.Date(description="The night that took it.")
    po_id = dy.String(nullable=True, description="Purchase order.")
    po_line_number = dy.Int64(nullable=True, description="Line within the order.")
    product_id = dy.String(nullable=True, description="Product of that line.")
    matched_by = dy.String(
        nullable=True,
        description="supplier_sku, product_id, barcode or description: what the two have in common.",
    )
    similarity = dy.Float32(nullable=True, description="Likeness of the descriptions, from 0 to 1.")
    billed_quantity = _number(
        nullable=True, description="Quantity of the row; negative where it is credited."
    )


_BOOKS = ("suppliers", "products", "supplier_products", "purchase_orders")

INVOICE_DOCUMENTS = LakeTable("invoice_documents", InvoiceDocuments)
INVOICE_TEXT = LakeTable("invoice_text", InvoiceText)
INVOICE_EXTRACTIONS = LakeTable("invoice_extractions", InvoiceExtractions)
INVOICE_CHECKS = LakeTable("invoice_checks", InvoiceChecks, reads=_BOOKS, started_by_marts=False)
INVOICE_ORDER_LINES = LakeTable(
    "invoice_order_lines", InvoiceOrderLines, reads=_BOOKS, started_by_marts=False
)
INVOICE_PICTURES = LakeTable("invoice_pictures", InvoicePictures, started_by_marts=False)

TABLES = (
    INVOICE_DOCUMENTS,
    INVOICE_TEXT,
    INVOICE_EXTRACTIONS,
    INVOICE_CHECKS,
    INVOICE_ORDER_LINES,
    INVOICE_PICTURES,
)
