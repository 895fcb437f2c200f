"""How invoices are dropped: one second after the other, with what is true of them beside the inbox."""

from datetime import datetime, timedelta

import polars as pl

from retail_assets.samples import formats
from retail_assets.samples.drops import Drop, Drops
from retail_assets.samples.flows.invoice_bills import Delivered
from retail_assets.samples.papers.bill import Bill, Row, decimal
from retail_assets.samples.sample import Sample

FOLDER = "invoices"
CONFIRMED, PREVIEW, REJECTED, FAILED = "confirmed", "preview", "rejected", "failed"

_MONEY = pl.Decimal(18, 2)
_DOCUMENTS = {
    "file_name": pl.String, "vendor": pl.String, "number": pl.String, "date": pl.Date, "currency": pl.String,
    "net": _MONEY, "tax": _MONEY, "total": _MONEY, "order_number": pl.String, "expected_state": pl.String,
}  # fmt: skip
_LINES = {
    "file_name": pl.String, "line": pl.Int32, "description": pl.String, "sku": pl.String, "quantity": pl.Int64,
    "unit_price": _MONEY, "tax_rate": pl.Int64, "amount": _MONEY, "po_id": pl.String, "po_line_number": pl.Int64,
    "product_id": pl.String, "is_above_order": pl.Boolean,
}  # fmt: skip


class Delivery:
    """Drops documents one second after the other, and keeps what is true of them."""

    def __init__(self, sample: Sample, drops: Drops) -> None:
        self._drops = drops
        self._at: datetime = sample.file_time(sample.periods[-1], 1, 52)

    def add(self, name: str, content: bytes, *truths: tuple[str, Delivered, str]) -> Drop:
        """One drop; `truths` are name, bill and expected state of the documents in it."""
        drop = self._drops.add(FOLDER, name, content, at=self._at)
        for file_name, told, state in truths:
            self._keep(file_name, told, state)
        self._at += timedelta(seconds=1)
        return drop

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
            _line(file_name, place, row, *order) | {"is_above_order": place in told.dearer}
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


def file_stem(bill: Bill) -> str:
    """As suppliers call their files: Rechnung_RE-2026-00201."""
    word = {"FR": "Facture", "DE": "Rechnung", "AT": "Rechnung"}.get(bill.seller.country, "Invoice")
    return f"{'Gutschrift' if bill.is_credit else word}_{bill.number.replace('/', '-')}"


def written_at(bill: Bill) -> datetime:
    return formats.at(bill.date, 16, 30)
