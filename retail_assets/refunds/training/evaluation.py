"""Candidate and champion on the frozen set: what the gate needs to know, written to their versions."""

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.tracking.champion import fetch_model
from ml.tracking.reading import champion, with_alias
from ml.tracking.registering import attach_reports, record_facts
from ml.tracking.registry import CANDIDATE, Registry, Tag, Version
from retail_assets.config import Settings
from retail_assets.lake import Lake
from retail_assets.models.catalogue import REFUND_ITEM_CLASSIFIER, registry_of
from retail_assets.refunds.training.data import FrozenSet, frozen_set

if TYPE_CHECKING:
    from ml.vision.evaluate import Evaluation


class NoCandidate(Exception):
    """There is no candidate to work on; the message says what to run."""


@dataclass(frozen=True)
class CandidateEvaluation:
    candidate: Version
    evaluation: "Evaluation"
    champion: Version | None


def evaluate_candidate(settings: Settings) -> CandidateEvaluation:
    """Evaluate the candidate on the frozen set, and the champion where that has not been done.

    Raises NoCandidate, UnusableDataset and RegistryUnreachable.
    """
    registry = registry_of(settings)
    candidate = require_candidate(registry)
    frozen = frozen_set(settings)
    holder = champion(registry, REFUND_ITEM_CLASSIFIER)
    if holder and holder.number != candidate.number and holder.tags.get(Tag.FROZEN_SET) != frozen.digest:
        _evaluated(settings, registry, holder, frozen)
    evaluation = _evaluated(settings, registry, candidate, frozen)
    return CandidateEvaluation(
        require_candidate(registry), evaluation, champion(registry, REFUND_ITEM_CLASSIFIER)
    )


def require_candidate(registry: Registry) -> Version:
    """The version that was trained last; raises NoCandidate."""
    found = with_alias(registry, REFUND_ITEM_CLASSIFIER, CANDIDATE)
    if found is None:
        raise NoCandidate("There is no candidate yet: materialise refund_classifier_candidate first.")
    return found


def _evaluated(settings: Settings, registry: Registry, version: Version, frozen: FrozenSet) -> "Evaluation":
    from ml.vision.evaluate import evaluate
    from ml.vision.package import load_classifier
    from ml.vision.plots import confusion_figure, recall_figure, reliability_figure

    cache = Lake(settings.data_dir).work_folder("models")
    folder = fetch_model(registry, version, cache=cache)
    evaluation = evaluate(load_classifier(folder, version=str(version.number)), frozen.labelled)
    metrics = {name: value for name, value in evaluation.metrics.items() if math.isfinite(value)}
    attach_reports(
        registry,
        version,
        metrics={f"frozen_{name}": value for name, value in metrics.items()},
        figures={
            "frozen/confusion": confusion_figure(evaluation),
            "frozen/recall": recall_figure(evaluation),
            "frozen/reliability": reliability_figure(evaluation),
        },
        texts={
            "frozen/per_class.csv": evaluation.per_class.write_csv(),
            "frozen/slices.csv": evaluation.slices.write_csv(),
        },
    )
    # Which ones cannot be read is not known here, so they are taken off every class.
    lost = int(metrics.get("photos_unreadable", 0))
    examples = {name: max(0, count - lost) for name, count in frozen.real_examples.items()}
    facts = {
        Tag.METRICS: json.dumps(metrics),
        Tag.FROZEN_SET: frozen.digest,
        Tag.REAL_EXAMPLES: json.dumps(examples),
    }
    record_facts(registry, version, facts)
    return evaluation
