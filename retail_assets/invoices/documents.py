"""The documents that count, night by night: what the ledger knows of them, as a table of the lake."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, select

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.intake.ledger import pieces
from retail_assets.intake.ledger_tables import CONTENT_METADATA, DROPS, LOADED
from retail_assets.invoices.contracts import DOCUMENT, FOLDER, MAIL
from retail_assets.invoices.tables import INVOICE_DOCUMENTS, INVOICE_EXTRACTIONS
from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake, file_lock

LOCK = "invoices"
"""Held while documents are listed or read: a run that comes meanwhile finds the work done."""
_KEY = ["night", "sequence"]


@dataclass(frozen=True)
class DocumentsReport:
    """What a listing of documents found."""

    documents: int
    """Of the run's own night."""
    backfilled: list[date]
    """Older nights whose documents came or went by a decision."""


def list_documents(settings: Settings, as_of: date) -> DocumentsReport:
    """Write invoice_documents for a night, and for other nights whose documents are not what they were."""
    lake = Lake(settings.data_dir)
    with file_lock(lake.lock_file(LOCK)):
        others = sorted(_nights_with_other_documents(lake) - {as_of})
        for night in others:
            INVOICE_DOCUMENTS.write(lake, night.isoformat(), admitted_documents(settings, night))
        documents = admitted_documents(settings, as_of)
        INVOICE_DOCUMENTS.write(lake, as_of.isoformat(), documents)
    return DocumentsReport(documents=documents.height, backfilled=others)


def admitted_documents(settings: Settings, as_of: date) -> pl.DataFrame:
    """The documents of a night that count now, in order: duplicates, withdrawn and quarantined ones do not."""
    query = (
        select(
            DROPS.c.sequence,
            DROPS.c.name,
            DROPS.c.size.label("bytes"),
            DROPS.c.sha256,
            DROPS.c.parent,
            DROPS.c.admitted_at,
            CONTENT_METADATA.c.metadata,
        )
        .join(CONTENT_METADATA, CONTENT_METADATA.c.content_key == DROPS.c.content_key)
        .where(
            DROPS.c.folder == FOLDER,
            DROPS.c.partition == as_of,
            DROPS.c.state == LOADED,
            DROPS.c.source == DOCUMENT,
        )
        .order_by(DROPS.c.sequence)
    )
    with platform_engine(settings) as engine, reading(engine) as connection:
        found = [dict(row._mapping) for row in connection.execute(query)]
        mails = _mails(connection, {row["parent"] for row in found if row["parent"] is not None})
    rows = [
        row
        | {
            "name": row["name"].rpartition("/")[2],
            "kind": json.loads(row["metadata"])["kind"],
            "admitted_on": as_of,
            **mails.get(row["parent"], {}),
        }
        for row in found
    ]
    return pl.DataFrame(rows, schema=INVOICE_DOCUMENTS.schema)


def _mails(connection: Connection, parents: set[int]) -> dict[int | None, Mapping[str, Any]]:
    """Of drops in which documents came the nearest mail that they are or lie in, and what it says."""
    drops: dict[int, tuple[int | None, str | None, str | None]] = {}
    wanted = set(parents)
    while wanted:
        for some in pieces(sorted(wanted)):
            columns = (DROPS.c.sequence, DROPS.c.parent, DROPS.c.source, DROPS.c.content_key)
            for sequence, *row in connection.execute(select(*columns).where(DROPS.c.sequence.in_(some))):
                drops[sequence] = tuple(row)
        wanted = {parent for parent, _, _ in drops.values() if parent is not None} - drops.keys()
    keys = {key for _, source, key in drops.values() if source == MAIL and key is not None}
    said: dict[str, dict[str, str]] = {}
    for some in pieces(sorted(keys)):
        query = select(CONTENT_METADATA.c.content_key, CONTENT_METADATA.c.metadata)
        for key, metadata in connection.execute(query.where(CONTENT_METADATA.c.content_key.in_(some))):
            said[key] = json.loads(metadata)
    found: dict[int | None, Mapping[str, Any]] = {}
    for start in parents:
        nearest: int | None = start
        while nearest is not None and drops[nearest][1] != MAIL:
            nearest = drops[nearest][0]
        if nearest is not None:
            mail = said.get(drops[nearest][2] or "", {})
            sent_at = mail.get("sent_at")
            found[start] = {
                "mail_sequence": nearest,
                "sender": mail.get("sender"),
                "subject": mail.get("subject"),
                "sent_at": datetime.fromisoformat(sent_at) if sent_at else None,
            }
    return found


def nights_without_answers(lake: Lake) -> set[date]:
    """Nights whose documents are not those of invoice_extractions."""
    return _differing(_rows(lake, INVOICE_DOCUMENTS), _rows(lake, INVOICE_EXTRACTIONS))


def _nights_with_other_documents(lake: Lake) -> set[date]:
    """Nights whose documents in the ledger are not those of invoice_documents."""
    drops = pl.scan_parquet(lake.ledger / "drops.parquet", glob=False)
    counts = drops.filter(folder=FOLDER, source=DOCUMENT, state=LOADED)
    ledger = counts.select(night="partition", sequence="sequence").collect()
    return _differing(ledger, _rows(lake, INVOICE_DOCUMENTS))


def _rows(lake: Lake, table: LakeTable) -> pl.DataFrame:
    parts = [pl.scan_parquet(part, glob=False) for part in table.parts(lake)]
    rows = pl.concat([table.empty().lazy(), *parts], how="diagonal")
    return rows.select(night="admitted_on", sequence="sequence").collect()


def _differing(wanted: pl.DataFrame, there: pl.DataFrame) -> set[date]:
    # The bytes of a drop never change, so its number is enough; a decision of today may be about any night.
    gone, new = there.join(wanted, on=_KEY, how="anti"), wanted.join(there, on=_KEY, how="anti")
    return {*gone["night"], *new["night"]}
