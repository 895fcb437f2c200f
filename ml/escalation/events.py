"""What happened to cases: reads the event log, and says how far each case was at its moment of scoring.

An outcome (an escalation, a missed due time, a final status) is what the model foretells: it is no moment and makes no
feature.
"""

from datetime import datetime
from pathlib import Path

import polars as pl

from ml.escalation.cases import INSTANT, Report, read_table, require, selected, silent, whole_rows

REQUIRED = ("case_id", "at", "type")
COLUMNS = {
    name: INSTANT if name == "at" else pl.String
    for name in ("event_id", "case_id", "at", "type", "actor_role", "payload")
}
CHANGED_TO = {"status_changed": "status", "priority_changed": "priority", "assigned": "assigned_to"}
"""Event types, and the name beside `to` under which a payload may say what it was changed to."""
FINAL = ("approved", "rejected")
RESOLUTION_HOURS = {"low": 240, "medium": 120, "high": 72, "urgent": 24}
"""From the opening of the case; a change of priority counts from the opening again."""
FIRST_PRIORITY = "medium"
EVENTS = pl.Schema(
    {"case_id": pl.String, "at": INSTANT} | dict.fromkeys(("type", "actor_role", "kind", "to"), pl.String)
)
"""The columns of events as they are worked with."""
COUNTS = ("evidence", "responses", "status_changes", "reassignments", "notes")


def read_events(path: Path, report: Report = silent) -> pl.DataFrame:
    """The events of a Parquet file, as `normalised_events` gives them. Raises UnusableTable."""
    return normalised_events(read_table(path), str(path), report)


def normalised_events(table: pl.DataFrame, name: str = "the events", report: Report = silent) -> pl.DataFrame:
    """Events in the columns EVENTS, by case and time. Raises UnusableTable.

    An event counts once, however often the log was replayed: at the earliest of its times, so that a later one says
    nothing before it came. `to` is what a status, priority or assignment was changed to, `kind` that of a document.
    The payload is the value itself, or a JSON object that holds it; of other JSON nothing is known.
    """
    require(table, REQUIRED, name)
    payload = pl.col("payload")
    if isinstance(table.schema.get("payload"), pl.Struct):
        table = table.with_columns(payload.struct.json_encode())
    events = whole_rows(selected(table, COLUMNS, name, report), REQUIRED, name, report)
    events = events.sort("at", maintain_order=True)
    named = events.filter(pl.col("event_id").is_not_null()).unique(
        "event_id", keep="first", maintain_order=True
    )
    events = pl.concat([named, events.filter(pl.col("event_id").is_null())])
    bare = payload.str.strip_chars()
    value = pl.when(~bare.str.contains(r"^(?:[{\[]|$)")).then(bare)
    to = [payload.str.json_path_match("$.to")] + [
        pl.when(pl.col("type") == kind).then(payload.str.json_path_match(f"$.{name}"))
        for kind, name in CHANGED_TO.items()
    ]
    return (
        events.with_columns(
            kind=pl.coalesce(payload.str.json_path_match("$.kind"), value), to=pl.coalesce(*to, value)
        )
        .unique([column for column in COLUMNS if column != "event_id"], maintain_order=True)
        .select(list(EVENTS))
        .sort("case_id", "at", maintain_order=True)
    )


def up_to(events: pl.DataFrame | None, as_of: datetime) -> pl.DataFrame | None:
    """The events at or before an instant."""
    return None if events is None else events.filter(pl.col("at") <= as_of)


def is_outcome() -> pl.Expr:
    """Of events: whether it tells how the case came out."""
    closing = (pl.col("type") == "status_changed") & pl.col("to").is_in(FINAL)
    return (pl.col("type") == "escalated") | closing.fill_null(False)


def resolution_due(priority: str) -> pl.Expr:
    """When cases of the priority in a column are to be resolved; `created_at` is when they were opened."""
    hours = pl.col(priority).replace_strict(
        RESOLUTION_HOURS, default=RESOLUTION_HOURS[FIRST_PRIORITY], return_dtype=pl.Int64
    )
    return pl.col("created_at") + pl.duration(hours=hours)


def activity(cases: pl.DataFrame, events: pl.DataFrame | None) -> pl.DataFrame:
    """`case_id`, `moment`, `priority`, `assigned_to` and COUNTS of each case, in the order of the cases.

    The moment of scoring is that of the latest event, or the opening of the case. An event before its case counts
    from its opening. What was scored (`risk_scored`) is no event of the case, nor is what came after its outcome.
    """
    if events is None or events.is_empty():
        zeros = [pl.lit(0, pl.Int64).alias(name) for name in COUNTS]
        return cases.select(
            "case_id", pl.col("created_at").alias("moment"), "priority", "assigned_to", *zeros
        )
    own = events.join(
        cases.select("case_id", "created_at", opening="priority"),
        on="case_id",
        how="inner",
        maintain_order="left",
    ).filter(pl.col("type") != "risk_scored")
    own = own.with_columns(pl.max_horizontal("at", "created_at").alias("at"))
    own = _until(own, is_outcome())
    own = _until(_with_due(own), pl.col("at") > pl.col("due"))
    kind = pl.col("type")
    assigned = pl.col("to").filter(kind == "assigned")
    document = kind == "document_added"
    summed = own.group_by("case_id").agg(
        pl.col("at").max().alias("moment"),
        pl.col("to").filter(kind == "priority_changed").last().str.to_lowercase().alias("new_priority"),
        assigned.last().alias("new_assignee"),
        (document & (pl.col("kind") != "response")).sum().alias("evidence"),
        (document & (pl.col("kind") == "response")).sum().alias("responses"),
        (kind == "status_changed").sum().alias("status_changes"),
        (assigned.len().cast(pl.Int64) - 1).clip(0).alias("reassignments"),
        (kind == "note_added").sum().alias("notes"),
    )
    return (
        cases.select("case_id", "created_at", "priority", "assigned_to")
        .join(summed, on="case_id", how="left", maintain_order="left")
        .select(
            "case_id",
            pl.coalesce("moment", "created_at").alias("moment"),
            pl.coalesce("new_priority", "priority").alias("priority"),
            pl.coalesce("new_assignee", "assigned_to").alias("assigned_to"),
            *(pl.col(name).fill_null(0).cast(pl.Int64) for name in COUNTS),
        )
    )


def _until(events: pl.DataFrame, condition: pl.Expr) -> pl.DataFrame:
    """The events of each case before its first that meets a condition."""
    first = events.filter(condition).group_by("case_id").agg(pl.col("at").min().alias("first"))
    return (
        events.join(first, on="case_id", how="left", maintain_order="left")
        .filter(pl.col("first").is_null() | (pl.col("at") < pl.col("first")))
        .drop("first")
    )


def _with_due(events: pl.DataFrame) -> pl.DataFrame:
    """With `due` of each event: until when its case was to be resolved, by the priority that it had then."""
    said = pl.when(pl.col("type") == "priority_changed").then(pl.col("to").str.to_lowercase())
    # Which one a changed case had at first, its row does not say any more.
    first = (
        pl.when(said.is_not_null().any().over("case_id")).then(pl.lit(FIRST_PRIORITY)).otherwise("opening")
    )
    before = pl.coalesce(said.forward_fill().shift(1).over("case_id"), first)
    return events.with_columns(priority=before).with_columns(due=resolution_due("priority"))
