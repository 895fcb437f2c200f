"""What an admission did, for the UI, the log and the command line."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from retail_assets.feeds.claims import Left
from retail_assets.feeds.decisions.log import Entry
from retail_assets.feeds.door import Outcome
from retail_assets.feeds.ledger import Drop
from retail_assets.feeds.tables import LOADED, UNFINISHED

LEFT_NAMED = 20
"""Files left in one inbox for one reason that a report names; the others are counted."""


@dataclass(frozen=True)
class DropReport:
    """A drop after this run touched it, and what it became if it was loaded."""

    drop: Drop
    outcome: Outcome = field(default_factory=Outcome)

    def line(self) -> str:
        drop, outcome = self.drop, self.outcome
        place = f"{drop.sequence} {drop.folder}/{drop.name}: {drop.state}"
        if drop.state in UNFINISHED:
            return f"{place}. Its source still writes to it; the next run looks again."
        if drop.state != LOADED:
            return f"{place} ({drop.reason}). {drop.message}" if drop.reason else f"{place}."
        counts = ", ".join(f"{rows:,} rows in {feed}" for feed, rows in outcome.rows.items()) or "no rows"
        lost = {
            "left out": sum(account.left_out for account in outcome.accounts),
            "duplicate": sum(account.duplicate for account in outcome.accounts),
            "rejected": sum(account.rejected for account in outcome.accounts),
        }
        rest = "".join(f", {count:,} {what}" for what, count in lost.items() if count)
        unknown = (
            f"; columns not taken: {', '.join(outcome.unknown_columns)}" if outcome.unknown_columns else ""
        )
        return f"{place}, {counts}{rest}{unknown}."


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


@dataclass(frozen=True)
class AdmissionReport:
    """Everything one admission touched."""

    as_of: date
    drops: list[DropReport]
    tallies: list[Tally]
    """Of drops that come by the thousand."""
    left: list[Left]
    decisions: list[Entry]
    changed_feeds: frozenset[str]
    """Feeds whose rows are not what they were, by this run's loads, withdrawals and replaced documents."""

    @property
    def drop_count(self) -> int:
        return len(self.drops) + sum(tally.count for tally in self.tallies)

    def summary(self) -> list[str]:
        """One line for everything that happened, for a log."""
        decided = [
            f"Decision {entry.decision.decision_id} by {entry.decision.actor} ({entry.decision.kind} "
            f"{entry.decision.subject}): {'accepted' if entry.accepted else 'refused'}. {entry.message}"
            for entry in self.decisions
        ]
        left = [
            f"{left.folder}/{left.name}: left in the inbox ({left.reason}). {left.message}"
            for left in self._left_to_name()
        ]
        counted = [tally.line() for tally in self.tallies]
        lines = [*decided, *(report.line() for report in self.drops), *counted, *left, *self._left_beyond()]
        return lines or ["Nothing was dropped."]

    def new_contents(self, feed: str) -> list[str]:
        """The content keys that gave the feed rows in this run."""
        keys = (report.drop.content_key for report in self._loaded() if feed in report.outcome.rows)
        return sorted({key for key in keys if key})

    def rows_admitted(self, feed: str) -> int:
        return sum(report.outcome.rows.get(feed, 0) for report in self._loaded())

    def markdown(self, folder: str) -> str:
        """A table of what happened to the files of one folder."""
        lines = [
            f"| {report.drop.sequence} | {_cell(report.drop.name)} | {report.drop.state} "
            f"| {report.drop.records if report.drop.records is not None else ''} "
            f"| {_cell(report.drop.message or '')} |"
            for report in self.drops
            if report.drop.folder == folder
        ]
        lines += [
            f"| | {tally.count:,} files: {_cell(tally.names)} | {tally.state} | | {_cell(tally.message)} |"
            for tally in self.tallies
            if tally.folder == folder
        ]
        lines += [
            f"| | {_cell(left.name)} | left in the inbox | | {_cell(left.message)} |"
            for left in self._left_to_name()
            if left.folder == folder
        ]
        lines += [f"| | {_cell(line)} | left in the inbox | | |" for line in self._left_beyond(folder)]
        if not lines:
            return "Nothing was dropped."
        head = "| drop | file | state | records | message |\n|---|---|---|---|---|\n"
        return head + "\n".join(lines)

    def _left_to_name(self) -> list[Left]:
        seen: Counter[tuple[str, str]] = Counter()
        named = []
        for left in self.left:
            seen[left.folder, left.reason] += 1
            if seen[left.folder, left.reason] <= LEFT_NAMED:
                named.append(left)
        return named

    def _left_beyond(self, folder: str | None = None) -> list[str]:
        """One line for all that was left for the same reason as those that are named."""
        counts = Counter((left.folder, left.reason) for left in self.left if folder in (None, left.folder))
        return [
            f"{place}: {count - LEFT_NAMED:,} more left in the inbox ({reason})."
            for (place, reason), count in counts.items()
            if count > LEFT_NAMED
        ]

    def _loaded(self) -> list[DropReport]:
        return [report for report in self.drops if report.drop.state == LOADED]


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`")
