"""Labelled photos: where they come from, and their pixels as training wants them.

A dataset is a Parquet file (columns `jpeg` or `image`, `label`, and `split` if it is divided), a folder with one
folder per class, or the catalogue layout: `images/<id>.jpg` beside `styles.csv` with `id` and `articleType`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import yaml

from ml.vision.images import DEFAULT_LIMITS, UnreadableImage, decode_image, inspect_image
from ml.vision.labels import CLASSES, INDEX

PHOTO_SUFFIXES = {
    ".jpg",
    ".jpeg",
    ".png",
    ".webp",
    ".gif",
    ".tif",
    ".tiff",
    ".bmp",
    ".heic",
    ".heif",
    ".avif",
}
CONTENT_COLUMNS = ("jpeg", "image")


class DatasetError(ValueError):
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

    def __len__(self) -> int:
        return len(self.images)

    def content(self, index: int) -> bytes:
        image = self.images[index]
        return image if isinstance(image, bytes) else image.read_bytes()

    def digest(self) -> str:
        """SHA-256 over bytes, labels and order."""
        total = hashlib.sha256()
        for index, label in enumerate(self.labels):
            total.update(hashlib.sha256(self.content(index)).digest())
            total.update(label.encode() + b"\0" + self.allowed[index].tobytes())
        return total.hexdigest()

    def select(self, keep: Iterable[int]) -> "LabelledImages":
        """The photos at these positions."""
        rows = list(keep)
        return LabelledImages(
            images=[self.images[row] for row in rows],
            labels=[self.labels[row] for row in rows],
            allowed=self.allowed[rows],
            sources=[self.sources[row] for row in rows],
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


def read_training_set(path: Path, *, folder: Path | None = None) -> list[DatasetSpec]:
    """The datasets a YAML file lists; their paths are relative to `folder`, by default to the file."""
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))["datasets"]
        return [
            DatasetSpec(
                path=(folder or path.parent) / entry["path"],
                name=entry["name"],
                labels=entry.get("labels") or {},
                samples_per_epoch=entry.get("samples_per_epoch"),
                augmentation=entry.get("augmentation", "catalogue"),
            )
            for entry in listed
        ]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{path}: expected `datasets:`, a list whose entries have `path` and `name` ({error!r})."
        ) from error


def load_labelled(
    path: Path,
    *,
    split: str | None = None,
    labels: Mapping[str, list[str]] | None = None,
    name: str | None = None,
) -> LabelledImages:
    """The photos of one dataset, or of one of its splits. Photos are not decoded here.

    Labels are class names, or coarse ones which `labels` translates. In the catalogue layout articles of other
    types are left out. Raises DatasetError.
    """
    if path.is_file():
        images, names = _from_parquet(path, split)
    elif (path / "styles.csv").is_file():
        images, names = _from_catalogue(path)
    elif path.is_dir():
        images, names = _from_folders(path)
    else:
        raise DatasetError(f"{path}: there is no such file or folder.")
    if not names:
        raise DatasetError(f"{path}: no labelled photos" + (f" in split {split!r}." if split else "."))
    allowed = _allowed(path, names, labels or {})
    return LabelledImages(images, names, allowed, [name or path.stem] * len(names))


def join(parts: list[LabelledImages]) -> LabelledImages:
    """Several datasets as one."""
    return LabelledImages(
        images=[image for part in parts for image in part.images],
        labels=[label for part in parts for label in part.labels],
        allowed=np.concatenate([part.allowed for part in parts]),
        sources=[source for part in parts for source in part.sources],
    )


def _from_parquet(path: Path, split: str | None) -> tuple[list[bytes | Path], list[str]]:
    table = pl.scan_parquet(path)
    columns = table.collect_schema().names()
    content = next((column for column in CONTENT_COLUMNS if column in columns), None)
    if content is None or "label" not in columns:
        raise DatasetError(f"{path}: expected columns jpeg (or image) and label; found {', '.join(columns)}.")
    if split is not None:
        if "split" not in columns:
            raise DatasetError(f"{path}: it has no column split, so there is no split {split!r}.")
        table = table.filter(pl.col("split") == split)
    rows = table.select(content, "label").collect()
    return rows[content].to_list(), rows["label"].to_list()


def _from_folders(path: Path) -> tuple[list[bytes | Path], list[str]]:
    photos = [
        photo
        for folder in sorted(path.iterdir())
        if folder.is_dir()
        for photo in sorted(folder.iterdir())
        if photo.suffix.lower() in PHOTO_SUFFIXES
    ]
    return list(photos), [photo.parent.name for photo in photos]


def _from_catalogue(path: Path) -> tuple[list[bytes | Path], list[str]]:
    # Its product names hold unquoted commas; the columns needed lie before them.
    styles = pl.read_csv(path / "styles.csv", truncate_ragged_lines=True, infer_schema=False)
    missing = {"id", "articleType"} - set(styles.columns)
    if missing:
        raise DatasetError(f"{path / 'styles.csv'}: columns missing: {', '.join(sorted(missing))}.")
    known = styles.filter(pl.col("articleType").is_in(CLASSES)).sort("id")
    pairs = [
        (path / "images" / f"{Path(identifier).name}.jpg", label)
        for identifier, label in known.select("id", "articleType").iter_rows()
    ]
    there = [(photo, label) for photo, label in pairs if photo.is_file()]
    return [photo for photo, _ in there], [label for _, label in there]


def _allowed(path: Path, names: list[str], labels: Mapping[str, list[str]]) -> np.ndarray:
    rows = {}
    for name in set(names):
        classes = labels.get(name, [name] if name in INDEX else None)
        unknown = [one for one in classes or [] if one not in INDEX]
        if classes is None or unknown:
            raise DatasetError(
                f"{path}: label {unknown[0] if unknown else name!r} is none of the classes "
                f"({', '.join(CLASSES)}). Give `labels:` that say which classes it means."
            )
        rows[name] = np.isin(CLASSES, classes)
    return np.array([rows[name] for name in names], bool).reshape(len(names), len(CLASSES))


@dataclass(frozen=True)
class Bank:
    """Decoded photos of about one size: pixels uint8 [n, 3, height, width], and their rows in the dataset."""

    pixels: np.ndarray
    rows: np.ndarray


def decode_banks(labelled: LabelledImages, *, frames: list[tuple[int, int]]) -> tuple[list[Bank], list[int]]:
    """Decode everything once, each photo into the smallest frame (width, height) that keeps its detail.

    A thumbnail stays a thumbnail: enlarged it would look as sharp as the sharp ones to whoever learns from both.
    Returns the banks, and the rows that could not be read.
    """
    from concurrent.futures import ThreadPoolExecutor

    ordered = sorted(frames)

    def decode(index: int) -> tuple[int, np.ndarray] | None:
        image = labelled.images[index]
        try:
            facts = inspect_image(image, DEFAULT_LIMITS)
            fits = (n for n, (w, h) in enumerate(ordered) if facts.width <= w and facts.height <= h)
            frame = next(fits, len(ordered) - 1)
            width, height = ordered[frame]
            return frame, decode_image(image, width=width, height=height).transpose(2, 0, 1)
        except UnreadableImage:
            return None

    with ThreadPoolExecutor() as pool:
        decoded = list(pool.map(decode, range(len(labelled))))
    banks = []
    for frame in range(len(ordered)):
        there = [(row, one[1]) for row, one in enumerate(decoded) if one is not None and one[0] == frame]
        if there:
            banks.append(Bank(np.stack([pixels for _, pixels in there]), np.array([row for row, _ in there])))
    return banks, [row for row, one in enumerate(decoded) if one is None]
