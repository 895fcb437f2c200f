"""What promotes a candidate, and what does not."""

import math
from dataclasses import replace

import pytest

from ml.tracking.gate import Evidence, GateOutcome, GatePolicy, Guard, gate

POLICY = GatePolicy(
    "accuracy", min_examples=10, min_gain=0.01, guards=(Guard("ece", 0.02, higher_is_better=False),)
)
ENOUGH = Evidence({"Shirts": 10, "Heels": 400}, naive=0.5)
UNCOMPARED = Evidence({"Shirts": 10}, naive=math.nan)
CHAMPION = {"accuracy": 0.90, "ece": 0.03}


@pytest.mark.parametrize(
    ("candidate", "champion", "evidence", "outcome", "says"),
    [
        ({"accuracy": 0.92, "ece": 0.03}, CHAMPION, ENOUGH, GateOutcome.PROMOTED, "0.9200"),
        ({"accuracy": 0.905, "ece": 0.03}, CHAMPION, ENOUGH, GateOutcome.REJECTED, "by at least 0.01"),
        ({"accuracy": 0.95, "ece": 0.06}, CHAMPION, ENOUGH, GateOutcome.REJECTED, "ece got worse"),
        ({"accuracy": 0.95}, CHAMPION, ENOUGH, GateOutcome.REJECTED, "ece got worse: nan"),
        ({"accuracy": 0.95, "ece": math.nan}, CHAMPION, ENOUGH, GateOutcome.REJECTED, "ece got worse"),
        (
            {"accuracy": 0.95, "ece": 0.03},
            {"ece": 0.03},
            ENOUGH,
            GateOutcome.REJECTED,
            "champion has no accuracy",
        ),
        ({"accuracy": 0.5}, None, ENOUGH, GateOutcome.REJECTED, "naive baseline"),
        ({"accuracy": math.nan}, None, ENOUGH, GateOutcome.REJECTED, "has no accuracy"),
        ({"accuracy": 0.99}, None, UNCOMPARED, GateOutcome.REJECTED, "No naive baseline's accuracy"),
        ({"accuracy": 0.51}, None, ENOUGH, GateOutcome.PROMOTED, "there was no champion"),
        (
            {"accuracy": 0.99, "ece": 0.0},
            CHAMPION,
            Evidence({"Shirts": 9, "Heels": 400}, naive=0.5),
            GateOutcome.INSUFFICIENT_EVIDENCE,
            "fewer than 10 real examples of 1 of 2 (Shirts)",
        ),
        ({"accuracy": 0.1}, CHAMPION, Evidence({}, 0.5), GateOutcome.INSUFFICIENT_EVIDENCE, "is empty"),
    ],
)
def test_the_gate(candidate, champion, evidence, outcome, says) -> None:
    judged = gate(candidate=candidate, champion=champion, evidence=evidence, policy=POLICY)
    assert judged.outcome == outcome
    assert says in judged.sentence


@pytest.mark.parametrize(
    ("accuracy", "ece", "outcome"),
    [
        (0.90, 0.03, GateOutcome.PROMOTED),
        (0.896, 0.03, GateOutcome.PROMOTED),
        (0.894, 0.03, GateOutcome.REJECTED),
        (0.90, 0.06, GateOutcome.REJECTED),
        (0.49, 0.03, GateOutcome.REJECTED),
        (math.nan, 0.03, GateOutcome.REJECTED),
    ],
)
def test_one_that_is_as_good_passes_where_being_younger_is_a_merit(accuracy, ece, outcome) -> None:
    policy = replace(POLICY, as_good_within=0.005)
    found = gate(
        candidate={"accuracy": accuracy, "ece": ece}, champion=CHAMPION, evidence=ENOUGH, policy=policy
    )
    assert found.outcome == outcome


def test_an_error_is_better_when_it_is_lower() -> None:
    policy = GatePolicy("mase", min_examples=1, higher_is_better=False)
    evidence = Evidence({"weekly": 5}, naive=1.0)

    def outcome(candidate: float) -> GateOutcome:
        champion = {"mase": 0.8}
        return gate(
            candidate={"mase": candidate}, champion=champion, evidence=evidence, policy=policy
        ).outcome

    assert [outcome(value) for value in (0.7, 0.8, 0.9, 1.1)] == [
        GateOutcome.PROMOTED,
        GateOutcome.REJECTED,
        GateOutcome.REJECTED,
        GateOutcome.REJECTED,
    ]
