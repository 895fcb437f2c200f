"""The steps of one admission: a drop's way from its claim to its final row. Which drops there are is admission's.

The order of steps is what makes a crash harmless: bytes are durable before the row says `stored`, rows are in
place before it says `loaded`, the row is final before the claim is removed. A step done twice is done once.
"""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from pathlib import Path

from sqlalchemy import Connection, Engine

from retail_assets.config import Settings
from retail_assets.database import reading
from retail_assets.errors import Unreadable
from retail_assets.intake import claims, ledger
from retail_assets.intake.batch import judge_batch
from retail_assets.intake.claim_batches import claimed_path
from retail_assets.intake.claims import SettledFile, Skipped
from retail_assets.intake.handlers import (
    Batch,
    Handler,
    Handlers,
    Outcome,
)
from retail_assets.intake.judging import Judge
from retail_assets.intake.ledger import Unfinished
from retail_assets.intake.ledger_tables import CLAIMED, LOADED, STORED, UNFINISHED, Drop
from retail_assets.intake.outcomes import record_quarantined
from retail_assets.intake.readable import damaged_bytes
from retail_assets.intake.report import EXAMPLES, DropReport, Tally, count_after_all
from retail_assets.intake.settling import is_being_written, modified_ns
from retail_assets.intake.store import Changing, Stored, StoreResult, ToStore, store
from retail_assets.lake import Lake

CHUNK, BATCH_CHUNK, CHUNK_BYTES = 256, 1_000, 2**30
"""Drops stored together: their fsyncs share the disk, and only these lie in claims and store at once."""


@dataclass
class AdmissionRun:
    """One run over the drops, and what it reports."""

    settings: Settings
    lake: Lake
    engine: Engine
    handlers: Handlers
    as_of: date
    reports: dict[int, DropReport] = field(default_factory=dict)
    counted: dict[int, tuple[str, str, str | None]] = field(default_factory=dict)
    """Of drops that come by the thousand: folder, state and reason."""
    notes: list[str] = field(default_factory=list)
    """What handlers have to say beside the drops: decisions, say."""
    waiting: set[int] = field(default_factory=set)
    """Drops whose source still writes to them; they need a second look."""
    damaged: dict[int, str] = field(default_factory=dict)
    """Drops that wait for bytes that are their own, and what to do about it."""

    def recover(self) -> None:
        """Give what an earlier run took a row, and remove what it had finished with."""
        there = claims.claimed(self.lake)
        with self.engine.begin() as connection:
            ledger.add_claims(connection, there)
            done = ledger.finished(connection, [claim.id for claim in there])
        self._give_back(done)

    def take(self, found: Sequence[SettledFile]) -> list[Skipped]:
        """Take files out of the inbox and number them; gives what could not be taken."""
        taken, skipped = claims.claim(lake=self.lake, found=found, as_of=self.as_of)
        with self.engine.begin() as connection:
            ledger.add_claims(connection, taken)
        return skipped

    def finish(self, folders: Iterable[str]) -> None:
        """Bring every unfinished drop of the folders to its end, in order.

        Those which their source still writes to get one more look after the settle pause, then wait for the
        next run where they are; so do those that their handler holds back.
        """
        folders, paused = list(folders), False
        self.damaged = {}  # it may lie in the inbox again, and be mended when it is stored
        while True:
            with reading(self.engine) as connection:
                there = ledger.unfinished(connection, folders)
            handled = [(drop, self.handlers.find(drop.folder, drop.name)) for drop in there]
            free = [(d, h) for d, h in handled if h is None or h.holds(d.folder, d.name) is None]
            ready = [(d, h) for d, h in free if d.sequence not in self.waiting | self.damaged.keys()]
            if not ready:
                if paused or all(d.sequence not in self.waiting for d, _ in free):
                    return
                time.sleep(self.settings.settle_seconds)
                self.waiting, paused = set(), True
            for sequences, handler in self._chunks(ready):
                self._finish_together(sequences, handler)

    def held_back(self, folders: Iterable[str]) -> list[Skipped]:
        """Drops that were taken, in an archive say, and that their handler holds back."""
        with reading(self.engine) as connection:
            there = ledger.unfinished(connection, folders)
        found = []
        for drop in there:
            handler = self.handlers.find(drop.folder, drop.name)
            if handler and (why := handler.holds(drop.folder, drop.name)):
                found.append(Skipped(drop.folder, drop.name, "held_back", why))
        return found

    def _chunks(
        self, ready: Sequence[tuple[Unfinished, Handler | None]]
    ) -> Iterator[tuple[list[int], Handler | None]]:
        """Drops in order, as many together as their handler judges together."""
        for _, group in groupby(ready, lambda pair: pair[1].name if pair[1] else None):
            pairs = list(group)
            handler = pairs[0][1]
            most = BATCH_CHUNK if handler and isinstance(handler.reader, Batch) else CHUNK
            chunk, size = [], 0
            for drop, _ in pairs:
                if chunk and (len(chunk) == most or size + drop.size > CHUNK_BYTES):
                    yield chunk, handler
                    chunk, size = [], 0
                chunk.append(drop.sequence)
                size += drop.size
            yield chunk, handler

    def _finish_together(self, sequences: list[int], handler: Handler | None) -> None:
        with reading(self.engine) as connection:
            drops = ledger.find_drops(connection, sequences)
        claimed = self._store([drop for drop in drops if drop.state == CLAIMED])
        drops = [claimed.get(drop.sequence, drop) for drop in drops]
        # What was stored a moment ago has been hashed; what lies there since an earlier run may not be what it was.
        stored = [
            drop
            for drop in drops
            if drop.state == STORED and (drop.sequence in claimed or self._is_sound(drop))
        ]
        if handler and isinstance(handler.reader, Batch):
            judged = judge_batch(lake=self.lake, engine=self.engine, handler=handler, drops=stored)
        else:
            judged = Judge(self.lake, self.engine, self.handlers, self.reports, self.notes).judge(
                stored, handler
            )
        ended = {drop.sequence: drop for drop in judged}
        news = [drop for drop in stored if drop.duplicate_of and ended[drop.sequence].state == LOADED]
        self.notes += [count_after_all(news)] if news else []
        drops = [ended.get(drop.sequence, drop) for drop in drops]
        for drop in drops:
            if handler and isinstance(handler.reader, Batch):
                self.counted[drop.sequence] = (drop.folder, drop.state, drop.reason)
            else:
                known = self.reports.get(drop.sequence)
                self.reports[drop.sequence] = DropReport(drop, known.outcome if known else Outcome())
        self._give_back([drop for drop in drops if drop.state not in UNFINISHED])

    def drop_reports(self) -> list[DropReport]:
        """What became of the drops that are read one by one, in order. What was decided in this run counts."""
        with reading(self.engine) as connection:
            drops = ledger.find_drops(connection, list(self.reports))
        return [replace(self.reports[drop.sequence], drop=drop) for drop in drops]

    def tallies(self) -> list[Tally]:
        """What became of the drops that come by the thousand."""
        alike: dict[tuple[str, str, str | None], list[int]] = {}
        for sequence, end in self.counted.items():
            alike.setdefault(end, []).append(sequence)
        with reading(self.engine) as connection:
            return [
                Tally(
                    *end,
                    count=len(sequences),
                    examples=ledger.find_drops(connection, sorted(sequences)[:EXAMPLES]),
                )
                for end, sequences in alike.items()
            ]

    # Bytes into the store

    def _store(self, drops: Sequence[Drop]) -> dict[int, Drop]:
        """Store the bytes of claimed drops; each as it is then, by its sequence."""
        there = [(drop, self._place(drop)) for drop in drops]
        files = [
            ToStore(drop.sequence, place, drop.size, drop.modified_ns)
            for drop, place in there
            if os.path.lexists(place)
        ]
        results = store(lake=self.lake, files=files, max_bytes=self.settings.max_file_bytes) if files else {}
        refused = [drop for drop in drops if isinstance(results.get(drop.sequence), Unreadable)]
        claims.set_aside(lake=self.lake, claims={drop.sequence: drop.claim for drop in refused})
        with self.engine.begin() as connection:
            stored = {sequence: bytes_ for sequence, bytes_ in results.items() if isinstance(bytes_, Stored)}
            ledger.record_stored(connection, stored)
            return {
                drop.sequence: self._after_storing(connection, drop, results.get(drop.sequence))
                for drop in drops
            }

    def _after_storing(self, connection: Connection, drop: Drop, result: StoreResult | None) -> Drop:
        match result:
            case Stored(sha256, size):
                return replace(drop, state=STORED, sha256=sha256, size=size)
            case Changing(size, modified):
                ledger.record_change(connection, drop.sequence, size=size, modified_ns=modified)
                self.waiting.add(drop.sequence)
                return replace(drop, size=size, modified_ns=modified)
            case Unreadable() as refusal:
                return record_quarantined(connection, drop, refusal)
        return record_quarantined(connection, drop, _vanished(drop))

    def _place(self, drop: Drop) -> Path:
        """Where unstored bytes lie: among the claims, or in quarantine when they were set aside once."""
        claimed = claimed_path(self.lake, drop.claim)
        return claimed if os.path.lexists(claimed) else claims.quarantine_path(self.lake, drop.sequence)

    def _is_sound(self, drop: Drop) -> bool:
        sentence = damaged_bytes(self.lake, drop)
        if sentence:
            self.damaged[drop.sequence] = sentence
        return sentence is None

    # The claim's end

    def _give_back(self, drops: Sequence[Drop]) -> None:
        """Remove the claims of finished drops, except of what their source wrote to in the meantime.

        Whoever had the file open before it was taken may still write to it. As long as somebody has, it
        stays; when it is no longer what was stored, it is a new drop of its own.
        """
        done, again = [], []
        for drop in drops:
            place = claimed_path(self.lake, drop.claim)
            if drop.sha256:
                claims.quarantine_path(self.lake, drop.sequence).unlink(missing_ok=True)
            if not os.path.lexists(place) or is_being_written(place):
                continue
            status = place.lstat()
            unchanged = (status.st_size, modified_ns(status)) == (drop.size, drop.modified_ns)
            (done if unchanged else again).append(drop.claim)
        claims.release(lake=self.lake, claims=done)
        for claim in again:
            new = claims.claim_again(lake=self.lake, claim=claim, as_of=self.as_of)
            with self.engine.begin() as connection:
                ledger.add_claims(connection, [new])
                self.waiting.add(ledger.sequence_of(connection, new.id))


def _vanished(drop: Drop) -> Unreadable:
    return Unreadable(
        "claim_missing",
        f"The file was taken and then disappeared from lake/claims/{drop.claim} before it was stored; "
        "somebody removed it. Drop it again.",
    )
