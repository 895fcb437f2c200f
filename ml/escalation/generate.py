"""Made-up return cases and their events, by a mechanism that is written down here: to try things, to test, to teach.

The same seed, number and end give the same cases. They prove nothing about real ones.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from ml.escalation.labels import RESOLUTION_HOURS, WINDOW_DAYS
from ml.escalation.linear import sigmoid

DAYS = 180
MERCHANTS, STORES, PRODUCTS, ASSIGNEES = 14, 6, 160, 9
CASES_A_CUSTOMER = 3
ITEMS = ("Shoes", "Dresses", "Jeans", "Bags", "Jackets", "Shirts", "Watches", "Headphones")
REASONS = {
    "too_small": -0.4,
    "too_large": -0.4,
    "changed_mind": -0.7,
    "not_as_described": 0.4,
    "wrong_item": 0.5,
    "damaged": 0.9,
}
"""Reason of a return -> what it adds to the logit."""
CHANNELS = ("web", "phone", "store")
PRIORITIES = {"low": -0.3, "medium": 0.0, "high": 0.4, "urgent": 0.7}
WORDS = "The parcel came late and the seam of the item is open. Please answer me soon, I have written twice before. "
BASE = -2.1
WEEK = np.array([1.3, 1.1, 1.0, 1.0, 1.1, 0.7, 0.6])
HOURS = np.concatenate([np.full(7, 0.2), np.full(5, 1.4), np.full(8, 1.2), np.full(4, 0.8)])
"""How many cases are opened on the days of a week, and in the hours of a day."""


@dataclass(frozen=True)
class Generated:
    cases: pl.DataFrame
    """The columns of the feed return_cases, `photo_disagrees`, where a photo came, and `escalated`: null while the
    days of a case are not over."""
    events: pl.DataFrame
    """event_id, case_id, at, type, actor, actor_role, payload."""


def generate(rows: int, *, seed: int, until: datetime, days: int = DAYS) -> Generated:
    """Cases opened in the days before `until`, in the order of their opening, and their events up to then."""
    rng = np.random.default_rng(seed)
    offsets = _offsets(rng, rows, days, until)
    created = pl.Series(offsets * 1_000_000, dtype=pl.Duration("us")) + (until - timedelta(days=days))
    draw, customers = rng.integers, max(rows // CASES_A_CUSTOMER, 1)
    who = {
        "merchant_id": draw(MERCHANTS, size=rows),
        "store_id": draw(STORES, size=rows),
        "product_id": (PRODUCTS * rng.beta(1, 3, rows)).astype(int),
        "assigned_to": draw(ASSIGNEES, size=rows),
        "customer_id": draw(customers, size=rows),
    }
    sizes = (MERCHANTS, STORES, PRODUCTS, ASSIGNEES, customers)
    spread = (0.7, 0.2, 0.5, 0.3, 0.6)
    world = np.random.default_rng(0)  # which merchants are troublesome is the same in all made-up cases
    effects = sum(
        world.normal(0, how_far, size)[values]
        for values, size, how_far in zip(who.values(), sizes, spread, strict=True)
    )
    reason, item = draw(len(REASONS), size=rows), who["product_id"] % len(ITEMS)
    priority = rng.choice(len(PRIORITIES), rows, p=[0.2, 0.55, 0.2, 0.05])
    waited, value = rng.geometric(0.09, rows), np.round(rng.lognormal(4.3, 0.8, rows), 2)
    length = np.where(rng.random(rows) < 0.15, 0, rng.gamma(1.4, 90, rows)).astype(int)
    disagrees = rng.random(rows) < 0.08
    logits = (
        BASE
        + effects
        + np.array(list(REASONS.values()))[reason]
        + np.array(list(PRIORITIES.values()))[priority]
        + 0.05 * (waited - 11)
        + 0.35 * (np.log(value) - 4.3)
        + 0.004 * (length - 100)
        + 0.9 * disagrees
        + 0.5 * np.sin(offsets / 86_400 / days * 2 * np.pi)
    )
    escalated = rng.random(rows) < sigmoid(logits)
    cases = pl.DataFrame(
        {
            "case_id": pl.Series(range(1, rows + 1)).cast(pl.String).str.zfill(7),
            "order_reference": pl.Series(draw(10_000, 99_999, size=rows)).cast(pl.String),
            **{name: pl.Series(values).cast(pl.String) for name, values in who.items()},
            "item_category": pl.Series(ITEMS).gather(item),
            "return_reason": pl.Series(list(REASONS)).gather(reason),
            "order_value": value,
            "channel": pl.Series(CHANNELS).gather(draw(len(CHANNELS), size=rows)),
            "delivery_date": (created - pl.Series(waited) * timedelta(days=1)).dt.date(),
            "created_at": created,
            "status": pl.Series(["submitted"] * rows),
            "priority": pl.Series(list(PRIORITIES)).gather(priority),
            "photo_disagrees": disagrees,
            "escalated": escalated,
        }
    ).with_columns(
        pl.format("R{}-{}", pl.lit(seed), "case_id").alias("case_id"),
        *(
            pl.concat_str(pl.lit(letter), pl.col(name).str.zfill(4)).alias(name)
            for name, letter in zip(who, "MSPUC", strict=True)
        ),
        customer_message=_messages(length),
        currency=pl.lit("EUR"),
        photo_disagrees=pl.when(pl.Series(rng.random(rows) < 0.4)).then("photo_disagrees"),
    )
    events = _events(rng, cases).filter(pl.col("at") <= until)
    over = pl.col("created_at") + timedelta(days=WINDOW_DAYS) <= until
    return Generated(cases.with_columns(pl.when(over).then("escalated")), events)


def _offsets(rng: np.random.Generator, rows: int, days: int, until: datetime) -> np.ndarray:
    """int64 [rows]: seconds from the first instant to the opening of each case, in order."""
    weekday = (until.weekday() - days + np.arange(days)) % 7
    day = rng.choice(days, rows, p=WEEK[weekday] / WEEK[weekday].sum())
    hour = rng.choice(24, rows, p=HOURS / HOURS.sum())
    return np.sort(day * 86_400 + hour * 3600 + rng.integers(3600, size=rows))


def _messages(length: np.ndarray) -> pl.Series:
    """So many characters of the same words; nothing where there are none."""
    text = WORDS * (length.max(initial=0) // len(WORDS) + 1)
    written = pl.when(pl.col("length") > 0).then(pl.lit(text).str.slice(0, pl.col("length")))
    return pl.DataFrame({"length": length}).select(written).to_series()


def _events(rng: np.random.Generator, cases: pl.DataFrame) -> pl.DataFrame:
    """What happened to each case; what it came to agrees with `escalated`."""
    rows = len(cases)
    escalated = cases["escalated"].to_numpy()
    due = cases["priority"].replace_strict(RESOLUTION_HOURS, return_dtype=pl.Float64).to_numpy()
    said = escalated & (rng.random(rows) < 0.6)
    closed = np.where(escalated, due + rng.uniform(5, 70, rows), due * rng.uniform(0.25, 0.9, rows))
    final = rng.choice(["approved", "rejected"], rows, p=[0.7, 0.3])
    everyone = np.ones(rows, bool)
    kinds = [
        ("created", "customer", everyone, np.zeros(rows), None),
        ("assigned", "ops", everyone, rng.uniform(0.2, 2, rows), cases["assigned_to"]),
        ("status_changed", "ops", everyone, rng.uniform(2, 5, rows), pl.Series(["in_review"] * rows)),
        ("document_added", "customer", rng.random(rows) < 0.5, rng.uniform(0.1, 6, rows), None),
        ("note_added", "ops", rng.random(rows) < 0.3, rng.uniform(1, 6, rows), None),
        ("escalated", "customer", said, due * rng.uniform(0.3, 0.9, rows), None),
        ("status_changed", "ops", everyone, closed, pl.Series(final)),
    ]
    parts = []
    for kind, role, happened, hours, to in kinds:
        payload = pl.lit("{}") if to is None else pl.concat_str(pl.lit('{"to": "'), to, pl.lit('"}'))
        if kind == "document_added":
            payload = pl.lit('{"kind": "evidence"}')
        parts.append(
            cases.select(
                "case_id",
                at=pl.col("created_at")
                + pl.Series(hours * 3_600_000_000).cast(pl.Int64).cast(pl.Duration("us")),
                type=pl.lit(kind),
                actor=pl.lit(f"{role}-1"),
                actor_role=pl.lit(role),
                payload=payload,
            ).filter(pl.Series(happened))
        )
    numbered = pl.concat(parts).sort("at", "case_id", maintain_order=True).with_row_index("number", offset=1)
    return numbered.select(pl.format("E-{}", pl.col("number")).alias("event_id"), pl.exclude("number"))
