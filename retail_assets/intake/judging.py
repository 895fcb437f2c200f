"""Stored drops become rows, duplicates or cases for quarantine: one after the other, or small ones in groups.

Rows are in place before a drop says `loaded`, in the transaction that says it of all that belongs to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine

from retail_assets.database import reading
from retail_assets.error_classification import is_the_machines
from retail_assets.errors import Unreadable
from retail_assets.intake import claims, ledger, small_drops
from retail_assets.intake.claim_batches import Claim
from retail_assets.intake.duplicates import judge_later_duplicates_again
from retail_assets.intake.fault import costing_one_file, identified, reader_failed
from retail_assets.intake.handlers import (
    DECISIONS,
    Container,
    Handler,
    Handlers,
    Identity,
    LoadSmall,
    OneByOne,
    Outcome,
    Unpack,
)
from retail_assets.intake.ledger_tables import Drop
from retail_assets.intake.outcomes import record_duplicate, record_loaded, record_quarantined
from retail_assets.intake.readable import require_plain_name
from retail_assets.intake.report import DropReport
from retail_assets.lake import Lake, scratch_folder

Judged = tuple[Drop, Identity | None, Outcome | Unreadable]
"""A drop that was read: without an identity only what cannot be."""


@dataclass(frozen=True)
class Judge:
    """Reads stored drops and records what they became; what a run reports of them goes into its lists."""

    lake: Lake
    engine: Engine
    handlers: Handlers
    reports: dict[int, DropReport]
    notes: list[str]

    def judge(self, drops: Sequence[Drop], handler: Handler | None) -> list[Drop]:
        """Bring stored drops, given in order, to their end: loaded, a duplicate, or quarantined."""
        reader = handler.reader if handler else None
        if handler is None or not isinstance(reader, OneByOne) or reader.load_small is None:
            return [self._judge_alone(drop, handler) for drop in drops]
        with reading(self.engine) as connection:
            groups = list(small_drops.groups(connection, drops))
        judged: list[Drop] = []
        for group in groups:
            alone = len(group) == 1
            judged += (
                [self._judge_alone(group[0], handler)]
                if alone
                else self._judge_together(group, handler, reader.load_small)
            )
        return judged

    def _judge_together(self, drops: Sequence[Drop], handler: Handler, load_small: LoadSmall) -> list[Drop]:
        """Small stored drops, none of which repeats another, become rows or cases for quarantine in one transaction."""
        identities, refusals = identified(drops, handler)
        results: dict[int, Outcome | Unreadable] = {**refusals}
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

    def _judge_alone(self, drop: Drop, handler: Handler | None) -> Drop:
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
            self.notes.extend(handler.after_load(connection, drop, identity, outcome))
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
        counts = unpacked.counts
        return Outcome(counts=[counts], records=counts.records, metadata=unpacked.metadata), parts

    def _repeats(self, handler: Handler, drop: Drop, identity: Identity) -> int | None:
        """The drop that this one repeats; what a person asked to be read is always read."""
        if drop.asked_for:
            return None
        with reading(self.engine) as connection:
            if handler.duplicate_of is not None:
                return handler.duplicate_of(connection, drop, identity)
            return ledger.last_loaded_like(connection, drop, identity.content_key)
