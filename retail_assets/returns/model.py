"""The escalation risk as a model of the platform: what the registry is told of it, and how it is trained."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from ml.escalation.contract import CURRENT
from ml.escalation.model import NAME
from ml.tracking.gate import Guard
from ml.tracking.registry import ORIGIN_TRAINED
from retail_assets.config import REPOSITORY
from retail_assets.models.spec import Drift, Holdout, ModelSpec, Progress, Training
from retail_assets.returns.settings import ReturnSettings

if TYPE_CHECKING:
    import polars as pl

    from ml.tracking.registering import Registration
    from retail_assets.platform import Platform


class TrainingOptions(BaseModel):
    """How a candidate is trained."""

    contract_version: int = Field(CURRENT, description="Version of the features.")
    seed: int = Field(0, description="The same seed and cases give the same model.")


def models(platform: "Platform") -> list[ModelSpec]:
    """What this flow scores with."""

    def summary() -> "pl.DataFrame":
        from retail_assets.returns.training import labelled_cases, summary

        return summary(labelled_cases(platform))

    def train(
        options: TrainingOptions, folder: Path, trained_at: str, command: str, progress: Progress
    ) -> "Registration":
        from ml.escalation.recipe import Recipe
        from retail_assets.returns.training import labelled_cases, train_model

        # A model is as old as what it knows: the newest night, whenever it was trained.
        recipe = Recipe(contract_version=options.contract_version)
        train_model(
            labelled_cases(platform),
            folder,
            recipe=recipe,
            seed=options.seed,
            command=command,
            progress=progress,
        )
        return describe(folder, ORIGIN_TRAINED)

    def holdout() -> Holdout:
        from retail_assets.returns.training import holdout, labelled_cases

        review_share = platform.settings_of(ReturnSettings).return_review_share
        return holdout(labelled_cases(platform), review_share=review_share)

    def drift() -> Drift:
        from retail_assets.returns.drift import case_drift

        return case_drift(platform)

    return [
        ModelSpec(
            name=NAME,
            short_name="escalation_risk",
            flow="returns",
            describe=describe,
            main_metric="auc",
            guards=(
                Guard("ece", 0.01, higher_is_better=False),
                Guard("brier", 0.005, higher_is_better=False),
            ),
            packaged=REPOSITORY / "ml" / "escalation" / "packaged",
            training=Training(
                TrainingOptions, summary, train, holdout, reads=("return_cases", "return_case_history")
            ),
            drift=drift,
            drift_reads=("escalation_scores", "return_case_features"),
        )
    ]


def describe(folder: Path, origin: str) -> "Registration":
    """What the registry is told of the model in a folder. Raises NotAModel for one that could not score."""
    from ml.escalation.endpoint import describe
    from ml.escalation.model import NotAModel, load_model

    load_model(folder)
    try:
        return describe(folder, origin)
    except (OSError, KeyError, ValueError) as error:
        raise NotAModel(f"{folder} holds no usable model: {type(error).__name__}: {error}.") from error
