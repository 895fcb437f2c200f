"""The demand forecast as a model of the platform: what the registry is told of it, and how it is trained."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from ml.tracking.gate import Guard
from ml.tracking.registry import ORIGIN_TRAINED
from retail_assets.demand.settings import NAME
from retail_assets.models.spec import Drift, Holdout, ModelSpec, Progress, Training

if TYPE_CHECKING:
    import polars as pl

    from ml.tracking.registering import Registration
    from retail_assets.platform import Platform


class TrainingOptions(BaseModel):
    """How a candidate is trained."""

    quick: bool = Field(
        False, description="Cheap members that learn for seconds: shows that everything is connected."
    )
    seed: int = Field(0, ge=0, description="The same seed and history give the same calibration.")


def models(platform: "Platform") -> "list[ModelSpec]":
    """What this flow forecasts with."""

    def summary() -> "pl.DataFrame":
        from retail_assets.demand.backtests import known_demand
        from retail_assets.demand.training import summary

        return summary(platform, known_demand(platform))

    def train(
        options: TrainingOptions, folder: Path, trained_at: str, command: str, progress: Progress
    ) -> "Registration":
        from retail_assets.demand.backtests import Recipe, known_demand
        from retail_assets.demand.training import train_model

        # A model is as old as what it knows: the newest night, whenever it was trained.
        recipe = Recipe.of(platform, quick=options.quick, seed=options.seed)
        train_model(
            platform, known_demand(platform), folder, recipe=recipe, command=command, progress=progress
        )
        return describe(folder, ORIGIN_TRAINED)

    def holdout() -> Holdout:
        from retail_assets.demand.backtests import known_demand
        from retail_assets.demand.judging import holdout

        return holdout(platform, known_demand(platform))

    def drift() -> Drift:
        from retail_assets.demand.drift import forecast_drift

        return forecast_drift(platform)

    return [
        ModelSpec(
            name=NAME,
            short_name="demand_models",
            flow="demand",
            describe=describe,
            main_metric="wape",
            higher_is_better=False,
            guards=tuple(Guard(f"wape_{one}", 0.002, higher_is_better=False) for one in "abc"),
            younger_as_good_within=0.002,
            training=Training(
                TrainingOptions,
                summary,
                train,
                holdout,
                reads=("daily_demand", "products", "store_days", "product_performance"),
            ),
            drift=drift,
            drift_reads=("demand_forecast",),
        )
    ]


def describe(folder: Path, origin: str) -> "Registration":
    """What the registry is told of the model in a folder. Raises CalibrationRefused for one that weighs nothing."""
    from retail_assets.demand.model_card import registration

    return registration(folder, origin)
