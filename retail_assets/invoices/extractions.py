"""What a night's documents say: known answers are taken, the rest is read in child processes.

A document keeps the answer it has, until a person asks for a retry: then it is read again, by the engine asked for.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

import polars as pl

from retail_assets.invoices.documents import LOCK, nights_without_answers
from retail_assets.invoices.language_model import stage_of
from retail_assets.invoices.reading import INVOICE, Question, ReadingLimits
from retail_assets.invoices.retries import Retry
from retail_assets.invoices.rows import extraction_rows, superseded
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.tables import INVOICE_DOCUMENTS, INVOICE_EXTRACTIONS
from retail_assets.invoices.text import ReadReport, answered
from retail_assets.lake import Lake, file_lock


def extract_invoices(
    lake: Lake,
    settings: InvoiceSettings,
    as_of: date,
    retries: Iterable[Retry] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> ReadReport:
    """Write invoice_extractions for a night, and for others that have documents without an answer or a retry."""
    report = ReadReport()
    model = stage_of(lake, settings)
    question = Question(INVOICE, settings.invoice_engine, ReadingLimits.of(settings), model)
    with file_lock(lake.lock_file(LOCK)):
        asked = _open_retries(lake, retries)
        others = nights_without_answers(lake) | {night for night, _ in asked}
        report.backfilled = sorted(others - {as_of})
        for night in [*report.backfilled, as_of]:
            documents = INVOICE_DOCUMENTS.read(lake, night.isoformat())
            known = INVOICE_EXTRACTIONS.read(lake, night.isoformat())
            kept = known.join(documents, on=["sequence", "sha256"], how="semi")
            rows = [
                kept,
                *_read(lake, night, documents, kept, question, settings.invoice_processes, report, progress),
            ]
            # A retry takes the place of the answer before it, which stands until there is another.
            rows += [
                _read_again(lake, night, documents, retry, question, settings.invoice_processes, report)
                for of, retry in asked
                if of == night
            ]
            newest = pl.concat(rows).unique("invoice_id", keep="last", maintain_order=True)
            newest = superseded(newest, documents).sort("sequence", "place")
            report.changed = INVOICE_EXTRACTIONS.write(lake, night.isoformat(), newest)
        report.documents = documents.height
    if model:
        report.language_model, report.unanswered = str(model), model.counts.unanswered
    return report


def _read(
    lake: Lake,
    night: date,
    documents: pl.DataFrame,
    kept: pl.DataFrame,
    question: Question,
    processes: int,
    report: ReadReport,
    progress: Callable[[str], None],
) -> list[pl.DataFrame]:
    missing = documents.join(kept, on="sequence", how="anti")
    if missing.is_empty():
        return []
    hashes = missing["sha256"].unique(maintain_order=True)
    found = answered(lake, night, hashes, question, processes, report, progress)
    return [extraction_rows(missing, found, engine=question.engine)]


def _read_again(
    lake: Lake,
    night: date,
    documents: pl.DataFrame,
    retry: Retry,
    question: Question,
    processes: int,
    report: ReadReport,
) -> pl.DataFrame:
    document = documents.filter(sequence=retry.sequence)
    asked = replace(question, engine=retry.engine or question.engine, anew=retry.entry)
    found = answered(lake, night, document["sha256"], asked, processes, report)
    return extraction_rows(document, found, engine=asked.engine, answers_entry=retry.entry)


def _open_retries(lake: Lake, retries: Iterable[Retry]) -> list[tuple[date, Retry]]:
    """Those that no answer answers yet, with the nights of their documents."""
    by_sequence = {retry.sequence: retry for retry in retries}
    if not by_sequence:
        return []
    of_them = pl.col("sequence").is_in(list(by_sequence))
    there = INVOICE_EXTRACTIONS.scan(lake, ("sequence", "answers_entry")).filter(of_them).collect()
    answered_by = dict(there.iter_rows())
    documents = INVOICE_DOCUMENTS.scan(lake, ("sequence", "admitted_on")).filter(of_them)
    return [
        (night, by_sequence[sequence])
        for sequence, night in documents.sort("sequence").collect().iter_rows()
        if (answered_by.get(sequence) or 0) < by_sequence[sequence].entry
    ]
