"""Invoices are judged against the books: what is new, and again what is not final.

An invoice that somebody confirmed or rejected keeps its judgement, until its document is read again or a decision
corrects what it says.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from retail_assets.invoices.confirming import confirm_proven, evidence
from retail_assets.invoices.review import CONFIRMED, FAILED, PREVIEW
from retail_assets.invoices.standing import corrected, decided, with_state
from retail_assets.invoices.tables import (
    INVOICE_CHECKS,
    INVOICE_DOCUMENTS,
    INVOICE_EXTRACTIONS,
    INVOICE_ORDER_LINES,
)
from retail_assets.kit.findings import Finding
from retail_assets.lake import Lake, file_lock
from retail_assets.platform import Platform

LOCK = "invoice_checks"
NAMED = 20
"""Invoices that a warning names; the others are counted."""
_OF_DOCUMENT = (
    "invoice_id", "sequence", "place", "sha256", "admitted_on", "answers_entry", "status", "vendor", "vendor_tax_id",
    "number", "date", "superseded_by",
)  # fmt: skip
_OF_CHECK = ("invoice_id", "admitted_on", "answers_entry", "corrected_entry", "supplier_id")


@dataclass
class CheckReport:
    """What a run judged."""

    judged: int = 0
    confirmed: int = 0
    """By the platform itself."""
    nights: list[date] = field(default_factory=list)
    """Whose parts changed."""
    checks: pl.DataFrame = field(
        default_factory=lambda: INVOICE_CHECKS.empty().with_columns(state=pl.lit(None, pl.String))
    )
    """Of what was judged, with the state in which it was."""


def check_invoices(platform: Platform, *, as_of: date, now: datetime) -> CheckReport:
    """Write invoice_checks and invoice_order_lines, and confirm what is proven."""
    lake = platform.lake
    report = CheckReport()
    with file_lock(lake.lock_file(LOCK)):
        decisions = decided(lake)
        there = with_state(INVOICE_EXTRACTIONS.scan(lake, _OF_DOCUMENT).collect(), decisions)
        known = INVOICE_CHECKS.scan(lake, _OF_CHECK).collect()
        counting = there.filter(pl.col("state") != FAILED)
        due = _due(counting, known)
        gone = known.join(counting, on="invoice_id", how="anti")
        if due.is_empty() and gone.is_empty():
            return report
        fresh = _judged(platform, as_of, due, there, known, decisions) if due.height else None
        nights = sorted({*due["admitted_on"], *gone["admitted_on"]})
        report.nights = [night for night in nights if _write(lake, night, counting, due, fresh)]
        if fresh is not None:
            checks, _ = fresh
            report.judged, report.checks = checks.height, checks
            report.confirmed = confirm_proven(platform, checks, as_of=as_of, now=now)
    return report


def money_goes_to_known_accounts(report: CheckReport) -> Finding:
    """Whether an invoice that waits for a person names an account that is not its supplier's."""
    other = pl.element().filter(
        (pl.element().struct.field("check") == "supplier_iban")
        & (pl.element().struct.field("severity") == "error")
    )
    warned = report.checks.filter(
        pl.col("state") == PREVIEW, pl.col("findings").list.eval(other).list.len() > 0
    )
    named = ", ".join(warned["invoice_id"].head(NAMED))
    return Finding(
        warned.is_empty(),
        {"invoices": warned.height, "which": named},
        f"Ask the suppliers of these invoices on a number that you know whether the account is theirs: {named}. "
        "Reject the invoice if it is not.",
    )


def _due(counting: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Invoices to judge: those in preview, and those that were never judged as they are."""
    as_known = known.select("invoice_id", "answers_entry", "corrected_entry", is_known=True)
    both = counting.join(as_known, on="invoice_id", how="left", suffix="_known", maintain_order="left")
    is_same = pl.col("is_known").fill_null(False)
    for entry in ("answers_entry", "corrected_entry"):
        is_same &= pl.col(entry).eq_missing(pl.col(f"{entry}_known"))
    return both.filter((pl.col("state") == PREVIEW) | ~is_same).select(counting.columns)


def _judged(
    platform: Platform,
    as_of: date,
    due: pl.DataFrame,
    there: pl.DataFrame,
    known: pl.DataFrame,
    decisions: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of both tables for what is due; those of the checks with the state of the invoice."""
    from retail_assets.invoices.books import read_books
    from retail_assets.invoices.matching import judge

    lake = platform.lake
    books = read_books(platform, as_of)
    names = INVOICE_DOCUMENTS.scan(lake, ("sequence", "name")).collect().unique("sequence", keep="last")
    everything = (
        corrected(there, decisions)
        .join(names, on="sequence", how="left", maintain_order="left")
        .join(known.select("invoice_id", "supplier_id"), on="invoice_id", how="left", maintain_order="left")
    )
    nights = due["admitted_on"].unique().sort()
    whole = pl.concat([INVOICE_EXTRACTIONS.read(lake, night.isoformat()) for night in nights])
    standing = due.select("invoice_id", "state", "corrected_entry")
    wanted = corrected(whole.join(standing, on="invoice_id", maintain_order="left"), decisions).sort(
        "sequence", "place"
    )
    billed = _billed(lake, there, due, books.lines)
    found = judge(wanted, invoices=everything, billed=billed, books=books)
    of_document = wanted.select(
        "invoice_id", "admitted_on", "answers_entry", "corrected_entry", "state", "status", "method", "total",
        "currency", "fields",
    )  # fmt: skip
    checks = of_document.join(found.checks, on="invoice_id", maintain_order="left")
    checks = checks.join(evidence(checks), on="invoice_id", how="left", maintain_order="left")
    nights_of = wanted.select("invoice_id", "admitted_on")
    return checks, found.order_lines.join(nights_of, on="invoice_id", maintain_order="left")


def _billed(lake: Lake, there: pl.DataFrame, due: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """What invoices that are confirmed, and not due themselves, have billed of orders that are not too old."""
    columns = ("invoice_id", "po_id", "po_line_number", "billed_quantity")
    rows = INVOICE_ORDER_LINES.scan(lake, columns).collect()
    final = there.filter(pl.col("state") == CONFIRMED, pl.col("superseded_by").is_null()).join(
        due, on="invoice_id", how="anti"
    )
    return (
        rows.filter(pl.col("po_line_number").is_not_null())
        .join(final, on="invoice_id", how="semi")
        .join(lines, on="po_id", how="semi")
    )


def _write(
    lake: Lake,
    night: date,
    counting: pl.DataFrame,
    due: pl.DataFrame,
    fresh: tuple[pl.DataFrame, pl.DataFrame] | None,
) -> bool:
    """Put a night's parts in place: what was judged now, and what stays of before; whether one changed."""
    changed = False
    order = counting.select("invoice_id", "sequence", "place")
    for table, rows in zip((INVOICE_CHECKS, INVOICE_ORDER_LINES), fresh or (None, None), strict=True):
        kept = table.read(lake, night.isoformat()).join(due, on="invoice_id", how="anti")
        names = table.schema.names()
        new = [] if rows is None else [rows.filter(admitted_on=night).select(names).cast(dict(table.schema))]
        both = pl.concat([kept, *new]).join(order, on="invoice_id")
        key = [name for name in ("sequence", "place", "line") if name in both.columns]
        changed |= table.write(lake, night.isoformat(), both.sort(key).select(names))
    return changed
