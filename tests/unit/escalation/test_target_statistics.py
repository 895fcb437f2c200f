"""Smoothed log-odds of categories, against the plain loops that they replace."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.escalation.target_statistics import Smoothing, before_moment, logit, out_of_fold, recency
from ml.escalation.timeline import DAY
from tests.unit.escalation.conftest import NOW, make

VALUES = st.sampled_from(["a", "b", None])
ROWS = st.lists(st.tuples(VALUES, st.booleans(), st.integers(0, 60)), min_size=1, max_size=20)
SMOOTHINGS = st.builds(Smoothing, st.sampled_from([None, 1.0, 14.0]), st.sampled_from([1.0, 10.0]))


@settings(deadline=None, max_examples=50)
@given(ROWS, ROWS, SMOOTHINGS)
def test_a_case_is_told_what_was_known_before_it(known: list, asked: list, smoothing: Smoothing) -> None:
    labelled = make(
        [
            {"created_at": NOW - timedelta(days=age), "channel": value, "escalated": escalated}
            for value, escalated, age in known
        ]
    )
    features = pl.DataFrame(
        {
            "moment": [NOW - timedelta(days=age) for _, _, age in asked],
            "channel": pl.Series([value for value, _, _ in asked], dtype=pl.String),
        }
    )
    found = before_moment(features, ["channel"], labelled, 0.3, smoothing)["channel"]
    for row, (value, _, age) in enumerate(asked):
        earlier = [
            (v, hit, recency(np.array([(a - age) * DAY]), smoothing.half_life_days)[0])
            for v, hit, a in known
            if a > age
        ]
        weight = sum(w for _, _, w in earlier)
        rate = sum(w * hit for _, hit, w in earlier) / weight if weight else 0.3
        own = [(hit, w) for v, hit, w in earlier if v == value]
        hits, cases = sum(hit * w for hit, w in own), sum(w for _, w in own)
        smoothed = (hits + smoothing.smoothing * rate) / (cases + smoothing.smoothing)
        assert found[row] == pytest.approx(logit(smoothed) - logit(rate), abs=1e-6)


@settings(deadline=None, max_examples=50)
@given(ROWS, st.integers(2, 4))
def test_no_case_tells_its_own_outcome(rows: list, folds: int) -> None:
    features = pl.DataFrame({"channel": pl.Series([value for value, _, _ in rows], dtype=pl.String)})
    labels, fold = np.array([hit for _, hit, _ in rows], float), np.arange(len(rows)) % folds
    weights = np.ones(len(rows))
    whole = out_of_fold(features, ["channel"], labels, weights, fold, Smoothing())["channel"]
    for row in range(len(rows)):
        others = np.where(fold == fold[row], 1 - labels, labels)
        changed = out_of_fold(features, ["channel"], others, weights, fold, Smoothing())["channel"]
        assert changed[row] == pytest.approx(whole[row], abs=1e-9)


def test_a_value_that_escalates_more_has_higher_log_odds() -> None:
    features = pl.DataFrame({"channel": ["good", "bad"] * 50})
    labels = np.array([0.0, 1.0] * 50)
    found = out_of_fold(features, ["channel"], labels, np.ones(100), np.arange(100) // 2 % 5, Smoothing())[
        "channel"
    ]
    assert (found[1::2] > 1).all()
    assert (found[::2] < -1).all()
