"""What an admission did, for the UI, the log and the command line."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from retail_assets.intake.claims import Skipped
from retail_assets.intake.handlers import Outcome
from retail_assets.intake.ledger_tables import CLAIMED, LOADED, STORED, Drop

SKIPPED_NAMED = 20
"""Files skipped in one inbox for one reason that a report names; the others are counted."""

EXAMPLES = 5
"""Drops that stand in a report for the thousands that ended like them."""


@dataclass(frozen=True)
class DropReport:
    """A drop after this run touched it, and what it became if it was loaded."""

    drop: Drop
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def rejected(self) -> int:
        return sum(counts.rejected for counts in self.outcome.counts)

    @property
    def not_read(self) -> str:
        """What of the drop nobody asked for; empty where all of it was read."""
        return f"not read: {', '.join(self.outcome.left_out)}" if self.outcome.left_out else ""

    def line(self) -> str:
        drop, outcome = self.drop, self.outcome
        place = f"{drop.sequence} {drop.folder}/{drop.name}: {drop.state}"
        if drop.state == STORED:
            return f"{place}, not read yet."
        if drop.state == CLAIMED:
            return f"{place}. Its source still writes to it; the next run looks again."
        if drop.state != LOADED:
            return f"{place} ({drop.reason}). {drop.message}" if drop.reason else f"{place}."
        counts = ", ".join(f"{rows:,} rows in {feed}" for feed, rows in outcome.rows.items()) or "no rows"
        told = {
            "left out": sum(counts.filtered for counts in outcome.counts),
            "duplicate": sum(counts.duplicate for counts in outcome.counts),
            "rejected": self.rejected,
            "flagged": sum(counts.flagged for counts in outcome.counts),
        }
        rest = "".join(f", {count:,} {what}" for what, count in told.items() if count)
        unknown = (
            f"; columns not taken: {', '.join(outcome.unknown_columns)}" if outcome.unknown_columns else ""
        )
        not_read = f"; {self.not_read}" if self.not_read else ""
        return f"{place}, {counts}{rest}{unknown}{not_read}."


@dataclass(frozen=True)
class Tally:
    """Many drops of one folder that ended alike; a few of them stand for all."""

    folder: str
    state: str
    reason: str | None
    count: int
    examples: list[Drop]

    def line(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        said = f" {self.message}" if self.message else ""
        return f"{self.folder}: {self.count:,} {self.state}{reason}: {self.names}.{said}"

    @property
    def names(self) -> str:
        named = ", ".join(f"{drop.sequence} {drop.name}" for drop in self.examples)
        return named + (", …" if self.count > len(self.examples) else "")

    @property
    def message(self) -> str:
        """What the first of them says about itself."""
        return self.examples[0].message or ""


def count_after_all(drops: Sequence[Drop]) -> str:
    """Of drops that were duplicates and are loaded now; they still say of what."""
    named = ", ".join(f"{d.sequence} {d.folder}/{d.name} (of {d.duplicate_of})" for d in drops[:EXAMPLES])
    more = f" and {len(drops) - EXAMPLES:,} more" if len(drops) > EXAMPLES else ""
    return f"No longer duplicates, these count now: {named}{more}."


@dataclass(frozen=True)
class FileLine:
    """A line of the table of a folder's files: one drop, or many that ended alike."""

    drop: int | None
    file: str
    state: str
    records: int | None = None
    rejected: int | None = None
    reason: str = ""
    message: str = ""


@dataclass(frozen=True)
class AdmissionReport:
    """Everything one admission touched."""

    as_of: date
    drops: list[DropReport]
    tallies: list[Tally]
    """Of drops that come by the thousand."""
    skipped: list[Skipped]
    notes: list[str]
    """What else happened: decisions, say."""

    @property
    def drop_count(self) -> int:
        return len(self.drops) + sum(tally.count for tally in self.tallies)

    def states(self) -> Counter[str]:
        """How many drops of this run came to which state."""
        found = Counter(report.drop.state for report in self.drops)
        for tally in self.tallies:
            found[tally.state] += tally.count
        return found

    def summary(self) -> list[str]:
        """One line for everything that happened, for a log."""
        skipped = [
            f"{one.folder}/{one.name}: left in the inbox ({one.reason}). {one.message}"
            for one in self._skipped_to_name()
        ]
        counted = [tally.line() for tally in self.tallies]
        lines = [*self.notes, *(r.line() for r in self.drops), *counted, *skipped, *self._skipped_beyond()]
        return lines or ["Nothing was dropped."]

    def rows_admitted(self, feed: str) -> int:
        return sum(report.outcome.rows.get(feed, 0) for report in self.drops if report.drop.state == LOADED)

    def files(self, folder: str) -> list[FileLine]:
        """What happened to the files of one inbox folder."""
        lines = [
            FileLine(
                report.drop.sequence,
                report.drop.name,
                report.drop.state,
                report.drop.records,
                report.rejected or None,
                report.drop.reason or "",
                report.drop.message or report.not_read,
            )
            for report in self.drops
            if report.drop.folder == folder
        ]
        lines += [
            FileLine(
                None,
                f"{tally.count:,} files: {tally.names}",
                tally.state,
                reason=tally.reason or "",
                message=tally.message,
            )
            for tally in self.tallies
            if tally.folder == folder
        ]
        lines += [
            FileLine(None, one.name, "left in the inbox", reason=one.reason, message=one.message)
            for one in self._skipped_to_name()
            if one.folder == folder
        ]
        return lines + [FileLine(None, line, "left in the inbox") for line in self._skipped_beyond(folder)]

    def _skipped_to_name(self) -> list[Skipped]:
        seen: Counter[tuple[str, str]] = Counter()
        named = []
        for one in self.skipped:
            seen[one.folder, one.reason] += 1
            if seen[one.folder, one.reason] <= SKIPPED_NAMED:
                named.append(one)
        return named

    def _skipped_beyond(self, folder: str | None = None) -> list[str]:
        """One line for all that were skipped for the same reason as those that are named."""
        counts = Counter((one.folder, one.reason) for one in self.skipped if folder in (None, one.folder))
        return [
            f"{place}: {count - SKIPPED_NAMED:,} more left in the inbox ({reason})."
            for (place, reason), count in counts.items()
            if count > SKIPPED_NAMED
        ]
