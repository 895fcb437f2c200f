"""What is known of a document: fields with their evidence, rows, findings, and how they are written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ml.documents.words import Page

TEXTS = ("vendor", "vendor_tax_id", "buyer", "number", "order_number", "date", "due_date", "currency")
AMOUNTS = ("net", "tax", "total", "amount_due")
FIELDS = (*TEXTS, *AMOUNTS, "iban", "type")
MORE_AMOUNTS = ("allowances", "charges", "prepaid", "rounding")
MORE = (*MORE_AMOUNTS, "discount_percent", "discount_date")
"""Written beside the others where they are known."""

Box = tuple[int, float, float, float, float]
"""Number of the page, left, top, right, bottom."""


@dataclass(frozen=True)
class Field:
    """A value with what speaks for it."""

    value: Any
    """Text, or a Decimal; None where nothing was found."""
    confidence: float = 0.0
    evidence: tuple[str, ...] = ()
    box: Box | None = None
    score: float = 0.0
    """The extractor's log odds, before calibration."""


@dataclass(frozen=True)
class Line:
    """A row of the invoice."""

    description: str | None = None
    sku: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    unit_price: Decimal | None = None
    price_base_quantity: Decimal | None = None
    tax_rate: Decimal | None = None
    amount: Decimal | None = None
    adjustment: Decimal | None = None
    """Charges less allowances of the row itself; not written."""
    discount: Decimal | None = None
    """Percent that the page shows off the price; not written."""


@dataclass(frozen=True)
class Tax:
    """The tax of one rate."""

    rate: Decimal | None
    base: Decimal | None
    amount: Decimal | None


@dataclass(frozen=True)
class Finding:
    """The outcome of a check that a person should know."""

    check: str
    severity: str
    """error, warning or note."""
    sentence: str


@dataclass
class Invoice:
    """One invoice as one source tells it: its XML, or one engine's words."""

    source: str
    fields: dict[str, Field] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    taxes: list[Tax] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    proven: bool = False
    """Whether its amounts follow from each other."""

    def value(self, name: str) -> Any:
        found = self.fields.get(name)
        return found.value if found else None

    def amount(self, name: str) -> Decimal | None:
        value = self.value(name)
        return value if isinstance(value, Decimal) else None

    def put(self, name: str, value: Any, *evidence: str, box: Box | None = None, score: float = 0.0) -> None:
        if value is not None and value != "":
            self.fields[name] = Field(value, 0.0, evidence, box, score)


@dataclass
class Document:
    """The answer for one file."""

    file: str
    pages: int = 0
    method: str = "none"
    invoice: Invoice | None = None
    findings: list[Finding] = field(default_factory=list)
    summary: str | None = None
    status: str = "failed"
    error: str | None = None
    read: list[Page] = field(default_factory=list)
    """The pages as they were read; not written."""
    model: str | None = None
    """The language model that was asked about it."""
    model_tokens: int | None = None
    model_cost: Decimal | None = None

    def conclude(self, findings: Iterable[Finding], *, proven: bool) -> None:
        """Its findings, each once, and the status that follows from them."""
        self.findings = list(dict.fromkeys(findings))
        contradicted = any(one.severity == "error" for one in self.findings)
        self.status = "auto_confirmable" if proven and not contradicted else "preview"

    def written(self, *, boxes: bool = False) -> dict[str, Any]:
        """As a JSON object; on demand with the `box` of each field."""
        invoice = self.invoice or Invoice("none")
        return {
            "file": self.file,
            "pages": self.pages,
            "method": self.method,
            "fields": {
                name: _field(invoice.fields.get(name, Field(None)), boxes)
                for name in (*FIELDS, *(one for one in MORE if one in invoice.fields))
            },
            "lines": [_line(line) for line in invoice.lines],
            "taxes": [
                {"rate": plain(tax.rate), "base": money(tax.base), "amount": money(tax.amount)}
                for tax in invoice.taxes
            ],
            "summary": self.summary,
            "findings": [vars(finding) for finding in self.findings],
            "status": self.status,
            "error": self.error,
            **self._asked(),
        }

    def _asked(self) -> dict[str, Any]:
        """What the language model took, where one was asked."""
        if self.model is None:
            return {}
        return {
            "model": self.model,
            "model_tokens": self.model_tokens,
            "model_cost": plain(self.model_cost),
        }


def _field(found: Field, boxes: bool) -> dict[str, Any]:
    value = money(found.value) if isinstance(found.value, Decimal) else found.value
    box = {"box": found.box and [float(number) for number in found.box]} if boxes else {}
    return {
        "value": value,
        "confidence": round(found.confidence, 4),
        "evidence": list(found.evidence),
        **box,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "description": line.description,
        "sku": line.sku,
        "quantity": plain(line.quantity),
        "unit": line.unit,
        "unit_price": money(line.unit_price),
        "price_base_quantity": plain(line.price_base_quantity),
        "tax_rate": plain(line.tax_rate),
        "amount": money(line.amount),
    }


def plain(value: Decimal | None) -> str | None:
    """Without zeros that say nothing: 4, 0.5."""
    if value is None:
        return None
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-0", "-") else text


def money(value: Decimal | None) -> str | None:
    """With two decimals or, where there are, more: 4.00, 0.0525."""
    text = plain(value)
    if text is None:
        return None
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"
