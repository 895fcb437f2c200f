"""Cases -> escalation risk: score, label, and the contributions that add up to it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from ml.escalation.contract import Contract
from ml.escalation.events import up_to
from ml.escalation.features import case_features
from ml.escalation.linear import sigmoid
from ml.escalation.model import Model
from ml.escalation.reasons import explained
from ml.escalation.target_statistics import before_moment, encoded

BATCH_CASES = 100_000
LABELS = ("low", "medium", "high")


def score_cases(
    model: Model,
    cases: pl.DataFrame,
    *,
    as_of: datetime,
    history: pl.DataFrame | None = None,
    events: pl.DataFrame | None = None,
) -> Iterator[pl.DataFrame]:
    """The scores of normalised cases in batches, in their order; what is later than `as_of` is not read.

    `history` holds the cases known so far, with `escalated` where the outcome is known; else those that the model
    learned from serve. Columns: case_id, score, label, reason_codes, contributions, logit, base_logit,
    model_version, contract_version, contract_hash, scored_at.
    """
    read = pl.col("created_at") <= as_of
    cases = cases.filter(read)
    known = (model.history if history is None else history).filter(read)
    features = case_features(cases, contract=model.contract, known=known, events=up_to(events, as_of))
    labelled = known if known["escalated"].count() else model.history
    yield from score_features(model, features, labelled=labelled, as_of=as_of)


def score_features(
    model: Model, features: pl.DataFrame, *, labelled: pl.DataFrame, as_of: datetime
) -> Iterator[pl.DataFrame]:
    """The same from features; of `labelled`, other cases with a known outcome tell what categories mean."""
    others = labelled.filter(pl.col("escalated").is_not_null()).join(
        features.select("case_id"), on="case_id", how="anti"
    )
    contract = model.contract
    statistics = before_moment(features, contract.categories, others, model.base_rate, model.statistics)
    for first in range(0, max(len(features), 1), BATCH_CASES):
        rows = slice(first, first + BATCH_CASES)
        batch = features[rows]
        numbers = encoded(batch, {name: values[rows] for name, values in statistics.items()}, contract)
        yield _explained_scores(model, batch, model.linear.parts(numbers), as_of)


def _explained_scores(
    model: Model, features: pl.DataFrame, parts: np.ndarray, as_of: datetime
) -> pl.DataFrame:
    groups = model.contract.groups()
    contributions = np.column_stack([parts[:, columns].sum(1) for columns in groups.values()])
    logits = model.linear.intercept + contributions.sum(1)
    return scored(
        features,
        sigmoid(logits),
        logits,
        explained(model.contract, features, contributions),
        base=np.full(len(logits), model.linear.intercept),
        cuts=model.cuts,
        version=model.version,
        contract=model.contract,
        as_of=as_of,
    )


def scored(
    features: pl.DataFrame,
    scores: np.ndarray,
    logits: np.ndarray,
    reasons: pl.DataFrame,
    *,
    base: np.ndarray,
    cuts: tuple[float, float],
    version: str,
    contract: Contract,
    as_of: datetime,
) -> pl.DataFrame:
    """The table of scores, in the columns that `score_cases` names; arrays are float64 [n]."""
    return features.select(
        "case_id",
        pl.Series("score", scores),
        pl.Series("label", LABELS).gather(np.searchsorted(cuts, scores, side="right")),
        reasons["reason_codes"],
        reasons["contributions"],
        pl.Series("logit", logits),
        pl.Series("base_logit", base),
        model_version=pl.lit(version),
        contract_version=pl.lit(contract.version, pl.Int32),
        contract_hash=pl.lit(contract.hash),
        scored_at=pl.lit(as_of, pl.Datetime("us", "UTC")),
    )


def write_scores(frames: Iterator[pl.DataFrame], path: Path) -> int:
    """Write batches into one Parquet file, which appears when it is whole. Returns the number of cases."""
    import pyarrow.parquet as pq

    partial, count, writer = path.with_name(f".{path.name}.partial"), 0, None
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        for frame in frames:
            table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
            writer = writer or pq.ParquetWriter(partial, table.schema, compression="zstd")
            writer.write_table(table)
            count += len(frame)
        if writer is not None:
            writer.close()
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return count
