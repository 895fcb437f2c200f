"""What a night's invoices look like in the UI: how many are in which state, and pages with the found values boxed."""

from datetime import date

import polars as pl

from retail_assets.invoices.pictures import picture
from retail_assets.invoices.tables import INVOICE_DOCUMENTS, INVOICE_EXTRACTIONS
from retail_assets.kit.previews import escaped, png_markdown
from retail_assets.lake import Lake

SHOWN = 3
"""Pictures are kept with the event that shows them."""
LISTED = 50


def boxed_pages(lake: Lake, night: date) -> str | None:
    """Pages of the night's invoices that wait for a person, the least sure first, as Markdown; None without any."""
    drawn = _read(lake, night).filter(pl.col("pictures").list.len() > 0).sort("least_confidence", "sequence")
    shown = []
    for row in drawn.head(SHOWN).iter_rows(named=True):
        png = picture(lake, row["pictures"][0])
        if png is not None:
            found = f"{row['invoice_id']} {row['name']}: {row['vendor']}, {row['number']}, {row['total']}"
            shown.append(f"{escaped(found)}\n\n{png_markdown(png, row['invoice_id'])}")
    return "\n\n".join(shown) or None


def listed(lake: Lake, night: date) -> pl.DataFrame:
    """The night's invoices that a person has to look at, as a table: failed ones, then the least sure."""
    rows = _read(lake, night).filter(pl.col("status") != "auto_confirmable")
    errors = pl.col("findings").list.eval(
        pl.element().struct.field("check").filter(pl.element().struct.field("severity") == "error")
    )
    return (
        rows.sort(pl.col("status") != "failed", "least_confidence", "sequence")
        .head(LISTED)
        .select(
            "invoice_id",
            "name",
            "status",
            "vendor",
            "number",
            "total",
            "currency",
            "least_confidence",
            "error",
            errors=errors.list.unique(maintain_order=True).list.join(", "),
        )
    )


def _read(lake: Lake, night: date) -> pl.DataFrame:
    documents = INVOICE_DOCUMENTS.read(lake, night.isoformat()).select("sequence", "name")
    return INVOICE_EXTRACTIONS.read(lake, night.isoformat()).join(documents, on="sequence")
