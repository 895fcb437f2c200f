"""The settings of invoices: what a document may cost, who reads it, and what is confirmed without a person."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from retail_assets.config import FlowSettings


class InvoiceSettings(FlowSettings):
    """Limits of documents, and rules of confirmation."""

    invoice_max_bytes: int = Field(
        100_000_000, ge=1, description="Documents above this size are quarantined."
    )
    invoice_max_pages: int = Field(500, ge=1, description="Documents with more pages fail.")
    invoice_seconds: float = Field(600, gt=0, description="Time limit for reading one document.")
    invoice_memory_bytes: int = Field(
        6 * 2**30, description="Address-space limit of a process that reads documents or mails."
    )
    invoice_processes: int = Field(2, ge=1, description="Processes that read documents side by side.")
    invoice_engine: Literal["auto", "tesseract", "rapidocr"] = Field(
        "auto",
        description="Who recognises scans: Tesseract, RapidOCR, or the second where the first is weak.",
    )
    invoice_auto_confirm: bool = Field(
        True, description="Whether invoices whose amounts are proven are confirmed without a person."
    )
    invoice_price_tolerance: Decimal = Field(
        Decimal("0.02"), ge=0, description="Share by which an invoiced price may lie above the ordered one."
    )
    invoice_price_tolerance_amount: Decimal = Field(
        Decimal("0.05"),
        ge=0,
        description="Amount by which a row may cost more in any case, in the invoice's currency.",
    )
    invoice_quantity_tolerance: Decimal = Field(
        Decimal(0),
        ge=0,
        description="Share by which what is invoiced may lie above what was ordered or received.",
    )
    invoice_pictures: int = Field(
        200, ge=0, description="Invoices of a night whose pages are drawn for whoever decides about them."
    )
    invoice_waiting_days: int = Field(
        3, ge=0, description="Days that an invoice may wait for a person before a check warns."
    )
