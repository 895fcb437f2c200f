"""How good escalation risk is, week by week: `python -m benchmarks.escalation_walk --cases PATH [--from DATE]`.

Before each week, the command line trains on every case opened more than some days earlier; then it scores the week,
with all earlier cases as history, labelled as far as they were known. Beside it, what one would do first: logistic
regression on one-hot columns, and gradient boosting on ordinal ones.
"""

import argparse
import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from ml.escalation.__main__ import main as escalation
from ml.escalation.cases import CATEGORIES, read_cases
from ml.escalation.evaluate import measure

DELAY = timedelta(days=5)
"""How long it takes until outcomes are known."""
WEEK = timedelta(days=7)
METRICS = ("auc", "brier", "ece")


def weeks(cases: pl.DataFrame, first: datetime) -> Iterator[tuple[datetime, pl.DataFrame, pl.DataFrame]]:
    """The start of each week, the cases before it (unknown outcomes without a label), and those of the week."""
    start, last = first, cases["created_at"].max()
    opened = pl.col("created_at")
    while start <= last:  # ty: ignore[unsupported-operator]
        known = pl.when(opened < start - DELAY).then("escalated")
        week = cases.filter((opened >= start) & (opened < start + WEEK))
        if len(week):
            yield start, cases.filter(opened < start).with_columns(known), week
        start += WEEK


def ours(earlier: pl.DataFrame, week: pl.DataFrame, start: datetime, folder: Path) -> np.ndarray:
    paths = {name: folder / f"{name}.parquet" for name in ("earlier", "week", "scores")}
    earlier.write_parquet(paths["earlier"])
    week.drop("escalated").write_parquet(paths["week"])
    model = ["--model", folder / "model", "--history", paths["earlier"], "--out", paths["scores"]]
    for words in (
        ["train", paths["earlier"], "--as-of", start.isoformat(), "--out", folder / "model"],
        ["score", paths["week"], "--as-of", (start + WEEK).isoformat(), *model],
    ):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            if escalation([str(word) for word in words]):
                raise SystemExit(said.getvalue())
    return pl.read_parquet(paths["scores"])["score"].to_numpy()


def plain(earlier: pl.DataFrame, week: pl.DataFrame, *, trees: bool) -> np.ndarray:
    """The columns as they are, the hour and the day of the week."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    if trees:
        encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
        model = HistGradientBoostingClassifier(random_state=0)
    else:
        encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=30)
        model = LogisticRegression(C=0.3, max_iter=1000)
    learned = earlier.filter(pl.col("escalated").is_not_null())
    pipeline = make_pipeline(encoder, model)
    pipeline.fit(_columns(learned), learned["escalated"].to_numpy())
    return pipeline.predict_proba(_columns(week))[:, 1]


def _columns(cases: pl.DataFrame) -> np.ndarray:
    opened = pl.col("created_at")
    columns = cases.select(
        pl.col(CATEGORIES).fill_null(""),
        opened.dt.hour().cast(pl.String).alias("hour"),
        opened.dt.weekday().cast(pl.String).alias("weekday"),
    )
    return columns.to_numpy()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--from", dest="first", type=datetime.fromisoformat, help="the first Monday to score")
    parsed = parser.parse_args()
    cases = read_cases(parsed.cases).sort("created_at", "case_id")
    first = parsed.first or _monday(cases["created_at"][len(cases) // 2])
    models = ("ml.escalation", "one-hot logistic regression", "gradient boosting")
    labels, found = [], {name: [] for name in models}
    with tempfile.TemporaryDirectory() as folder:
        for start, earlier, week in weeks(cases, first.replace(tzinfo=UTC)):
            labels.append(week["escalated"].cast(pl.Float64).to_numpy())
            found[models[0]].append(ours(earlier, week, start, Path(folder)))
            found[models[1]].append(plain(earlier, week, trees=False))
            found[models[2]].append(plain(earlier, week, trees=True))
            _print(
                f"week of {start:%Y-%m-%d}", labels[-1], {name: scores[-1] for name, scores in found.items()}
            )
    _print(
        "all weeks", np.concatenate(labels), {name: np.concatenate(scores) for name, scores in found.items()}
    )
    return 0


def _monday(at: datetime) -> datetime:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _print(title: str, labels: np.ndarray, scores: dict[str, np.ndarray]) -> None:
    print(f"{title}: {len(labels):,} cases, {labels.mean():.3f} escalated")
    for name, probabilities in scores.items():
        metrics = measure(labels, probabilities)
        figures = ", ".join(f"{metric} {metrics[metric]:.4f}" for metric in METRICS)
        print(f"  {name:30} {figures}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
