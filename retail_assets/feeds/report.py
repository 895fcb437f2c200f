"""What an admission did, for the UI, the log and the command line."""

from dataclasses import dataclass, field
from datetime import date

from retail_assets.feeds.claims import Left
from retail_assets.feeds.decisions.log import Entry
from retail_assets.feeds.door import Outcome
from retail_assets.feeds.ledger import Drop
from retail_assets.feeds.tables import LOADED, UNFINISHED


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
class AdmissionReport:
    """Everything one admission touched."""

    as_of: date
    drops: list[DropReport]
    left: list[Left]
    decisions: list[Entry]
    changed_feeds: frozenset[str]
    """Feeds whose rows are not what they were, by this run's loads, withdrawals and replaced documents."""

    def summary(self) -> list[str]:
        """One line for everything that happened, for a log."""
        decided = [
            f"Decision {entry.decision.decision_id} by {entry.decision.actor} ({entry.decision.kind} "
            f"{entry.decision.subject}): {'accepted' if entry.accepted else 'refused'}. {entry.message}"
            for entry in self.decisions
        ]
        left = [
            f"{left.folder}/{left.name}: left in the inbox ({left.reason}). {left.message}"
            for left in self.left
        ]
        return [*decided, *(report.line() for report in self.drops), *left] or ["Nothing was dropped."]

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
            f"| | {_cell(left.name)} | left in the inbox | | {_cell(left.message)} |"
            for left in self.left
            if left.folder == folder
        ]
        if not lines:
            return "Nothing was dropped."
        head = "| drop | file | state | records | message |\n|---|---|---|---|---|\n"
        return head + "\n".join(lines)

    def _loaded(self) -> list[DropReport]:
        return [report for report in self.drops if report.drop.state == LOADED]


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`")
