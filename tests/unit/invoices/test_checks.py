"""What a night's invoices are asked, and how they look in the UI."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from retail_assets.config import Settings
from retail_assets.intake.ledger_export import EXPORTED
from retail_assets.invoices.checks import (
    every_document_could_be_read,
    every_document_is_answered,
    no_invoice_waits_too_long,
)
from retail_assets.invoices.extractions import extract_invoices
from retail_assets.invoices.previews import boxed_pages, listed
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.tables import INVOICE_EXTRACTIONS
from tests.invoice_documents import NIGHT, StoredDocuments
from tests.lake_builder import write_table
from tests.unit.documents.sheets import Sale, pdf

SETTINGS = InvoiceSettings(invoice_waiting_days=3)


@pytest.fixture
def documents(settings: Settings) -> StoredDocuments:
    documents = StoredDocuments(settings)
    decide(documents)
    return documents


def read(documents: StoredDocuments, night: date, *rows: Mapping[str, Any]) -> None:
    known = {row["sequence"]: row for row in documents.rows}
    full = [
        {
            "invoice_id": f"{row['sequence']}-1",
            "place": 1,
            "sha256": known[row["sequence"]]["sha256"],
            "admitted_on": night,
            "findings": [],
            **row,
        }
        for row in rows
    ]
    INVOICE_EXTRACTIONS.write(
        documents.lake, night.isoformat(), pl.DataFrame(full, schema=INVOICE_EXTRACTIONS.schema)
    )


def decide(documents: StoredDocuments, *decisions: tuple[str, str, bool]) -> None:
    rows = [
        {
            "entry": entry,
            "at": datetime(2026, 11, 20, tzinfo=UTC),
            "kind": "review_invoice",
            "subject": subject,
            "verdict": verdict,
            "accepted": accepted,
        }
        for entry, (subject, verdict, accepted) in enumerate(decisions, start=1)
    ]
    write_table(documents.lake.ledger / "decisions.parquet", EXPORTED["decisions"][1], rows)


def test_a_document_without_an_answer_and_one_that_failed(documents: StoredDocuments) -> None:
    for content in (b"a", b"b", b"c"):
        documents.add(content)
    read(
        documents,
        NIGHT,
        {"sequence": 1, "status": "preview"},
        {"sequence": 2, "status": "failed", "error": "Locked."},
    )
    answered = every_document_is_answered(documents.lake, SETTINGS, NIGHT)
    assert (answered.passed, answered.figures) == (False, {"documents": 3, "without_answer": 1})
    could = every_document_could_be_read(documents.lake, SETTINGS, NIGHT)
    assert (could.passed, could.figures["which"].rows()) == (False, [("2-1", "2.pdf", "Locked.")])
    nothing = every_document_is_answered(documents.lake, SETTINGS, NIGHT + timedelta(1))
    assert nothing.passed


def test_who_waits_too_long_is_named_until_somebody_decides(documents: StoredDocuments) -> None:
    for number in range(7):
        documents.add(str(number).encode())
    read(
        documents,
        NIGHT,
        {"sequence": 1, "status": "preview"},
        {"sequence": 2, "status": "auto_confirmable"},
        {"sequence": 3, "status": "preview"},
        {"sequence": 4, "status": "failed"},
        {"sequence": 5, "status": "preview", "superseded_by": "1-1"},
        {"sequence": 6, "status": "preview", "answers_entry": 3},
        {"sequence": 7, "status": "preview"},
    )
    decide(
        documents,
        ("2-1", "confirm", True),
        ("3-1", "confirm", False),
        ("6-1", "retry", True),
        ("7-1", "retry", True),
    )
    soon = no_invoice_waits_too_long(documents.lake, SETTINGS, NIGHT + timedelta(3))
    assert soon.passed
    late = no_invoice_waits_too_long(documents.lake, SETTINGS, NIGHT + timedelta(4))
    assert late.figures["which"]["invoice_id"].to_list() == ["1-1", "3-1", "6-1"]
    assert "more than 3 days" in late.advice


def test_pages_are_shown_with_their_values_boxed_and_nothing_of_theirs_is_markdown(
    documents: StoredDocuments,
) -> None:
    documents.add(pdf(Sale(vendor="![x](http://evil.example) <b>GmbH", total="150,00").texts()))
    extract_invoices(documents.lake, SETTINGS, NIGHT)
    [row] = INVOICE_EXTRACTIONS.read(documents.lake, NIGHT.isoformat()).to_dicts()
    assert (row["status"], len(row["pictures"])) == ("preview", 1)
    assert (documents.lake.root / row["pictures"][0]).read_bytes().startswith(b"\x89PNG")
    shown = boxed_pages(documents.lake, NIGHT)
    assert shown and shown.count("](data:image/png;base64,") == 1
    assert "](http" not in shown and "<b>" not in shown
    [told] = listed(documents.lake, NIGHT).to_dicts()
    assert (told["invoice_id"], told["errors"]) == ("1-1", "total")
    assert boxed_pages(documents.lake, NIGHT + timedelta(1)) is None
