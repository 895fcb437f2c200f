"""A document as JSON between the process that read it, which has no secrets, and the one that asks the model.

The first calls `written`, the second `taken`; what lies between are texts and numbers only.
"""

import base64
from decimal import Decimal
from typing import Any

from ml.documents.llm import pictures
from ml.documents.llm.seen import Part, Seen, seen
from ml.documents.reading.limits import LIMITS, Limits
from ml.documents.record import Document, Field, Finding, Invoice, Line, Tax

_NUMBERS = (
    "quantity",
    "unit_price",
    "price_base_quantity",
    "tax_rate",
    "amount",
    "adjustment",
    "discount",
)
_TEXTS = ("description", "sku", "unit")


def written(document: Document, content: bytes, limits: Limits = LIMITS) -> dict[str, Any]:
    """The document, what a model is shown of it, and pictures of pages whose words are weak."""
    shown = seen(document.read)
    if document.error is None:
        shown.pictures = pictures.of_weak_pages(content, document.read, limits)
    return {"document": _document(document), "seen": _seen(shown)}


def taken(handed: dict[str, Any]) -> tuple[Document, Seen]:
    return _document_of(handed["document"]), _seen_of(handed["seen"])


def _document(document: Document) -> dict[str, Any]:
    invoice = document.invoice
    return {
        "file": document.file,
        "pages": document.pages,
        "method": document.method,
        "findings": [vars(one) for one in document.findings],
        "status": document.status,
        "error": document.error,
        "invoice": invoice
        and {
            "source": invoice.source,
            "fields": {name: _field(one) for name, one in invoice.fields.items()},
            "lines": [
                {name: getattr(line, name) for name in _TEXTS}
                | {name: _text(getattr(line, name)) for name in _NUMBERS}
                for line in invoice.lines
            ],
            "taxes": [[_text(one.rate), _text(one.base), _text(one.amount)] for one in invoice.taxes],
            "findings": [vars(one) for one in invoice.findings],
            "proven": invoice.proven,
        },
    }


def _field(one: Field) -> dict[str, Any]:
    kind = "number" if isinstance(one.value, Decimal) else "text"
    return {
        kind: str(one.value),
        "confidence": one.confidence,
        "evidence": list(one.evidence),
        "box": one.box and list(one.box),
        "score": one.score,
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _document_of(kept: dict[str, Any]) -> Document:
    document = Document(kept["file"], kept["pages"], kept["method"])
    document.findings = [Finding(**one) for one in kept["findings"]]
    document.status, document.error = kept["status"], kept["error"]
    if (of := kept["invoice"]) is not None:
        document.invoice = Invoice(
            of["source"],
            {name: _field_of(one) for name, one in of["fields"].items()},
            [
                Line(
                    **{name: one[name] for name in _TEXTS},
                    **{name: _number(one[name]) for name in _NUMBERS},
                )
                for one in of["lines"]
            ],
            [Tax(*map(_number, one)) for one in of["taxes"]],
            [Finding(**one) for one in of["findings"]],
            of["proven"],
        )
    return document


def _field_of(kept: dict[str, Any]) -> Field:
    value = Decimal(kept["number"]) if "number" in kept else kept["text"]
    box = tuple(kept["box"]) if kept["box"] else None
    return Field(value, kept["confidence"], tuple(kept["evidence"]), box, kept["score"])


def _seen(shown: Seen) -> dict[str, Any]:
    return {
        "pages": shown.pages,
        "lines": [[[part.text, *part.box] for part in line] for line in shown.lines],
        "left_out_after": shown.left_out_after,
        "others": [[[part.text, *part.box] for part in line] for line in shown.others],
        "numbers": [[str(value), *box] for value, box in shown.numbers],
        "other_numbers": [[str(value), *box] for value, box in shown.other_numbers],
        "dates": [[day, *box] for day, box in shown.dates],
        "pictures": {str(number): base64.b64encode(jpeg).decode() for number, jpeg in shown.pictures.items()},
    }


def _seen_of(kept: dict[str, Any]) -> Seen:
    return Seen(
        kept["pages"],
        _lines_of(kept["lines"]),
        kept["left_out_after"],
        _lines_of(kept["others"]),
        [(Decimal(value), tuple(box)) for value, *box in kept["numbers"]],
        [(Decimal(value), tuple(box)) for value, *box in kept["other_numbers"]],
        [(day, tuple(box)) for day, *box in kept["dates"]],
        {int(number): base64.b64decode(jpeg) for number, jpeg in kept["pictures"].items()},
    )


def _lines_of(kept: list[list[list[Any]]]) -> list[list[Part]]:
    return [[Part(text, tuple(box)) for text, *box in line] for line in kept]
