"""What set-up does for models: those that come with the code are registered, so that each has a champion."""

import hashlib
from datetime import UTC, datetime

from ml.tracking.packaged import register_packaged
from ml.tracking.registering import folder_digest
from ml.tracking.registry import PACKAGED
from retail_assets.config import Settings
from retail_assets.lake import Lake
from retail_assets.models.catalogue import MODELS, registry_of
from retail_assets.models.export import export_model_versions


def register_packaged_models(settings: Settings) -> None:
    """Register what this registry has not been given yet; without MLflow, and quick, when there is nothing."""
    registry = registry_of(settings)
    for model in MODELS.values():
        what = f"{registry.url} {model.name} {folder_digest(model.packaged)}"
        done = (
            Lake(settings.data_dir).mlflow / f".registered-{hashlib.sha256(what.encode()).hexdigest()[:16]}"
        )
        if not done.exists():
            register_packaged(registry, model.candidate(model.packaged, PACKAGED), at=datetime.now(UTC))
            done.touch()
    export_model_versions(settings)
