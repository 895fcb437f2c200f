"""The model that comes with the code: it is what its card says, and it scores where nothing else does."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ml.escalation.__main__ import main
from ml.escalation.cases import normalised
from ml.escalation.contract import contract
from ml.escalation.evaluate import evaluate
from ml.escalation.generate import generate
from ml.escalation.model import PACKAGED_MODEL, load_model, read_card
from ml.escalation.score import score_cases
from tests.unit.escalation.conftest import NOW


def test_its_contract_is_the_current_one() -> None:
    assert load_model().contract == contract()


def test_the_commands_of_its_card_make_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    card = read_card(PACKAGED_MODEL)
    made = re.search(r"`python -m ml\.escalation (generate .*?)`", card["data"]["about"])
    assert made
    for command in (made[1], card["command"].removeprefix("python -m ml.escalation ")):
        assert main(shlex.split(command)) == 0
    again, packaged = load_model(tmp_path / "MODEL"), load_model()
    assert again.history.equals(packaged.history)
    assert np.allclose(again.linear.coefficient, packaged.linear.coefficient, atol=1e-4)
    assert again.linear.intercept == pytest.approx(packaged.linear.intercept, abs=1e-4)


def test_it_foretells_made_up_cases_that_it_has_not_seen() -> None:
    cases = normalised(generate(2000, seed=11, until=NOW).cases)
    scores = pl.concat(score_cases(load_model(), cases, as_of=NOW))
    metrics = evaluate(scores, cases).metrics
    assert metrics["auc"] > 0.68
    assert metrics["brier"] < metrics["brier_of_base_rate"]


def test_a_case_that_says_nothing_is_scored(tmp_path: Path) -> None:
    bare = normalised(pl.DataFrame({"case_id": ["1"], "created_at": [NOW]}))
    score = pl.concat(score_cases(load_model(), bare, as_of=NOW)).row(0, named=True)
    assert 0 < score["score"] < 1
    json.dumps(score["reason_codes"])
