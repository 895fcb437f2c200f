"""The refund item classifier as a model of the platform: what the registry is told of it, and how it is trained."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from ml.tracking.gate import Guard
from ml.tracking.registry import ORIGIN_TRAINED
from retail_assets.config import REPOSITORY
from retail_assets.models.spec import Holdout, Measured, ModelSpec, Progress, Training
from retail_assets.platform import Platform

if TYPE_CHECKING:
    import polars as pl

    from ml.tracking.registering import Registration
    from ml.vision.package import Card

REFUND_ITEM_CLASSIFIER = "refund-item-classifier"
MAIN_METRIC = "accuracy"
GUARDS = (Guard("macro_recall", 0.01), Guard("ece", 0.02, higher_is_better=False))
"""A little worse is within what chance does on a set of a few thousand photos."""


class TrainingOptions(BaseModel):
    """How a candidate is trained."""

    quick: bool = Field(
        False,
        description="Seconds instead of an hour: to see that everything is connected. Such a model is no good.",
    )
    architecture: str = Field("efficientnet_lite0", description="efficientnet_lite0, resnet18, …")
    pretrained: bool = Field(True, description="Start from ImageNet weights.")
    seed: int = Field(0, description="The same seed and photos give the same model.")


def models(platform: Platform) -> list[ModelSpec]:
    """What this flow scores with."""

    def summary() -> "pl.DataFrame":
        from retail_assets.refunds.training.data import holdout_photos, summary, training_parts

        return summary(training_parts(platform), holdout_photos(platform))

    def train(
        options: TrainingOptions, folder: Path, trained_at: str, command: str, progress: Progress
    ) -> "Registration":
        return _train(platform, options, folder, trained_at, command, progress)

    def holdout() -> Holdout:
        from retail_assets.refunds.training.data import holdout_photos

        found = holdout_photos(platform)
        return Holdout(found.digest, found.real_examples, lambda *model: _evaluate(*model, found.labelled))

    classifier = ModelSpec(
        name=REFUND_ITEM_CLASSIFIER,
        short_name="refund_classifier",
        flow="refunds",
        describe=describe,
        main_metric=MAIN_METRIC,
        guards=GUARDS,
        packaged=REPOSITORY / "ml" / "vision" / "packaged",
        training=Training(TrainingOptions, summary, train, holdout),
    )
    return [classifier]


def describe(folder: Path, origin: str) -> "Registration":
    """What the registry is told of the model in a folder; its metrics are those of its own validation photos."""
    from ml.tracking.registering import Registration
    from ml.vision.endpoint import endpoint
    from ml.vision.package import read_card

    card = read_card(folder)
    return Registration(
        model=REFUND_ITEM_CLASSIFIER,
        folder=folder,
        endpoint=endpoint(),
        origin=origin,
        trained_at=datetime.fromisoformat(card.trained_at),
        data_hash=_data_hash(card),
        main_metric=MAIN_METRIC,
        metrics=_numbers(card.metrics.get("all", {})),
        params={
            "architecture": card.architecture,
            "pretrained": card.pretrained,
            "input": f"{card.width}x{card.height}",
            "seed": card.seed,
            **card.recipe,
        },
        texts={path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")},
    )


def _train(
    platform: Platform,
    options: TrainingOptions,
    folder: Path,
    trained_at: str,
    command: str,
    progress: Progress,
) -> "Registration":
    """Train on today's photos. Raises an ExplainedError for what cannot be used."""
    from ml.vision.model_card import write_model_card
    from ml.vision.plots import confusion_figure, history_figure, recall_figure, reliability_figure
    from ml.vision.recipe import Recipe
    from ml.vision.train import EpochMetrics, TrainingSet, train
    from ml.vision.training_pipeline import describe as describe_training
    from ml.vision.training_pipeline import finish
    from retail_assets.refunds.training.data import training_parts

    def report(epoch: EpochMetrics, _: object) -> None:
        progress(
            f"Epoch {epoch.epoch + 1} at {epoch.width}x{epoch.height}: loss {epoch.loss:.3f}, "
            f"{epoch.images:,} photos in {epoch.seconds:.0f} s."
        )

    recipe = (
        Recipe.quick() if options.quick else Recipe.usual(options.architecture, pretrained=options.pretrained)
    )
    parts = [part for part in training_parts(platform) if len(part.train)]
    sets = [
        TrainingSet(part.train, part.description.samples_per_epoch, part.description.augmentation)
        for part in parts
    ]
    trained = train(sets, recipe=recipe, seed=options.seed, report=report)
    card = describe_training(trained, [part.train for part in parts], command=command, trained_at=trained_at)
    held = [part.validation for part in parts if len(part.validation)]
    built = finish(trained, card, held, folder)
    write_model_card(built)
    everything = built.evaluations["all"]
    return replace(
        describe(built.folder, ORIGIN_TRAINED),
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


def _evaluate(folder: Path, version: str, labelled: Any) -> Measured:
    from ml.vision.evaluate import evaluate
    from ml.vision.package import load_classifier
    from ml.vision.plots import confusion_figure, recall_figure, reliability_figure

    found = evaluate(load_classifier(folder, version=version), labelled)
    return Measured(
        metrics=found.metrics,
        figures={
            "confusion": confusion_figure(found),
            "recall": recall_figure(found),
            "reliability": reliability_figure(found),
        },
        tables={"per_class": found.per_class, "slices": found.slices},
        unusable=int(found.metrics.get("photos_unreadable", 0)),
    )


def _data_hash(card: "Card") -> str:
    hashes = [str(one["sha256"]) for one in card.data]
    return hashlib.sha256(json.dumps(hashes).encode()).hexdigest()


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if value is not None}
