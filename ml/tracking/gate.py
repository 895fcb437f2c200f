"""The gate between a candidate and the champion: pure comparison of what was measured on one frozen set."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    PROMOTED = "promoted"
    REJECTED = "rejected"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"


@dataclass(frozen=True)
class GateOutcome:
    """What the gate says, and why, as a sentence."""

    outcome: Outcome
    sentence: str


@dataclass(frozen=True)
class Evidence:
    """What a frozen set can prove."""

    real_examples: Mapping[str, int]
    """Real labelled examples by what the model must tell apart (class, kind of series); drawn ones count zero."""
    naive: float
    """The main metric of the naive baseline on the same set."""


@dataclass(frozen=True)
class Guard:
    """A second metric that may not get worse by more than `tolerance`."""

    metric: str
    tolerance: float
    higher_is_better: bool = True


@dataclass(frozen=True)
class GatePolicy:
    """What it takes to become champion without a person."""

    metric: str
    min_real_examples: int
    """Per entry of `Evidence.real_examples`."""
    min_gain: float = 0.0
    higher_is_better: bool = True
    guards: tuple[Guard, ...] = ()


def gate(
    *,
    candidate: Mapping[str, float],
    champion: Mapping[str, float] | None,
    evidence: Evidence,
    policy: GatePolicy,
) -> GateOutcome:
    """Judge a candidate; both models' metrics must come from the same frozen set.

    Without a champion, beating the naive baseline is enough. Evidence is asked for first: figures from a set
    that proves nothing neither promote nor reject.
    """
    lacking = sorted(
        name for name, count in evidence.real_examples.items() if count < policy.min_real_examples
    )
    if lacking or not evidence.real_examples:
        return GateOutcome(Outcome.INSUFFICIENT_EVIDENCE, _lacks(lacking, evidence, policy))
    for reason in (
        _against_baseline(candidate, evidence, policy),
        _against_champion(candidate, champion, policy),
        *(_against_guard(candidate, champion, guard) for guard in policy.guards),
    ):
        if reason:
            return GateOutcome(Outcome.REJECTED, reason)
    value = candidate[policy.metric]
    beaten = (
        "there was no champion" if champion is None else f"the champion has {champion[policy.metric]:.4f}"
    )
    return GateOutcome(
        Outcome.PROMOTED,
        f"{policy.metric} is {value:.4f} on the frozen set; {beaten}, the naive baseline {evidence.naive:.4f}.",
    )


def _lacks(lacking: list[str], evidence: Evidence, policy: GatePolicy) -> str:
    advice = "Add labelled examples, or promote the version by a promote_model decision."
    if not evidence.real_examples:
        return f"The frozen set is empty. {advice}"
    named = ", ".join(lacking[:3]) + (" and others" if len(lacking) > 3 else "")
    return (
        f"The frozen set has fewer than {policy.min_real_examples} real labelled examples for {len(lacking)} of "
        f"{len(evidence.real_examples)} ({named}). {advice}"
    )


def _against_baseline(candidate: Mapping[str, float], evidence: Evidence, policy: GatePolicy) -> str | None:
    value = candidate.get(policy.metric, math.nan)
    if math.isnan(value):
        return f"The candidate has no {policy.metric}."
    if _gain(value, evidence.naive, higher_is_better=policy.higher_is_better) <= 0:
        return f"{policy.metric} {value:.4f} is no better than the naive baseline's {evidence.naive:.4f}."
    return None


def _against_champion(
    candidate: Mapping[str, float], champion: Mapping[str, float] | None, policy: GatePolicy
) -> str | None:
    if champion is None:
        return None
    value, held = candidate[policy.metric], champion[policy.metric]
    gain = _gain(value, held, higher_is_better=policy.higher_is_better)
    if gain <= 0 or gain < policy.min_gain:
        wanted = f" by at least {policy.min_gain:g}" if policy.min_gain else ""
        return f"{policy.metric} {value:.4f} does not beat the champion's {held:.4f}{wanted}."
    return None


def _against_guard(
    candidate: Mapping[str, float], champion: Mapping[str, float] | None, guard: Guard
) -> str | None:
    if champion is None or guard.metric not in champion:
        return None
    value, held = candidate.get(guard.metric, math.nan), champion[guard.metric]
    # Written so that a figure that is missing or not a number is no pass.
    if not _gain(value, held, higher_is_better=guard.higher_is_better) >= -guard.tolerance:
        return f"{guard.metric} got worse: {value:.4f} against the champion's {held:.4f}."
    return None


def _gain(value: float, other: float, *, higher_is_better: bool) -> float:
    return value - other if higher_is_better else other - value
