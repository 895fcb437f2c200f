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
from retail_assets.error_classification import is_the_machines
from retail_assets.errors import Unreadable
from retail_assets.intake import claims, ledger, small_drops
from retail_assets.intake.batch import judge_batch
from retail_assets.intake.claim_batches import Claim, claimed_path
from retail_assets.intake.claims import SettledFile, Skipped
from retail_assets.intake.duplicates import judge_later_duplicates_again
from retail_assets.intake.fault import costing_one_file, reader_failed
from retail_assets.intake.handlers import (
    DECISIONS,
    Batch,
    Container,
    Handler,
    Handlers,
    Identity,
    LoadSmall,
    OneByOne,
    Outcome,
    Unpack,
)
from retail_assets.intake.ledger import Unfinished
from retail_assets.intake.ledger_tables import CLAIMED, LOADED, STORED, UNFINISHED, Drop
from retail_assets.intake.outcomes import record_duplicate, record_loaded, record_quarantined
from retail_assets.intake.readable import damaged_bytes, require_plain_name
from retail_assets.intake.report import EXAMPLES, DropReport, Tally, count_after_all
from retail_assets.intake.settling import is_being_written, modified_ns
from retail_assets.intake.store import Changing, Stored, StoreResult, ToStore, store
from retail_assets.lake import Lake, scratch_folder

CHUNK, BATCH_CHUNK = 64, 1_000
"""Drops stored together: their fsyncs share the disk, and only these lie in claims and store at once."""


Judged = tuple[Drop, Identity | None, Outcome | Unreadable]
"""A drop that was read: without an identity only what cannot be."""


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
            handler, sequences = pairs[0][1], [drop.sequence for drop, _ in pairs]
            size = BATCH_CHUNK if handler and isinstance(handler.reader, Batch) else CHUNK
            for start in range(0, len(sequences), size):
                yield sequences[start : start + size], handler

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
            judged = self._judge_in_order(stored, handler)
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

    # Bytes into rows

    def _is_sound(self, drop: Drop) -> bool:
        sentence = damaged_bytes(self.lake, drop)
        if sentence:
            self.damaged[drop.sequence] = sentence
        return sentence is None

    def _judge_in_order(self, drops: Sequence[Drop], handler: Handler | None) -> list[Drop]:
        reader = handler.reader if handler else None
        if handler is None or not isinstance(reader, OneByOne) or reader.load_small is None:
            return [self._judge(drop, handler) for drop in drops]
        with reading(self.engine) as connection:
            groups = list(small_drops.groups(connection, drops))
        judged: list[Drop] = []
        for group in groups:
            alone = len(group) == 1
            judged += (
                [self._judge(group[0], handler)]
                if alone
                else self._judge_together(group, handler, reader.load_small)
            )
        return judged

    def _judge_together(self, drops: Sequence[Drop], handler: Handler, load_small: LoadSmall) -> list[Drop]:
        """Small stored drops, none of which repeats another, become rows or cases for quarantine in one transaction."""
        identities: dict[int, Identity] = {}
        results: dict[int, Outcome | Unreadable] = {}
        for drop in drops:
            try:
                require_plain_name(drop)
                with costing_one_file(drop):
                    identities[drop.sequence] = handler.identify(drop)
            except Unreadable as refusal:
                results[drop.sequence] = refusal
        readable = [drop for drop in drops if drop.sequence in identities]
        read = load_small(
            [(self.lake.stored_file(d.sha256 or ""), d, identities[d.sequence]) for d in readable]
        )
        for drop, found in zip(readable, read, strict=True):
            results[drop.sequence] = reader_failed(drop, found) if isinstance(found, Exception) else found
        found = [(drop, identities.get(drop.sequence), results[drop.sequence]) for drop in drops]
        with self.engine.begin() as connection:
            return self._recorded(connection, handler, found)

    def _recorded(self, connection: Connection, handler: Handler, found: Sequence[Judged]) -> list[Drop]:
        """Record what several drops became; what goes wrong with one costs the others nothing."""
        loaded = [(drop, i, result) for drop, i, result in found if i and isinstance(result, Outcome)]
        ended: dict[int, Drop] = {}
        # A decision sees the drops before it loaded, and those after it not yet.
        if not any(DECISIONS in outcome.rows for _, _, outcome in loaded):
            try:
                with connection.begin_nested():
                    recorded = self._record_loaded(connection, handler, loaded)
                ended = {drop.sequence: drop for drop in recorded}
            except Exception as error:
                if is_the_machines(error):
                    raise
        return [
            ended.get(drop.sequence) or self._recorded_alone(connection, handler, drop, identity, result)
            for drop, identity, result in found
        ]

    def _recorded_alone(
        self,
        connection: Connection,
        handler: Handler,
        drop: Drop,
        identity: Identity | None,
        result: Outcome | Unreadable,
    ) -> Drop:
        if identity is not None and isinstance(result, Outcome):
            try:
                with costing_one_file(drop), connection.begin_nested():
                    [ended] = self._record_loaded(connection, handler, [(drop, identity, result)])
                    return ended
            except Unreadable as refusal:
                result = refusal
        assert isinstance(result, Unreadable)
        return record_quarantined(connection, drop, result, identity)

    def _judge(self, drop: Drop, handler: Handler | None) -> Drop:
        """A stored drop becomes rows, a duplicate, or a case for quarantine."""
        identity = None
        try:
            require_plain_name(drop)
            handler = handler or self.handlers.of(drop.folder, drop.name)
            with costing_one_file(drop):
                identity = handler.identify(drop)
                return self._rows_or_duplicate(handler, drop, identity)
        except Unreadable as refusal:
            with self.engine.begin() as connection:
                return record_quarantined(connection, drop, refusal, identity)

    def _rows_or_duplicate(self, handler: Handler, drop: Drop, identity: Identity) -> Drop:
        repeated = self._repeats(handler, drop, identity)
        if repeated is not None:
            with self.engine.begin() as connection:
                return record_duplicate(connection, drop, identity, of=repeated)
        outcome, parts = self._load(handler, drop, identity)
        with self.engine.begin() as connection:
            ledger.add_claims(connection, parts)
            [ended] = self._record_loaded(connection, handler, [(drop, identity, outcome)])
        return ended

    def _record_loaded(
        self, connection: Connection, handler: Handler, loaded: Sequence[tuple[Drop, Identity, Outcome]]
    ) -> list[Drop]:
        recorded = record_loaded(connection, loaded)
        judge_later_duplicates_again(connection, recorded)
        for drop, (_, identity, outcome) in zip(recorded, loaded, strict=True):
            self.notes += handler.after_load(connection, drop, identity, outcome)
            self.reports[drop.sequence] = DropReport(drop, outcome)
        return recorded

    def _load(self, handler: Handler, drop: Drop, identity: Identity) -> tuple[Outcome, list[Claim]]:
        stored = self.lake.stored_file(drop.sha256 or "")
        match handler.reader:
            case OneByOne(load):
                return load(stored, drop, identity), []
            case Container(unpack):
                return self._unpack(unpack, stored, drop)
        raise AssertionError(f"{handler.name} judges its drops together")

    def _unpack(self, unpack: Unpack, stored: Path, drop: Drop) -> tuple[Outcome, list[Claim]]:
        """Put a container's parts among the claims; they get their rows in the transaction that loads it."""
        with reading(self.engine) as connection:
            nesting, known = ledger.nesting_of(connection, drop), ledger.has_parts(connection, drop.sequence)
        with scratch_folder(self.lake) as scratch:
            unpacked = unpack(stored, drop, nesting, scratch)
            # A run that was killed after it had unpacked has left the parts among the claims, which have rows by now.
            parts = [] if known else claims.put_parts(lake=self.lake, drop=drop, parts=unpacked.parts)
        return Outcome(counts=[unpacked.counts], records=unpacked.counts.records), parts

    def _repeats(self, handler: Handler, drop: Drop, identity: Identity) -> int | None:
        """The drop that this one repeats; what a person asked to be read is always read."""
        if drop.asked_for:
            return None
        with reading(self.engine) as connection:
            if handler.duplicate_of is not None:
                return handler.duplicate_of(connection, drop, identity)
            return ledger.last_loaded_like(connection, drop, identity.content_key)

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
