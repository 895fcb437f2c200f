"""What a decision is, what decisions are about, and what a kind of decision says. Flows bring the kinds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl
    from sqlalchemy import Connection

ADMINISTRATOR, OPERATIONS, REVIEWER = "administrator", "operations", "reviewer"
"""Roles that the platform knows; RETAIL_ROLES gives them to actors."""

AUTO = "auto"
"""The actor of what the platform decides itself. Nobody may pretend to be it."""


@dataclass(frozen=True)
class Decision:
    """What somebody decided, an event."""

    decision_id: str
    at: datetime
    actor: str
    kind: str
    subject: str
    verdict: str | None = None
    reason: str | None = None
    payload: str | None = None


@dataclass(frozen=True)
class Subject:
    """What some kinds of decision are about: they all move the same state."""

    name: str
    states: "Callable[[Connection, pl.Series], pl.DataFrame]"
    """Of the subjects that are asked for, as one table: `subject`, `state`, `label` (how a sentence names it) and
    `refusal` (a sentence, where there is no such subject). Subjects that it leaves out do not exist."""
    apply: "Callable[[Connection, pl.DataFrame], Mapping[str, str]] | None" = None
    """Puts accepted decisions (columns of Decision, `state_after`, in order) into force, in the transaction that
    records them; gives `decision_id` -> sentence for those that cannot be after all. None: the log is the state."""
    described: str = "What it is about."
    """What the subject is called by, for the Launchpad."""


@dataclass(frozen=True)
class Kind:
    """One kind of decision: who may take it, and when it is legal."""

    name: str
    about: Subject
    description: str
    roles: frozenset[str]
    transitions: Mapping[str | None, Mapping[str, str]]
    """Verdict (None for a kind without verdicts) -> state before -> state after. All else is refused."""
    effect: str
    """What it does, as a sentence about {label}, {subject} and {verdict}."""
    lacking: Callable[[Decision], str | None] | None = None
    """A sentence about what a decision's payload lacks; None when it says enough."""
    example: Mapping[str, Any] = field(default_factory=dict)
    """Values of a decision of this kind, for whoever takes the first one."""

    @property
    def verdicts(self) -> list[str]:
        return [verdict for verdict in self.transitions if verdict is not None]

    def refusal(self, *, before: str, subject: str, verdict: str | None) -> str | None:
        """Why a decision is not legal; None when it is."""
        if verdict not in self.transitions:
            expected = (
                f"needs a verdict: {', '.join(sorted(self.verdicts))}"
                if self.verdicts
                else "takes no verdict"
            )
            return f"{self.name} {expected}; found {verdict or 'none'}."
        legal = self.transitions[verdict]
        if before not in legal:
            return (
                f"{self.name} does not fit: {self.about.name} {subject} is {before}; "
                f"it must be {' or '.join(sorted(legal))}."
            )
        return None
