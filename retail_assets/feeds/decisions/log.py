"""The append-only log of decisions: what was decided, whether it fitted, and what became of it.

Every decision is kept. One that does not fit is refused with a sentence and changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, insert, select

from retail_assets.feeds.decisions.kinds import Decision, Kind, Refused
from retail_assets.feeds.tables import DECISIONS
from retail_assets.lake import Lake


@dataclass(frozen=True)
class Entry:
    """A decision in the log, with its outcome."""

    decision: Decision
    accepted: bool
    message: str
    state_after: str | None = None


def decisions_in(lake: Lake, content_key: str) -> list[Decision]:
    """The decisions of an admitted file, in the order in which they were taken."""
    columns = list(Decision.__dataclass_fields__)
    rows = pl.read_parquet(lake.rows("decisions", content_key)).sort("at", "_record").select(columns)
    texts = pl.selectors.string().str.replace_all("\0", "\ufffd", literal=True)  # PostgreSQL takes no NUL
    return [Decision(**row) for row in rows.with_columns(texts).iter_rows(named=True)]


def record_decisions(
    connection: Connection,
    decisions: list[Decision],
    *,
    sequence: int,
    kinds: Mapping[str, Kind],
    roles: Mapping[str, list[str]],
) -> list[Entry]:
    """Judge decisions in order, put the accepted ones into force, and append them all to the log."""
    entries = []
    for decision in decisions:
        known = connection.execute(
            select(DECISIONS).where(DECISIONS.c.decision_id == decision.decision_id)
        ).all()
        if any(_decision(row._mapping) == decision for row in known):
            continue  # the same event sent again is no second event
        entry = _judged(connection, decision, kinds=kinds, roles=roles, id_is_taken=bool(known))
        connection.execute(
            insert(DECISIONS).values(
                **vars(decision),
                sequence=sequence,
                accepted=entry.accepted,
                state_after=entry.state_after,
                message=entry.message,
            )
        )
        entries.append(entry)
    return entries


def _judged(
    connection: Connection,
    decision: Decision,
    *,
    kinds: Mapping[str, Kind],
    roles: Mapping[str, list[str]],
    id_is_taken: bool,
) -> Entry:
    try:
        if id_is_taken:
            raise Refused("The log has another decision with this id; give it an id of its own.")
        kind = kinds.get(decision.kind)
        if kind is None:
            raise Refused(f"There is no kind {decision.kind}; there are {', '.join(sorted(kinds))}.")
        if not kind.roles & set(roles.get(decision.actor, [])):
            needed = " or ".join(sorted(kind.roles))
            raise Refused(
                f"{decision.actor} may not decide {kind.name}: it needs the role {needed} (RETAIL_ROLES)."
            )
        after = kind.next_state(kind.state(connection, decision.subject), decision)
        with connection.begin_nested():
            message = kind.effect(connection, decision, after)
    except Refused as refusal:
        return Entry(decision, accepted=False, message=str(refusal))
    return Entry(decision, accepted=True, message=message, state_after=after)


def folded_state(connection: Connection, *, kinds: Iterable[Kind], subject: str) -> str | None:
    """The state that decisions of these kinds, all about the same thing, gave a subject; None without any."""
    return folded_states(connection, kinds=kinds, subjects=[subject]).get(subject)


def folded_states(connection: Connection, *, kinds: Iterable[Kind], subjects: list[str]) -> dict[str, str]:
    """The states of those subjects about which there are decisions; of as many as one query takes."""
    query = (
        select(DECISIONS.c.subject, DECISIONS.c.state_after)
        .where(
            DECISIONS.c.kind.in_([kind.name for kind in kinds]),
            DECISIONS.c.subject.in_(subjects),
            DECISIONS.c.accepted,
        )
        .order_by(DECISIONS.c.entry)
    )
    return {subject: state for subject, state in connection.execute(query) if state is not None}


def _decision(values: Mapping) -> Decision:
    return Decision(**{name: values[name] for name in Decision.__dataclass_fields__})
