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
from retail_assets.invoices.pictures import draw_pictures
from retail_assets.invoices.previews import boxed_pages, listed
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.tables import INVOICE_EXTRACTIONS, INVOICE_PICTURES
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
    assert draw_pictures(documents.lake, SETTINGS).drawn == 1
    [row] = INVOICE_PICTURES.read(documents.lake, NIGHT.isoformat()).to_dicts()
    assert (documents.lake.root / row["pictures"][0]).read_bytes().startswith(b"\x89PNG")
    shown = boxed_pages(documents.lake, NIGHT)
    assert shown and shown.count("](data:image/png;base64,") == 1
    assert "](http" not in shown and "<b>" not in shown
    [told] = listed(documents.lake, NIGHT).to_dicts()
    assert (told["invoice_id"], told["errors"]) == ("1-1", "total")
    assert boxed_pages(documents.lake, NIGHT + timedelta(1)) is None


def test_whatever_waits_for_a_person_is_drawn_once_however_sure_its_reading_is(
    documents: StoredDocuments,
) -> None:
    """A proven invoice waits too, when it repeats another or names a strange account."""
    for number in range(3):
        documents.add(pdf(Sale(number=f"RE-{number}").texts()))
    extract_invoices(documents.lake, SETTINGS, NIGHT)
    decide(documents, ("1-1", "confirm", True))
    few = InvoiceSettings(invoice_pictures=1)
    first = draw_pictures(documents.lake, few)
    assert (first.drawn, first.left, first.nights) == (1, 1, [NIGHT])
    second, third = (draw_pictures(documents.lake, few) for _ in range(2))
    assert (second.drawn, second.left) == (1, 0)
    assert (third.drawn, third.left, third.nights) == (0, 0, [])
    drawn = INVOICE_PICTURES.read(documents.lake, NIGHT.isoformat())
    assert drawn["invoice_id"].to_list() == ["2-1", "3-1"]
    told = listed(documents.lake, NIGHT)
    assert told.select("invoice_id", "state").rows() == [("2-1", "preview"), ("3-1", "preview")]


def test_a_document_that_is_gone_takes_its_picture_along(documents: StoredDocuments) -> None:
    documents.add(pdf(Sale().texts()))
    documents.add(pdf(Sale(number="other").texts()))
    extract_invoices(documents.lake, SETTINGS, NIGHT)
    draw_pictures(documents.lake, SETTINGS)
    documents.remove(1)
    extract_invoices(documents.lake, SETTINGS, NIGHT)
    draw_pictures(documents.lake, SETTINGS)
    assert INVOICE_PICTURES.read(documents.lake, NIGHT.isoformat())["invoice_id"].to_list() == ["2-1"]
