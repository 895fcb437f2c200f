"""What happens to return cases: the log of the returns desk, its notes, the documents of customers and merchants, all
with the contracts' names.
"""

import hashlib

import polars as pl

from retail_assets.samples import formats
from retail_assets.samples.drops import Drops
from retail_assets.samples.flows import returns
from retail_assets.samples.sample import Sample

EVERY_ESCALATED, EVERY_MISTAKE = 3, 23
"""Of the slow cases, those that somebody escalates; of all, those whose merchant changes a status, which is none of
his business."""
REGIONS = ("North", "South")


def write(sample: Sample, drops: Drops) -> None:
    """The merchants once, and each period what happened in it."""
    if sample.first_night:
        merchants = [(m, f"Merchant {m[-1]}", REGIONS[n % 2]) for n, m in enumerate(returns.MERCHANTS)]
        frame = pl.DataFrame(merchants, schema=["merchant_id", "display_name", "region"], orient="row")
        at = sample.file_time(sample.periods[0], 1, 13, 50)
        drops.add("merchants", "marketplace_merchants.csv", formats.csv(frame), at=at)
    for period in sample.periods:
        first = sample.plan.base_days - returns.DAYS_OF_CASES
        start = max(period.start, first)
        if start >= period.end:
            continue
        cases = returns.opened(sample, max(start - returns.SLOWLY, first), period.end)
        happened = _life(cases).filter(pl.col("on").is_between(start, period.end, closed="left"))
        stamp = sample.stamp(period)
        log = _dated(sample, happened)
        drops.keep_truth("returns/log", _statuses(log))
        for minute, (feed, rows) in enumerate(_feeds(log).items()):
            if rows.height:
                name = f"{feed}_{stamp}.csv"
                drops.add(feed, name, formats.csv(rows), at=sample.file_time(period, 1, 13, 20 + 10 * minute))


def _life(cases: pl.DataFrame) -> pl.DataFrame:
    """Everything that will have happened to cases, in their order (`step`): the day (`on`) and what."""
    own = pl.col("merchant_id").is_null()
    dice = pl.col("day") * 13 + pl.col("case_id").str.slice(-3).cast(pl.Int64)
    slow = pl.col("decided_after") == returns.SLOWLY
    rejected = pl.col("return_reason") == "changed_mind"
    agent = pl.format("u-6{}", pl.col("day") % 4)
    shown = pl.col("return_reason").is_in(["defective", "wrong_item", "not_as_described"])
    waits = pl.when(own).then(pl.lit("waiting_customer")).otherwise(pl.lit("waiting_merchant"))
    decided = pl.when(rejected).then(pl.lit("rejected")).otherwise(pl.lit("approved"))
    always, merchants = pl.lit(True), ~own
    steps: list[tuple[pl.Expr, int | pl.Expr, str, pl.Expr, str, pl.Expr]] = [
        # when, day after the first, type, actor, role, payload
        (always, 0, "created", pl.col("customer_id"), "customer", pl.lit(None, pl.String)),
        (shown, 0, "document_added", pl.col("customer_id"), "customer", pl.lit("evidence")),
        (always, 1, "assigned", agent, "ops", agent),
        (always, 1, "status_changed", agent, "ops", pl.lit("in_review")),
        (slow, 2, "status_changed", agent, "ops", waits),
        (slow, 2, "note_added", agent, "ops", pl.lit(None, pl.String)),
        (slow & (dice % EVERY_ESCALATED == 0), 4, "escalated", agent, "ops", pl.lit(None, pl.String)),
        (slow & (dice % EVERY_ESCALATED == 0), 4, "priority_changed", agent, "ops", pl.lit("high")),
        (slow & merchants, 5, "document_added", pl.col("merchant_id"), "merchant", pl.lit("response")),
        (merchants & (dice % EVERY_MISTAKE == 0), 2, "status_changed", pl.col("merchant_id"), "merchant",
         pl.lit("approved")),
        (always, pl.col("decided_after"), "status_changed", agent, "ops", decided),
    ]  # fmt: skip
    return pl.concat(
        cases.filter(when).select(
            "case_id",
            "created_at",
            on=pl.col("day") + day,
            step=pl.lit(step),
            type=pl.lit(what),
            actor=actor,
            actor_role=pl.lit(role),
            payload=payload,
        )
        for step, (when, day, what, actor, role, payload) in enumerate(steps)
    )


def _dated(sample: Sample, happened: pl.DataFrame) -> pl.DataFrame:
    """What happened with its id and its time (UTC), in order."""
    created = pl.col("created_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%:z", time_unit="us")
    first = sample.plan.first_day
    day_of_case = (created.dt.convert_time_zone("Europe/Berlin").dt.date() - first).dt.total_days()
    later = pl.duration(days=pl.col("on") - day_of_case, seconds=pl.col("step") * 60)
    return happened.with_columns(
        event_id=pl.format("{}-{}", "case_id", "step"),
        at=(created + later).dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
    ).sort("at", "event_id")


def _statuses(log: pl.DataFrame) -> pl.DataFrame:
    """`event_id`, `case_id`, `at`, and the `status` that a case then has; `is_mistake` of a merchant's, who may not."""
    opened = pl.col("type") == "created"
    return log.filter(opened | (pl.col("type") == "status_changed")).select(
        "event_id",
        "case_id",
        "at",
        pl.when(opened).then(pl.lit("submitted")).otherwise("payload").alias("status"),
        (pl.col("actor_role") == "merchant").alias("is_mistake"),
    )


def _feeds(log: pl.DataFrame) -> dict[str, pl.DataFrame]:
    documents = log.filter(pl.col("type") == "document_added").with_columns(
        file_hash=pl.col("event_id").map_elements(_hash, return_dtype=pl.String)
    )
    return {
        "return_events": log.select("event_id", "case_id", "at", "type", "actor", "actor_role", "payload"),
        "return_notes": log.filter(pl.col("type") == "note_added").select(
            pl.format("N-{}", "case_id").alias("note_id"),
            "case_id",
            "at",
            pl.col("actor").alias("author"),
            pl.col("actor_role").alias("author_role"),
            pl.lit(True).alias("internal"),
            pl.lit("Wartet auf Rückmeldung, bitte nachfassen.").alias("text"),
        ),
        "return_documents": documents.select(
            pl.format("D-{}", "event_id").alias("document_id"),
            "case_id",
            "at",
            pl.col("actor").alias("uploaded_by"),
            pl.col("actor_role").alias("role"),
            pl.col("payload").alias("kind"),
            "file_hash",
            pl.lit(184_320).alias("size"),
            pl.lit("image/jpeg").alias("type"),
        ),
    }


def _hash(event_id: str) -> str:
    return hashlib.sha256(event_id.encode()).hexdigest()
