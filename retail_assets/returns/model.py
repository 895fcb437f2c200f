"""The escalation risk as a model of the platform."""

from typing import TYPE_CHECKING

from ml.tracking.gate import Guard
from retail_assets.config import REPOSITORY
from retail_assets.models.spec import ModelSpec

if TYPE_CHECKING:
    from pathlib import Path

    from ml.tracking.registering import Registration
    from retail_assets.platform import Platform

ESCALATION_RISK = "escalation-risk"


def models(_: "Platform") -> list[ModelSpec]:
    def describe(folder: "Path", origin: str) -> "Registration":
        from ml.escalation.endpoint import describe

        return describe(folder, origin)

    return [
        ModelSpec(
            name=ESCALATION_RISK,
            short_name="escalation_risk",
            flow="returns",
            describe=describe,
            main_metric="auc",
            guards=(
                Guard("ece", 0.01, higher_is_better=False),
                Guard("brier", 0.005, higher_is_better=False),
            ),
            packaged=REPOSITORY / "ml" / "escalation" / "packaged",
        )
    ]
