"""Invoices from their drops to their marts, in real runs with the reading processes of the platform."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from retail_assets.dagster_kit.wiring import FOLDERS_TAG, LEDGER
from retail_assets.database import migrate
from retail_assets.decisions.deciding import Entry, decide
from retail_assets.decisions.kinds import Decision
from retail_assets.definitions import build_defs
from retail_assets.flows import platform_of
from retail_assets.invoices.flow import FLOW
from retail_assets.invoices.labelled import write_labelled
from retail_assets.invoices.tables import INVOICE_EXTRACTIONS
from retail_assets.warehouse.sources import land_empty_tables
from tests.conftest import settings_of
from tests.mails import mail
from tests.unit.documents.sheets import Sale, cii, pdf
from tests.warehouse import dbt_in_this_process

NIGHT = date(2026, 11, 20)
Rows = list[tuple[Any, ...]]


class Night:
    """Runs of the flow's assets on one platform."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        settings = settings_of(folder).model_copy(update={"roles": {"rae": ["reviewer"]}})
        self.platform, self.instance = platform_of(settings), instance
        migrate(settings)
        land_empty_tables(self.platform)
        # What others bring to the flow (suppliers, orders) is not run here.
        tables = ("invoice_documents", "invoice_text", "invoice_extractions")
        self.assets = [
            LEDGER,
            *(dg.AssetKey(["lake", name]) for name in tables),
            dg.AssetKey(["intermediate", "int_invoices"]),
            *(dg.AssetKey(["marts", mart.name]) for mart in FLOW.marts if mart.name != "invoice_match"),
        ]
        self.job = build_defs(self.platform).resolve_job_def("nightly")
        self.decisions = 0

    def drop(self, name: str, content: bytes) -> None:
        path = self.platform.lake.inbox / "invoices" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        Path(f"{path}.done").touch()

    def run(self, night: date = NIGHT) -> dg.ExecuteInProcessResult:
        with dbt_in_this_process():
            result = self.job.execute_in_process(
                partition_key=night.isoformat(),
                instance=self.instance,
                asset_selection=self.assets,
                tags={FOLDERS_TAG: "invoices"},
            )
        assert result.success
        return result

    def decide(self, subject: str, verdict: str, **more: str) -> Entry:
        self.decisions += 1
        at = datetime(2026, 11, 20, 9, self.decisions, tzinfo=UTC)
        decision = Decision(f"d{self.decisions}", at, "rae", "review_invoice", subject, verdict, **more)
        handlers = self.platform.handlers()
        return decide(settings=self.platform.settings, handlers=handlers, as_of=NIGHT, decision=decision)

    def rows(self, query: str) -> Rows:
        with duckdb.connect(str(self.platform.lake.warehouse), read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The night of a text PDF, one with a wrong total, an e-invoice, a locked PDF, and a mail with a hybrid and its
    XML."""
    with dg.DagsterInstance.ephemeral() as instance:
        night = Night(tmp_path_factory.mktemp("invoices"), instance)
        night.drop("1.pdf", pdf(Sale(number="RE-1").texts()))
        night.drop("2.pdf", pdf(Sale(number="RE-2", total="150,00").texts()))
        night.drop("3.xml", cii(number="RE-3"))
        night.drop("4.pdf", b"%PDF-1.7\nnothing follows")
        inner = cii(number="RE-5")
        hybrid = pdf(Sale(number="RE-5").texts(), attached={"factur-x.xml": inner})
        attached = (("copy.xml", inner, "application/xml"), ("bill.pdf", hybrid, "application/pdf"))
        night.drop("5.eml", bytes(mail(*attached, text="Gruß von Frau Geheim")))
        night.run()
        yield night


def test_documents_become_invoices_with_a_state(night: Night) -> None:
    columns = "file_name, state, status_reason, invoice_number, total, currency, method, errors"
    query = f"select {columns} from marts.invoices"
    total = Decimal("142.80")
    assert night.rows(f"{query} order by file_name") == [
        ("1.pdf", "preview", "waiting", "RE-1", total, "EUR", "text", 0),
        ("2.pdf", "preview", "total", "RE-2", Decimal(150), "EUR", "text", 1),
        ("3.xml", "preview", "waiting", "RE-3", total, "EUR", "xml", 0),
        ("4.pdf", "failed", "unreadable", None, None, None, "none", 0),
        ("bill.pdf", "preview", "waiting", "RE-5", total, "EUR", "xml", 0),
    ]
    lines = "select description, quantity, unit_price, amount from marts.invoice_lines where invoice_number = 'RE-3'"
    assert night.rows(f"{lines} order by line_number") == [
        ("Briefumschlag C5 weiß", Decimal(20), Decimal("4.5"), Decimal(90)),
        ("Ordner breit grau", Decimal(3), Decimal(10), Decimal(30)),
    ]
    summary = "select state, currency, invoices, total from marts.invoice_status_summary order by all"
    assert night.rows(summary) == [
        ("failed", "unknown", 1, None),
        ("preview", "EUR", 4, Decimal("578.40")),
    ]


def test_operations_see_where_each_value_stands_and_who_sent_it(night: Night) -> None:
    [(sender, subject, others, original)] = night.rows(
        "select sender, mail_subject, len(other_sequences), original from marts.invoice_review "
        "where file_name = 'bill.pdf'"
    )
    assert (sender, subject, others) == (
        "Jürgen Groß <rechnung@papier.example>",
        "Ihre Rechnung für März",
        1,
    )
    assert (night.platform.lake.root / original).read_bytes().startswith(b"%PDF-")
    [(page, left, top)] = night.rows(
        "select field.page, field.x0, field.y0 from (select unnest(fields) as field from marts.invoice_review "
        "where file_name = '1.pdf') where field.name = 'total'"
    )
    assert (page, 490 < left < 510, top > 300) == (1, True, True)
    [(findings, error)] = night.rows(
        "select any_value(findings) filter (file_name = '2.pdf'), max(error) from marts.invoice_review"
    )
    assert "total" in {finding["check"] for finding in findings}
    assert error


def test_analysts_get_no_sender_buyer_or_account(night: Night) -> None:
    shown = str(
        [night.rows(f"from marts.{mart}") for mart in ("invoices", "invoice_lines", "invoice_status_summary")]
    )
    assert "RE-5" in shown
    assert not [
        word for word in ("Groß", "Kaufhaus", "DE88", "DE136", "Ihre Rechnung", "Geheim") if word in shown
    ]
    with duckdb.connect(str(night.platform.lake.warehouse), read_only=True) as connection:
        everything = str(connection.execute("from marts.invoice_review").fetchall())
    assert "Geheim" not in everything


def test_decisions_move_invoices_and_corrected_values_win(night: Night) -> None:
    ids = dict(night.rows("select file_name, invoice_id from marts.invoices"))
    corrected = '{"corrected": {"total": "142.80", "order_number": "PO-9"}}'
    assert night.decide(ids["2.pdf"], "confirm", payload=corrected).accepted
    assert night.decide(ids["3.xml"], "reject", reason="wrong_price").accepted
    assert night.decide(ids["4.pdf"], "retry", payload='{"engine": "tesseract"}').accepted
    for subject, verdict, more, said in (
        (ids["1.pdf"], "reject", {}, "needs a reason"),
        (ids["2.pdf"], "reject", {"reason": "x"}, "is confirmed; it must be preview"),
        (ids["1.pdf"], "retry", {}, "it must be failed or rejected"),
        ("99-1", "confirm", {}, "no file with sequence number 99"),
        ("total", "confirm", {}, "named by file and place"),
    ):
        entry = night.decide(subject, verdict, **more)
        assert (entry.accepted, said in entry.message) == (False, True), entry.message
    [replaced] = night.rows(
        "select other_sequences[1] from marts.invoice_review where other_sequences is not null"
    )
    assert "the same invoice" in night.decide(f"{replaced[0]}-1", "confirm").message

    result = night.run(NIGHT + timedelta(1))
    [event] = [
        one
        for one in result.asset_materializations_for_node(INVOICE_EXTRACTIONS.name)
        if one.metadata.get("read")
    ]
    assert event.metadata["read"].value == 1, "what was read is not read again"
    query = "select file_name, state, status_reason, total, order_number, decided_by from marts.invoices"
    assert night.rows(f"{query} where decided_by is not null order by file_name") == [
        ("2.pdf", "confirmed", "person", Decimal("142.80"), "PO-9", "rae"),
        ("3.xml", "rejected", "wrong_price", Decimal("142.80"), None, "rae"),
        ("4.pdf", "failed", "unreadable", None, None, "rae"),
    ]
    engine = "select engine from marts.invoice_review where file_name = '4.pdf'"
    assert night.rows(engine) == [("tesseract",)]

    folder = night.platform.lake.root / "labelled"
    assert write_labelled(night.platform, folder) == {"confirm": 1, "reject": 1}
    [told] = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
    truth = told["truth"]
    assert (truth["total"], truth["order_ref"], truth["date"]) == (142.8, "PO-9", "2024-03-14")
    assert (folder / told["file"]).read_bytes() == pdf(Sale(number="RE-2", total="150,00").texts())
    assert '"reason": "wrong_price"' in (folder / "rejected.jsonl").read_text()
