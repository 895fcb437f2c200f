"""The life of a model that is no classifier: trained, measured on windows, gated, promoted, taken back."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ml.tracking.champion import set_champion
from ml.tracking.reading import champion, versions
from ml.tracking.registry import CANDIDATE, Registry, RegistryUnreachable, Tag, Version
from retail_assets.models import lifecycle
from retail_assets.models.lifecycle import (
    NoCandidate,
    NotTrainable,
    evaluate_candidate,
    judge_candidate,
    train_candidate,
)
from retail_assets.models.spec import GateSettings
from tests.unit.models.forecasts import NAME, ForecastOptions, Windows

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
POLICY = GateSettings(gate_min_real_examples=5, gate_min_gain=0.01)


class Life:
    """The steps of a training run, one by one."""

    def __init__(self, registry: Registry, windows: Windows, cache: Path) -> None:
        self.registry, self.windows, self.cache = registry, windows, cache
        self.now = AT

    def train(self, **options: float) -> Version:
        return train_candidate(
            self.registry,
            self.windows.spec,
            options=ForecastOptions(**options),
            trained_at=self.now,
            command="job train_forecast",
        )

    def evaluate(self) -> lifecycle.CandidateEvaluation:
        return evaluate_candidate(self.registry, self.windows.spec, cache=self.cache)

    def judge(self) -> tuple[str, str]:
        tags = judge_candidate(self.registry, self.windows.spec, policy=POLICY, at=AT).tags
        return tags[Tag.GATE_OUTCOME], tags[Tag.GATE_REASON]

    def run(self, **options: float) -> tuple[str, str]:
        self.train(**options)
        self.evaluate()
        return self.judge()

    @property
    def champion(self) -> int | None:
        found = champion(self.registry, NAME)
        return found.number if found else None


@pytest.fixture
def life(registry: Registry, windows: Windows, tmp_path: Path) -> Life:
    return Life(registry, windows, tmp_path / "cache")


def test_a_forecast_is_trained_measured_on_windows_and_promoted(life: Life) -> None:
    trained = life.train(mase=0.8)
    assert (trained.number, trained.aliases) == (1, (CANDIDATE,))
    found = life.evaluate()
    assert found.champion is None
    assert found.measured.tables["by_kind"].rows() == [("ordinary", 12), ("promotion", 6)]
    assert json.loads(found.candidate.tags[Tag.EVIDENCE]) == {"ordinary": 12, "promotion": 6}
    assert json.loads(found.candidate.tags[Tag.METRICS]) == {"mase": 0.8, "bias": 0.0, "naive_mase": 1.0}
    assert life.champion is None, "measuring promotes nothing"
    outcome, reason = life.judge()
    assert outcome == "promoted"
    assert reason == "mase is 0.8000 on the holdout; there was no champion, the naive baseline 1.0000."
    assert life.champion == 1


@pytest.mark.parametrize(
    ("options", "outcome", "says"),
    [
        ({"mase": 0.7}, "promoted", "the champion has 0.8000"),
        ({"mase": 0.795}, "rejected", "does not beat the champion's 0.8000 by at least 0.01"),
        ({"mase": 0.9}, "rejected", "does not beat the champion's 0.8000"),
        ({"mase": 0.5, "bias": 0.1}, "rejected", "bias got worse"),
        ({"mase": 1.2}, "rejected", "no better than the naive baseline's 1.0000"),
    ],
)
def test_a_lower_error_takes_the_place_of_a_higher_one(
    life: Life, options: dict[str, float], outcome: str, says: str
) -> None:
    life.run(mase=0.8)
    found, reason = life.run(**options)
    assert found == outcome
    assert says in reason
    assert life.champion == (2 if outcome == "promoted" else 1)


@pytest.mark.parametrize(
    ("days_later", "options", "outcome", "says"),
    [
        (7, {"mase": 0.8}, "promoted", "the champion has 0.8000"),
        (7, {"mase": 0.804}, "promoted", "the champion has 0.8000"),
        (7, {"mase": 0.806}, "rejected", "worse than the champion's 0.8000 by more than 0.005"),
        (7, {"mase": 0.8, "bias": 0.1}, "rejected", "bias got worse"),
        (0, {"mase": 0.8}, "rejected", "does not beat the champion's 0.8000 by at least 0.01"),
    ],
)
def test_one_that_is_as_good_and_younger_takes_the_place_where_that_is_a_merit(
    life: Life, windows: Windows, days_later: int, options: dict[str, float], outcome: str, says: str
) -> None:
    windows.younger_as_good_within = 0.005
    life.run(mase=0.8)
    life.now += timedelta(days=days_later)
    found, reason = life.run(**options)
    assert (found, life.champion) == (outcome, 2 if outcome == "promoted" else 1)
    assert says in reason


def test_too_few_windows_of_a_kind_prove_nothing(life: Life, windows: Windows) -> None:
    windows.counts["promotion"] = 4
    outcome, reason = life.run(mase=0.1)
    assert outcome == "insufficient_evidence"
    assert "fewer than 5 real examples of 1 of 2 (promotion)" in reason
    assert life.champion is None


def test_windows_that_cannot_be_used_are_no_evidence(life: Life, windows: Windows) -> None:
    windows.unusable = 2
    assert life.run(mase=0.1)[0] == "insufficient_evidence"
    windows.unusable = 1
    assert life.run(mase=0.1)[0] == "promoted"


def test_a_champion_is_measured_anew_when_the_holdout_is_another(life: Life, windows: Windows) -> None:
    life.run(mase=0.8)
    life.run(mase=0.9)
    assert windows.evaluated == ["1", "2"], "on the same holdout once is enough"
    windows.digest = "weeks 1 to 12 of the next year"
    life.train(mase=0.7)
    life.evaluate()
    assert windows.evaluated[2:] == ["1", "3"]
    assert life.judge()[0] == "promoted"


def test_a_candidate_is_not_compared_on_another_holdout(life: Life, windows: Windows) -> None:
    life.run(mase=0.8)
    life.train(mase=0.7)
    with pytest.raises(NoCandidate, match="was not evaluated yet: materialise forecast_evaluation first"):
        life.judge()
    life.evaluate()
    set_of_old = {Tag.HOLDOUT: "another"}
    lifecycle.record_facts(life.registry, versions(life.registry, NAME)[0], set_of_old, done=Tag.HOLDOUT)
    with pytest.raises(NoCandidate, match="measured on different holdouts: materialise forecast_evaluation"):
        life.judge()


def test_a_gate_takes_nothing_back_that_a_person_decided_since(life: Life, registry: Registry) -> None:
    life.run(mase=0.8)
    life.run(mase=0.7)
    set_champion(registry, NAME, 1, by="decision", at=AT)
    assert life.judge()[0] == "promoted", "it says again what it said"
    assert life.champion == 1


def test_without_a_candidate_a_step_says_what_to_run(life: Life) -> None:
    for step in (life.evaluate, life.judge):
        with pytest.raises(NoCandidate, match="materialise forecast_candidate first"):
            step()


def test_a_model_without_training_says_so(life: Life, windows: Windows) -> None:
    spec = replace(windows.spec, training=None)
    with pytest.raises(NotTrainable, match="weekly-forecast is not trained on this platform"):
        train_candidate(life.registry, spec, options=ForecastOptions(), trained_at=AT, command="")


def test_a_registry_that_is_away_is_said_before_an_hour_of_training(windows: Windows, tmp_path: Path) -> None:
    life = Life(Registry(f"sqlite:///{tmp_path / 'absent.db'}", tmp_path), windows, tmp_path)
    with pytest.raises(RegistryUnreachable, match="run `make setup`"):
        life.train()
    assert windows.trainings == 0
