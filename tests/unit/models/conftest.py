"""An empty registry, and a model whose holdout a test can change."""

import pytest

from ml.tracking.registry import Registry
from retail_assets.config import Settings
from retail_assets.models.spec import registry_of
from tests.classifiers import make_registry
from tests.unit.models.forecasts import Windows


@pytest.fixture
def registry(settings: Settings) -> Registry:
    make_registry(settings)
    return registry_of(settings)


@pytest.fixture
def windows() -> Windows:
    return Windows()
