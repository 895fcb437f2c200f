"""A model that is no classifier: a forecast, judged on windows of weeks. It comes with no package and no endpoint."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl
from pydantic import BaseModel

from ml.tracking.gate import Guard
from ml.tracking.registering import Registration
from ml.tracking.registry import ORIGIN_TRAINED
from retail_assets.models.spec import Holdout, Measured, ModelSpec, Progress, Training

NAME = "weekly-forecast"


class NoForecast(Exception):
    """A folder that holds no forecast."""


class ForecastOptions(BaseModel):
    """How good the forecast becomes."""

    mase: float = 0.8
    bias: float = 0.0


def describe(folder: Path, origin: str) -> Registration:
    return Registration(
        model=NAME,
        folder=folder,
        origin=origin,
        trained_at=datetime.fromisoformat(load(folder)["trained_at"]),
        data_hash="weeks 1 to 40",
        main_metric="mase",
        metrics={},
    )


def load(folder: Path, version: str | None = None) -> dict:
    try:
        return json.loads((folder / "forecast.json").read_text())
    except (OSError, ValueError) as error:
        raise NoForecast(str(error)) from error


@dataclass
class Windows:
    """What forecasts are judged by."""

    digest: str = "weeks 41 to 52"
    counts: dict[str, int] = field(default_factory=lambda: {"ordinary": 12, "promotion": 6})
    unusable: int = 0
    naive: float = 1.0
    younger_as_good_within: float | None = None
    trainings: int = 0
    evaluated: list[str] = field(default_factory=list)
    """Versions, in the order in which they were measured."""

    @property
    def spec(self) -> ModelSpec:
        return ModelSpec(
            name=NAME,
            short_name="forecast",
            flow="demand",
            describe=describe,
            main_metric="mase",
            higher_is_better=False,
            guards=(Guard("bias", 0.05, higher_is_better=False),),
            younger_as_good_within=self.younger_as_good_within,
            training=Training(ForecastOptions, self._summary, self._train, self._holdout),
        )

    def _summary(self) -> pl.DataFrame:
        return pl.DataFrame(list(self.counts.items()), schema=["kind", "windows"], orient="row")

    def _train(
        self, options: ForecastOptions, folder: Path, trained_at: str, command: str, progress: Progress
    ) -> Registration:
        self.trainings += 1
        progress(f"Training {self.trainings}.")
        folder.mkdir()
        card = options.model_dump() | {"trained_at": trained_at, "command": command}
        (folder / "forecast.json").write_text(json.dumps(card))
        return describe(folder, ORIGIN_TRAINED)

    def _holdout(self) -> Holdout:
        return Holdout(self.digest, self.counts, self._evaluate)

    def _evaluate(self, folder: Path, version: str) -> Measured:
        self.evaluated.append(version)
        card = load(folder)
        return Measured(
            metrics={
                "mase": card["mase"],
                "bias": card["bias"],
                "naive_mase": self.naive,
                "coverage": float("nan"),
            },
            tables={"by_kind": self._summary()},
            unusable=self.unusable,
        )
