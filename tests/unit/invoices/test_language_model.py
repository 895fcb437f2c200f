"""The language model reads invoices of the platform too, when there is a key; the processes that read have none."""

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from retail_assets.config import Settings
from retail_assets.invoices.extractions import extract_invoices
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.tables import INVOICE_EXTRACTIONS
from retail_assets.invoices.text import ReadReport
from tests.invoice_documents import NIGHT, StoredDocuments
from tests.unit.documents.model_server import GOOD, ModelServer, Reply, fails, model_server, says
from tests.unit.documents.sheets import Sale, pdf

CONTENT = pdf(Sale().texts())
OTHER = pdf(Sale(number="RE-2024-0816").texts())
PRICES: dict[str, Any] = {"invoice_llm_input_price": Decimal(2), "invoice_llm_output_price": Decimal(10)}


def run(documents: StoredDocuments, *replies: Reply, **changed: Any) -> tuple[ReadReport, ModelServer]:
    with model_server(*replies) as server:
        settings = InvoiceSettings(
            openai_api_key="secret", openai_base_url=server.url, invoice_pictures=0, **changed
        )
        return extract_invoices(documents.lake, settings, NIGHT), server


def rows(documents: StoredDocuments) -> pl.DataFrame:
    return INVOICE_EXTRACTIONS.read(documents.lake, NIGHT.isoformat())


@pytest.fixture
def documents(settings: Settings) -> StoredDocuments:
    stored = StoredDocuments(settings)
    stored.add(CONTENT)
    stored.add(b"no document")
    return stored


def test_a_document_has_a_summary_and_what_it_cost(documents: StoredDocuments) -> None:
    report, server = run(documents, says(GOOD), **PRICES)
    read, failed = rows(documents).iter_rows(named=True)
    assert [one["key"] for one in server.asked] == ["Bearer secret"]
    assert read["summary"] == GOOD["summary"]
    assert (read["model"], read["model_tokens"]) == ("gpt-5.4-mini", 1_200)
    assert read["model_cost"] == Decimal("0.004")
    assert any("language model agrees" in field["evidence"] for field in read["fields"])
    assert all(field["page"] == 1 for field in read["fields"] if field["name"] == "total")
    assert (failed["status"], failed["model"]) == ("failed", None)
    assert report.language_model is not None
    assert "1 asked" in report.language_model


def test_what_was_answered_is_not_asked_again(documents: StoredDocuments) -> None:
    run(documents, says(GOOD))
    documents.add(OTHER)
    _, server = run(documents, says(GOOD | {"number": "RE-2024-0816"}))
    assert len(server.asked) == 1
    assert rows(documents)["number"].to_list() == ["RE-2024-0815", None, "RE-2024-0816"]


def test_a_server_that_fails_leaves_the_offline_answer_with_a_note(documents: StoredDocuments) -> None:
    report, _ = run(documents, fails(401))
    read = rows(documents).row(0, named=True)
    assert (read["status"], read["total"], read["model"]) == ("auto_confirmable", Decimal("142.80"), None)
    (note,) = [one["sentence"] for one in read["findings"] if one["check"] == "language_model"]
    assert "refuses the key" in note
    assert report.unanswered == 1


@pytest.mark.parametrize("off", [{"invoice_llm": "off"}, {"openai_api_key": " "}])
def test_nothing_is_sent_without_a_key_or_when_it_is_off(
    documents: StoredDocuments, off: dict[str, Any]
) -> None:
    with model_server(says(GOOD)) as server:
        said: dict[str, Any] = {
            "openai_api_key": "secret",
            "openai_base_url": server.url,
            "invoice_pictures": 0,
        } | off
        report = extract_invoices(documents.lake, InvoiceSettings(**said), NIGHT)
    assert (server.asked, report.language_model) == ([], None)
    assert rows(documents)["status"].to_list() == ["auto_confirmable", "failed"]


def test_a_limit_of_the_cost_needs_prices() -> None:
    with pytest.raises(ValidationError, match="RETAIL_INVOICE_LLM_INPUT_PRICE"):
        InvoiceSettings(invoice_llm_cost=Decimal(5))


def test_the_key_is_not_shown() -> None:
    assert "secret" not in repr(InvoiceSettings(openai_api_key="secret"))
