"""Handlers for tests of admission itself: CSV files with the contract's columns, read without any mapping."""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from sqlalchemy import Connection

from retail_assets.config import Settings
from retail_assets.decisions.contracts import FEEDS
from retail_assets.decisions.files import decision_kinds
from retail_assets.decisions.log import decisions_in, record_decisions
from retail_assets.errors import Unreadable
from retail_assets.feeds.duplicates import duplicate_of
from retail_assets.flows import FLOWS
from retail_assets.intake.archives import archive_handler
from retail_assets.intake.handlers import Batch, Handler, Handlers, Identity, Inbox, OneByOne, Outcome
from retail_assets.intake.ledger_tables import Drop
from retail_assets.lake import Lake, put_in_place, scratch_folder

FEED_FOLDERS = ("sales", "products", "supplier_products")
FOLDERS = (*FEED_FOLDERS, "decisions", "refunds")


def _meet_a_fault(text: str) -> None:
    if text.startswith("bug"):
        raise ZeroDivisionError("the reader did not think of this")


def plain_handlers(settings: Settings) -> Handlers:
    """Reads text files whose first line names columns. A column `document` makes the file replace documents;
    a file that starts with `broken` cannot be read, one that starts with `bug` meets a fault of the reader.
    What lies in `refunds`, or in a folder there, comes by the thousand and becomes no rows.
    """
    lake = Lake(settings.data_dir)
    feeds = {feed.name: feed for flow in FLOWS for feed in flow.feeds if feed.name in FEED_FOLDERS}

    def identify(drop: Drop) -> Identity:
        day = {"day": drop.name.split("@")[1]} if "@" in drop.name else {}
        key = hashlib.sha256(f"{drop.folder}{drop.sha256}{day}".encode()).hexdigest()[:32]
        return Identity("plain", "1", day, key)

    def load(stored: Path, drop: Drop, identity: Identity) -> Outcome:
        folder = drop.folder
        text = stored.read_text()
        if text.startswith("broken"):
            raise Unreadable("broken", "This file is broken; expected a header.")
        _meet_a_fault(text)
        records = json.loads(text) if text.startswith("[") else list(csv.DictReader(io.StringIO(text)))
        rows = (
            pl.DataFrame(records)
            .with_columns(pl.all().replace("", None))
            .with_columns(
                _record=pl.int_range(1, len(records) + 1, dtype=pl.Int64),
                _content_key=pl.lit(identity.content_key),
                _source=pl.lit(identity.source),
            )
        )
        if folder == "decisions":
            absent = {c: pl.lit(None, pl.String) for c in FEEDS[0].columns if c not in rows.columns}
            rows = rows.with_columns(pl.col("at").str.to_datetime(time_zone="UTC", time_unit="us"), **absent)
        with scratch_folder(lake) as scratch:
            if "document" in rows.columns:
                documents = rows.select(
                    "_content_key", "_source", kind=pl.lit("document"), _document="document"
                ).unique()
                documents.write_parquet(scratch / "documents")
                put_in_place(scratch / "documents", lake.documents(identity.content_key))
            rows.write_parquet(scratch / "rows")
            put_in_place(scratch / "rows", lake.rows(folder, identity.content_key))
        return Outcome(rows={folder: rows.height}, records=rows.height)

    def after_load(connection: Connection, drop: Drop, identity: Identity, outcome: Outcome) -> list[str]:
        if drop.folder != "decisions":
            return []
        kinds = {kind.name: kind for kind in decision_kinds(None)}
        decisions = decisions_in(lake, identity.content_key)
        return record_decisions(connection, decisions, drop=drop, kinds=kinds, roles=settings.roles)

    def load_batch(stored: Sequence[Path]) -> list[Outcome | Unreadable]:
        broken = Unreadable("broken", "This file is broken; expected a photo.")
        texts = [path.read_text() for path in stored]
        for text in texts:
            _meet_a_fault(text)
        return [
            broken if text.startswith("broken") else Outcome(metadata={"length": len(text)}) for text in texts
        ]

    def inbox(folder: str) -> Inbox:
        path = lake.inbox / ("feeds" if folder in FEED_FOLDERS else "") / folder
        path.mkdir(parents=True, exist_ok=True)
        return Inbox(folder, path, levels=int(folder == "refunds"))

    return Handlers(
        [
            Handler(
                name="plain",
                description="Text files.",
                reader=OneByOne(load),
                identify=identify,
                inboxes=tuple(inbox(folder) for folder in FOLDERS if folder != "refunds"),
                duplicate_of=lambda connection, drop, identity: duplicate_of(
                    connection, drop=drop, identity=identity, feeds=feeds, lake=lake, settings=settings
                ),
                after_load=after_load,
            ),
            Handler(
                name="many",
                description="Files that come by the thousand.",
                reader=Batch(load_batch),
                identify=identify,
                inboxes=(inbox("refunds"),),
            ),
            archive_handler(settings),
        ]
    )
