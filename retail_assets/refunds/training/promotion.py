"""The gate of the refund item classifier: a candidate is judged once, and what it earned is carried out."""

import json
from datetime import datetime

from ml.tracking.champion import set_champion
from ml.tracking.gate import Evidence, GateOutcome, GatePolicy, Guard, Outcome, gate
from ml.tracking.reading import champion
from ml.tracking.registering import record_facts
from ml.tracking.registry import Registry, Tag, Version
from retail_assets.config import Settings
from retail_assets.models.catalogue import REFUND_ITEM_CLASSIFIER, registry_of
from retail_assets.refunds.candidate import MAIN_METRIC
from retail_assets.refunds.training.evaluation import NoCandidate, require_candidate

GUARDS = (Guard("macro_recall", 0.01), Guard("ece", 0.02, higher_is_better=False))
"""A little worse is within what chance does on a set of a few thousand photos."""


def judge_candidate(settings: Settings, *, at: datetime) -> Version:
    """Gate the candidate against the champion, and promote it if it passes.

    What a gate has said stays said: doing it again only finishes a promotion that was interrupted, and never
    takes back what a person has decided since. Raises NoCandidate and RegistryUnreachable.
    """
    registry = registry_of(settings)
    candidate = require_candidate(registry)
    if Tag.GATE_OUTCOME not in candidate.tags:
        judged = _judged(settings, registry, candidate)
        facts = {Tag.GATE_OUTCOME: judged.outcome.value, Tag.GATE_REASON: judged.sentence}
        candidate = record_facts(registry, candidate, facts)
    if candidate.tags[Tag.GATE_OUTCOME] == Outcome.PROMOTED and Tag.PROMOTED_AT not in candidate.tags:
        candidate = set_champion(registry, candidate.model, candidate.number, by="gate", at=at)
    return candidate


def _judged(settings: Settings, registry: Registry, candidate: Version) -> GateOutcome:
    if Tag.FROZEN_SET not in candidate.tags:
        raise NoCandidate(
            f"{candidate} was not evaluated yet: materialise refund_classifier_evaluation first."
        )
    holder = champion(registry, REFUND_ITEM_CLASSIFIER)
    if holder and holder.tags.get(Tag.FROZEN_SET) != candidate.tags[Tag.FROZEN_SET]:
        raise NoCandidate(
            f"{candidate} and the champion {holder} were measured on different frozen sets: materialise "
            "refund_classifier_evaluation again."
        )
    metrics = json.loads(candidate.tags[Tag.METRICS])
    policy = GatePolicy(
        MAIN_METRIC,
        min_real_examples=settings.gate_min_real_examples,
        min_gain=settings.gate_min_gain,
        guards=GUARDS,
    )
    evidence = Evidence(
        json.loads(candidate.tags[Tag.REAL_EXAMPLES]), naive=metrics.get("naive_accuracy", 0.0)
    )
    held = json.loads(holder.tags[Tag.METRICS]) if holder else None
    return gate(candidate=metrics, champion=held, evidence=evidence, policy=policy)
