"""Which cases escalated: a given label, or what the events say, once enough time has passed to know.

A case escalated when the event says so, or when it was still active past the due time of its resolution, within some
days of its opening. A case whose days are not over is censored: it teaches nothing yet, whatever happened to it so
far, since of young cases only the bad ends are known.
"""

from datetime import datetime, timedelta

import polars as pl

from ml.escalation.events import FINAL, FIRST_PRIORITY, resolution_due

WINDOW_DAYS = 14.0


def with_labels(
    cases: pl.DataFrame, events: pl.DataFrame | None, *, as_of: datetime, window_days: float = WINDOW_DAYS
) -> pl.DataFrame:
    """The normalised cases with `escalated` filled from the events at or before `as_of`; null where it is not known.

    A given label is final. Of a case without events nothing is known; one whose first came after its days was active
    in all of them.
    """
    if events is None:
        return cases
    own = (
        events.filter(pl.col("at") <= as_of)
        .join(cases.select("case_id", "created_at"), on="case_id", how="inner")
        .with_columns(
            pl.max_horizontal("at", "created_at").alias("at"),
            end=pl.col("created_at") + timedelta(days=window_days),
        )
        .filter(pl.col("end") <= as_of)
    )
    kind, in_time = pl.col("type"), pl.col("at") <= pl.col("end")
    closing = (kind == "status_changed") & pl.col("to").is_in(FINAL).fill_null(False)
    ends = own.group_by("case_id", "created_at", "end").agg(
        said=((kind == "escalated") & in_time).any(), closed=pl.col("at").filter(closing).min()
    )
    late = _active_past_due(cases, own, ends)
    told = ends.select("case_id", told=pl.col("said") | pl.col("case_id").is_in(late.implode()))
    return cases.join(told, on="case_id", how="left", maintain_order="left").select(
        pl.exclude("escalated", "told"), pl.coalesce("escalated", "told").alias("escalated")
    )


def _active_past_due(cases: pl.DataFrame, events: pl.DataFrame, ends: pl.DataFrame) -> pl.Series:
    """The cases that were active at some time after they were due, as their priority was then."""
    changes = events.filter((pl.col("type") == "priority_changed") & pl.col("to").is_not_null()).select(
        "case_id", "at", priority=pl.col("to").str.to_lowercase()
    )
    changed = pl.col("case_id").is_in(changes["case_id"].unique().implode())
    opening = cases.join(ends.select("case_id"), on="case_id", how="semi").select(
        "case_id",
        at="created_at",
        # Which one a changed case had at first, its row does not say any more.
        priority=pl.when(changed).then(pl.lit(FIRST_PRIORITY)).otherwise("priority"),
    )
    spans = (
        pl.concat([opening, changes])
        .sort("case_id", "at", maintain_order=True)
        .with_columns(until=pl.col("at").shift(-1).over("case_id"))
        .join(ends, on="case_id")
        .with_columns(
            pl.min_horizontal("until", "closed", "end").alias("until"),
            due=resolution_due("priority"),
        )
    )
    return spans.filter(pl.max_horizontal("at", "due") < pl.col("until"))["case_id"].unique()
