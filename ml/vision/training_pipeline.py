"""From datasets to a finished model folder: train, calibrate, evaluate, describe."""

import os
import platform
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.vision.calibrate import fit_temperature, review_threshold, tempered
from ml.vision.data import (
    ALL,
    TRAIN,
    VALIDATION,
    DatasetError,
    DatasetSpec,
    LabelledImages,
    join,
    load_labelled,
)
from ml.vision.evaluate import Evaluation, evaluate, score
from ml.vision.labels import CLASSES
from ml.vision.models import has_bfloat16
from ml.vision.package import Card, load_classifier, save_package
from ml.vision.recipe import Recipe
from ml.vision.train import EpochMetrics, Trained, TrainingSet, train

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Built:
    """A model in its folder, and how good it is on the validation split of each dataset and on all of them."""

    folder: Path
    card: Card
    trained: Trained
    evaluations: dict[str, Evaluation]


def build_model(
    specs: list[DatasetSpec],
    *,
    recipe: Recipe,
    seed: int,
    folder: Path,
    command: str,
    trained_at: str,
    report: Callable[[EpochMetrics], None] | None = None,
) -> Built:
    """Train on the `train` splits, calibrate and evaluate on the `validation` splits, write the folder.

    The folder holds the network of the last finished epoch meanwhile, uncalibrated. Raises DatasetError.
    """
    folder.mkdir(parents=True, exist_ok=True)  # found out before an hour of training, not after it
    training = [_labelled(spec, TRAIN) for spec in specs]
    validation = [_labelled(spec, VALIDATION) for spec in specs]
    sets = [
        TrainingSet(labelled, spec.samples_per_epoch, spec.augmentation)
        for spec, labelled in zip(specs, training, strict=True)
    ]

    about = {spec.name: spec.about for spec in specs if spec.about}

    def keep(metrics: EpochMetrics, network: "nn.Module") -> None:
        draft = describe(Trained(network, recipe, seed), [], command=command, trained_at=trained_at)
        save_package(network, draft, folder)
        if report:
            report(metrics)

    trained = train(sets, recipe=recipe, seed=seed, report=keep)
    card = describe(trained, training, command=command, trained_at=trained_at, about=about)
    return finish(trained, card, validation, folder)


def _labelled(spec: DatasetSpec, split: str) -> LabelledImages:
    return load_labelled(
        spec.path, split=split, labels=spec.labels, name=spec.name, attributes=spec.attributes
    )


def describe(
    trained: Trained,
    training: list[LabelledImages],
    *,
    command: str,
    trained_at: str,
    about: Mapping[str, str] | None = None,
) -> Card:
    """The card of a model that is not calibrated yet; `about` says where each dataset is from."""
    width, height = trained.recipe.input_size
    return Card(
        architecture=trained.recipe.architecture,
        classes=list(CLASSES),
        width=width,
        height=height,
        temperature=1.0,
        review_threshold=0.0,
        pretrained=trained.recipe.pretrained,
        data=[
            {
                "name": one.sources[0],
                "photos": len(one),
                "sha256": one.digest(),
                "labels": len(set(one.labels)),
                "about": (about or {}).get(one.sources[0], ""),
            }
            for one in training
        ],
        recipe=asdict(trained.recipe),
        seed=trained.seed,
        command=command,
        trained_at=trained_at,
        seconds=round(trained.seconds, 1),
        machine=f"{platform.machine()}, {os.cpu_count()} cores, {'with' if has_bfloat16() else 'no'} bfloat16",
    )


def finish(trained: Trained, card: Card, validation: list[LabelledImages], folder: Path) -> Built:
    """Calibrate on the validation photos together, evaluate on each set of them, and write the folder."""
    save_package(trained.network, card, folder)
    together = join(validation)
    # What is measured is what was written: half precision and all.
    scores, _ = score(load_classifier(folder), together)
    temperature = fit_temperature(scores)
    threshold = review_threshold(tempered(scores, temperature))
    card = save_package(
        trained.network, replace(card, temperature=temperature, review_threshold=threshold), folder
    )
    classifier = load_classifier(folder)
    evaluations = {}
    for one in validation:
        with suppress(DatasetError):  # none of its few photos can be read, which ALL counts
            evaluations[one.sources[0]] = evaluate(classifier, one)
    evaluations[ALL] = evaluate(classifier, together)
    card = save_package(
        trained.network,
        replace(card, metrics={name: _rounded(one.metrics) for name, one in evaluations.items()}),
        folder,
    )
    return Built(folder, card, trained, evaluations)


def _rounded(metrics: dict[str, float]) -> dict[str, float | None]:
    # JSON has no NaN.
    return {name: round(value, 4) if np.isfinite(value) else None for name, value in metrics.items()}
