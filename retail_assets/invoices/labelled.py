"""What people said about invoices as documents with truth: to learn from, and to measure by.

Confirmed by a person, an invoice says what is right on it: the values that were corrected, else those that were read.
Of a rejected one only what was read and why is kept, beside the truth. The folder is what `benchmarks.documents_fit`
and `benchmarks.documents_accuracy` take.
"""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import select

from retail_assets.database import platform_engine, reading
from retail_assets.decisions.kinds import AUTO
from retail_assets.intake.ledger_tables import DECISIONS
from retail_assets.invoices.review import CONFIRM, REJECT, REVIEW, corrected_of
from retail_assets.invoices.rows import AMOUNTS, DATES, TEXTS
from retail_assets.invoices.tables import INVOICE_DOCUMENTS, INVOICE_EXTRACTIONS
from retail_assets.platform import Platform

TRUTH, REJECTED = "truth.jsonl", "rejected.jsonl"
_CALLED = {"order_number": "order_ref", "amount_due": "due"}
"""Values that truth calls otherwise."""


def write_labelled(platform: Platform, folder: Path) -> dict[str, int]:
    """Copy the documents that people confirmed with what they say; gives how many were confirmed and rejected."""
    folder.mkdir(parents=True, exist_ok=True)
    decided = _decided(platform)
    lines: dict[str, list[str]] = {CONFIRM: [], REJECT: []}
    for row in _invoices(platform, list(decided)):
        verdict, reason, payload = decided[row["invoice_id"]]
        file = f"{row['sha256']}.{row['kind']}"
        shutil.copyfile(platform.lake.stored_file(row["sha256"]), folder / file)
        values = {name: row[name] for name in (*TEXTS, *DATES, *AMOUNTS)}
        if verdict == CONFIRM:
            values |= corrected_of(payload)
        told = {"set": verdict, "file": file, "truth": _written(values), "lines": None}
        lines[verdict].append(json.dumps(told | ({"reason": reason} if verdict == REJECT else {})))
    for name, verdict in ((TRUTH, CONFIRM), (REJECTED, REJECT)):
        (folder / name).write_text("".join(f"{line}\n" for line in lines[verdict]), encoding="utf-8")
    return {verdict: len(some) for verdict, some in lines.items()}


def _decided(platform: Platform) -> dict[str, tuple[str, str | None, str | None]]:
    """The last word of a person about each invoice that is confirmed or rejected."""
    columns = (
        DECISIONS.c.subject,
        DECISIONS.c.verdict,
        DECISIONS.c.reason,
        DECISIONS.c.payload,
        DECISIONS.c.actor,
    )
    query = (
        select(*columns).where(DECISIONS.c.kind == REVIEW, DECISIONS.c.accepted).order_by(DECISIONS.c.entry)
    )
    with platform_engine(platform.settings) as engine, reading(engine) as connection:
        last = {row.subject: row for row in connection.execute(query)}
    return {
        subject: (row.verdict, row.reason, row.payload)
        for subject, row in last.items()
        if row.actor != AUTO and row.verdict in (CONFIRM, REJECT)
    }


def _invoices(platform: Platform, ids: list[str]) -> Iterator[dict[str, Any]]:
    lake = platform.lake
    for part in INVOICE_EXTRACTIONS.parts(lake):
        kinds = INVOICE_DOCUMENTS.read(lake, part.stem).select("sequence", "kind")
        rows = pl.read_parquet(part, glob=False).filter(pl.col("invoice_id").is_in(ids))
        yield from rows.join(kinds, on="sequence").sort("sequence").iter_rows(named=True)


def _written(values: dict[str, Any]) -> dict[str, Any]:
    """As truth is written: ISO dates, numbers, and nothing of what is not there."""
    return {_CALLED.get(name, name): _plain(value) for name, value in values.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value
