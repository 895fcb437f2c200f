"""A small sample, written once for all tests of this folder."""

import shutil
from pathlib import Path

import pytest

from retail_assets.flows import platform_of
from retail_assets.platform import Platform
from retail_assets.samples.generator import SampleReport, write_sample
from tests.conftest import settings_of


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The platform into whose inbox the sample was written."""
    return platform_of(settings_of(tmp_path_factory.mktemp("sample")))


@pytest.fixture(scope="session")
def sample(sampled: Platform) -> SampleReport:
    return write_sample(sampled)


@pytest.fixture(scope="session")
def inbox(sample: SampleReport, sampled: Platform) -> Path:
    return sampled.lake.inbox


@pytest.fixture
def written(sample: SampleReport, sampled: Platform, platform: Platform) -> Platform:
    """A platform of its own that holds the sample."""
    shutil.copytree(sampled.lake.root, platform.lake.root)
    return platform
