"""The append-only log of decisions: what was decided, whether it fitted, and what became of it.

Every decision is kept. One that does not fit is refused with a sentence and changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping

import polars as pl
from sqlalchemy import Connection, func, insert, select

from retail_assets.decisions.judging import COLUMNS, judge
from retail_assets.decisions.kinds import Kind
from retail_assets.intake.ledger import note_change, pieces
from retail_assets.intake.ledger_tables import DECISIONS, Drop
from retail_assets.lake import Lake

NAMED = 20
"""Decisions of one file that a report names; the others are counted."""

INSERTED_AT_ONCE = 50_000


def decisions_in(lake: Lake, content_key: str) -> pl.DataFrame:
    """The decisions of an admitted file, in the order in which they were taken."""
    rows = (
        pl.read_parquet(lake.rows("decisions", content_key), glob=False).sort("at", "_record").select(COLUMNS)
    )
    return rows.with_columns(
        pl.selectors.string().str.replace_all("\0", "\ufffd", literal=True)
    )  # PostgreSQL


def record_decisions(
    connection: Connection,
    decisions: pl.DataFrame,
    *,
    drop: Drop,
    kinds: Mapping[str, Kind],
    roles: Mapping[str, Collection[str]],
) -> list[str]:
    """Judge decisions in order, put the accepted ones into force, and append them all to the log.

    Gives a line for each, or for many the number of them.
    """
    judged = judge(connection, decisions, kinds=kinds, roles=roles, by_platform=drop.by_platform)
    for about in {kind.about.name: kind.about for kind in kinds.values()}.values():
        names = [name for name, kind in kinds.items() if kind.about.name == about.name]
        accepted = judged.filter("accepted", pl.col("kind").is_in(names))
        if about.apply is not None and accepted.height:
            judged = _refused_after_all(judged, about.apply(connection, accepted))
    first = (connection.scalar(select(func.max(DECISIONS.c.entry))) or 0) + 1
    numbered = judged.with_columns(
        entry=pl.int_range(first, first + judged.height), sequence=pl.lit(drop.sequence)
    )
    for part in numbered.iter_slices(INSERTED_AT_ONCE):
        connection.execute(insert(DECISIONS), part.to_dicts())
    note_change(connection, "decisions", range(first, first + judged.height))
    return _lines(judged)


def _refused_after_all(judged: pl.DataFrame, refusals: Mapping[str, str]) -> pl.DataFrame:
    if not refusals:
        return judged
    refused = pl.col("accepted") & pl.col("decision_id").is_in(list(refusals))
    return judged.with_columns(
        accepted=pl.col("accepted") & ~refused,
        state_after=pl.when(~refused).then("state_after"),
        message=pl.when(refused)
        .then(pl.col("decision_id").replace_strict(refusals, default=None, return_dtype=pl.String))
        .otherwise("message"),
    )


def _lines(judged: pl.DataFrame) -> list[str]:
    lines = [
        f"Decision {row['decision_id']} by {row['actor']} ({row['kind']} {row['subject']}): "
        f"{'accepted' if row['accepted'] else 'refused'}. {row['message']}"
        for row in judged.head(NAMED).iter_rows(named=True)
    ]
    beyond = judged.slice(NAMED)
    if beyond.height:
        accepted = beyond["accepted"].sum()
        lines.append(f"{accepted:,} more decisions accepted, {beyond.height - accepted:,} more refused.")
    return lines


def folded_states(
    connection: Connection, *, kinds: Iterable[Kind], subjects: Collection[str]
) -> dict[str, str]:
    """The states that decisions of these kinds gave to subjects, of those about which there are any.

    For flows whose state is in the log and nowhere else.
    """
    names = [kind.name for kind in kinds]
    found: dict[str, str] = {}
    for some in pieces(list(subjects)):
        query = (
            select(DECISIONS.c.subject, DECISIONS.c.state_after)
            .where(DECISIONS.c.kind.in_(names), DECISIONS.c.subject.in_(some), DECISIONS.c.accepted)
            .order_by(DECISIONS.c.entry)
        )
        found |= {subject: state for subject, state in connection.execute(query) if state is not None}
    return found
