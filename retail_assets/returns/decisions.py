"""The decision about a return case: operations change its status, its priority, or who works on it.

It is judged against the state that people saw, which is the published one. Whether it still fits what happened since is
for the history of the case to say, which keeps it as broken where it does not.
"""

import json
from typing import TYPE_CHECKING

from retail_assets.decisions.kinds import ADMINISTRATOR, OPERATIONS, Decision, Kind, Subject
from retail_assets.returns.published import published
from retail_assets.returns.rules import FINAL_STATUSES, NAME_CHARACTERS, PRIORITIES, STATUSES, TRANSITIONS

if TYPE_CHECKING:
    import polars as pl
    from sqlalchemy import Connection

    from retail_assets.lake import Lake
    from retail_assets.platform import Platform

ASSIGN = "assign"
"""The verdict that gives a case to somebody, whom the payload names: {"assigned_to": "u-61"}."""

_ACTIVE = [status for status in STATUSES if status not in FINAL_STATUSES]


def decision_kinds(platform: "Platform") -> list[Kind]:
    def states(_: "Connection", subjects: "pl.Series") -> "pl.DataFrame":
        return published_states(platform.lake, subjects)

    changed = {after: {b: after for b in _ACTIVE if after in TRANSITIONS[b]} for after in STATUSES}
    kept = {verdict: {status: status for status in _ACTIVE} for verdict in (*PRIORITIES, ASSIGN)}
    return [
        Kind(
            name="change_case",
            about=Subject(
                "return case",
                states,
                described="Return case, as in the mart ops_queue (R-20261118-003).",
            ),
            description=(
                "Change a return case: the verdict is its new status, its new priority, or `assign` with whoever "
                'gets it in the payload ({"assigned_to": "u-61"}).'
            ),
            roles=frozenset({ADMINISTRATOR, OPERATIONS}),
            transitions={verdict: before for verdict, before in (changed | kept).items() if before},
            effect="Return case {label}: {verdict}.",
            lacking=_nobody_named,
            example={"subject": "R-20261118-003", "verdict": "in_review"},
        )
    ]


def _nobody_named(decision: Decision) -> str | None:
    """What a decision that gives a case to somebody lacks: who that is."""
    try:
        said = json.loads(decision.payload or "null")
    except (ValueError, RecursionError):
        said = None
    named = said.get("assigned_to") if isinstance(said, dict) else None
    # Python reads halves of characters, which DuckDB takes for no JSON.
    is_name = (
        isinstance(named, str) and named.strip() and named.isprintable() and len(named) <= NAME_CHARACTERS
    )
    if decision.verdict != ASSIGN or is_name:
        return None
    return f'{ASSIGN} needs a payload that says who gets the case, as JSON: {{"assigned_to": "u-61"}}.'


def published_states(lake: "Lake", subjects: "pl.Series") -> "pl.DataFrame":
    """The status of each return case that operations can see; see `Subject.states`."""
    import polars as pl

    schema = dict.fromkeys(["subject", "state", "label", "refusal"], pl.String)
    cases = published(lake, "return_cases")
    if cases is None:
        refusal = "No return cases are published yet: run `make nightly`, then decide again under another id."
        return pl.DataFrame(
            {"subject": subjects.unique(), "state": None, "label": None, "refusal": refusal}, schema
        )
    found = cases.filter(pl.col("case_id").is_in(subjects.unique().implode()))
    nothing = pl.lit(None, pl.String)
    return found.select(subject="case_id", state="status", label="case_id", refusal=nothing).collect()
