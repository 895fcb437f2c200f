"""Training a candidate and putting it into the registry; whether it may score is the gate's to say."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ml.tracking.champion import move_alias
from ml.tracking.registering import register
from ml.tracking.registry import CANDIDATE, TRAINED, Version
from retail_assets.config import Settings
from retail_assets.models.catalogue import registry_of
from retail_assets.refunds.candidate import refund_item_candidate
from retail_assets.refunds.training.data import training_parts

if TYPE_CHECKING:
    from ml.vision.recipe import Recipe
    from ml.vision.train import EpochMetrics


def train_candidate(
    settings: Settings,
    *,
    recipe: "Recipe",
    seed: int,
    trained_at: datetime,
    command: str,
    report: Callable[["EpochMetrics"], None] = lambda _: None,
) -> Version:
    """Train on today's photos and register the result under the alias `candidate`.

    Raises UnusableDataset and RegistryUnreachable.
    """
    from ml.tracking.reading import require_reachable
    from ml.vision.building import describe, finish
    from ml.vision.model_card import write_model_card
    from ml.vision.plots import confusion_figure, history_figure, recall_figure, reliability_figure
    from ml.vision.train import TrainingSet, train

    registry = registry_of(settings)
    require_reachable(registry)  # before an hour of training, not after it
    parts = [part for part in training_parts(settings) if len(part.train)]
    sets = [
        TrainingSet(part.train, part.description.samples_per_epoch, part.description.augmentation)
        for part in parts
    ]
    trained = train(sets, recipe=recipe, seed=seed, report=lambda epoch, _: report(epoch))
    card = describe(
        trained, [part.train for part in parts], command=command, trained_at=trained_at.isoformat()
    )
    with tempfile.TemporaryDirectory() as scratch:
        held = [part.validation for part in parts if len(part.validation)]
        built = finish(trained, card, held, Path(scratch) / "model")
        write_model_card(built)
        everything = built.evaluations["all"]
        candidate = replace(
            refund_item_candidate(built.folder, TRAINED),
            history=[
                {"loss": one.loss, "learning_rate": one.learning_rate, "seconds": one.seconds}
                for one in trained.history
            ],
            figures={
                "history": history_figure(trained.history),
                "validation/confusion": confusion_figure(everything),
                "validation/recall": recall_figure(everything),
                "validation/reliability": reliability_figure(everything),
            },
        )
        version = register(registry, candidate)
    return move_alias(registry, version, CANDIDATE)
