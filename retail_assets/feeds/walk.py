"""The way of a drop through the door, from its claim to its final row. Which drops there are is admission's.

The order of steps is what makes a crash harmless: bytes are durable before the row says `stored`, rows are in
place before it says `loaded`, the row is final before the claim is removed. A step done twice is done once.
"""

import logging
import os
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path

from sqlalchemy import Connection, Engine

from retail_assets.config import Settings
from retail_assets.database import reading
from retail_assets.feeds import claims, ledger
from retail_assets.feeds.decisions.files import KINDS as FILE_KINDS
from retail_assets.feeds.decisions.log import Entry, decisions_in, folded_state, record_decisions
from retail_assets.feeds.decisions.registry import decision_kinds
from retail_assets.feeds.door import Door, Identity, Outcome
from retail_assets.feeds.duplicates import duplicate_of
from retail_assets.feeds.ends import record_duplicate, record_loaded, record_quarantined
from retail_assets.feeds.errors import Unreadable
from retail_assets.feeds.faults import is_the_platforms
from retail_assets.feeds.ledger import Drop, Unfinished
from retail_assets.feeds.many import judge_many
from retail_assets.feeds.readable import require_readable
from retail_assets.feeds.report import DropReport, Tally
from retail_assets.feeds.settling import is_being_written, modified_ns
from retail_assets.feeds.store import Changing, Stored, ToStore, store
from retail_assets.feeds.tables import CLAIMED, STORED, UNFINISHED
from retail_assets.lake import Lake

CHUNK, CHUNK_OF_MANY = 64, 1_000
"""Drops stored together: their fsyncs share the disk, and only these lie in claims and store at once."""

EXAMPLES = 5
"""Drops that stand in a report for the thousands that ended like them."""

logger = logging.getLogger(__name__)


@dataclass
class Walk:
    """One run's way through the drops, and what it has to tell."""

    settings: Settings
    lake: Lake
    engine: Engine
    door: Door
    as_of: date
    reports: dict[int, DropReport] = field(default_factory=dict)
    counted: dict[int, tuple[str, str, str | None]] = field(default_factory=dict)
    """Of drops that come by the thousand: folder, state and reason."""
    decisions: list[Entry] = field(default_factory=list)
    changed_feeds: set[str] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)
    """Drops whose source still writes to them; they need a second look."""

    def recover(self) -> None:
        """Give what an earlier run took a row, and remove what it had finished with."""
        there = claims.claimed(self.lake)
        with self.engine.begin() as connection:
            ledger.add_claims(connection, there)
            done = ledger.finished(connection, [claim.id for claim in there])
        self._give_back(done)

    def finish(self, folders: Iterable[str]) -> None:
        """Bring every unfinished drop of the folders to its end, in order.

        Those which their source still writes to get one more look after the settle pause, then wait for the
        next run where they are.
        """
        folders, paused = list(folders), False
        while True:
            with reading(self.engine) as connection:
                there = ledger.unfinished(connection, folders)
            ready = [drop for drop in there if drop.sequence not in self.waiting]
            if not ready:
                if paused or not there:
                    return
                time.sleep(self.settings.settle_seconds)
                self.waiting, paused = set(), True
            for chunk, of_many in self._chunks(ready):
                self._finish_together(chunk, of_many=of_many)

    def _chunks(self, ready: list[Unfinished]) -> Iterator[tuple[list[int], bool]]:
        """Drops in order, as many together as their door judges together."""
        for of_many, drops in groupby(ready, lambda drop: self.door.is_one_of_many(drop.folder, drop.name)):
            sequences = [drop.sequence for drop in drops]
            size = CHUNK_OF_MANY if of_many else CHUNK
            for start in range(0, len(sequences), size):
                yield sequences[start : start + size], of_many

    def _finish_together(self, sequences: list[int], *, of_many: bool) -> None:
        self._store([drop for drop in self._drops(sequences) if drop.state == CLAIMED])
        stored = [drop for drop in self._drops(sequences) if drop.state == STORED]
        if of_many and self.door.many:
            judge_many(lake=self.lake, engine=self.engine, many=self.door.many, drops=stored)
        else:
            for drop in stored:
                self._judge(drop)
        drops = self._drops(sequences)
        for drop in drops:
            if of_many:
                self.counted[drop.sequence] = (drop.folder, drop.state, drop.reason)
            else:
                known = self.reports.get(drop.sequence)
                self.reports[drop.sequence] = DropReport(drop, known.outcome if known else Outcome())
        self._give_back([drop for drop in drops if drop.state not in UNFINISHED])

    def tallies(self) -> list[Tally]:
        """What became of the drops that come by the thousand."""
        alike: dict[tuple[str, str, str | None], list[int]] = {}
        for sequence, end in self.counted.items():
            alike.setdefault(end, []).append(sequence)
        return [
            Tally(*end, count=len(sequences), examples=self._drops(sorted(sequences)[:EXAMPLES]))
            for end, sequences in alike.items()
        ]

    def _drops(self, sequences: list[int]) -> list[Drop]:
        with reading(self.engine) as connection:
            return ledger.find_drops(connection, sequences)

    # Bytes into the store

    def _store(self, drops: list[Drop]) -> None:
        there = [(drop, self._place(drop)) for drop in drops]
        files = [
            ToStore(drop.sequence, place, drop.size, drop.modified_ns)
            for drop, place in there
            if os.path.lexists(place)
        ]
        outcomes = store(lake=self.lake, files=files, max_bytes=self.settings.max_file_bytes) if files else {}
        refused = [drop for drop in drops if isinstance(outcomes.get(drop.sequence), Unreadable)]
        claims.set_aside(lake=self.lake, claims={drop.sequence: drop.claim for drop in refused})
        stored = {sequence: end for sequence, end in outcomes.items() if isinstance(end, Stored)}
        with self.engine.begin() as connection:
            ledger.record_stored(connection, stored)
            for drop in drops:
                match outcomes.get(drop.sequence):
                    case Changing() as now:
                        ledger.record_change(
                            connection, drop.sequence, size=now.size, modified_ns=now.modified_ns
                        )
                        self.waiting.add(drop.sequence)
                    case Unreadable() as refusal:
                        self._quarantine(connection, drop, refusal)
                    case None:
                        self._quarantine(connection, drop, _vanished(drop))

    def _place(self, drop: Drop) -> Path:
        """Where unstored bytes lie: among the claims, or in quarantine when they were set aside once."""
        claimed = claims.claimed_path(self.lake, drop.claim)
        return claimed if os.path.lexists(claimed) else claims.quarantine_path(self.lake, drop.sequence)

    # Bytes into rows

    def _judge(self, drop: Drop) -> None:
        """A stored drop becomes rows, a duplicate, or a case for quarantine."""
        identity = None
        try:
            require_readable(self.lake, drop)
            with _costing_one_file(drop):
                identity = self.door.identify(drop.folder, drop.name, drop.sha256 or "")
            with reading(self.engine) as connection:
                repeated = self._repeats(connection, drop, identity)
            outcome = Outcome()
            if repeated is None:
                with _costing_one_file(drop):
                    stored = self.lake.stored_file(drop.sha256 or "")
                    outcome = self.door.load(stored, drop.folder, drop.name, identity)
        except Unreadable as refusal:
            with self.engine.begin() as connection:
                self._quarantine(connection, drop, refusal, identity)
            return
        with self.engine.begin() as connection:
            self.changed_feeds |= ledger.feeds_of(connection, drop.sequence)
            if repeated is not None:
                record_duplicate(connection, drop, identity, of=repeated)
                return
            record_loaded(connection, drop, identity, outcome)
            ledger.judge_duplicates_again(connection, drop.sequence)
            self._note_changes(connection, identity, outcome)
            if "decisions" in outcome.rows:
                self._decide(connection, drop, identity)
        self.reports[drop.sequence] = DropReport(drop, outcome)

    def _repeats(self, connection: Connection, drop: Drop, identity: Identity) -> int | None:
        """The drop that this one repeats; what a person asked to be read is always read."""
        if folded_state(connection, kinds=FILE_KINDS, subject=str(drop.sequence)) == STORED:
            return None
        return duplicate_of(connection, drop=drop, identity=identity, settings=self.settings)

    def _quarantine(
        self, connection: Connection, drop: Drop, refusal: Unreadable, identity: Identity | None = None
    ) -> None:
        self.changed_feeds |= ledger.feeds_of(connection, drop.sequence)
        record_quarantined(connection, drop.sequence, refusal, identity)

    def _note_changes(self, connection: Connection, identity: Identity, outcome: Outcome) -> None:
        self.changed_feeds |= set(outcome.rows)
        if self.lake.documents(identity.content_key).exists():
            # Its documents may have replaced rows of the same source in any feed.
            self.changed_feeds |= ledger.feeds_of_source(connection, identity.source)

    def _decide(self, connection: Connection, drop: Drop, identity: Identity) -> None:
        decisions = decisions_in(self.lake, identity.content_key)
        kinds = decision_kinds(self.settings)
        entries = record_decisions(
            connection, decisions, sequence=drop.sequence, kinds=kinds, roles=self.settings.roles
        )
        for entry in entries:
            if entry.accepted and kinds[entry.decision.kind] in FILE_KINDS:
                self.changed_feeds |= ledger.feeds_of(connection, int(entry.decision.subject))
        self.decisions += entries

    # The claim's end

    def _give_back(self, drops: list[Drop]) -> None:
        """Remove the claims of finished drops, except of what their source wrote to in the meantime.

        Whoever had the file open before it was taken may still write to it. As long as somebody has, it
        stays; when it is no longer what was stored, it is a new drop of its own.
        """
        done, again = [], []
        for drop in drops:
            place = claims.claimed_path(self.lake, drop.claim)
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


@contextmanager
def _costing_one_file(drop: Drop) -> Generator[None]:
    """One file that its reader did not foresee must not stop the night: it goes to quarantine.

    The error's own text stays in the run's log: it may quote the file, and analysts read the ledger.
    """
    try:
        yield
    except Unreadable:
        raise
    except Exception as error:
        if is_the_platforms(error):
            raise
        logger.exception("Reading drop %s (%s/%s) failed.", drop.sequence, drop.folder, drop.name)
        raise Unreadable(
            "reader_failed",
            f"Reading failed unexpectedly ({type(error).__name__}); the run's log says where. The bytes are kept: "
            "once the cause is mended, release_file reads them again.",
        ) from error
