"""A small sample, written once for all tests of this folder."""

from pathlib import Path

import pytest

from retail_assets.config import Settings
from retail_assets.lake import Lake
from retail_assets.samples.generator import SampleReport, write_sample


@pytest.fixture(scope="session")
def sample_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("sample") / "data")


@pytest.fixture(scope="session")
def sample(sample_settings: Settings) -> SampleReport:
    return write_sample(settings=sample_settings)


@pytest.fixture(scope="session")
def inbox(sample: SampleReport, sample_settings: Settings) -> Path:
    return Lake(sample_settings.data_dir).inbox
