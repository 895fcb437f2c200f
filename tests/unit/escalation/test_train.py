"""What a model learns: better than chance on days to come, following a drift, the same on every run."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from ml.escalation.calibrate import UNCHANGED, recalibration
from ml.escalation.cases import normalised
from ml.escalation.evaluate import evaluate
from ml.escalation.generate import generate
from ml.escalation.linear import sigmoid
from ml.escalation.model import load_model
from ml.escalation.score import score_cases
from ml.escalation.train import NotEnoughCases, train
from tests.unit.escalation.conftest import NOW, TRAINED_AT, Files


def test_scores_of_later_cases_are_better_than_the_base_rate(files: Files) -> None:
    made = generate(2500, seed=8, until=NOW, days=180).cases  # other cases, by the same mechanism
    fresh = normalised(made).filter(pl.col("created_at") > TRAINED_AT - timedelta(days=30))
    scores = pl.concat(score_cases(load_model(files.model), fresh, as_of=NOW))
    metrics = evaluate(scores, fresh).metrics
    assert metrics["auc"] > 0.6
    assert metrics["brier"] < metrics["brier_of_base_rate"]


def test_a_falling_base_rate_is_followed() -> None:
    rng = np.random.default_rng(1)
    rows, days = 6000, 120
    age = np.sort(rng.uniform(0, days, rows))[::-1]
    rate = np.where(age > 30, 0.6, 0.2)
    cases = normalised(
        pl.DataFrame(
            {
                "case_id": [f"C{n}" for n in range(rows)],
                "created_at": [NOW - timedelta(days=float(one)) for one in age],
                "merchant_id": [f"M{n}" for n in rng.integers(5, size=rows)],
                "escalated": rng.random(rows) < rate,
            }
        )
    )
    trained = train(cases, as_of=NOW)
    assert trained.choice.half_life_days is not None
    week = (
        cases.tail(300)
        .drop("escalated")
        .with_columns(
            pl.format("N{}", "case_id").alias("case_id"),
            pl.col("created_at") + timedelta(days=8),
            escalated=pl.lit(None, pl.Boolean),
        )
    )
    scores = pl.concat(score_cases(trained.model, week, as_of=NOW + timedelta(days=9)))
    assert scores["score"].mean() == pytest.approx(0.2, abs=0.06)


def test_other_seeds_divide_the_cases_otherwise(files: Files) -> None:
    cases = normalised(pl.read_parquet(files.cases)).head(400)
    one, same, other = (train(cases, as_of=NOW, seed=seed).model.linear for seed in (1, 1, 2))
    assert one.coefficient.tolist() == same.coefficient.tolist()
    assert one.coefficient.tolist() != other.coefficient.tolist()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_one_outcome_alone_teaches_nothing(share: float) -> None:
    cases = normalised(generate(200, seed=1, until=NOW).cases).with_columns(escalated=pl.lit(share > 0))
    with pytest.raises(NotEnoughCases, match="too few to learn from"):
        train(cases, as_of=NOW)


def test_a_steady_bias_is_recalibrated_and_a_moving_one_is_not() -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(-1, 1.5, 9000)
    labels = (rng.random(9000) < sigmoid(truth)).astype(float)
    block = np.repeat([0, 1, 2], 3000)
    slope, offset = recalibration(2 * truth + 1, labels, block)
    assert slope == pytest.approx(0.5, abs=0.05)
    assert offset == pytest.approx(-0.5, abs=0.1)
    assert recalibration(truth + block, labels, block) == UNCHANGED
    assert recalibration(2 * truth, labels, np.zeros(9000, int)) == UNCHANGED
