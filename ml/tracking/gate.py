"""The gate between a candidate and the champion: pure comparison of what was measured on one holdout."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class GateOutcome(StrEnum):
    PROMOTED = "promoted"
    REJECTED = "rejected"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"


@dataclass(frozen=True)
class GateReport:
    """What the gate says, and why, as a sentence."""

    outcome: GateOutcome
    sentence: str


@dataclass(frozen=True)
class Evidence:
    """What a holdout can prove."""

    examples: Mapping[str, int]
    """Real examples by what the model must tell apart (classes, windows, outcomes); what is made up counts zero."""
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
    min_examples: int
    """Per entry of `Evidence.examples`."""
    min_gain: float = 0.0
    higher_is_better: bool = True
    guards: tuple[Guard, ...] = ()
    as_good_within: float | None = None
    """How much worse than the champion a candidate may be to count as good as it, and take its place for being younger;
    None where it has to beat it by `min_gain`."""


def gate(
    *,
    candidate: Mapping[str, float],
    champion: Mapping[str, float] | None,
    evidence: Evidence,
    policy: GatePolicy,
) -> GateReport:
    """Judge a candidate; both models' metrics must come from the same holdout.

    Without a champion, beating the naive baseline is enough. Evidence is asked for first: figures from a set
    that proves nothing neither promote nor reject.
    """
    lacking = sorted(name for name, count in evidence.examples.items() if count < policy.min_examples)
    if lacking or not evidence.examples:
        return GateReport(GateOutcome.INSUFFICIENT_EVIDENCE, _lacks(lacking, evidence, policy))
    for reason in (
        _against_baseline(candidate, evidence, policy),
        _against_champion(candidate, champion, policy),
        *(_against_guard(candidate, champion, guard) for guard in policy.guards),
    ):
        if reason:
            return GateReport(GateOutcome.REJECTED, reason)
    value = candidate[policy.metric]
    beaten = (
        "there was no champion" if champion is None else f"the champion has {champion[policy.metric]:.4f}"
    )
    return GateReport(
        GateOutcome.PROMOTED,
        f"{policy.metric} is {value:.4f} on the holdout; {beaten}, the naive baseline {evidence.naive:.4f}.",
    )


def _lacks(lacking: list[str], evidence: Evidence, policy: GatePolicy) -> str:
    advice = "Add examples, or promote the version by a promote_model decision."
    if not evidence.examples:
        return f"The holdout is empty. {advice}"
    named = ", ".join(lacking[:3]) + (" and others" if len(lacking) > 3 else "")
    return (
        f"The holdout has fewer than {policy.min_examples} real examples of {len(lacking)} of "
        f"{len(evidence.examples)} ({named}). {advice}"
    )


def _against_baseline(candidate: Mapping[str, float], evidence: Evidence, policy: GatePolicy) -> str | None:
    value = candidate.get(policy.metric, math.nan)
    if math.isnan(value):
        return f"The candidate has no {policy.metric}."
    if math.isnan(evidence.naive):
        return f"No naive baseline's {policy.metric} was measured, so nothing says what the model is worth."
    if _gain(value, evidence.naive, higher_is_better=policy.higher_is_better) <= 0:
        return f"{policy.metric} {value:.4f} is no better than the naive baseline's {evidence.naive:.4f}."
    return None


def _against_champion(
    candidate: Mapping[str, float], champion: Mapping[str, float] | None, policy: GatePolicy
) -> str | None:
    if champion is None:
        return None
    value, held = candidate[policy.metric], champion.get(policy.metric, math.nan)
    if math.isnan(held):
        return (
            f"The champion has no {policy.metric} on the holdout, so there is nothing to beat; promote the version by "
            "a promote_model decision."
        )
    gain = _gain(value, held, higher_is_better=policy.higher_is_better)
    if (tolerance := policy.as_good_within) is not None:
        # Written so that a figure that is not a number is no pass.
        if gain >= -tolerance:
            return None
        return (
            f"{policy.metric} {value:.4f} is worse than the champion's {held:.4f} by more than {tolerance:g}."
        )
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
