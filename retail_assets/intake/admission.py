"""Admission: what lies in the inbox comes into the lake and the ledger, every file exactly once.

Each drop goes one way: taken by rename (claims), stored under its hash (store), read by its handler, then its row
in the ledger becomes final in one transaction, then the claim is removed. Each run first finds what an earlier
one left half-way and goes on from there by the same code: a crash needs no repair.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from retail_assets.config import Settings
from retail_assets.database import platform_engine
from retail_assets.error_classification import explained_full_disk
from retail_assets.intake import claims
from retail_assets.intake.admission_run import AdmissionRun
from retail_assets.intake.claims import SettledFile, Skipped
from retail_assets.intake.handlers import DECISIONS, Handlers, Inbox
from retail_assets.intake.identity import require_same_platform
from retail_assets.intake.ledger_export import export_ledger
from retail_assets.intake.report import AdmissionReport
from retail_assets.intake.settling import InboxSnapshot, settled, take_snapshot
from retail_assets.lake import Lake, file_lock, sweep_scratch
from retail_assets.names import printable


def admit(
    *,
    settings: Settings,
    handlers: Handlers,
    as_of: date,
    folders: Collection[str] | None = None,
) -> AdmissionReport:
    """Take what has settled in the inbox folders given (all by default) and decisions, and finish what waits.

    Without a marker a file is taken after two looks, `settle_seconds` apart. Two admissions at once take turns.
    Raises DiskFull; whatever it raises, the next run finishes.
    """
    lake = Lake(settings.data_dir)
    with explained_full_disk(settings.data_dir), file_lock(lake.lock_file("admission")):
        require_same_platform(settings)
        inboxes = [
            inbox
            for folder, inbox in handlers.inboxes.items()
            if folders is None or folder in folders or folder == DECISIONS
        ]
        started = time.monotonic()
        before = {inbox.folder: _snapshot(inbox) for inbox in inboxes}
        sweep_scratch(lake)
        with platform_engine(settings) as engine:
            run = AdmissionRun(settings=settings, lake=lake, engine=engine, handlers=handlers, as_of=as_of)
            run.recover()
            run.finish(handlers.inboxes)
            if any(not file.done for earlier in before.values() for file in earlier.files.values()):
                time.sleep(max(0.0, started + settings.settle_seconds - time.monotonic()))
            found, skipped = _settled_files(handlers, inboxes, before)
            skipped += run.take(found)
            # In order, decisions in their place; what they release is unfinished again and read in this run.
            run.finish(handlers.inboxes)
            skipped += run.held_back(handlers.inboxes)
            drops, tallies = run.drop_reports(), run.tallies()
        for inbox in inboxes:
            claims.remove_emptied(inbox.path, levels=inbox.levels)
        export_ledger(settings)
    return AdmissionReport(
        as_of=as_of,
        drops=drops,
        tallies=tallies,
        skipped=[replace(one, name=printable(one.name)) for one in skipped],
        notes=[*run.notes, *run.damaged.values()],
    )


def _snapshot(inbox: Inbox) -> InboxSnapshot:
    return take_snapshot(inbox.path, levels=inbox.levels)


def _not_looked_into(inbox: Inbox, name: str) -> Skipped:
    if name != ".":
        return Skipped(inbox.folder, name, "folder", "Folders are not taken; drop the files themselves.")
    return Skipped(
        inbox.folder,
        name,
        "closed_folder",
        f"Nothing is taken from {inbox.path}: it cannot be read, or a part of its path is a link. Put a folder in the "
        "link's place, or mount the other place there.",
    )


def _settled_files(
    handlers: Handlers, inboxes: list[Inbox], before: Mapping[str, InboxSnapshot]
) -> tuple[list[SettledFile], list[Skipped]]:
    """Look again: what can be taken, and what stays with the reason why."""
    found: list[SettledFile] = []
    skipped: list[Skipped] = []
    for inbox in inboxes:
        folder, now = inbox.folder, _snapshot(inbox)
        complete = settled(before.get(folder, InboxSnapshot({})), now)
        for name, seen in now.files.items():
            handler = handlers.find(folder, name)
            if handler and (why := handler.holds(folder, name)):
                skipped.append(Skipped(folder, name, "held_back", why))
            elif name in complete:
                found.append(SettledFile(folder, inbox.path, name, seen.size, seen.modified_ns))
            elif seen.being_written:
                skipped.append(
                    Skipped(folder, name, "being_written", "A process still has it open for writing.")
                )
            else:
                skipped.append(Skipped(folder, name, "not_settled", "It is new or still grows."))
        for name in now.not_taken:
            skipped.append(_not_looked_into(inbox, name))
    return found, skipped
