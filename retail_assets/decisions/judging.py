"""Are decisions legal? All of them at once: what has to be asked is asked as tables, then they are gone through in
order, because each may depend on the one before. Nothing here is written.
"""

from collections.abc import Collection, Mapping
from dataclasses import fields

import polars as pl
from sqlalchemy import Connection, select

from retail_assets.decisions.kinds import AUTO, Decision, Kind, Subject
from retail_assets.intake.ledger import pieces
from retail_assets.intake.ledger_tables import DECISIONS

COLUMNS = [f.name for f in fields(Decision)]


def judge(
    connection: Connection,
    decisions: pl.DataFrame,
    *,
    kinds: Mapping[str, Kind],
    roles: Mapping[str, Collection[str]],
    by_platform: bool = False,
) -> pl.DataFrame:
    """The decisions (columns of Decision, in order) with `accepted`, `state_after` and `message`.

    The same event that the log has already is left out. Only what the platform itself wrote may be by the actor
    `auto`, who needs no role.
    """
    known = _known_events(connection, decisions["decision_id"])
    subjects = {kind.about.name: kind.about for kind in kinds.values()}
    now = {name: _states(connection, about, decisions, kinds) for name, about in subjects.items()}
    judged = []
    for row in decisions.select(COLUMNS).iter_rows():
        decision_id, _, actor, kind_name, subject, verdict, *_ = row
        if row in known.get(decision_id, ()):
            continue
        kind = kinds.get(kind_name)
        refusal = _refusal(kind_name, kind, kinds, actor, roles, by_platform=by_platform)
        if decision_id in known:
            refusal = "The log has another decision with this id; give it an id of its own."
        if refusal is None and kind is not None:
            state, label, refusal = now[kind.about.name].get(subject, (None, subject, None))
            if state is None:
                refusal = refusal or f"There is no {kind.about.name} {subject[:80]}."
            else:
                refusal = kind.refusal(before=state, subject=subject, verdict=verdict)
            if refusal is None and kind.lacking is not None:
                refusal = kind.lacking(Decision(*row))
        if refusal is not None or kind is None:
            judged.append((*row, False, None, refusal))
            known.setdefault(decision_id, set()).add(row)
            continue
        after = kind.transitions[verdict][state]
        now[kind.about.name][subject] = (after, label, None)
        message = kind.effect.format(label=label, subject=subject, verdict=verdict)
        judged.append((*row, True, after, message))
        known.setdefault(decision_id, set()).add(row)
    outcome = {"accepted": pl.Boolean, "state_after": pl.String, "message": pl.String}
    schema = {name: decisions.schema[name] for name in COLUMNS} | outcome
    return pl.DataFrame(judged, schema=schema, orient="row")


def _refusal(
    kind_name: str,
    kind: Kind | None,
    kinds: Mapping[str, Kind],
    actor: str,
    roles: Mapping[str, Collection[str]],
    *,
    by_platform: bool,
) -> str | None:
    """Why this actor may not take a decision of this kind, whatever it is about."""
    if kind is None:
        return f"There is no kind {kind_name}; there are {', '.join(sorted(kinds))}."
    if by_platform:
        return None
    if actor == AUTO:
        return f"{AUTO} is the platform itself: nobody decides under that name."
    if not kind.roles & set(roles.get(actor, ())):
        needed = " or ".join(sorted(kind.roles))
        return f"{actor} may not decide {kind.name}: it needs the role {needed} (RETAIL_ROLES)."
    return None


def _known_events(connection: Connection, ids: pl.Series) -> dict[str, set[tuple]]:
    """What the log has under some ids."""
    found: dict[str, set[tuple]] = {}
    columns = [DECISIONS.c[name] for name in COLUMNS]
    for some in pieces(ids.unique().to_list()):
        for row in connection.execute(select(*columns).where(DECISIONS.c.decision_id.in_(some))):
            found.setdefault(row.decision_id, set()).add(tuple(row))
    return found


def _states(
    connection: Connection, about: Subject, decisions: pl.DataFrame, kinds: Mapping[str, Kind]
) -> dict[str, tuple[str | None, str, str | None]]:
    """State, label and refusal of every subject that decisions of these kinds name."""
    names = [name for name, kind in kinds.items() if kind.about.name == about.name]
    subjects = decisions.filter(pl.col("kind").is_in(names))["subject"].unique()
    if subjects.is_empty():
        return {}
    table = about.states(connection, subjects)
    absent = [name for name in ("label", "refusal") if name not in table.columns]
    table = table.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    rows = table.select("subject", "state", pl.coalesce("label", "subject"), "refusal").iter_rows()
    return {subject: (state, label, refusal) for subject, state, label, refusal in rows}
