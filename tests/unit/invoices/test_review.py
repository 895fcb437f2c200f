"""States of invoices, and what decisions about them may say."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from retail_assets.decisions.kinds import Decision
from retail_assets.invoices.review import engine_of, lacking
from retail_assets.invoices.states import Decided, Read, state_of


def decision(verdict: str, payload: Any = None, reason: str | None = None) -> Decision:
    text = payload if payload is None or isinstance(payload, str) else json.dumps(payload)
    return Decision(
        "d", datetime(2026, 11, 20, tzinfo=UTC), "ann", "review_invoice", "1-1", verdict, reason, text
    )


@pytest.mark.parametrize(
    "fine",
    [
        decision("confirm"),
        decision("confirm", {"corrected": {"total": "12.30", "date": "2026-11-02", "order_number": None}}),
        decision(
            "confirm", '{"corrected": {"total": 12.3, "document_type": "credit_note", "currency": "EUR"}}'
        ),
        decision("reject", reason="wrong price"),
        decision("retry"),
        decision("retry", {"engine": "rapidocr"}),
    ],
)
def test_what_may_be_said(fine: Decision) -> None:
    assert lacking(fine) is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (decision("reject"), "needs a reason"),
        (decision("reject", reason="  "), "needs a reason"),
        (decision("reject", {"corrected": {}}, "x"), "must be empty"),
        (decision("confirm", "total=12"), "must be JSON"),
        (decision("confirm", "[1]"), "must be JSON"),
        (decision("confirm", "[" * 100_000), "must be JSON"),
        (decision("confirm", {"engine": "auto"}), "must be JSON"),
        (decision("confirm", {"corrected": ["total"]}), "fields with their values"),
        (decision("confirm", {"corrected": {"status": "x"}}), "no field 'status'"),
        (decision("confirm", {"corrected": {"total": "12,30"}}), "a number like"),
        (decision("confirm", {"corrected": {"total": "1e5"}}), "a number like"),
        (decision("confirm", {"corrected": {"total": True}}), "must be a text"),
        (decision("confirm", {"corrected": {"date": "2.11.2026"}}), "a day like"),
        (decision("confirm", {"corrected": {"date": "2026-02-30"}}), "a day like"),
        (decision("confirm", {"corrected": {"currency": "Euro"}}), "ISO 4217"),
        (decision("confirm", {"corrected": {"vendor": "a\nb"}}), "one line"),
        (decision("retry", {"engine": "gpt"}), "no engine 'gpt'"),
    ],
)
def test_what_cannot_be_said_is_refused_with_a_sentence(wrong: Decision, said: str) -> None:
    assert said in (lacking(wrong) or "")


def test_the_engine_of_a_retry() -> None:
    assert [engine_of(one) for one in (None, "x", "[]", '{"engine": "tesseract"}')] == [None] * 3 + [
        "tesseract"
    ]


@pytest.mark.parametrize(
    ("read", "decided", "has_text", "state"),
    [
        (None, None, False, "received"),
        (None, None, True, "processing"),
        (Read("auto_confirmable", None, None), None, True, "preview"),
        (Read("failed", None, None), None, False, "failed"),
        (Read("preview", None, None), Decided(3, "confirm", "confirmed"), True, "confirmed"),
        (Read("failed", None, None), Decided(3, "retry", "received"), True, "received"),
        (Read("failed", 2, None), Decided(3, "retry", "received"), True, "received"),
        (Read("failed", 3, None), Decided(3, "retry", "received"), True, "failed"),
        (Read("preview", 3, None), Decided(3, "retry", "received"), True, "preview"),
        (Read("preview", 3, None), Decided(5, "reject", "rejected"), True, "rejected"),
    ],
)
def test_a_state_is_folded_from_reading_and_decisions(
    read: Read | None, decided: Decided | None, has_text: bool, state: str
) -> None:
    assert state_of(read, decided, has_text=has_text) == state
