"""A platform under a folder whose name means something to some engine."""

from pathlib import Path

import duckdb
import pytest
from sqlalchemy import make_url

from retail_assets.config import Settings, UnusablePath
from retail_assets.lake import Lake
from retail_assets.warehouse.publication import publish
from tests.conftest import ODD_NAME
from tests.faults.night import published
from tests.lake_builder import LakeBuilder
from tests.synthetic_warehouse import AS_OF, make_warehouse, platform_for_everybody
from tests.warehouse import Builds


def test_signs_in_the_name_of_its_folder_change_nothing(calm_night: Path) -> None:
    """Nights that were killed, in a plain folder, are compared with this one's marts (`test_night_kills`)."""
    assert str(calm_night).endswith(ODD_NAME)
    assert len(published(calm_night)["parquet/sales_lines"]) == 3_000


def test_a_pattern_in_the_name_of_the_data_folder_means_that_folder(tmp_path: Path) -> None:
    lake = LakeBuilder(tmp_path / "shop [a-c] *{x}")
    lake.load("stores", [{"store_id": "S1", "name": "One"}])
    lake.write_ledger()
    builds = Builds(lake, "stores")
    assert builds.build().problem is None
    with duckdb.connect(str(builds.platform.lake.warehouse), read_only=True) as connection:
        assert connection.execute("select store_id from marts.stores").fetchall() == [("S1",)]
    settings = Settings(data_dir=tmp_path / "published [a-c] *{x}")
    make_warehouse(Lake(settings.data_dir), lines=200)
    publish(platform=platform_for_everybody(settings), as_of=AS_OF, run_id="a-run")
    release = Lake(settings.data_dir).published.resolve()
    with duckdb.connect(str(release / "retail.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from sales_lines").fetchall() == [(200,)]


def test_dagsters_own_folder_must_be_no_pattern(tmp_path: Path) -> None:
    """Dagster would not find its configuration there, and report to its makers."""
    with pytest.raises(UnusablePath, match="DAGSTER_HOME"):
        Settings(data_dir=tmp_path, dagster_home=tmp_path / "shop [old]")


def test_the_address_of_a_database_means_the_file(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "a%20b #c")
    for address in (settings.platform_database_url, settings.registry_url):
        assert Path(make_url(address).database or "").is_relative_to(settings.data_dir)


def test_a_question_mark_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnusablePath, match=r"shop\?.*name another folder"):
        Settings(data_dir=tmp_path / "shop?")
