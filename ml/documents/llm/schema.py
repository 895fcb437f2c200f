"""The form of a model's answer. Nothing else is taken: no other field, no other type."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Row(Form):
    """A row of the invoice."""

    description: str | None = None
    sku: str | None = None
    quantity: str | None = None
    unit: str | None = None
    unit_price: str | None = None
    tax_rate: str | None = None
    amount: str | None = None


class TaxRow(Form):
    """The tax of one rate."""

    rate: str | None = None
    base: str | None = None
    amount: str | None = None


class Answer(Form):
    """What a document shows; null is what it does not show."""

    summary: str | None = None
    type: Literal["invoice", "credit_note", "receipt"] | None = None
    vendor: str | None = None
    vendor_tax_id: str | None = None
    buyer: str | None = None
    number: str | None = None
    order_number: str | None = None
    date: str | None = None
    due_date: str | None = None
    currency: str | None = None
    iban: str | None = None
    net: str | None = None
    allowances: str | None = None
    charges: str | None = None
    tax: str | None = None
    total: str | None = None
    prepaid: str | None = None
    amount_due: str | None = None
    discount_percent: str | None = None
    discount_date: str | None = None
    lines: list[Row] = []
    taxes: list[TaxRow] = []
