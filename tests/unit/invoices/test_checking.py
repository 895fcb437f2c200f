"""Invoices that are not final are judged at each run, and those that are proven are confirmed, once."""

import os
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from retail_assets.config import Settings
from retail_assets.decisions.deciding import decide
from retail_assets.decisions.kinds import Decision
from retail_assets.flows import FLOWS
from retail_assets.intake.admission import admit
from retail_assets.invoices import books, confirming
from retail_assets.invoices.checking import CheckReport, check_invoices, money_goes_to_known_accounts
from retail_assets.invoices.documents import list_documents
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.tables import (
    INVOICE_CHECKS,
    INVOICE_DOCUMENTS,
    INVOICE_EXTRACTIONS,
    INVOICE_ORDER_LINES,
)
from retail_assets.platform import Platform
from tests.unit.invoices.test_matching import BOOKS, OTHER_ACCOUNT, invoice, row

NIGHT = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)


class Invoices:
    """Documents lie in the ledger; what was read of them is said here."""

    def __init__(self, settings: Settings, **own: Any) -> None:
        self.platform = Platform(settings, FLOWS, own={InvoiceSettings: InvoiceSettings(**own)})
        self.lake = self.platform.lake
        self.handlers = self.platform.handlers()
        self.entries = 0

    def read(self, *invoices: dict[str, Any]) -> None:
        """Drop a document for each invoice, and write what was read of them all."""
        inbox = self.handlers.inboxes["invoices"].path
        inbox.mkdir(parents=True, exist_ok=True)
        for one in invoices:
            file = inbox / f"{one['sequence']}.xml"
            file.write_text(f"<?xml version='1.0'?><Invoice>{one['sequence']}</Invoice>")
            os.utime(file, (one["sequence"], one["sequence"]))
            (inbox / f"{file.name}.done").touch()
        admit(settings=self.platform.settings, handlers=self.handlers, as_of=NIGHT, folders=["invoices"])
        list_documents(self.platform.settings, NIGHT)
        there = INVOICE_DOCUMENTS.read(self.lake, NIGHT.isoformat()).select("sequence", "name").rows()
        assert there == [(one["sequence"], f"{one['sequence']}.xml") for one in invoices]
        self.say(*invoices)

    def say(self, *invoices: dict[str, Any]) -> None:
        rows = pl.DataFrame(
            [
                {"status": "auto_confirmable", "method": "text", "engine": "auto", "pages": 1, "findings": []}
                | {"total": 119, "currency": "EUR", "fields": [TOTAL]}
                | {name: value for name, value in one.items() if name in INVOICE_EXTRACTIONS.schema}
                for one in invoices
            ],
            schema=INVOICE_EXTRACTIONS.schema,
        )
        INVOICE_EXTRACTIONS.write(self.lake, NIGHT.isoformat(), rows)

    def check(self) -> CheckReport:
        return check_invoices(self.platform, as_of=NIGHT, now=NOW)

    def decide(self, invoice_id: str, verdict: str, **more: str) -> None:
        self.entries += 1
        at = datetime(2026, 11, 20, 9, self.entries, tzinfo=UTC)
        decision = Decision(f"d{self.entries}", at, "admin", "review_invoice", invoice_id, verdict, **more)
        entry = decide(
            settings=self.platform.settings, handlers=self.handlers, as_of=NIGHT, decision=decision
        )
        assert entry.accepted, entry.message

    def checks(self) -> dict[str, dict[str, Any]]:
        return {
            one["invoice_id"]: one for one in INVOICE_CHECKS.read(self.lake, NIGHT.isoformat()).to_dicts()
        }

    def log(self) -> list[tuple[Any, ...]]:
        found = pl.read_parquet(self.lake.ledger / "decisions.parquet")
        return found.select("decision_id", "actor", "subject", "verdict", "accepted").rows()


TOTAL = {
    "name": "total",
    "value": "119.00",
    "confidence": 0.99,
    "evidence": ["label", "sum"],
} | dict.fromkeys(["page", "left", "top", "right", "bottom"])


@pytest.fixture(autouse=True)
def known_books(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "read_books", lambda *_: BOOKS)


@pytest.fixture
def invoices(settings: Settings) -> Invoices:
    return Invoices(settings)


def test_what_is_proven_is_confirmed_and_the_rest_waits(invoices: Invoices) -> None:
    invoices.read(
        invoice(1, order_number="PO-1", lines=[row(sku="A-1", quantity=3)]),
        invoice(2, status="preview"),
        invoice(3, iban=OTHER_ACCOUNT),
        invoice(4, number="R-1"),
        invoice(5, status="failed", error="It is encrypted."),
    )
    report = invoices.check()
    assert (report.judged, report.confirmed, report.nights) == (4, 1, [NIGHT])
    assert invoices.log() == [("auto-1-1-0", "auto", "1-1", "confirm", True)]
    checks = invoices.checks()
    assert checks["1-1"]["confirm_evidence"] == (
        "Amounts proven, read from its text: total 119.00 EUR (label, sum); supplier S1 by its iban; order PO-1; "
        "no error, no twin."
    )
    assert checks["4-1"]["twin_invoice_id"] == "1-1"
    assert [checks[f"{n}-1"]["confirm_evidence"] for n in (2, 3, 4)] == [None] * 3
    assert "5-1" not in checks
    lines = INVOICE_ORDER_LINES.read(invoices.lake, NIGHT.isoformat())
    assert lines.select("invoice_id", "line", "po_id", "po_line_number").rows() == [("1-1", 1, "PO-1", 10)]


def test_doing_it_twice_is_doing_it_once(invoices: Invoices) -> None:
    invoices.read(invoice(1), invoice(2, status="preview"))
    assert invoices.check().confirmed == 1
    before, log = invoices.checks(), invoices.log()
    again = invoices.check()
    assert (again.judged, again.confirmed, again.nights) == (1, 0, []), (
        "what is confirmed is not judged again"
    )
    assert (invoices.checks(), invoices.log()) == (before, log)


def test_a_run_that_is_killed_before_it_confirms_does_it_the_next_time(
    invoices: Invoices, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(**_: Any) -> None:
        raise KeyboardInterrupt

    invoices.read(invoice(1))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(confirming, "decide_automatically", killed)
        invoices.check()
    assert "1-1" in invoices.checks()
    assert invoices.check().confirmed == 1


def test_a_setting_leaves_all_to_people(settings: Settings) -> None:
    invoices = Invoices(settings, invoice_auto_confirm=False)
    invoices.read(invoice(1))
    assert invoices.check().confirmed == 0
    assert invoices.checks()["1-1"]["may_auto_confirm"]
    assert not (invoices.lake.ledger / "decisions.parquet").exists() or invoices.log() == []


def test_a_twin_that_is_rejected_stands_in_nobodys_way(invoices: Invoices) -> None:
    invoices.read(invoice(1, status="preview"), invoice(2, number="R-1"))
    assert invoices.check().confirmed == 0
    assert invoices.checks()["2-1"]["twin_invoice_id"] == "1-1"
    invoices.decide("1-1", "reject", reason="Not ours.")
    assert invoices.check().confirmed == 1
    assert invoices.checks()["2-1"]["twin_invoice_id"] is None


def test_a_failed_one_that_is_read_after_all_is_no_second_payment(invoices: Invoices) -> None:
    first, second = invoice(1, status="failed"), invoice(2, number="R-1")
    invoices.read(first, second)
    assert invoices.check().confirmed == 1
    invoices.decide("1-1", "retry")
    [entry] = pl.read_parquet(invoices.lake.ledger / "decisions.parquet").filter(verdict="retry")["entry"]
    invoices.say(invoice(1, answers_entry=entry), second)
    assert invoices.check().confirmed == 0
    assert invoices.checks()["1-1"]["twin_invoice_id"] == "2-1"


def test_corrected_values_are_judged_once_more(invoices: Invoices) -> None:
    invoices.read(invoice(1, status="preview", order_number="PO-7", lines=[row(sku="Z", quantity=1)]))
    invoices.check()
    assert invoices.checks()["1-1"]["po_id"] is None
    payload = '{"corrected": {"order_number": "PO-2", "iban": null, "date": "2026-11-18"}}'
    invoices.decide("1-1", "confirm", payload=payload)
    assert invoices.check().judged == 1
    assert invoices.checks()["1-1"]["po_id"] == "PO-2"
    assert invoices.checks()["1-1"]["supplier_matched_by"] == "name"
    assert invoices.check().judged == 0


def test_what_is_withdrawn_is_judged_no_more(invoices: Invoices) -> None:
    invoices.read(invoice(1, lines=[row(sku="A-1", quantity=3)]), invoice(2, status="preview"))
    invoices.check()
    invoices.say(invoice(2, status="preview"))
    invoices.check()
    assert list(invoices.checks()) == ["2-1"]
    assert INVOICE_ORDER_LINES.read(invoices.lake, NIGHT.isoformat()).is_empty()


def test_a_night_without_invoices_reads_no_books(invoices: Invoices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "read_books", None)
    report = invoices.check()
    assert (report.judged, report.nights) == (0, [])
    assert INVOICE_DOCUMENTS.parts(invoices.lake) == []


def test_another_account_warns_until_somebody_decides(invoices: Invoices) -> None:
    invoices.read(invoice(1), invoice(2, iban=OTHER_ACCOUNT))
    finding = money_goes_to_known_accounts(invoices.check())
    assert (finding.passed, finding.figures["which"]) == (False, "2-1")
    invoices.decide("2-1", "reject", reason="Not their account.")
    assert money_goes_to_known_accounts(invoices.check()).passed
