"""Measurements of scores, on cases that are counted by hand."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ml.escalation.evaluate import NothingToMeasure, evaluate, measure, selected
from ml.escalation.generate import generate
from ml.escalation.labels import with_labels
from ml.escalation.plots import write_figures
from tests.unit.escalation.conftest import NOW, make

REASON = pl.List(
    pl.Struct({"code": pl.String, "direction": pl.String, "detail": pl.String, "contribution": pl.Float64})
)


def scores(probabilities: list[float]) -> pl.DataFrame:
    reasons = [[{"code": "a", "direction": "increases" if p > 0.5 else "decreases"}] for p in probabilities]
    return pl.DataFrame(
        {
            "case_id": [f"C{n}" for n in range(len(probabilities))],
            "score": probabilities,
            "reason_codes": pl.Series(reasons, dtype=REASON),
        }
    )


def test_metrics() -> None:
    found = measure(np.array([0.0, 0, 1, 1]), np.array([0.1, 0.6, 0.4, 0.9]), review_share=0.5)
    assert found["auc"] == 0.75
    assert found["brier"] == pytest.approx((0.01 + 0.36 + 0.36 + 0.01) / 4)
    assert found["brier_of_base_rate"] == 0.25
    assert found["ece"] == pytest.approx((0.1 + 0.6 + 0.6 + 0.1) / 4)
    assert found["recall_at_review"] == 0.5
    assert found["average_precision"] == pytest.approx((1 + 2 / 3) / 2)


def test_one_outcome_alone_has_no_ranking() -> None:
    found = measure(np.zeros(3), np.array([0.1, 0.2, 0.3]))
    assert np.isnan([found["auc"], found["average_precision"], found["recall_at_review"]]).all()


def test_the_highest_scores_are_picked() -> None:
    assert selected(np.array([0.1, 0.9, 0.5, 0.5]), 0.5).tolist() == [False, True, True, False]


def test_slices_and_who_is_picked() -> None:
    rows = [
        {"merchant_id": "A" if n % 2 else "B", "channel": "web", "escalated": n % 2 == 1} for n in range(80)
    ]
    found = evaluate(scores([0.9 if n % 2 else 0.1 for n in range(80)]), make(rows), review_share=0.5)
    assert found.metrics["auc"] == 1
    by_merchant = found.fairness.filter(pl.col("slice") == "merchant_id").sort("value")
    assert by_merchant["selected"].to_list() == [1, 0]
    assert by_merchant["base_rate"].to_list() == [1, 0]
    web = found.slices.filter(pl.col("value") == "web").row(0, named=True)
    assert (web["cases"], web["auc"]) == (80, 1)
    assert found.reasons.row(0, named=True) == {"code": "a", "share": 1.0, "increases": 0.5}
    assert found.reliability["escalated"].to_list() == [0, 1]


def test_cases_without_an_outcome_are_not_measured(tmp_path: Path) -> None:
    with pytest.raises(NothingToMeasure):
        evaluate(scores([0.5]), make([{}]))
    found = evaluate(scores([0.5, 0.2]), make([{"escalated": True}, {}]))
    assert found.metrics["cases"] == 1
    write_figures(found, tmp_path)
    assert (tmp_path / "roc.png").is_file()


def test_made_up_events_agree_with_made_up_labels() -> None:
    made = generate(500, seed=3, until=NOW)
    cases = made.cases.with_columns(escalated=pl.lit(None, pl.Boolean))
    events = made.events.with_columns(to=pl.col("payload").str.json_path_match("$.to"))
    assert with_labels(cases, events, as_of=NOW)["escalated"].equals(made.cases["escalated"])
