"""The platform confirms what is proven: amounts that add up, of an invoice that nothing speaks against."""

from datetime import date, datetime

import polars as pl

from retail_assets.decisions.deciding import decide_automatically
from retail_assets.invoices.review import CONFIRM, PREVIEW, REVIEW
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.standing import decided
from retail_assets.platform import Platform

AUTO_CONFIRMABLE = "auto_confirmable"
LONGEST_PROOF = 500
"""Characters of what speaks for a total; a document may say anything."""
_READ = {
    "xml": "from its XML",
    "text": "from its text",
    "ocr": "from its recognised pages",
    "text+ocr": "from its text and its recognised pages",
}


def evidence(judged: pl.DataFrame) -> pl.DataFrame:
    """`invoice_id, confirm_evidence`: a sentence why each may be confirmed, of those that are.

    `judged` has the columns of the document and those of its check.
    """
    may = judged.filter(pl.col("may_auto_confirm"), pl.col("status") == AUTO_CONFIRMABLE)
    total = pl.element().struct.field("name") == "total"
    proof = (
        pl.col("fields")
        .list.eval(pl.element().filter(total).struct.field("evidence"))
        .list.first()
        .list.join(", ")
        .str.slice(0, LONGEST_PROOF)
    )
    shown = pl.format(
        "total {} {}{}",
        pl.col("total").cast(pl.Decimal(18, 2)).cast(pl.String).fill_null("unknown"),
        pl.col("currency").fill_null(""),
        pl.when(proof.str.len_chars() > 0).then(pl.format(" ({})", proof)).otherwise(pl.lit("")),
    )
    supplier = pl.coalesce(
        pl.format(
            "supplier {} by its {}", "supplier_id", pl.col("supplier_matched_by").replace("tax_id", "tax id")
        ),
        pl.lit("of no known supplier"),
    )
    order = pl.coalesce(pl.format("order {}", "po_id"), pl.lit("of no order"))
    read = pl.col("method").replace_strict(_READ, default="from its pages", return_dtype=pl.String)
    sentence = pl.format(
        "Amounts proven, read {}: {}; {}; {}; no error, no twin.", read, shown, supplier, order
    )
    return may.select("invoice_id", confirm_evidence=sentence)


def confirm_proven(platform: Platform, judged: pl.DataFrame, *, as_of: date, now: datetime) -> int:
    """Confirm the invoices in preview that have an evidence, as the actor `auto`; gives their number.

    None where the setting `invoice_auto_confirm` is false. What is confirmed is not in preview any more, and the
    decision about one reading of a document has one id: doing it twice is doing it once.
    """
    if not platform.settings_of(InvoiceSettings).invoice_auto_confirm:
        return 0
    proven = judged.filter(pl.col("state") == PREVIEW, pl.col("confirm_evidence").is_not_null())
    if proven.is_empty():
        return 0
    decisions = proven.select(
        decision_id=pl.format("auto-{}-{}", "invoice_id", pl.col("answers_entry").fill_null(0)),
        at=pl.lit(now),
        kind=pl.lit(REVIEW),
        subject="invoice_id",
        verdict=pl.lit(CONFIRM),
        reason="confirm_evidence",
    )
    decide_automatically(
        settings=platform.settings, handlers=platform.handlers(), as_of=as_of, decisions=decisions
    )
    confirmed = decided(platform.lake).filter(pl.col("verdict") == CONFIRM)
    return proven.join(confirmed, on="invoice_id", how="semi").height
