"""The life of a model: train a candidate, measure it on the holdout, gate it against the champion, promote it.

The same for every model; what is particular stands in its `ModelSpec`. Rolling back is a decision (`promote_model`).
"""

import json
import math
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel

from ml.errors import ExplainedError
from ml.tracking.champion import fetch_model, move_alias, set_champion
from ml.tracking.gate import Evidence, GateOutcome, GatePolicy, GateReport, gate
from ml.tracking.reading import champion, require_reachable, with_alias
from ml.tracking.registering import Registration, attach_reports, record_facts, register
from ml.tracking.registry import CANDIDATE, ORIGIN_TRAINED, Registry, Tag, Version
from retail_assets.models.spec import GateSettings, Holdout, Measured, ModelSpec, Progress, Training


class NoCandidate(ExplainedError):
    """There is no candidate to work on; the message says what to run."""


class NotTrainable(ExplainedError):
    """The model has no training."""


@dataclass(frozen=True)
class CandidateEvaluation:
    candidate: Version
    measured: Measured
    champion: Version | None


def train_candidate(
    registry: Registry,
    spec: ModelSpec,
    *,
    options: BaseModel,
    trained_at: datetime,
    command: str,
    progress: Progress = lambda _: None,
) -> Version:
    """Train a model and register it under the alias `candidate`; whether it may score is the gate's to say."""
    require_reachable(registry)  # before an hour of training, not after it
    with tempfile.TemporaryDirectory() as scratch:
        trained = _training(spec).train(
            options, Path(scratch) / "model", trained_at.isoformat(), command, progress
        )
        return _registered(registry, trained)


def register_candidate(registry: Registry, spec: ModelSpec, folder: Path) -> Version:
    """Register a model that was trained elsewhere, the command line say, as if it had been trained here."""
    require_reachable(registry)
    return _registered(registry, spec.describe(folder, ORIGIN_TRAINED))


def _registered(registry: Registry, trained: Registration) -> Version:
    return move_alias(registry, register(registry, trained), CANDIDATE)


def evaluate_candidate(registry: Registry, spec: ModelSpec, *, cache: Path) -> CandidateEvaluation:
    """Measure the candidate on the holdout, and the champion where that has not been done.

    Model folders are fetched into `cache`. Raises NoCandidate and RegistryUnreachable.
    """
    candidate = require_candidate(registry, spec)
    holdout = _training(spec).holdout()
    holder = champion(registry, spec.name)
    if holder and holder.number != candidate.number and holder.tags.get(Tag.HOLDOUT) != holdout.digest:
        _measure(registry, holder, holdout, cache)
    measured = _measure(registry, candidate, holdout, cache)
    return CandidateEvaluation(require_candidate(registry, spec), measured, champion(registry, spec.name))


def judge_candidate(registry: Registry, spec: ModelSpec, *, policy: GateSettings, at: datetime) -> Version:
    """Gate the candidate against the champion, and promote it if it passes.

    What a gate has said stays said: doing it again only finishes a promotion that was interrupted, and never
    takes back what a person has decided since. Raises NoCandidate and RegistryUnreachable.
    """
    candidate = require_candidate(registry, spec)
    if Tag.GATE_OUTCOME not in candidate.tags:
        judged = _judged(registry, spec, candidate, policy)
        facts = {Tag.GATE_OUTCOME: judged.outcome.value, Tag.GATE_REASON: judged.sentence}
        candidate = record_facts(registry, candidate, facts, done=Tag.GATE_OUTCOME)
    if candidate.tags[Tag.GATE_OUTCOME] == GateOutcome.PROMOTED and Tag.PROMOTED_AT not in candidate.tags:
        candidate = set_champion(registry, candidate.model, candidate.number, by="gate", at=at)
    return candidate


def require_candidate(registry: Registry, spec: ModelSpec) -> Version:
    """The version that was trained last; raises NoCandidate."""
    found = with_alias(registry, spec.name, CANDIDATE)
    if found is None:
        raise NoCandidate(
            f"There is no candidate of {spec.name} yet: materialise {spec.short_name}_candidate first."
        )
    return found


def _training(spec: ModelSpec) -> Training:
    if spec.training is None:
        raise NotTrainable(f"{spec.name} is not trained on this platform.")
    return spec.training


def _measure(registry: Registry, version: Version, holdout: Holdout, cache: Path) -> Measured:
    folder = fetch_model(registry, version, cache=cache)
    measured = holdout.evaluate(folder, str(version.number))
    metrics = {name: value for name, value in measured.metrics.items() if math.isfinite(value)}
    attach_reports(
        registry,
        version,
        metrics={f"holdout_{name}": value for name, value in metrics.items()},
        figures={f"holdout/{name}": figure for name, figure in measured.figures.items()},
        texts={f"holdout/{name}.csv": table.write_csv() for name, table in measured.tables.items()},
    )
    # Which examples cannot be used is not known here, so they are taken off every kind.
    evidence = {name: max(0, count - measured.unusable) for name, count in holdout.evidence.items()}
    facts = {
        Tag.METRICS: json.dumps(metrics),
        Tag.HOLDOUT: holdout.digest,
        Tag.EVIDENCE: json.dumps(evidence),
    }
    record_facts(registry, version, facts, done=Tag.HOLDOUT)
    return measured


def _judged(registry: Registry, spec: ModelSpec, candidate: Version, policy: GateSettings) -> GateReport:
    if Tag.HOLDOUT not in candidate.tags:
        raise NoCandidate(
            f"{candidate} was not evaluated yet: materialise {spec.short_name}_evaluation first."
        )
    holder = champion(registry, spec.name)
    if holder and holder.tags.get(Tag.HOLDOUT) != candidate.tags[Tag.HOLDOUT]:
        raise NoCandidate(
            f"{candidate} and the champion {holder} were measured on different holdouts: materialise "
            f"{spec.short_name}_evaluation again."
        )
    metrics = candidate.metrics
    wanted = GatePolicy(
        spec.main_metric,
        min_examples=policy.gate_min_real_examples,
        min_gain=policy.gate_min_gain,
        higher_is_better=spec.higher_is_better,
        guards=spec.guards,
        as_good_within=spec.younger_as_good_within if holder and _is_younger(candidate, holder) else None,
    )
    naive = metrics.get(f"naive_{spec.main_metric}", math.nan)
    evidence = Evidence(candidate.examples, naive=naive)
    held = holder.metrics if holder else None
    return gate(candidate=metrics, champion=held, evidence=evidence, policy=wanted)


def _is_younger(candidate: Version, holder: Version) -> bool:
    """By what they say of themselves, an instant in UTC; of a version that says nothing it is not known."""
    ours, theirs = (version.tags.get(Tag.TRAINED_AT) for version in (candidate, holder))
    return bool(ours and theirs and ours > theirs)
