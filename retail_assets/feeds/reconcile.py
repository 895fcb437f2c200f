"""Does everything that was seen stand in a table, and do the numbers add up? For asset checks; changes nothing.

Run after an admission: what a running one has in its hands is reported as unfinished.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.feeds.claims import NOTE
from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.feeds.tables import ACCOUNTS, DROPS, LOADED, LOADS, UNFINISHED
from retail_assets.lake import Lake

FORGOTTEN_SECONDS = 24 * 3600
"""How long a file may lie in the inbox before somebody should ask why it was not taken."""


@dataclass(frozen=True)
class Finding:
    """Something that is not where it belongs; `message` says what to do."""

    kind: str
    place: str
    message: str


def reconcile(settings: Settings) -> list[Finding]:
    """Whatever is in the lake or was forgotten in the inbox, and is in no table; and the other way round."""
    lake = Lake(settings.data_dir)
    with platform_engine(settings) as engine, reading(engine) as connection:
        return [
            *_inbox(lake),
            *_unfinished(connection),
            *_bytes_without_a_drop(connection, lake),
            *_drops_without_bytes(connection, lake),
        ]


def accounting(settings: Settings) -> list[Finding]:
    """Files whose records do not add up: records = admitted + sent + left out + duplicate + rejected."""
    table = ACCOUNTS.c
    parts = table.admitted + table.sent + table.left_out + table.duplicate + table.rejected
    query = select(ACCOUNTS, parts.label("accounted")).where(table.records != parts).order_by(table.sequence)
    with platform_engine(settings) as engine, reading(engine) as connection:
        return [
            Finding(
                "records_do_not_add_up",
                f"drop {row.sequence}, {row.target}",
                f"{row.records} records were read and {row.accounted} accounted for. This is a fault of the platform; "
                "withdraw the file until it is mended.",
            )
            for row in connection.execute(query)
        ]


def _inbox(lake: Lake) -> Iterator[Finding]:
    known = {lake.feed_inbox(feed.folder) for feed in FEEDS.values()}
    for folder in _entries(lake.inbox / "feeds"):
        if folder not in known:
            yield Finding(
                "no_such_feed", str(folder), f"Nothing is taken from here. Feeds are: {', '.join(FEEDS)}."
            )
    oldest = time.time() - FORGOTTEN_SECONDS
    for path in (path for folder in known for path in _entries(folder)):
        # The change time says when it came here; the modification time is what its source says.
        if path.lstat().st_ctime < oldest:
            yield Finding(
                "forgotten_in_inbox",
                str(path),
                "It has lain here for more than a day. Folders, hidden files, markers without their file and names "
                "of unfinished transfers are not taken; the report of an admission names other reasons.",
            )


def _unfinished(connection: Connection) -> Iterator[Finding]:
    query = select(DROPS).where(DROPS.c.state.in_(UNFINISHED)).order_by(DROPS.c.sequence)
    for row in connection.execute(query):
        place = f"drop {row.sequence} ({row.folder}/{row.name})"
        yield Finding(
            "unfinished", place, f"It is {row.state}, neither loaded nor in quarantine. Run admission again."
        )


def _bytes_without_a_drop(connection: Connection, lake: Lake) -> Iterator[Finding]:
    hashes = set(connection.scalars(select(DROPS.c.sha256).distinct()))
    files = lake.stored_file("00").parent.parent
    for path in (path for folder in _entries(files) for path in _entries(folder)):
        if path.name not in hashes:
            yield Finding(
                "bytes_without_a_drop", str(path), "Stored, but no drop has this hash. Restore the ledger."
            )
    claims = set(connection.scalars(select(DROPS.c.claim).where(DROPS.c.state.in_(UNFINISHED))))
    for batch in _entries(lake.claims):
        for path in _entries(batch):
            if path.name != NOTE and f"{batch.name}/{path.name}" not in claims:
                message = (
                    "Taken, but not given back; a source may still write to it. The next run looks again."
                )
                yield Finding("claim_without_a_drop", str(path), message)
    sequences = {
        str(one) for one in connection.scalars(select(DROPS.c.sequence).where(DROPS.c.sha256.is_(None)))
    }
    for path in _entries(lake.quarantine):
        if path.name not in sequences:
            yield Finding("quarantine_without_a_drop", str(path), "No drop in quarantine has this number.")


def _drops_without_bytes(connection: Connection, lake: Lake) -> Iterator[Finding]:
    restore = "Restore it from a backup, or drop the file again."
    for sequence, sha256 in connection.execute(
        select(DROPS.c.sequence, DROPS.c.sha256).order_by(DROPS.c.sequence)
    ):
        if sha256 and not lake.stored_file(sha256).exists():
            yield Finding(
                "bytes_missing", f"drop {sequence}", f"{lake.stored_file(sha256)} is gone. {restore}"
            )
    loads = (
        select(LOADS.c.sequence, LOADS.c.feed, DROPS.c.content_key).join(DROPS).where(DROPS.c.state == LOADED)
    )
    for sequence, feed, key in connection.execute(loads.order_by(LOADS.c.sequence, LOADS.c.feed)):
        if not lake.rows(feed, key).exists():
            yield Finding(
                "rows_missing", f"drop {sequence}", f"{lake.rows(feed, key)} is gone; reload_file makes it."
            )


def _entries(folder: Path) -> list[Path]:
    return (
        [Path(entry) for entry in sorted(os.scandir(folder), key=lambda e: e.name)] if folder.is_dir() else []
    )
