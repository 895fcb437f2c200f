"""What may be decided about an invoice, and what a decision's payload may say: said here once.

An invoice is `received` once its document is admitted and `processing` while its pages are read. What was found puts it
into `preview` or makes it `failed`; people, or the platform, make it `confirmed` or `rejected`.
"""

import json
import re
from decimal import Decimal
from typing import Any

from retail_assets.currencies import CURRENCIES
from retail_assets.decisions.kinds import Decision
from retail_assets.invoices.rows import AMOUNTS, DATES, TEXTS, day, number, text

REVIEW = "review_invoice"
VERDICTS = CONFIRM, REJECT, RETRY = ("confirm", "reject", "retry")
STATES = RECEIVED, PROCESSING, PREVIEW, CONFIRMED, REJECTED, FAILED = (
    "received",
    "processing",
    "preview",
    "confirmed",
    "rejected",
    "failed",
)
ENGINES = ("auto", "tesseract", "rapidocr")
TYPES = ("invoice", "credit_note", "receipt")
CORRECTABLE = (*TEXTS, *DATES, *AMOUNTS, "document_type")
MOST_CHARACTERS = 20_000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")

TRANSITIONS: dict[str | None, dict[str, str]] = {
    CONFIRM: {PREVIEW: CONFIRMED},
    REJECT: {PREVIEW: REJECTED},
    RETRY: {FAILED: RECEIVED, REJECTED: RECEIVED},
}
FOR_SQL = {
    "invoice_states": {state: state for state in STATES},
    "invoice_corrected_texts": [*TEXTS, "document_type"],
    "invoice_corrected_dates": list(DATES),
    "invoice_corrected_amounts": list(AMOUNTS),
}


def lacking(decision: Decision) -> str | None:
    """What a decision lacks, or says that cannot be; None when it says enough."""
    if decision.verdict == REJECT and not (decision.reason or "").strip():
        return f"{REVIEW} needs a reason for {REJECT}: whoever sent the invoice will ask."
    if not decision.payload:
        return None
    said = _said(decision.payload)
    allowed = {CONFIRM: "corrected", RETRY: "engine"}.get(decision.verdict or "")
    if said is None or (set(said) - {allowed}):
        return (
            f"The payload of {decision.verdict} must be "
            + {
                CONFIRM: 'JSON like {"corrected": {"total": "12.30", "date": "2026-11-02"}}',
                RETRY: 'JSON like {"engine": "rapidocr"}',
            }.get(decision.verdict or "", "empty")
            + "."
        )
    if decision.verdict == RETRY and said.get("engine") not in (None, *ENGINES):
        return f"There is no engine {str(said['engine'])[:40]!r}; there are {', '.join(ENGINES)}."
    return _wrong_correction(said["corrected"]) if "corrected" in said else None


def _wrong_correction(corrected: Any) -> str | None:
    if not isinstance(corrected, dict):
        return 'Corrected values must be fields with their values, as {"total": "12.30"}.'
    for name, value in corrected.items():
        if name not in CORRECTABLE:
            return f"There is no field {str(name)[:40]!r} to correct; there are {', '.join(CORRECTABLE)}."
        if value is not None and (expected := _expected(name, value)):
            return f"{name} cannot be {str(value)[:40]!r}: {expected}."
    return None


def _expected(name: str, value: Any) -> str | None:
    """What a corrected value has to be, where it is not."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return "it must be a text"
    if name in DATES:
        is_day = _DAY.fullmatch(str(value)) and day(value)
        return None if is_day else "it must be a day like 2026-11-02"
    if name in AMOUNTS:
        return None if _NUMBER.fullmatch(str(value)) else "it must be a number like 12.30"
    if name == "currency":
        return None if value in CURRENCIES else "it must be a code of ISO 4217 like EUR"
    if name == "document_type":
        return None if value in TYPES else f"it must be {', '.join(TYPES)}"
    return None if text(value) == value else "it must be one line of text"


def corrected_of(payload: str | None) -> dict[str, Any]:
    """The values that an accepted confirmation corrects, typed; None for one that it takes away."""
    corrected = (_said(payload or "") or {}).get("corrected") or {}
    return {
        name: day(value) if name in DATES else number(value) if name in AMOUNTS else value
        for name, value in corrected.items()
    }


def engine_of(payload: str | None) -> str | None:
    """The engine that an accepted retry asks for."""
    found = (_said(payload or "") or {}).get("engine")
    return found if found in ENGINES else None


def _said(payload: str) -> dict[str, Any] | None:
    if len(payload) > MOST_CHARACTERS:
        return None
    try:
        said = json.loads(payload, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
