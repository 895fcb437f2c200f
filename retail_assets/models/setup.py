"""What set-up does for models: those that come with the code are registered, so that each has a champion."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime

from ml.tracking.packaged import register_packaged
from ml.tracking.registry import ORIGIN_PACKAGED, RegistryUnreachable
from retail_assets.config import Settings
from retail_assets.models.spec import ModelSpec, registry_of
from retail_assets.names import printable

logger = logging.getLogger(__name__)


def register_packaged_models(settings: Settings, models: Iterable[ModelSpec]) -> None:
    """Register what this registry has not been given yet; without MLflow, and quick, when there is nothing.

    A registry that is down gets it the next time: nothing waits for it, as the packaged models score meanwhile.
    """
    registry = registry_of(settings)
    for spec in models:
        if spec.packaged is None:
            continue
        try:
            register_packaged(registry, spec.describe(spec.packaged, ORIGIN_PACKAGED), at=datetime.now(UTC))
        except RegistryUnreachable as error:
            logger.warning("The packaged %s is not registered yet. %s", spec.name, printable(str(error)))
