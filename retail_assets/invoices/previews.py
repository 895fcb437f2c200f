"""What a night's invoices look like in the UI: those that wait for a person, and pages with the found values boxed."""

from datetime import date

import polars as pl

from retail_assets.invoices.pictures import picture
from retail_assets.invoices.review import FAILED, PREVIEW
from retail_assets.invoices.standing import decided, with_state
from retail_assets.invoices.tables import (
    INVOICE_CHECKS,
    INVOICE_DOCUMENTS,
    INVOICE_EXTRACTIONS,
    INVOICE_PICTURES,
)
from retail_assets.kit.previews import escaped, png_markdown
from retail_assets.lake import Lake

SHOWN = 3
"""Pictures are kept with the event that shows them."""
LISTED = 50


def boxed_pages(lake: Lake, night: date) -> str | None:
    """Pages of the night's invoices that wait for a person, the least sure first, as Markdown; None without any."""
    drawn = INVOICE_PICTURES.read(lake, night.isoformat()).filter(pl.col("pictures").list.len() > 0)
    waiting = _waiting(lake, night).filter(state=PREVIEW).join(drawn, on="invoice_id")
    shown = []
    for row in waiting.sort("least_confidence", "sequence").head(SHOWN).iter_rows(named=True):
        png = picture(lake, row["pictures"][0])
        if png is not None:
            found = f"{row['invoice_id']} {row['name']}: {row['vendor']}, {row['number']}, {row['total']}"
            shown.append(f"{escaped(found)}\n\n{png_markdown(png, row['invoice_id'])}")
    return "\n\n".join(shown) or None


def listed(lake: Lake, night: date) -> pl.DataFrame:
    """The night's invoices that a person has to look at, as a table: failed ones, then the least sure."""
    return (
        _waiting(lake, night)
        .sort(pl.col("state") != FAILED, "least_confidence", "sequence")
        .head(LISTED)
        .select(
            "invoice_id",
            "name",
            "state",
            "vendor",
            "number",
            "total",
            "currency",
            "least_confidence",
            "error",
            errors=pl.concat_list(_errors("findings"), _errors("findings_checked").fill_null([]))
            .list.unique(maintain_order=True)
            .list.join(", "),
            repeats="twin_invoice_id",
        )
    )


def _errors(findings: str) -> pl.Expr:
    is_error = pl.element().struct.field("severity") == "error"
    return pl.col(findings).list.eval(pl.element().struct.field("check").filter(is_error))


def _waiting(lake: Lake, night: date) -> pl.DataFrame:
    """The night's invoices in preview and failed ones, as they were read and checked."""
    part = night.isoformat()
    names = INVOICE_DOCUMENTS.read(lake, part).select("sequence", "name")
    checks = INVOICE_CHECKS.read(lake, part).select("invoice_id", "twin_invoice_id", "findings")
    return (
        with_state(INVOICE_EXTRACTIONS.read(lake, part), decided(lake))
        .filter(pl.col("state").is_in([PREVIEW, FAILED]), pl.col("superseded_by").is_null())
        .join(names, on="sequence")
        .join(checks, on="invoice_id", how="left", suffix="_checked")
    )
