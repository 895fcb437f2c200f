"""The labelled photos of a retailer, as they lie in folders.

A folder of datasets holds Parquet files, folders with one folder per class, and catalogues (`images/` beside
`styles.csv`). A description may say more of one: `dataset.yaml` in its folder, or `NAME.yaml` beside `NAME.parquet`.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from retail_assets.errors import ExplainedError

if TYPE_CHECKING:
    from ml.vision.data import LabelledImages

REAL, DRAWN = "real", "drawn"


class UnusableDataset(ExplainedError):
    """A dataset or its description that cannot be used; the message says what to change."""


class Description(BaseModel):
    """What the description of a dataset may say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: Literal["real", "drawn"] = REAL
    """Drawn pictures teach, but prove nothing: the gate does not count them."""
    labels: dict[str, list[str]] = {}
    """Label -> classes that count as right; none: something outside all classes."""
    samples_per_epoch: int | None = None
    augmentation: Literal["catalogue", "candid"] = "catalogue"
    attributes: tuple[str, ...] = ()
    """Columns of a Parquet file with more about each photo (its colour, its use), learned beside the class."""


@dataclass(frozen=True)
class Dataset:
    """One dataset of a folder."""

    path: Path
    description: Description = field(default_factory=Description)

    @property
    def name(self) -> str:
        return self.path.stem

    def load(self, split: str | None = None) -> "LabelledImages":
        """Its photos, or those of one split of a Parquet file. Raises UnusableDataset."""
        from ml.vision.data import DatasetError, load_labelled

        try:
            return load_labelled(
                self.path,
                split=split,
                labels=self.description.labels,
                name=self.name,
                attributes=self.description.attributes,
            )
        except DatasetError as error:
            raise UnusableDataset(str(error)) from error


def find_datasets(folder: Path) -> list[Dataset]:
    """The datasets in a folder, by name; none when there is no such folder. Raises UnusableDataset."""
    return list(_found(folder)) if folder.is_dir() else []


def _found(folder: Path) -> Iterator[Dataset]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield Dataset(path, _described(path / "dataset.yaml"))
        elif path.suffix == ".parquet":
            yield Dataset(path, _described(path.with_suffix(".yaml")))


def _described(path: Path) -> Description:
    if not path.exists():
        return Description()
    try:
        return Description.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as error:
        raise UnusableDataset(f"{path}: {error}") from error


def photo_hashes(labelled: "LabelledImages") -> list[str]:
    """SHA-256 of each photo's bytes: what tells whether two photos are the same."""
    return [hashlib.sha256(labelled.content(index)).hexdigest() for index in range(len(labelled))]
