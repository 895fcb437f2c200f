"""What becomes of documents night by night: read once, kept, read again when asked; with a reader that counts."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from retail_assets.config import Settings
from retail_assets.invoices import text
from retail_assets.invoices.extractions import extract_invoices
from retail_assets.invoices.reading import Question
from retail_assets.invoices.retries import Retry
from retail_assets.invoices.rows import extraction_rows, superseded
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.tables import INVOICE_DOCUMENTS, INVOICE_EXTRACTIONS, INVOICE_TEXT
from retail_assets.invoices.text import ReadReport, read_pages
from retail_assets.lake import Lake
from tests.invoice_documents import NIGHT, StoredDocuments

LATER = NIGHT + timedelta(1)


def answer(total: str = "12.30", **more: Any) -> dict[str, Any]:
    values = {"vendor": "ACME", "number": "1", "date": "2026-11-02", "total": total}
    fields = {
        name: {"value": value, "confidence": 0.9, "evidence": ["label"], "box": [0, 1.0, 2.0, 3.0, 4.0]}
        for name, value in values.items()
    }
    return {
        "pages": 1,
        "method": "text",
        "status": "preview",
        "error": None,
        "fields": fields,
        "lines": [{"description": "Pen", "quantity": "0.0525", "unit_price": "4.12345", "amount": "0.22"}],
        "taxes": [{"rate": "19", "base": "10.00", "amount": "1.90"}],
        "findings": [{"check": "total", "severity": "error", "sentence": "It does not add up."}],
        **more,
    }


class Reader:
    """Answers in place of the child processes."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.dies_after: int | None = None

    def answers(
        self, lake: Lake, hashes: Sequence[str], question: Question, *, processes: int
    ) -> Iterator[dict[str, Any]]:
        for sha256 in hashes:
            if self.dies_after is not None and len(self.asked) >= self.dies_after:
                raise KeyboardInterrupt
            self.asked.append((question.what, question.engine))
            page = {"engine": "text", "words": 3, "mean_score": 1.0, "width": 595.0, "height": 842.0}
            failed = lake.stored_file(sha256).read_bytes() == b"locked"
            yield (
                {"error": "It is encrypted."}
                if failed
                else {"pages": [page, page]}
                if question.what == "pages"
                else answer()
            )


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    reader = Reader()
    monkeypatch.setattr(text, "answers", reader.answers)
    return reader


@pytest.fixture
def documents(settings: Settings) -> StoredDocuments:
    return StoredDocuments(settings)


def run(documents: StoredDocuments, night: date = NIGHT, retries: Sequence[Retry] = ()) -> ReadReport:
    settings = InvoiceSettings(invoice_pictures=0)
    read_pages(documents.lake, settings, night)
    return extract_invoices(documents.lake, settings, night, retries)


def extractions(documents: StoredDocuments, night: date = NIGHT) -> pl.DataFrame:
    return INVOICE_EXTRACTIONS.read(documents.lake, night.isoformat())


def test_documents_are_read_once(documents: StoredDocuments, reader: Reader) -> None:
    documents.add(b"a")
    documents.add(b"locked")
    assert (run(documents).read, len(reader.asked)) == (2, 4)
    rows = extractions(documents)
    assert rows.select("invoice_id", "status", "error").rows() == [
        ("1-1", "preview", None),
        ("2-1", "failed", "It is encrypted."),
    ]
    assert INVOICE_TEXT.read(documents.lake, NIGHT.isoformat()).select("sequence", "page").rows() == [
        (1, 1),
        (1, 2),
    ]
    part = INVOICE_EXTRACTIONS.part(documents.lake, NIGHT.isoformat())
    written = part.stat().st_mtime_ns
    report = run(documents)
    assert (report.read, report.changed, len(reader.asked)) == (0, False, 4)
    assert part.stat().st_mtime_ns == written


def test_the_same_bytes_of_another_night_take_the_answer_that_is_known(
    documents: StoredDocuments, reader: Reader
) -> None:
    documents.add(b"a")
    run(documents)
    documents.add(b"a", on=LATER)
    report = run(documents, LATER)
    assert (report.read, report.reused, len(reader.asked)) == (0, 1, 2)
    assert extractions(documents, LATER)["invoice_id"].to_list() == ["2-1"]


def test_a_killed_run_repeats_nothing_that_was_kept(
    documents: StoredDocuments, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "BATCH_DOCUMENTS", 2)
    for number in range(5):
        documents.add(str(number).encode())
    read_pages(documents.lake, InvoiceSettings(), NIGHT)
    reader.dies_after = len(reader.asked) + 3
    with pytest.raises(KeyboardInterrupt):
        run(documents)
    reader.dies_after = None
    assert run(documents).read == 3
    assert len(reader.asked) == 5 + 3 + 3
    assert extractions(documents).height == 5


def test_older_nights_without_answers_are_read_too_and_withdrawn_documents_leave(
    documents: StoredDocuments, reader: Reader
) -> None:
    documents.add(b"a")
    documents.add(b"b")
    report = run(documents, LATER)
    assert (report.backfilled, report.documents) == ([NIGHT], 0)
    documents.remove(1)
    run(documents, LATER)
    assert extractions(documents)["invoice_id"].to_list() == ["2-1"]


def test_a_retry_reads_again_with_its_engine_and_only_once(
    documents: StoredDocuments, reader: Reader
) -> None:
    documents.add(b"a")
    run(documents)
    reader.asked.clear()
    retry = Retry(sequence=1, entry=7, engine="rapidocr")
    assert run(documents, LATER, [retry]).backfilled == [NIGHT]
    assert reader.asked == [("invoice", "rapidocr")]
    assert extractions(documents).select("engine", "answers_entry").rows() == [("rapidocr", 7)]
    assert run(documents, LATER, [retry]).read == 0
    run(documents, LATER, [Retry(sequence=1, entry=9, engine=None)])
    assert reader.asked == [("invoice", "rapidocr"), ("invoice", "auto")]
    assert extractions(documents)["answers_entry"].to_list() == [9]


def test_bytes_that_are_gone_wait_for_a_backup(documents: StoredDocuments, reader: Reader) -> None:
    documents.add(b"a")
    stored = documents.lake.stored_file(documents.rows[0]["sha256"])
    stored.rename(stored.with_suffix(".away"))
    run(documents)
    assert extractions(documents).is_empty()
    stored.with_suffix(".away").rename(stored)
    run(documents)
    assert extractions(documents).height == 1


def documents_frame(*kinds: str) -> pl.DataFrame:
    rows = [
        {"sequence": n, "kind": kind, "sha256": str(n), "mail_sequence": 9, "admitted_on": NIGHT}
        for n, kind in enumerate(kinds, start=1)
    ]
    return pl.DataFrame(rows, schema=INVOICE_DOCUMENTS.schema)


def test_values_are_typed_and_what_the_lake_cannot_hold_is_told() -> None:
    frame = documents_frame("pdf", "pdf")
    huge = answer("9" * 20, status="auto_confirmable")
    huge["fields"]["vendor"]["value"] = "A\x1b[2J\ud800" + "x" * 5_000
    huge["fields"]["date"]["value"] = "2026-02-30"
    first, second = extraction_rows(frame, {"1": answer(), "2": huge}, engine="auto").to_dicts()
    assert (first["total"], first["date"]) == (Decimal("12.300000"), date(2026, 11, 2))
    assert first["lines"][0]["unit_price"] == Decimal("4.123450")
    assert first["fields"][0] | {"evidence": []} == {
        "name": "vendor", "value": "ACME", "confidence": pytest.approx(0.9), "evidence": [],
        "page": 1, "x0": 1.0, "y0": 2.0, "x1": 3.0, "y1": 4.0,
    }  # fmt: skip
    assert first["least_confidence"] == pytest.approx(0.9)
    assert (second["total"], second["date"], second["status"]) == (None, None, "preview")
    assert second["findings"][-1]["check"] == "too_large"
    assert second["vendor"].isprintable()


@pytest.mark.parametrize(
    ("kinds", "methods", "counts"),
    [
        (("xml", "pdf"), ("xml", "xml"), 2),
        (("pdf", "xml"), ("text", "xml"), 2),
        (("pdf", "pdf"), ("text", "ocr"), 1),
    ],
)
def test_of_one_mails_attachments_one_counts(
    kinds: tuple[str, ...], methods: tuple[str, ...], counts: int
) -> None:
    frame = documents_frame(*kinds)
    answers = {str(n): answer(method=method) for n, method in enumerate(methods, start=1)}
    rows = superseded(extraction_rows(frame, answers, engine="auto"), frame).sort("sequence")
    other = 3 - counts
    assert dict(rows.select("invoice_id", "superseded_by").iter_rows()) == {
        f"{counts}-1": None,
        f"{other}-1": f"{counts}-1",
    }


def test_other_numbers_sellers_and_mails_are_invoices_of_their_own() -> None:
    frame = documents_frame(*["pdf"] * 5).with_columns(mail_sequence=pl.Series([9, 9, 9, 8, None]))
    answers = {str(n): answer() for n in range(1, 6)}
    answers["2"]["fields"]["number"]["value"] = "2"
    answers["3"]["fields"]["vendor"]["value"] = "Other"
    rows = superseded(extraction_rows(frame, answers, engine="auto"), frame)
    assert rows["superseded_by"].is_null().all()
