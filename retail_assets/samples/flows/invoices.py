"""Invoices of suppliers, as they come in: PDFs, e-invoices, mails, an archive and scans. What goes wrong with them on
purpose is told in `invoice_cases`; here is what comes every night.

They come last of all files, so that the numbers of others do not hang on how many there are.
"""

from datetime import datetime, timedelta

import polars as pl

from retail_assets.samples import formats
from retail_assets.samples.drops import Drops
from retail_assets.samples.flows.invoice_bills import (
    AUSTRIAN,
    COUNTRIES,
    DAYS_OF_A_MONTH,
    GERMAN,
    Delivered,
    deliveries,
    monthly,
    single,
)
from retail_assets.samples.papers import envelopes
from retail_assets.samples.papers.bill import Bill, Row, decimal
from retail_assets.samples.sample import Sample

FOLDER = "invoices"
DAYS_OF_INVOICES = 4
"""The first night finds the invoices of the deliveries of so many days."""
MOST_A_NIGHT = 3
"""Of later nights, for each store but the web shop."""

CONFIRMED, PREVIEW, REJECTED, FAILED = "confirmed", "preview", "rejected", "failed"

_MONEY = pl.Decimal(18, 2)
_DOCUMENTS = {
    "file_name": pl.String, "vendor": pl.String, "number": pl.String, "date": pl.Date, "currency": pl.String,
    "net": _MONEY, "tax": _MONEY, "total": _MONEY, "order_number": pl.String, "expected_state": pl.String,
}  # fmt: skip
_LINES = {
    "file_name": pl.String, "line": pl.Int32, "description": pl.String, "sku": pl.String, "quantity": pl.Int64,
    "unit_price": _MONEY, "tax_rate": pl.Int64, "amount": _MONEY, "po_id": pl.String, "po_line_number": pl.Int64,
    "product_id": pl.String,
}  # fmt: skip


class Delivery:
    """Drops documents one second after the other, and keeps what is true of them."""

    def __init__(self, sample: Sample, drops: Drops) -> None:
        self._drops = drops
        self.at: datetime = sample.file_time(sample.periods[-1], 1, 52)

    def add(self, name: str, content: bytes, *truths: tuple[str, Delivered, str]) -> None:
        """One drop; `truths` are name, content and expected state of the documents in it."""
        self.last = self._drops.add(FOLDER, name, content, at=self.at)
        for file_name, told, state in truths:
            self._keep(file_name, told, state)
        self.at += timedelta(seconds=1)

    def _keep(self, file_name: str, told: Delivered, state: str) -> None:
        bill = told.bill
        document = {
            "file_name": file_name,
            "vendor": bill.seller.name,
            "number": bill.number,
            "date": bill.date,
            "currency": bill.currency,
            "net": decimal(bill.net_cents),
            "tax": decimal(bill.tax_cents),
            "total": decimal(bill.net_cents + bill.tax_cents),
            "order_number": bill.order_number,
            "expected_state": state,
        }
        self._drops.keep_truth("invoices/documents", pl.DataFrame([document], schema=_DOCUMENTS))
        ordered = told.lines or [(None, None, None)] * len(bill.rows)
        lines = [
            _line(file_name, place, row, *order)
            for place, (row, order) in enumerate(zip(bill.rows, ordered, strict=True), 1)
        ]
        self._drops.keep_truth("invoices/lines", pl.DataFrame(lines, schema=_LINES))


def _line(
    file_name: str, place: int, row: Row, po_id: str | None, po_line: int | None, product_id: str | None
) -> dict[str, object]:
    return {
        "file_name": file_name,
        "line": place,
        "description": row.name,
        "sku": row.sku,
        "quantity": row.units,
        "unit_price": decimal(row.price_cents),
        "tax_rate": row.tax_percent,
        "amount": decimal(row.amount_cents),
        "po_id": po_id,
        "po_line_number": po_line,
        "product_id": product_id,
    }


def write(sample: Sample, drops: Drops) -> None:
    """The invoices of one night."""
    arrived = deliveries(sample)
    end = sample.periods[-1].end
    delivery = Delivery(sample, drops)
    each = arrived.filter(pl.col("supplier") % len(COUNTRIES) != AUSTRIAN)
    if sample.first_night:
        from retail_assets.samples.flows import invoice_cases

        month = arrived.filter(
            pl.col("supplier") == AUSTRIAN, pl.col("arrived") >= sample.plan.base_days - DAYS_OF_A_MONTH
        )
        recent = each.filter(pl.col("arrived") >= sample.plan.base_days - DAYS_OF_A_MONTH)
        rest = invoice_cases.write(sample, drops, delivery, single(sample, recent), monthly(sample, month))
        for one in rest:
            if one.arrived >= sample.plan.base_days - DAYS_OF_INVOICES:
                ordinary(delivery, one)
        return
    most = MOST_A_NIGHT * (sample.plan.size.stores - 1)
    for one in single(sample, each.filter(pl.col("arrived") == end - 1))[:most]:
        ordinary(delivery, one)


def ordinary(delivery: Delivery, one: Delivered) -> None:
    """As most come: a PDF, of one supplier an e-invoice."""
    name = f"{file_stem(one.bill)}.pdf"
    write_file = envelopes.hybrid if one.habit == GERMAN else envelopes.pdf
    delivery.add(name, write_file(one.bill, written_at(one.bill)), (name, one, CONFIRMED))


def file_stem(bill: Bill) -> str:
    """As suppliers call their files: Rechnung_RE-2026-00201."""
    word = {"FR": "Facture", "DE": "Rechnung", "AT": "Sammelrechnung"}.get(bill.seller.country, "Invoice")
    return f"{'Gutschrift' if bill.is_credit else word}_{bill.number.replace('/', '-')}"


def written_at(bill: Bill) -> datetime:
    return formats.at(bill.date, 16, 30)
