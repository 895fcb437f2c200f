"""Does everything that was seen stand in a table, and do the numbers add up? For asset checks; changes nothing.

Run after an admission: what a running one has in its hands is reported as unfinished.
"""

import difflib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, func, select

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.intake.claim_batches import NOTE
from retail_assets.intake.handlers import Handlers
from retail_assets.intake.inbox_folders import has_link
from retail_assets.intake.ledger import find_drops, pieces
from retail_assets.intake.ledger_tables import DROPS, LOADED, LOADS, ROW_COUNTS, UNFINISHED
from retail_assets.intake.readable import damaged_bytes
from retail_assets.lake import Lake

FORGOTTEN_SECONDS = 24 * 3600
"""How long a file may lie in the inbox before somebody should ask why it was not taken."""

COMPARED_AT_ONCE, NIGHTS_FOR_ALL = 500_000, 16
"""Up to so many drops all stored bytes are compared every time; of more a part, and all within these nights."""


LOSSES = frozenset(
    {
        "bytes_changed", "bytes_missing", "bytes_without_a_drop", "quarantine_without_a_drop",
        "records_do_not_add_up", "rows_missing",
    }
)  # fmt: skip
"""Kinds with which marts would be built of less than came in. The others wait for somebody to look."""


@dataclass(frozen=True)
class Discrepancy:
    """Something that is not where it belongs; `message` says what to do."""

    kind: str
    place: str
    message: str

    @property
    def is_loss(self) -> bool:
        return self.kind in LOSSES


def reconcile(settings: Settings, handlers: Handlers, *, night: date | None = None) -> list[Discrepancy]:
    """Whatever is in the lake or was forgotten in the inbox, and is in no table; and the other way round.

    A ledger of many drops is compared with the stored bytes bit by bit, another bit each night; without a night
    all at once.
    """
    lake = Lake(settings.data_dir)
    with platform_engine(settings) as engine, reading(engine) as connection:
        return [
            *_inbox(lake, handlers),
            *_unfinished(connection, lake),
            *_claims_and_quarantine(connection, lake),
            *_stored_bytes(connection, lake, night),
            *_loads_without_rows(connection, lake),
        ]


def accounting(settings: Settings) -> list[Discrepancy]:
    """Files whose records do not add up: records = admitted + routed + left out + duplicate + rejected."""
    table = ROW_COUNTS.c
    parts = table.admitted + table.routed + table.filtered + table.duplicate + table.rejected
    query = (
        select(ROW_COUNTS, parts.label("accounted")).where(table.records != parts).order_by(table.sequence)
    )
    with platform_engine(settings) as engine, reading(engine) as connection:
        return [
            Discrepancy(
                "records_do_not_add_up",
                f"drop {row.sequence}, {row.target}",
                f"{row.records} records were read and {row.accounted} accounted for. This is a fault of the platform; "
                "withdraw the file until it is mended.",
            )
            for row in connection.execute(query)
        ]


def _inbox(lake: Lake, handlers: Handlers) -> Iterator[Discrepancy]:
    known = {inbox.path for inbox in handlers.inboxes.values()}
    parents = {path.parent for path in known}
    names = {path.name: str(path.relative_to(lake.inbox)) for path in sorted(known)}
    for folder in [*_entries(lake.inbox), *_entries(lake.inbox / "feeds")]:
        if folder not in known | parents:
            near = difflib.get_close_matches(folder.name.lower(), names, n=1)
            meant = f" (did you mean {names[near[0]]}?)" if near else ""
            message = f"Nothing is taken from here{meant}. Inbox folders are: {', '.join(names.values())}."
            yield Discrepancy("no_such_inbox", str(folder), message)
    oldest = time.time() - FORGOTTEN_SECONDS
    for inbox in handlers.inboxes.values():
        if has_link(inbox.path):
            message = "A part of this path is a link: nothing is taken from here. Put a folder in its place."
            yield Discrepancy("link_in_inbox", str(inbox.path), message)
            continue
        for path in _files_within(inbox.path, inbox.levels):
            # The change time says when it came here; the modification time is what its source says.
            if path.lstat().st_ctime < oldest:
                yield Discrepancy(
                    "forgotten_in_inbox",
                    str(path),
                    "It has lain here for more than a day. Folders, hidden files, markers without their file and "
                    "names of unfinished transfers are not taken; the report of an admission names other reasons.",
                )


def _files_within(inbox: Path, levels: int) -> Iterator[Path]:
    """What lies in an inbox and in the folders in it; an emptied one is nothing that was forgotten."""
    for path in _entries(inbox):
        if levels and path.is_dir() and not path.is_symlink():
            yield from _files_within(path, levels - 1)
        else:
            yield path


def _unfinished(connection: Connection, lake: Lake) -> Iterator[Discrepancy]:
    query = select(DROPS.c.sequence).where(DROPS.c.state.in_(UNFINISHED)).order_by(DROPS.c.sequence)
    for drop in find_drops(connection, connection.scalars(query).all()):
        place = f"drop {drop.sequence} ({drop.folder}/{drop.name})"
        if drop.sha256 and (sentence := damaged_bytes(lake, drop)):
            yield Discrepancy("bytes_changed", place, sentence)
            continue
        yield Discrepancy(
            "unfinished", place, f"It is {drop.state}, neither loaded nor in quarantine. Run admission again."
        )


def _claims_and_quarantine(connection: Connection, lake: Lake) -> Iterator[Discrepancy]:
    claims = set(connection.scalars(select(DROPS.c.claim).where(DROPS.c.state.in_(UNFINISHED))))
    for batch in _entries(lake.claims):
        for path in _entries(batch):
            if path.name != NOTE and f"{batch.name}/{path.name}" not in claims:
                message = (
                    "Taken, but not given back; a source may still write to it. The next run looks again."
                )
                yield Discrepancy("claim_without_a_drop", str(path), message)
    kept = {path.name: path for path in _entries(lake.quarantine)}
    for numbers in pieces([int(name) for name in kept if name.isdecimal()]):
        unread = select(DROPS.c.sequence).where(DROPS.c.sequence.in_(numbers), DROPS.c.sha256.is_(None))
        for sequence in connection.scalars(unread):
            del kept[str(sequence)]
    for path in kept.values():
        yield Discrepancy("quarantine_without_a_drop", str(path), "No drop in quarantine has this number.")


def _stored_bytes(connection: Connection, lake: Lake, night: date | None) -> Iterator[Discrepancy]:
    """Hashes in the ledger against files in the store, one of its folders at a time."""
    store = lake.stored_file("00").parent.parent
    folders = sorted({f"{number:02x}" for number in range(256)} | {path.name for path in _entries(store)})
    newest = connection.scalar(select(func.max(DROPS.c.sequence))) or 0
    if night is not None and newest > COMPARED_AT_ONCE:
        folders = folders[night.toordinal() % NIGHTS_FOR_ALL :: NIGHTS_FOR_ALL]
    by_hash = select(DROPS.c.sha256, func.min(DROPS.c.sequence).label("first")).group_by(DROPS.c.sha256)
    for folder in folders:
        query = by_hash.where(DROPS.c.sha256 >= folder, DROPS.c.sha256 < folder + "g")
        drops = {row.sha256: row.first for row in connection.execute(query)}
        files = {path.name: path for path in _entries(store / folder)}
        for sha256 in sorted(files.keys() - drops.keys()):
            message = "Stored, but no drop has this hash. Restore the ledger."
            yield Discrepancy("bytes_without_a_drop", str(files[sha256]), message)
        for sha256 in sorted(drops.keys() - files.keys()):
            message = f"{lake.stored_file(sha256)} is gone. Restore it from a backup, or drop the file again."
            yield Discrepancy("bytes_missing", f"drop {drops[sha256]}", message)


def _loads_without_rows(connection: Connection, lake: Lake) -> Iterator[Discrepancy]:
    loads = (
        select(LOADS.c.sequence, LOADS.c.feed, DROPS.c.content_key).join(DROPS).where(DROPS.c.state == LOADED)
    )
    for sequence, feed, key in connection.execute(loads.order_by(LOADS.c.sequence, LOADS.c.feed)):
        if not lake.rows(feed, key).exists():
            yield Discrepancy(
                "rows_missing", f"drop {sequence}", f"{lake.rows(feed, key)} is gone; reload_file makes it."
            )


def _entries(folder: Path) -> list[Path]:
    return (
        [Path(entry) for entry in sorted(os.scandir(folder), key=lambda e: e.name)] if folder.is_dir() else []
    )
