"""Every model of the platform by name. A flow adds its model here, once; the rest of this package is the same
for all of them.

Nothing here imports a model's package before it is asked to: the code location loads without torch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ml.tracking.registering import Candidate
from ml.tracking.registry import Registry
from retail_assets.config import REPOSITORY, Settings
from retail_assets.lake import Lake
from retail_assets.refunds.candidate import refund_item_candidate


@dataclass(frozen=True)
class PlatformModel:
    """A model that the platform scores with."""

    name: str
    packaged: Path
    """The folder of the model that comes with the code."""
    candidate: Callable[[Path, str], Candidate]
    """(model folder, origin) -> what the registry is told of it."""


REFUND_ITEM_CLASSIFIER = "refund-item-classifier"

MODELS: dict[str, PlatformModel] = {
    REFUND_ITEM_CLASSIFIER: PlatformModel(
        REFUND_ITEM_CLASSIFIER, REPOSITORY / "ml" / "vision" / "packaged", refund_item_candidate
    )
}


def registry_of(settings: Settings) -> Registry:
    """The registry of one platform."""
    return Registry(settings.mlflow_database_url, Lake(settings.data_dir).mlflow / "artifacts")
