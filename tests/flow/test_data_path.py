"""A platform under a folder whose name means something to some engine."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from retail_assets.config import Settings, UnusablePath
from tests.faults.night import drop_retailer, published, run_nights
from tests.prepared import require_success, start


def test_signs_in_the_name_of_its_folder_change_nothing(calm_night: Path, tmp_path: Path) -> None:
    folder = tmp_path / 'shop [a-c] *{x} \'s "best" $HOME 9% #1 é~' / "store_id=5"
    folder.mkdir(parents=True)
    require_success("initialise", folder, start("initialise", folder))
    drop_retailer(folder)
    run_nights(folder)
    assert published(folder) == published(calm_night)


def test_the_address_of_a_database_means_the_file(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "a%20b #c")
    for address in (settings.platform_database_url, settings.registry_url):
        assert Path(make_url(address).database or "").is_relative_to(settings.data_dir)


def test_a_question_mark_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnusablePath, match=r"shop\?.*name another folder"):
        Settings(data_dir=tmp_path / "shop?")
