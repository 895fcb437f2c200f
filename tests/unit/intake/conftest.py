"""The platform database comes in two kinds."""

import pytest

from retail_assets.config import Settings


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Settings of a platform on SQLite, and of one on PostgreSQL."""
    if request.param == "sqlite":
        return settings
    return settings.model_copy(update={"platform_url": request.getfixturevalue("postgres_url")})
