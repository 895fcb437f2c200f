"""Photos as admission leaves them, and a classifier that needs no model: for tests of the refund flow."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from ml.vision.predict import SCHEMA
from retail_assets.config import Settings
from retail_assets.intake.ledger_export import EXPORTED
from retail_assets.lake import Lake
from retail_assets.models.resolve import FROM_REGISTRY
from retail_assets.refunds.contracts import FOLDER, PHOTO
from retail_assets.refunds.images import list_images
from retail_assets.refunds.predictions import Model, PredictionsReport, predict_photos
from retail_assets.refunds.tables import REFUND_IMAGES
from tests.lake_builder import write_table

NIGHT = date(2026, 11, 20)


def hash_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


@dataclass
class Photos:
    """The ledger's photos: content by night, with what admission knows of them."""

    settings: Settings
    rows: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.write()

    @property
    def lake(self) -> Lake:
        return Lake(self.settings.data_dir)

    def drop(self, *contents: str, on: date = NIGHT, state: str = "loaded") -> None:
        for content in contents:
            sequence = len(self.rows) + 1
            self.rows.append(
                {
                    "sequence": sequence,
                    "folder": FOLDER,
                    "source": PHOTO,
                    "name": f"{content}.jpg",
                    "sha256": hash_of(content),
                    "partition": on,
                    "state": state,
                    "admitted_at": datetime(2026, 11, 20, 1, tzinfo=UTC),
                    "size": 9,
                }
            )
        self.write()

    def set_state(self, sequence: int, state: str) -> None:
        self.rows[sequence - 1]["state"] = state
        self.write()

    def write(self) -> None:
        write_table(self.lake.ledger / "drops.parquet", EXPORTED["drops"][1], self.rows)

    def admitted(self, settings: Settings, night: date) -> pl.DataFrame:
        rows = [
            {
                "sequence": row["sequence"],
                "name": row["name"],
                "folder_case_id": None,
                "sha256": row["sha256"],
                "format": "JPEG",
                "width": 60,
                "height": 80,
                "bytes": row["size"],
                "admitted_at": row["admitted_at"],
            }
            for row in self.rows
            if row["partition"] == night and row["state"] == "loaded"
        ]
        columns = [name for name in REFUND_IMAGES.columns if name != "admitted_on"]
        return pl.DataFrame(rows, schema={name: REFUND_IMAGES.schema[name] for name in columns})

    def run(self, model: "FakeModel", night: date = NIGHT, *, score_again: bool = False) -> PredictionsReport:
        """Both steps of the flow for a night."""
        list_images(settings=self.settings, as_of=night, admitted=self.admitted)
        return predict_photos(lake=self.lake, as_of=night, resolve=model.resolve, score_again=score_again)


@dataclass
class FakeModel:
    """Sees Jeans everywhere, and counts what it looked at."""

    version: str = "1"
    source: str = FROM_REGISTRY
    batch: int = 2
    dies_after: int | None = None
    """Photos after which it is killed."""
    unreadable: frozenset[str] = frozenset()
    """Hashes whose bytes cannot be had."""
    trouble: str = "cannot_open"
    seen: list[str] = field(default_factory=list)
    resolved: int = 0

    def resolve(self) -> Model:
        self.resolved += 1
        return Model(
            "refund-item-classifier", self.version, self.source, f"digest-{self.version}", self.score
        )

    def score(self, paths: Iterable[Path]) -> Iterator[pl.DataFrame]:
        waiting = list(paths)
        for start in range(0, len(waiting), self.batch):
            if self.dies_after is not None and len(self.seen) >= self.dies_after:
                raise KeyboardInterrupt
            hashes = [path.name for path in waiting[start : start + self.batch]]
            self.seen += hashes
            yield pl.DataFrame(
                [self._answer(path) for path in waiting[start : start + self.batch]],
                schema=SCHEMA,
                orient="row",
            )

    def _answer(self, path: Path) -> dict:
        if path.name in self.unreadable:
            return {"path": str(path), "error": f"{self.trouble}: Not now."}
        return {
            "path": str(path),
            "predicted_class": "Jeans",
            "confidence": 0.9,
            "top_k": [{"class": "Jeans", "confidence": 0.9}, {"class": "Trousers", "confidence": 0.1}],
            "entropy": 0.3,
            "needs_review": False,
            "model_version": self.version,
        }
