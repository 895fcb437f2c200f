"""A platform under a folder whose name means something to some engine."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from retail_assets.config import Settings, UnusablePath
from tests.conftest import ODD_NAME
from tests.faults.night import published


def test_signs_in_the_name_of_its_folder_change_nothing(calm_night: Path) -> None:
    """Nights that were killed, in a plain folder, are compared with this one's marts (`test_night_kills`)."""
    assert str(calm_night).endswith(ODD_NAME)
    assert len(published(calm_night)["parquet/sales_lines"]) == 3_000


def test_the_address_of_a_database_means_the_file(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "a%20b #c")
    for address in (settings.platform_database_url, settings.registry_url):
        assert Path(make_url(address).database or "").is_relative_to(settings.data_dir)


def test_a_question_mark_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnusablePath, match=r"shop\?.*name another folder"):
        Settings(data_dir=tmp_path / "shop?")
