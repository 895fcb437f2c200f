"""Made-up return cases and their events, by a mechanism that is written down here: to try things, to test, to teach.

The same seed, number and end give the same cases. They prove nothing about real ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from ml.escalation.events import RESOLUTION_HOURS
from ml.escalation.labels import WINDOW_DAYS
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
SPREADS = {"merchant_id": 0.7, "store_id": 0.2, "product_id": 0.5, "assigned_to": 0.3, "customer_id": 0.6}
"""How far the logits of merchants, stores, … lie apart, in standard deviations."""
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
    drawn = _drawn(rng, rows)
    logits = _logits(drawn) + 0.5 * np.sin(offsets / (days * 86_400) * 2 * np.pi)
    opened = pl.Series(offsets * 1_000_000, dtype=pl.Duration("us")) + (until - timedelta(days=days))
    cases = _cases(drawn, opened, seed).with_columns(escalated=rng.random(rows) < sigmoid(logits))
    events = _events(rng, cases).filter(pl.col("at") <= until)
    over = pl.col("created_at") + timedelta(days=WINDOW_DAYS) <= until
    return Generated(cases.with_columns(pl.when(over).then("escalated")), events)


def _drawn(rng: np.random.Generator, rows: int) -> pl.DataFrame:
    """What cases are about, as numbers."""
    photo = rng.random(rows) < 0.4
    return pl.DataFrame(
        {
            "merchant_id": rng.integers(MERCHANTS, size=rows),
            "store_id": rng.integers(STORES, size=rows),
            "product_id": (PRODUCTS * rng.beta(1, 3, rows)).astype(int),
            "assigned_to": rng.integers(ASSIGNEES, size=rows),
            "customer_id": rng.integers(max(rows // CASES_A_CUSTOMER, 1), size=rows),
            "order_reference": rng.integers(10_000, 99_999, size=rows),
            "reason": rng.integers(len(REASONS), size=rows),
            "channel": rng.integers(len(CHANNELS), size=rows),
            "priority": rng.choice(len(PRIORITIES), rows, p=[0.2, 0.55, 0.2, 0.05]),
            "waited": rng.geometric(0.09, rows),
            "value": np.round(rng.lognormal(4.3, 0.8, rows), 2),
            "length": np.where(rng.random(rows) < 0.15, 0, rng.gamma(1.4, 90, rows)).astype(int),
            "photo": photo,
            "disagrees": photo & (rng.random(rows) < 0.2),
        }
    )


def _logits(drawn: pl.DataFrame) -> np.ndarray:
    """float64 [n]: the mechanism, but for the season."""
    effects = np.zeros(len(drawn))
    for number, (name, spread) in enumerate(SPREADS.items()):
        # Which merchants are troublesome is the same in all made-up cases.
        who = drawn[name].to_numpy()
        effects += np.random.default_rng(number).normal(0, spread, who.max(initial=0) + 1)[who]
    return (
        BASE
        + effects
        + np.array(list(REASONS.values()))[drawn["reason"]]
        + np.array(list(PRIORITIES.values()))[drawn["priority"]]
        + 0.05 * (drawn["waited"].to_numpy() - 11)
        + 0.35 * (np.log(drawn["value"].to_numpy()) - 4.3)
        + 0.004 * (drawn["length"].to_numpy() - 100)
        + 0.9 * drawn["disagrees"].to_numpy()
    )


def _cases(drawn: pl.DataFrame, opened: pl.Series, seed: int) -> pl.DataFrame:
    """The numbers as columns of the feed."""

    def one_of(words: Iterable[str], column: str) -> pl.Series:
        return pl.Series(list(words)).gather(drawn[column])

    def numbered(prefix: str, number: str | pl.Expr, digits: int) -> pl.Expr:
        number = pl.col(number) if isinstance(number, str) else number
        return pl.concat_str(pl.lit(prefix), number.cast(pl.String).str.zfill(digits))

    written = pl.lit(WORDS * (drawn["length"].to_numpy().max(initial=0) // len(WORDS) + 1))
    return drawn.select(
        case_id=numbered(f"R{seed}-", pl.int_range(1, pl.len() + 1), 7),
        order_reference=pl.col("order_reference").cast(pl.String),
        customer_id=numbered("C", "customer_id", 4),
        merchant_id=numbered("M", "merchant_id", 4),
        store_id=numbered("S", "store_id", 4),
        product_id=numbered("P", "product_id", 4),
        item_category=pl.Series(ITEMS).gather(drawn["product_id"] % len(ITEMS)),
        return_reason=one_of(REASONS, "reason"),
        customer_message=pl.when(pl.col("length") > 0).then(written.str.slice(0, pl.col("length"))),
        order_value="value",
        currency=pl.lit("EUR"),
        channel=one_of(CHANNELS, "channel"),
        delivery_date=(opened - drawn["waited"] * timedelta(days=1)).dt.date(),
        created_at=opened,
        status=pl.lit("submitted"),
        priority=one_of(PRIORITIES, "priority"),
        assigned_to=numbered("U", "assigned_to", 4),
        photo_disagrees=pl.when(pl.col("photo")).then("disagrees"),
    )


def _offsets(rng: np.random.Generator, rows: int, days: int, until: datetime) -> np.ndarray:
    """int64 [rows]: seconds from the first instant to the opening of each case, in order."""
    weekday = (until.weekday() - days + np.arange(days)) % 7
    day = rng.choice(days, rows, p=WEEK[weekday] / WEEK[weekday].sum())
    hour = rng.choice(24, rows, p=HOURS / HOURS.sum())
    return np.sort(day * 86_400 + hour * 3600 + rng.integers(3600, size=rows))


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
