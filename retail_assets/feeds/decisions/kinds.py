"""What a decision and a kind of decision are. Which kinds exist stands in the registry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection


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


class Refused(Exception):
    """A decision that does not fit; the text is the sentence that the actor gets to read."""


@dataclass(frozen=True)
class Kind:
    """One kind of decision: who may take it, when it is legal and what it does."""

    name: str
    about: str
    """What sort of thing the subject is; kinds about the same thing move the same state."""
    description: str
    roles: frozenset[str]
    transitions: Mapping[str | None, Mapping[str, str]]
    """Verdict (None for a kind without verdicts) -> state before -> state after. All else is refused."""
    state: Callable[[Connection, str], str]
    """The subject's current state. Raises Refused when there is no such subject. A flow whose state is in the
    log and nowhere else folds it with `log.folded_state`."""
    effect: Callable[[Connection, Decision, str], str]
    """Puts the state after into force, in the transaction that records the decision; returns what it did as a
    sentence. May raise Refused."""

    def next_state(self, before: str, decision: Decision) -> str:
        """The state after an accepted decision; raises Refused when the decision is not legal."""
        if decision.verdict not in self.transitions:
            verdicts = ", ".join(sorted(verdict for verdict in self.transitions if verdict))
            expected = f"needs a verdict: {verdicts}" if verdicts else "takes no verdict"
            raise Refused(f"{self.name} {expected}; found {decision.verdict or 'none'}.")
        legal = self.transitions[decision.verdict]
        if before not in legal:
            raise Refused(
                f"{self.name} does not fit: {self.about} {decision.subject} is {before}; "
                f"it must be {' or '.join(sorted(legal))}."
            )
        return legal[before]
