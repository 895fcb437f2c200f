"""What a training run learns from and is judged by: the training photos, their validation part, the holdout."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from retail_assets.platform import Platform
from retail_assets.refunds.settings import RefundSettings
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
class HoldoutPhotos:
    """Photos that no model learns from; all versions are judged by them."""

    labelled: "LabelledImages"
    real_examples: dict[str, int]
    """Different real photos by their one right class, for all classes."""
    digest: str


def training_parts(platform: Platform) -> list[TrainingPart]:
    """The datasets of the training folder and the relabelled photos, without any photo of the holdout.

    Raises UnusableDataset, also when there is nothing to learn from.
    """
    settings, lake = platform.settings_of(RefundSettings), platform.lake
    folder = settings.training_folder(lake.root)
    held = {
        sha256
        for dataset in find_datasets(settings.holdout_folder(lake.root))
        for sha256 in photo_hashes(dataset.load())
    }
    parts = [_part(dataset, held) for dataset in find_datasets(folder)]
    relabels = relabelled_photos(lake)
    if relabels is not None:
        parts.append(_divided(RELABELS, Description(augmentation="candid"), relabels, held))
    if not any(len(part.train) for part in parts) or not any(len(part.validation) for part in parts):
        raise UnusableDataset(
            f"There are no labelled photos to learn from: put datasets into {folder} "
            "(a folder per class, or Parquet; see docs/models.md), at least two photos that are not in the "
            "holdout."
        )
    return parts


def holdout_photos(platform: Platform) -> HoldoutPhotos:
    """The holdout. Raises UnusableDataset, also when there is none."""
    import numpy as np

    from ml.vision.data import join
    from ml.vision.labels import CLASSES

    folder = platform.settings_of(RefundSettings).holdout_folder(platform.lake.root)
    datasets = find_datasets(folder)
    if not datasets:
        raise UnusableDataset(
            f"There is no holdout: put labelled photos that no model shall learn from into "
            f"{folder} (see docs/models.md)."
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
    return HoldoutPhotos(labelled, counts, labelled.digest())


def summary(parts: Iterable[TrainingPart], holdout: HoldoutPhotos) -> pl.DataFrame:
    """Photos by dataset, origin, split and label."""
    tables = [
        pl.DataFrame({"dataset": images.sources, "label": images.labels}).with_columns(
            split=pl.lit(split), origin=pl.lit(part.description.origin)
        )
        for part in parts
        for split, images in ((TRAIN, part.train), (VALIDATION, part.validation))
    ]
    labels = {"dataset": holdout.labelled.sources, "label": holdout.labelled.labels}
    tables.append(pl.DataFrame(labels).with_columns(split=pl.lit("holdout"), origin=pl.lit(None, pl.String)))
    columns = ["dataset", "origin", "split", "label"]
    return (
        pl.concat([table.select(columns) for table in tables])
        .group_by(columns)
        .agg(photos=pl.len())
        .sort(columns)
    )


def _part(dataset: Dataset, held: set[str]) -> TrainingPart:
    description = dataset.description
    if not _has_splits(dataset):
        return _divided(dataset.name, description, dataset.load(), held)
    return TrainingPart(
        dataset.name,
        description,
        _without(dataset.load(TRAIN), held),
        _without(dataset.load(VALIDATION), held),
    )


def _has_splits(dataset: Dataset) -> bool:
    try:
        return (
            dataset.path.is_file() and "split" in pl.scan_parquet(dataset.path, glob=False).collect_schema()
        )
    except pl.exceptions.PolarsError:
        return False  # loading says what is wrong with it


def _divided(
    name: str, description: Description, labelled: "LabelledImages", excluded: set[str]
) -> TrainingPart:
    """Every tenth photo is for validation, chosen by its bytes: copies of a photo stay together."""
    hashes = photo_hashes(labelled)
    distinct = sorted(set(hashes) - excluded)
    held = set(distinct[: math.ceil(len(distinct) * VALIDATION_SHARE)] if len(distinct) > 1 else [])
    learned = set(distinct) - held
    return TrainingPart(
        name,
        description,
        labelled.select(row for row, sha256 in enumerate(hashes) if sha256 in learned),
        labelled.select(row for row, sha256 in enumerate(hashes) if sha256 in held),
    )


def _without(labelled: "LabelledImages", excluded: set[str]) -> "LabelledImages":
    hashes = photo_hashes(labelled)
    return labelled.select(row for row, sha256 in enumerate(hashes) if sha256 not in excluded)
