"""Population stability: nothing between equal tables, much where one moved, the same as by hand."""

import json
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.escalation.cases import normalised
from ml.escalation.drift import SCORE, base_rate_index, drift, reference
from ml.escalation.features import case_features
from ml.escalation.model import load_model
from ml.escalation.plots import drift_figure
from ml.escalation.score import score_cases
from ml.stability import MUCH, stability_index
from tests.unit.escalation.conftest import TRAINED_AT, Files

VALUES = st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=60)


def test_by_hand() -> None:
    assert stability_index([0.5, 0.5], [0.75, 0.25]) == pytest.approx(
        0.25 * np.log(1.5) + -0.25 * np.log(0.5)
    )
    assert base_rate_index(0.2, 0.2) == 0
    assert base_rate_index(0.6, 0.2) > 0.25


@settings(deadline=None, max_examples=50)
@given(VALUES, VALUES)
def test_equal_tables_have_not_moved(some: list, others: list) -> None:
    table = pl.DataFrame({"number": pl.Series(some, dtype=pl.Float64)})
    then = json.loads(json.dumps(reference(table)))
    assert drift(then, table)["psi"].to_list() == [0]
    moved = drift(then, pl.DataFrame({"number": pl.Series(others, dtype=pl.Float64)}))
    assert moved["psi"][0] >= 0


def test_what_moved_comes_first() -> None:
    rng = np.random.default_rng(0)
    then = pl.DataFrame(
        {"still": rng.normal(size=2000), "moved": rng.normal(size=2000), "kind": ["a", "b"] * 1000}
    )
    now = pl.DataFrame(
        {"still": rng.normal(size=2000), "moved": rng.normal(1, size=2000), "kind": ["a", "c"] * 1000}
    )
    found = drift(reference(then), now)
    assert found["name"].to_list() == ["kind", "moved", "still"]
    assert found["psi"][1] > 0.25 > 0.02 > found["psi"][2]
    assert drift(reference(then), now.clear()).is_empty()


def test_the_newest_of_the_training_is_compared_with() -> None:
    growing = pl.DataFrame({"count": range(3000)})
    found = drift(reference(growing), growing.tail(1000))
    assert found["psi"][0] == 0
    assert drift(reference(growing), growing)["psi"][0] > MUCH


def test_a_model_knows_what_it_learned_from(files: Files) -> None:
    model, cases = load_model(files.model), normalised(pl.read_parquet(files.cases))
    recent = cases.filter(pl.col("created_at") > TRAINED_AT - timedelta(days=60))
    features = case_features(recent, contract=model.contract, known=model.history)
    scores = pl.concat(score_cases(model, recent, as_of=recent["created_at"].max()))  # ty: ignore[invalid-argument-type]
    found = drift(model.reference, features.with_columns(scores[SCORE]))
    assert set(found["name"]) == {*model.contract.names, SCORE}
    assert found.filter(pl.col("name") == SCORE)["psi"][0] < MUCH
    assert len(drift_figure(found).axes[0].patches) == 20
