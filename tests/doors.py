"""A door for tests of the door itself: CSV files with the contract's columns, read without any mapping."""

import csv
import hashlib
import io
import json
from pathlib import Path

import polars as pl

from retail_assets.config import Settings
from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.feeds.door import Door, Identity, Many, Outcome
from retail_assets.feeds.errors import Unreadable
from retail_assets.lake import Lake, put_in_place, scratch_folder

FOLDERS = ("sales", "products", "supplier_products", "decisions", "refunds")


def plain_door(settings: Settings) -> Door:
    """Reads text files whose first line names columns. A column `document` makes the file replace documents;
    a file that starts with `broken` cannot be read, one that starts with `bug` meets a fault of the reader.
    What lies in `refunds`, or in a folder there, comes by the thousand and becomes no rows.
    """
    lake = Lake(settings.data_dir)

    def identify(folder: str, name: str, sha256: str) -> Identity:
        day = {"day": name.split("@")[1]} if "@" in name else {}
        key = hashlib.sha256(f"{folder}{sha256}{day}".encode()).hexdigest()[:32]
        return Identity("plain", "1", day, key)

    def load(stored: Path, folder: str, name: str, identity: Identity) -> Outcome:
        text = stored.read_text()
        if text.startswith("broken"):
            raise Unreadable("broken", "This file is broken; expected a header.")
        if text.startswith("bug"):
            raise ZeroDivisionError("the reader did not think of this")
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
            absent = {c: pl.lit(None, pl.String) for c in FEEDS["decisions"].columns if c not in rows.columns}
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

    def load_many(stored: list[Path]) -> list[Outcome | Unreadable]:
        broken = Unreadable("broken", "This file is broken; expected a photo.")
        texts = [path.read_text() for path in stored]
        return [
            broken if text.startswith("broken") else Outcome(facts={"length": len(text)}) for text in texts
        ]

    many = Many(takes=lambda folder, _: folder == "refunds", identify=identify, load=load_many)
    inboxes = {folder: lake.feed_inbox(folder) for folder in FOLDERS}
    for inbox in inboxes.values():
        inbox.mkdir(parents=True, exist_ok=True)
    return Door(inboxes=inboxes, identify=identify, load=load, nested=frozenset({"refunds"}), many=many)
