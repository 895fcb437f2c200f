"""Documents and mails of invoices from the inbox to the ledger, through the real handlers."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import select

from retail_assets.database import platform_engine, reading
from retail_assets.intake.admission import admit
from retail_assets.intake.ledger_tables import CONTENT_METADATA
from retail_assets.intake.reconcile import reconcile
from retail_assets.intake.report import AdmissionReport
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.platform import Platform
from tests.archives import zipped
from tests.mails import mail

NIGHT = date(2026, 11, 20)
PDF, PNG = b"%PDF-1.7 first", b"\x89PNG\r\n\x1a\n"


class Invoices:
    def __init__(self, platform: Platform) -> None:
        self.platform, self.lake = platform, platform.lake
        self.handlers = platform.handlers()
        self.inbox = self.handlers.inboxes["invoices"].path

    def drop(self, name: str, content: bytes) -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        (path.parent / f"{path.name}.done").touch()
        return path

    def admit(self) -> AdmissionReport:
        return admit(
            settings=self.platform.settings, handlers=self.handlers, as_of=NIGHT, folders=["invoices"]
        )

    def ledger(self) -> dict[str, tuple[str, str | None]]:
        drops = pl.read_parquet(self.lake.ledger / "drops.parquet")
        return {row["name"]: (row["state"], row["reason"]) for row in drops.iter_rows(named=True)}

    def metadata(self) -> list[dict[str, str]]:
        with platform_engine(self.platform.settings) as engine, reading(engine) as connection:
            found = connection.scalars(select(CONTENT_METADATA.c.metadata))
            return sorted((json.loads(one) for one in found), key=str)


@pytest.fixture
def invoices(platform: Platform) -> Invoices:
    return Invoices(platform)


def test_documents_are_told_by_their_first_bytes(invoices: Invoices) -> None:
    for name, content in {
        "a.pdf": PDF,
        "S1/scan": PNG,
        "x.xml": b"<?xml version='1.0'?><Invoice/>",
        "empty.pdf": b"",
        "page.html": b"<!DOCTYPE html><html>",
        "mail.msg": b"\xd0\xcf\x11\xe0",
        "bill.docx": b"PK\x03\x04",
        "photo.heic": b"\0\0\0\x18ftypheic",
        "rows.csv": b"a;b",
    }.items():
        invoices.drop(name, content)
    invoices.admit()
    refused = ("quarantined", "not_a_document")
    assert invoices.ledger() == {
        "a.pdf": ("loaded", None),
        "S1/scan": ("loaded", None),
        "x.xml": ("loaded", None),
        "empty.pdf": refused,
        "page.html": refused,
        "mail.msg": refused,
        "bill.docx": refused,
        "photo.heic": refused,
        "rows.csv": ("quarantined", "no_handler"),
    }
    assert invoices.metadata() == [{"kind": "pdf"}, {"kind": "png"}, {"kind": "xml"}]
    drops = pl.read_parquet(invoices.lake.ledger / "drops.parquet")
    [said] = drops.filter(name="mail.msg")["message"]
    assert "save the mail as .eml" in said


def test_the_same_bytes_are_one_document_whatever_they_are_called(invoices: Invoices) -> None:
    invoices.drop("a.pdf", PDF)
    invoices.admit()
    invoices.drop("b.pdf", PDF)
    invoices.drop("m.eml", bytes(mail(("c.pdf", PDF, "application/pdf"))))
    invoices.admit()
    assert invoices.ledger() == {
        "a.pdf": ("loaded", None),
        "b.pdf": ("duplicate", "same_content"),
        "m.eml": ("loaded", None),
        "c.pdf": ("duplicate", "same_content"),
    }


def test_attachments_are_drops_and_the_ledger_keeps_who_sent_them(invoices: Invoices) -> None:
    inner = mail(("inner.pdf", PDF + b"2", "application/pdf"), subject="Innen", sender="x@y.example")
    outer = mail(("outer.pdf", PDF, "application/pdf"), text="Bitte an Frau Geheim weiterleiten.")
    outer.add_attachment(inner)
    outer.add_attachment(
        zipped({"zipped.pdf": PDF + b"3"}), maintype="application", subtype="zip", filename="z.zip"
    )
    invoices.drop("m.eml", bytes(outer))
    invoices.admit()
    assert invoices.ledger() == dict.fromkeys(
        ["m.eml", "outer.pdf", "z.zip", "Innen.eml", "inner.pdf", "zipped.pdf"], ("loaded", None)
    )
    said = [one for one in invoices.metadata() if "subject" in one]
    assert {(one["sender"], one["subject"]) for one in said} == {
        ("x@y.example", "Innen"),
        ("Jürgen Groß <rechnung@papier.example>", "Ihre Rechnung für März"),
    }
    counts = pl.read_parquet(invoices.lake.ledger / "row_counts.parquet").filter(target="parts")
    assert counts.select("records", "routed", "filtered").rows() == [(4, 3, 1), (2, 1, 1), (1, 1, 0)]
    assert reconcile(invoices.platform.settings, invoices.handlers) == []
    tables = [path.read_bytes() for path in invoices.lake.ledger.glob("*.parquet")]
    assert not any(b"Geheim" in table for table in tables)


def test_a_mail_without_a_document_waits_in_quarantine(invoices: Invoices) -> None:
    invoices.drop("m.eml", bytes(mail()))
    invoices.admit()
    assert invoices.ledger() == {"m.eml": ("quarantined", "no_attachment")}


def test_too_large_documents_are_refused_before_they_are_read(platform: Platform) -> None:
    small = InvoiceSettings(invoice_max_bytes=10)
    invoices = Invoices(Platform(platform.settings, platform.flows, own={InvoiceSettings: small}))
    invoices.drop("a.pdf", PDF)
    invoices.drop("m.eml", bytes(mail(("c.pdf", PDF, "application/pdf"))))
    invoices.admit()
    assert set(invoices.ledger().values()) == {("quarantined", "too_large")}
