"""The pages of a night's documents as they were read: known answers are taken, the rest is read in child processes."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from retail_assets.invoices.documents import LOCK, nights_without_answers
from retail_assets.invoices.reading import PAGES, Answer, Question, ReadingLimits, answers, is_stored
from retail_assets.invoices.settings import InvoiceSettings
from retail_assets.invoices.tables import INVOICE_DOCUMENTS, INVOICE_TEXT
from retail_assets.kit.prediction_cache import PredictionCache
from retail_assets.lake import Lake, file_lock

BATCH_DOCUMENTS = 16
"""Answers that are kept together: what a killed run repeats at most. Recognised pages are kept one by one."""
_PAGE = {"page": pl.Int32} | {
    name: INVOICE_TEXT.schema[name] for name in ("engine", "words", "mean_score", "width", "height")
}


@dataclass
class ReadReport:
    """What a run did."""

    documents: int = 0
    """Of the run's own night."""
    read: int = 0
    """Documents that were read, of all nights."""
    reused: int = 0
    """Documents that were given the answer which the same bytes had before."""
    backfilled: list[date] = field(default_factory=list)
    changed: bool = False
    """Whether anything of the run's own night came or changed."""
    language_model: str | None = None
    """What was asked of the language model, where there is one."""
    unanswered: int = 0
    """Documents that it was asked about and gave nothing for."""


def read_pages(
    lake: Lake, settings: InvoiceSettings, as_of: date, progress: Callable[[str], None] = lambda _: None
) -> ReadReport:
    """Write invoice_text for a night, and for other nights that have documents without an answer."""
    report = ReadReport()
    pages = Question(PAGES, settings.invoice_engine, ReadingLimits.of(settings))
    with file_lock(lake.lock_file(LOCK)):
        report.backfilled = sorted(nights_without_answers(lake) - {as_of})
        for night in [*report.backfilled, as_of]:
            documents = INVOICE_DOCUMENTS.read(lake, night.isoformat())
            known = INVOICE_TEXT.read(lake, night.isoformat())
            kept = known.join(documents, on=["sequence", "sha256"], how="semi")
            missing = documents.join(kept, on="sequence", how="anti")
            rows = [kept]
            if missing.height:
                hashes = missing["sha256"].unique(maintain_order=True)
                found = answered(lake, night, hashes, pages, settings.invoice_processes, report, progress)
                rows.append(_rows(missing, found))
            report.changed = INVOICE_TEXT.write(
                lake, night.isoformat(), pl.concat(rows).sort("sequence", "page")
            )
        report.documents = documents.height
    return report


def answered(
    lake: Lake,
    night: date,
    hashes: pl.Series,
    question: Question,
    processes: int,
    report: ReadReport,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Answer]:
    """Content -> answer, from the cache where it has one."""
    what = question.what
    cache = PredictionCache(lake, f"invoice_{what}", question.version, ("answer",), BATCH_DOCUMENTS)
    known = cache.answers(hashes)["sha256"]
    unknown = [one for one in hashes.filter(~hashes.is_in(known.implode())) if is_stored(lake, one)]
    said = answers(lake, unknown, question, processes=processes)
    done = 0
    for some in cache.keep(night, _frames(unknown, said)):
        done += some
        progress(f"{night}: {done:,} of {len(unknown):,} documents read ({what}).")
    cache.finish(night)
    report.read += done
    report.reused += len(known)
    return {sha256: json.loads(answer) for sha256, answer in cache.answers(hashes).iter_rows()}


def _frames(hashes: Sequence[str], said: Iterator[Answer]) -> Iterator[pl.DataFrame]:
    for sha256, answer in zip(hashes, said, strict=True):
        yield pl.DataFrame({"sha256": [sha256], "answer": [json.dumps(answer)]})


def _rows(documents: pl.DataFrame, found: dict[str, Answer]) -> pl.DataFrame:
    """A row per page; a document that cannot be read, or is XML, has none."""
    pages = [
        {"sequence": sequence, "page": number, **page}
        for sequence, sha256 in documents.select("sequence", "sha256").iter_rows()
        for number, page in enumerate(found.get(sha256, {}).get("pages", []), start=1)
    ]
    schema = {"sequence": pl.Int64} | _PAGE
    rows = pl.DataFrame(pages, schema=schema).join(documents, on="sequence")
    return rows.select(INVOICE_TEXT.schema.names()).cast(dict(INVOICE_TEXT.schema))
