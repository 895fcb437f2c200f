"""How fast cases are scored: `python -m benchmarks.escalation_scoring [--cases N] [--sample N]`.

Against the old way in the same run: one case after the other, its features worked out by filtering the cases that came
before, its statistics and reasons in plain Python. That takes longer the more cases there are, so a sample of the cases
is scored among all of them, and the rate of the sample is compared.
"""

import argparse
import math
import os
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ml.escalation.cases import CATEGORIES, normalised, read_cases
from ml.escalation.features import PAIRS, RECENCY_OF
from ml.escalation.generate import generate
from ml.escalation.linear import FARTHEST
from ml.escalation.model import Model
from ml.escalation.score import score_cases, write_scores
from ml.escalation.train import train

UNTIL = datetime(2026, 11, 20, tzinfo=UTC)
LEARNED_FROM = 20_000


def per_case(model: Model, cases: pl.DataFrame, sample: list[int]) -> tuple[float, np.ndarray]:
    """Seconds and scores of some cases, one by one."""
    known = pl.concat([model.history, cases.select(model.history.columns)], how="vertical_relaxed")
    started = time.perf_counter()
    scores = [_one(model, cases.row(row, named=True), known) for row in sample]
    return time.perf_counter() - started, np.array(scores)


def _one(model: Model, case: dict[str, Any], known: pl.DataFrame) -> float:
    """Score of a case as a service does it: queries for what it needs to know, arithmetic in a loop."""
    now = case["created_at"]
    earlier = known.filter((pl.col("created_at") < now) & (pl.col("case_id") != case["case_id"]))
    labelled = earlier.filter(pl.col("escalated").is_not_null())
    values: dict[str, float | None] = {
        "hour_sin": math.sin((now.hour + now.minute / 60) * math.pi / 12),
        "hour_cos": math.cos((now.hour + now.minute / 60) * math.pi / 12),
        "cases_1h": earlier.filter(pl.col("created_at") >= now - timedelta(hours=1)).height,
        "cases_1d": earlier.filter(pl.col("created_at") >= now - timedelta(days=1)).height,
    }
    weight, hits = _weighted(model, labelled, now)
    rate = hits / weight
    for name in CATEGORIES:
        same = earlier.filter(pl.col(name) == case[name])
        late = same.filter(pl.col("created_at") >= now - timedelta(days=60))
        values[f"{name}_cases_60d"] = late.height if case[name] is not None else None
        if name in RECENCY_OF and case[name] is not None:
            last = same["created_at"].max()
            hours = 1440.0 if last is None else (now - last) / timedelta(hours=1)
            values[f"{name}_hours_since_last"] = min(hours, 1440.0)
        values[name] = _log_odds(model, labelled.filter(pl.col(name).eq_missing(case[name])), now, rate)
    for pair, (one, other) in PAIRS.items():
        same = pl.col(one).eq_missing(case[one]) & pl.col(other).eq_missing(case[other])
        values[pair] = _log_odds(model, labelled.filter(same), now, rate)
    values["prior_returns"] = earlier.filter(pl.col("customer_id") == case["customer_id"]).height
    values |= _of_itself(case)
    logit = model.linear.intercept
    for n, feature in enumerate(model.contract.features):
        value = values.get(feature.name, 0.0)
        if value is None:
            continue
        if feature.kind == "log":
            value = math.log1p(max(value, 0))
        distance = (value - model.linear.mean[n]) / model.linear.scale[n]
        logit += min(max(distance, -FARTHEST), FARTHEST) * model.linear.coefficient[n]
    return 1 / (1 + math.exp(-logit))


def _of_itself(case: dict[str, Any]) -> dict[str, float | None]:
    text, value, delivered = case["customer_message"] or "", case["order_value"], case["delivery_date"]
    opened = case["created_at"]
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
    return {
        **{name: float(opened.weekday() == n) for n, name in enumerate(days)},
        **{f"priority_{name}": float(case["priority"] == name) for name in ("low", "high", "urgent")},
        **{f"{name}_missing": float(case[name] is None) for name in RECENCY_OF},
        "order_value": value,
        "value_missing": float(value is None),
        "days_since_delivery": None if delivered is None else max((opened.date() - delivered).days, 0),
        "delivery_missing": float(delivered is None),
        "message_length": len(text),
        "message_missing": float(not text),
        "message_marks": sum(character in "!?" for character in text),
        "message_capitals": sum(character.isupper() for character in text) / max(len(text), 1),
        "photo_disagrees": case["photo_disagrees"],
    }


def _weighted(model: Model, cases: pl.DataFrame, now: datetime) -> tuple[float, float]:
    weight = hits = 0.0
    for opened, escalated in cases.select("created_at", "escalated").iter_rows():
        one = 0.5 ** ((now - opened) / timedelta(days=model.statistics.half_life_days or math.inf))
        weight, hits = weight + one, hits + one * escalated
    return weight, hits


def _log_odds(model: Model, cases: pl.DataFrame, now: datetime, rate: float) -> float:
    weight, hits = _weighted(model, cases, now)
    smoothed = (hits + model.statistics.smoothing * rate) / (weight + model.statistics.smoothing)
    return math.log(smoothed / (1 - smoothed)) - math.log(rate / (1 - rate))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=30)
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.parquet"
        made = generate(parsed.cases, seed=1, until=UNTIL).cases.drop("escalated")
        made.with_columns(pl.format("N{}", "case_id").alias("case_id")).write_parquet(path)
        learned = generate(LEARNED_FROM, seed=7, until=UNTIL - timedelta(days=200)).cases
        model = train(normalised(learned), as_of=UNTIL - timedelta(days=200)).model
        started = time.perf_counter()
        cases = read_cases(path)
        count = write_scores(score_cases(model, cases, as_of=UNTIL), Path(folder) / "scores.parquet")
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        scores = pl.read_parquet(Path(folder) / "scores.parquet", columns=["score"])["score"].to_numpy()
    sample = np.random.default_rng(0).choice(count, parsed.sample, replace=False).tolist()
    old_seconds, old = per_case(model, cases, sample)
    rate, old_rate = count / seconds, len(sample) / old_seconds
    print(f"{os.cpu_count()} cores, {count:,} cases, read, scored with reasons and written")
    print(f"ml.escalation:       {rate:12,.1f} cases/s, {seconds:.1f} s, {peak:.1f} GiB at most")
    print(f"one after the other: {old_rate:12,.1f} cases/s ({len(sample)} of them measured)")
    print(f"ratio:               {rate / old_rate:12,.0f}")
    print(f"largest difference of a score: {np.abs(old - scores[sample]).max():.1e}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
