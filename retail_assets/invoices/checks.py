"""What a night's invoices are asked: was each read, how many could not be, and does one wait too long for a person?"""

from datetime import date, timedelta

import polars as pl

from retail_assets.invoices.review import RETRY, REVIEW
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.tables import INVOICE_DOCUMENTS, INVOICE_EXTRACTIONS
from retail_assets.kit.findings import Finding
from retail_assets.lake import Lake

NAMED = 20
_WAITS = ("invoice_id", "sequence", "admitted_on", "status", "answers_entry", "superseded_by")


def every_document_is_answered(lake: Lake, settings: InvoiceSettings, night: date) -> Finding:
    """Each document of the night was read, or failed with a reason."""
    documents = INVOICE_DOCUMENTS.read(lake, night.isoformat())
    answered = INVOICE_EXTRACTIONS.read(lake, night.isoformat())
    lacking = documents.join(answered, on=["sequence", "sha256"], how="anti")
    return Finding(
        passed=lacking.is_empty(),
        figures={"documents": documents.height, "without_answer": lacking.height},
        advice=f"The bytes of {lacking.height:,} documents are not in data/lake/files. Restore them from a backup, or "
        "drop the documents again, then materialise invoice_extractions for this night.",
    )


def every_document_could_be_read(lake: Lake, settings: InvoiceSettings, night: date) -> Finding:
    """No document of the night failed."""
    names = INVOICE_DOCUMENTS.read(lake, night.isoformat()).select("sequence", "name")
    rows = INVOICE_EXTRACTIONS.read(lake, night.isoformat())
    failed = rows.filter(status="failed").join(names, on="sequence").sort("sequence")
    return Finding(
        passed=failed.is_empty(),
        figures={
            "documents": rows.height,
            "failed": failed.height,
            "which": failed.head(NAMED).select("invoice_id", "name", "error"),
        },
        advice=f"{failed.height:,} documents could not be read, see `which`. Ask for better ones, raise the limit that "
        "a reason names, or retry with another engine (review_invoice, retry).",
    )


def no_invoice_waits_too_long(lake: Lake, settings: InvoiceSettings, night: date) -> Finding:
    """No invoice in preview is older than the setting allows."""
    before = night - timedelta(settings.invoice_waiting_days)
    waiting = _in_preview(lake, before).sort("sequence")
    oldest = waiting["admitted_on"].min()
    return Finding(
        passed=waiting.is_empty(),
        figures={
            "waiting": waiting.height,
            "oldest": str(oldest or "none"),
            "which": waiting.head(NAMED).select("invoice_id", "admitted_on"),
        },
        advice=f"{waiting.height:,} invoices wait for a person since more than {settings.invoice_waiting_days} days "
        "(RETAIL_INVOICE_WAITING_DAYS), see `which`. Confirm or reject them (review_invoice); the mart invoice_review "
        "says what was found.",
    )


def _in_preview(lake: Lake, before: date) -> pl.DataFrame:
    """Invoices in preview of nights before a day."""
    parts = [
        pl.scan_parquet(part, glob=False).select(_WAITS)
        for part in INVOICE_EXTRACTIONS.parts(lake)
        if part.stem < before.isoformat()
    ]
    drops = pl.scan_parquet(lake.ledger / "drops.parquet", glob=False).filter(state="loaded")
    read = (
        pl.concat([INVOICE_EXTRACTIONS.empty().lazy().select(_WAITS), *parts])
        .filter(pl.col("status") != "failed", pl.col("superseded_by").is_null())
        .join(drops.select("sequence"), on="sequence", how="semi")
    )
    last = (
        pl.scan_parquet(lake.ledger / "decisions.parquet", glob=False)
        .filter(pl.col("kind") == REVIEW, "accepted")
        .sort("entry")
        .unique("subject", keep="last")
        .select(invoice_id="subject", entry="entry", verdict="verdict")
    )
    undecided = pl.col("verdict").is_null()
    answered = (pl.col("verdict") == RETRY) & (pl.col("answers_entry").fill_null(0) >= pl.col("entry"))
    return read.join(last, on="invoice_id", how="left").filter(undecided | answered).collect()
