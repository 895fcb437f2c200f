"""Admission: what lies in the inbox comes into the lake and the ledger, every file exactly once.

Each drop goes one way: taken by rename (claims), stored under its hash (store), read into rows (its door),
then its row in the ledger becomes final in one transaction, then the claim is removed. Each run first finds
what an earlier one left half-way and walks it on from there by the same code: a crash needs no repair.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from retail_assets.config import Settings
from retail_assets.database import platform_engine
from retail_assets.feeds import claims, ledger
from retail_assets.feeds.claims import Found, Left
from retail_assets.feeds.door import Door
from retail_assets.feeds.doors import every_door
from retail_assets.feeds.faults import explained_full_disk
from retail_assets.feeds.ledger_export import export_ledger
from retail_assets.feeds.report import AdmissionReport
from retail_assets.feeds.settling import Look, look, settled
from retail_assets.feeds.walk import Walk
from retail_assets.lake import Lake, file_lock, sweep_scratch

DECISIONS = "decisions"


def admit(
    *,
    settings: Settings,
    as_of: date,
    folders: list[str] | None = None,
    seen: Mapping[str, Look] | None = None,
    door: Door | None = None,
) -> AdmissionReport:
    """Take what has settled in the inbox folders given (all by default) and decisions, and finish what waits.

    `seen` is an earlier look by folder, a sensor's last tick; without it this looks twice, `settle_seconds`
    apart. Two admissions at once take turns. Raises DiskFull; whatever it raises, the next run finishes.
    """
    lake = Lake(settings.data_dir)
    with explained_full_disk(settings.data_dir), file_lock(lake.lock_file("admission")):
        door = door or every_door(settings)
        wanted = [f for f in door.inboxes if folders is None or f in folders or f == DECISIONS]
        started = time.monotonic()
        before = seen or {folder: _look(door, folder) for folder in wanted}
        sweep_scratch(lake)
        with platform_engine(settings) as engine:
            walk = Walk(settings=settings, lake=lake, engine=engine, door=door, as_of=as_of)
            walk.recover()
            walk.finish(door.inboxes)
            unsure = any(not file.done for earlier in before.values() for file in earlier.files.values())
            if seen is None and unsure:
                time.sleep(max(0.0, started + settings.settle_seconds - time.monotonic()))
            found, left = _settled_files(door, wanted, before)
            taken, not_taken = claims.claim(lake=lake, found=found, as_of=as_of)
            with engine.begin() as connection:
                ledger.add_claims(connection, taken)
            # In order, decisions in their place; what they release is unfinished again and read in this run.
            walk.finish(door.inboxes)
            tallies = walk.tallies()
        for folder in door.nested.intersection(wanted):
            claims.remove_emptied(door.inboxes[folder])
        export_ledger(settings)
    return AdmissionReport(
        as_of=as_of,
        drops=[report for _, report in sorted(walk.reports.items())],
        tallies=tallies,
        left=[replace(one, name=ledger.printable(one.name)) for one in (*left, *not_taken)],
        decisions=walk.decisions,
        changed_feeds=frozenset(walk.changed_feeds),
    )


def _look(door: Door, folder: str) -> Look:
    return look(door.inboxes[folder], nested=folder in door.nested)


def _settled_files(
    door: Door, folders: list[str], before: Mapping[str, Look]
) -> tuple[list[Found], list[Left]]:
    """Look again: what can be taken, and what stays with the reason why."""
    found, left = [], []
    for folder in folders:
        inbox = door.inboxes[folder]
        now = _look(door, folder)
        complete = settled(before.get(folder, Look({})), now)
        for name, seen in now.files.items():
            if name in complete:
                found.append(Found(folder, inbox, name, seen.size, seen.modified_ns))
            elif seen.being_written:
                left.append(Left(folder, name, "being_written", "A process still has it open for writing."))
            else:
                left.append(Left(folder, name, "not_settled", "It is new or still grows."))
        for name in now.not_taken:
            left.append(Left(folder, name, "folder", "Folders are not taken; drop the files themselves."))
    return found, left
