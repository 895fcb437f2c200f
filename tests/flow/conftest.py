"""Fixtures of the flow tests."""

import pytest

from retail_assets.config import Settings
from tests.plain_platform import PlainPlatform


@pytest.fixture
def plain(settings: Settings) -> PlainPlatform:
    """An empty platform with the plain handlers."""
    return PlainPlatform(settings)
