"""What a training run learns from and is judged by: the training photos, their validation part, the frozen set."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from retail_assets.config import Settings
from retail_assets.lake import Lake
from retail_assets.refunds.training.datasets import (
    REAL,
    Dataset,
    Description,
    UnusableDataset,
    find_datasets,
    photo_hashes,
)
from retail_assets.refunds.training.relabels import NAME as RELABELS
from retail_assets.refunds.training.relabels import relabelled_photos

if TYPE_CHECKING:
    from ml.vision.data import LabelledImages

TRAIN, VALIDATION = "train", "validation"
VALIDATION_SHARE = 0.1


@dataclass(frozen=True)
class TrainingPart:
    """A dataset as training uses it."""

    name: str
    description: Description
    train: "LabelledImages"
    validation: "LabelledImages"


@dataclass(frozen=True)
class FrozenSet:
    """Photos that no model learns from; all versions are judged by them."""

    labelled: "LabelledImages"
    real_examples: dict[str, int]
    """Different real photos by their one right class, for all classes."""
    digest: str


def training_parts(settings: Settings) -> list[TrainingPart]:
    """The datasets of the training folder and the relabelled photos, without any photo of the frozen set.

    Raises UnusableDataset, also when there is nothing to learn from.
    """
    frozen = {
        sha256
        for dataset in find_datasets(settings.refund_frozen_folder)
        for sha256 in photo_hashes(dataset.load())
    }
    parts = [_part(dataset, frozen) for dataset in find_datasets(settings.refund_training_folder)]
    relabels = relabelled_photos(Lake(settings.data_dir))
    if relabels is not None:
        parts.append(_divided(RELABELS, Description(augmentation="candid"), relabels, frozen))
    if not any(len(part.train) for part in parts) or not any(len(part.validation) for part in parts):
        raise UnusableDataset(
            f"There are no labelled photos to learn from: put datasets into {settings.refund_training_folder} "
            "(a folder per class, or Parquet; see docs/models.md), at least two photos that are not in the "
            "frozen set."
        )
    return parts


def frozen_set(settings: Settings) -> FrozenSet:
    """The frozen set. Raises UnusableDataset, also when there is none."""
    import numpy as np

    from ml.vision.data import join
    from ml.vision.labels import CLASSES

    datasets = find_datasets(settings.refund_frozen_folder)
    if not datasets:
        raise UnusableDataset(
            f"There is no frozen set: put labelled photos that no model shall learn from into "
            f"{settings.refund_frozen_folder} (see docs/models.md)."
        )
    loaded = [dataset.load() for dataset in datasets]
    real = np.concatenate(
        [
            np.full(len(one), dataset.description.origin == REAL)
            for dataset, one in zip(datasets, loaded, strict=True)
        ]
    )
    labelled = join(loaded)
    distinct = pl.Series(photo_hashes(labelled)).is_first_distinct().to_numpy()
    certain = labelled.allowed[real & distinct & (labelled.allowed.sum(1) == 1)]
    counts = dict(zip(CLASSES, certain.sum(0).tolist(), strict=True))
    return FrozenSet(labelled, counts, labelled.digest())


def summary(parts: Iterable[TrainingPart], frozen: FrozenSet) -> pl.DataFrame:
    """Photos by dataset, origin, split and label."""
    tables = [
        pl.DataFrame({"dataset": images.sources, "label": images.labels}).with_columns(
            split=pl.lit(split), origin=pl.lit(part.description.origin)
        )
        for part in parts
        for split, images in ((TRAIN, part.train), (VALIDATION, part.validation))
    ]
    labels = {"dataset": frozen.labelled.sources, "label": frozen.labelled.labels}
    tables.append(pl.DataFrame(labels).with_columns(split=pl.lit("frozen"), origin=pl.lit(None, pl.String)))
    columns = ["dataset", "origin", "split", "label"]
    return (
        pl.concat([table.select(columns) for table in tables])
        .group_by(columns)
        .agg(photos=pl.len())
        .sort(columns)
    )


def _part(dataset: Dataset, frozen: set[str]) -> TrainingPart:
    description = dataset.description
    if not _has_splits(dataset):
        return _divided(dataset.name, description, dataset.load(), frozen)
    return TrainingPart(
        dataset.name,
        description,
        _without(dataset.load(TRAIN), frozen),
        _without(dataset.load(VALIDATION), frozen),
    )


def _has_splits(dataset: Dataset) -> bool:
    try:
        return dataset.path.is_file() and "split" in pl.read_parquet_schema(dataset.path)
    except pl.exceptions.PolarsError:
        return False  # loading says what is wrong with it


def _divided(
    name: str, description: Description, labelled: "LabelledImages", frozen: set[str]
) -> TrainingPart:
    """Every tenth photo is for validation, chosen by its bytes: copies of a photo stay together."""
    hashes = photo_hashes(labelled)
    distinct = sorted(set(hashes) - frozen)
    held = set(distinct[: math.ceil(len(distinct) * VALIDATION_SHARE)] if len(distinct) > 1 else [])
    learned = set(distinct) - held
    return TrainingPart(
        name,
        description,
        labelled.select(row for row, sha256 in enumerate(hashes) if sha256 in learned),
        labelled.select(row for row, sha256 in enumerate(hashes) if sha256 in held),
    )


def _without(labelled: "LabelledImages", frozen: set[str]) -> "LabelledImages":
    hashes = photo_hashes(labelled)
    return labelled.select(row for row, sha256 in enumerate(hashes) if sha256 not in frozen)
