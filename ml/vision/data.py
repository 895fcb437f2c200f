"""Labelled photos: where they come from, what their labels mean, and how they are divided.

A dataset is a Parquet file (columns `jpeg` or `image`, `label`, and `split` if it is divided), a folder with one
folder per class, or the catalogue layout: `images/<id>.jpg` beside `styles.csv` with `id` and `articleType`.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from ml.errors import ExplainedError
from ml.vision.augment import AUGMENTATIONS
from ml.vision.labels import CLASSES, INDEX

TRAIN, VALIDATION = "train", "validation"
VALIDATION_SHARE = 0.1
"""Of a dataset that does not say which photos are for which."""
ALL = "all"
"""What the evaluation of all datasets together is called; no dataset can have this name."""

PHOTO_SUFFIXES = {
    ".jpg",
    ".jpeg",
    ".jpe",
    ".jfif",
    ".mpo",
    ".png",
    ".webp",
    ".gif",
    ".tif",
    ".tiff",
    ".bmp",
    ".heic",
    ".heif",
    ".hif",
    ".avif",
}
CONTENT_COLUMNS = ("jpeg", "image")


class DatasetError(ExplainedError, ValueError):
    """A dataset that cannot be used; the message says what was expected and what was found."""


@dataclass(frozen=True)
class LabelledImages:
    """Photos and the classes that count as right for each."""

    images: list[bytes | Path]
    labels: list[str]
    """As the dataset calls them."""
    allowed: np.ndarray
    """Boolean [n, classes]: which classes count as right. An empty row is a photo of none of them."""
    sources: list[str]
    """The name of the dataset each photo is from."""
    attributes: Mapping[str, list[str | None]] = field(default_factory=dict)
    """What else the dataset says of each photo: attribute -> its value for each, None where it says nothing."""

    def __len__(self) -> int:
        return len(self.images)

    def content(self, index: int) -> bytes:
        """The bytes of a photo. Raises DatasetError."""
        image = self.images[index]
        if isinstance(image, bytes):
            return image
        try:
            return image.read_bytes()
        except OSError as error:
            raise DatasetError(f"A photo of the dataset cannot be read: {error}.") from error

    def digest(self) -> str:
        """SHA-256 over bytes, labels and order."""
        total = hashlib.sha256()
        for index, label in enumerate(self.labels):
            total.update(hashlib.sha256(self.content(index)).digest())
            total.update(label.encode() + b"\0" + self.allowed[index].tobytes())
        for name, values in sorted(self.attributes.items()):
            total.update(json.dumps([name, values]).encode())
        return total.hexdigest()

    def select(self, keep: Iterable[int]) -> "LabelledImages":
        """The photos at these positions."""
        rows = list(keep)
        return LabelledImages(
            images=[self.images[row] for row in rows],
            labels=[self.labels[row] for row in rows],
            allowed=self.allowed[rows],
            sources=[self.sources[row] for row in rows],
            attributes={name: [values[row] for row in rows] for name, values in self.attributes.items()},
        )


@dataclass(frozen=True)
class DatasetSpec:
    """One dataset of a training set, and how training is to use it."""

    path: Path
    name: str
    labels: Mapping[str, list[str]] = field(default_factory=dict)
    """Coarse label -> classes that count as right; none: something outside all classes."""
    samples_per_epoch: int | None = None
    """Photos drawn from it in each epoch; default: as many as it has."""
    augmentation: str = "catalogue"
    """How its photos are varied; a name in AUGMENTATIONS."""
    attributes: tuple[str, ...] = ()
    """Columns of a Parquet file that say more about the photos, learned beside the class."""
    about: str = ""
    """Where the photos come from; stands in the model card."""


def read_training_set(path: Path, *, folder: Path | None = None) -> list[DatasetSpec]:
    """The datasets a YAML file lists; their paths are relative to `folder`, by default to the file."""
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))["datasets"]
        specs = [_spec(entry, folder or path.parent) for entry in listed]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{path}: expected `datasets:`, a list whose entries have `path` and `name` ({error!r})."
        ) from error
    names = [spec.name for spec in specs]
    if len({*names, ALL}) <= len(names):
        raise DatasetError(f"{path}: datasets need names of their own, other than {ALL!r}; found {names}.")
    if not specs:
        raise DatasetError(f"{path}: it lists no datasets.")
    return specs


def _spec(entry: Mapping[str, Any], folder: Path) -> DatasetSpec:
    known = {one.name for one in fields(DatasetSpec)}
    if unknown := sorted(set(entry) - known):
        raise ValueError(f"{unknown[0]} is none of {', '.join(sorted(known))}")
    attributes = entry.get("attributes") or []
    if not isinstance(attributes, list) or len({"label", *attributes}) <= len(attributes):
        raise ValueError("attributes is a list of different columns, other than label")
    spec = DatasetSpec(
        path=folder / entry["path"],
        name=str(entry["name"]),
        labels=dict(entry.get("labels") or {}),
        samples_per_epoch=entry.get("samples_per_epoch"),
        augmentation=entry.get("augmentation", "catalogue"),
        attributes=tuple(attributes),
        about=str(entry.get("about", "")).strip(),
    )
    if spec.augmentation not in AUGMENTATIONS:
        raise ValueError(f"augmentation {spec.augmentation!r} is none of {', '.join(AUGMENTATIONS)}")
    if spec.samples_per_epoch is not None and spec.samples_per_epoch < 1:
        raise ValueError("samples_per_epoch is at least 1")
    return spec


def load_labelled(
    path: Path,
    *,
    split: str | None = None,
    labels: Mapping[str, list[str]] | None = None,
    name: str | None = None,
    attributes: Sequence[str] = (),
) -> LabelledImages:
    """The photos of one dataset, or of one of its splits. Photos are not decoded here.

    Labels are class names, or coarse ones which `labels` translates. In the catalogue layout articles of other
    types are left out. A dataset that is not divided gets the splits train and validation by the photos' bytes.
    `attributes` are columns of a Parquet file to carry along. Raises DatasetError.
    """
    labels, divided, carried = labels or {}, False, {}
    if attributes and path.is_dir():
        raise DatasetError(f"{path}: attributes are columns of a Parquet file; this is a folder.")
    if path.is_file():
        images, names, divided, carried = _from_parquet(path, split, attributes)
    elif (path / "styles.csv").is_file():
        images, names = _from_catalogue(path, {*CLASSES, *labels})
    elif path.is_dir():
        images, names = _from_folders(path)
    else:
        raise DatasetError(f"{path}: there is no such file or folder.")
    sources = [name or path.stem] * len(names)
    labelled = LabelledImages(images, names, _allowed(path, names, labels), sources, carried)
    if split is not None and not divided:
        labelled = _part(path, labelled, split)
    if not len(labelled):
        raise DatasetError(f"{path}: no labelled photos" + (f" in split {split!r}." if split else "."))
    return labelled


def join(parts: list[LabelledImages]) -> LabelledImages:
    """Several datasets as one."""
    return LabelledImages(
        images=[image for part in parts for image in part.images],
        labels=[label for part in parts for label in part.labels],
        allowed=np.concatenate([part.allowed for part in parts]),
        sources=[source for part in parts for source in part.sources],
        attributes={
            name: [value for part in parts for value in part.attributes.get(name, [None] * len(part))]
            for name in sorted({name for part in parts for name in part.attributes})
        },
    )


def _from_parquet(
    path: Path, split: str | None, attributes: Sequence[str]
) -> tuple[list[bytes | Path], list[str], bool, dict[str, list[str | None]]]:
    """Photos, labels, whether the file says which split each photo is of, and the attributes."""
    try:
        table = pl.scan_parquet(path, glob=False)
        schema = table.collect_schema()
        content = next((column for column in CONTENT_COLUMNS if schema.get(column) == pl.Binary), None)
        if content is None or not {"label", *attributes} <= set(schema):
            wanted = ", ".join(["label", *attributes])
            found = ", ".join(f"{name} ({kind})" for name, kind in schema.items())
            raise DatasetError(
                f"{path}: expected columns jpeg (or image), of bytes, and {wanted}; found {found}."
            )
        divided = "split" in schema
        if split is not None and divided:
            table = table.filter(pl.col("split") == split)
        # A missing photo is an empty one, which those who decode can tell.
        rows = table.select(
            pl.col(content).fill_null(b""), pl.col("label", *attributes).cast(pl.String)
        ).collect()
    except pl.exceptions.PolarsError as error:
        raise DatasetError(f"{path}: it is no Parquet file that can be read ({error}).") from error
    carried = {name: rows[name].to_list() for name in attributes}
    return rows[content].to_list(), rows["label"].to_list(), divided, carried


def _from_folders(path: Path) -> tuple[list[bytes | Path], list[str]]:
    photos = [
        photo
        for folder in sorted(path.iterdir())
        if folder.is_dir()
        for photo in sorted(folder.iterdir())
        if photo.suffix.lower() in PHOTO_SUFFIXES and photo.is_file()
    ]
    return list(photos), [photo.parent.name for photo in photos]


def _from_catalogue(path: Path, known: set[str]) -> tuple[list[bytes | Path], list[str]]:
    file = path / "styles.csv"
    try:
        # Its product names hold commas and quotes that nothing escapes; the columns needed lie before them.
        styles = pl.read_csv(
            file,
            truncate_ragged_lines=True,
            infer_schema=False,
            quote_char=None,
            encoding="utf8-lossy",
            glob=False,
        )
    except pl.exceptions.PolarsError as error:
        raise DatasetError(f"{file}: it cannot be read as CSV ({error}).") from error
    styles = styles.rename(lambda column: column.strip(' "'))
    missing = {"id", "articleType"} - set(styles.columns)
    if missing:
        raise DatasetError(f"{file}: columns missing: {', '.join(sorted(missing))}.")
    wanted = styles.select(pl.col("id", "articleType").str.strip_chars(' "')).drop_nulls()
    wanted = wanted.filter(pl.col("articleType").is_in(known)).unique().sort("id", "articleType")
    pairs = [
        (path / "images" / f"{Path(identifier).name}.jpg", label) for identifier, label in wanted.iter_rows()
    ]
    there = [(photo, label) for photo, label in pairs if photo.is_file()]
    if not there:
        raise DatasetError(
            f"{path}: styles.csv lists {len(styles):,} articles, {len(pairs):,} of them of a type that is known; "
            "none has a photo images/<id>.jpg."
        )
    return [photo for photo, _ in there], [label for _, label in there]


def _part(path: Path, labelled: LabelledImages, split: str) -> LabelledImages:
    """One of the two splits of a dataset that is not divided: copies of a photo are in the same one."""
    if split not in (TRAIN, VALIDATION):
        raise DatasetError(
            f"{path}: it does not say which split a photo is of, so it has {TRAIN} and {VALIDATION}; no {split!r}."
        )
    hashes = [hashlib.sha256(labelled.content(row)).hexdigest() for row in range(len(labelled))]
    distinct = sorted(set(hashes))
    held = set(distinct[: math.ceil(len(distinct) * VALIDATION_SHARE)] if len(distinct) > 1 else [])
    return labelled.select(
        row for row, sha256 in enumerate(hashes) if (sha256 in held) == (split == VALIDATION)
    )


def _allowed(path: Path, names: list[str], labels: Mapping[str, list[str]]) -> np.ndarray:
    rows = {}
    for name in set(names):
        classes = labels.get(name, [name])
        if isinstance(classes, str) or not isinstance(classes, Sequence):
            raise DatasetError(
                f"{path}: `labels:` translate {name!r} into {classes!r}; expected a list of classes, [] for none."
            )
        if unknown := [one for one in classes if one not in INDEX]:
            raise DatasetError(
                f"{path}: label {unknown[0]!r} is none of the classes ({', '.join(CLASSES)}). "
                "Give `labels:` that say which classes it means."
            )
        rows[name] = np.isin(CLASSES, classes)
    return np.array([rows[name] for name in names], bool).reshape(len(names), len(CLASSES))
