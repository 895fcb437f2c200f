"""What dbt is told, and what is kept of its output."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

from retail_assets.config import Settings
from retail_assets.database import migrate
from retail_assets.flows import FLOWS, platform_of
from retail_assets.intake.ledger import record_night
from retail_assets.lake import Lake
from retail_assets.platform import Platform
from retail_assets.sales.settings import SalesSettings
from retail_assets.warehouse.dbt_command import (
    TARGETS_KEPT,
    dbt_environment,
    dbt_executable,
    dbt_target,
    prune_targets,
)


def test_settings_reach_dbt_as_text(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, time_zone="Asia/Tokyo")
    platform = Platform(settings, FLOWS, own={SalesSettings: SalesSettings(abc_cuts=(0.7, 0.9))})
    now = datetime(2026, 11, 20, 1, tzinfo=UTC)
    told = dbt_environment(platform, as_of=date(2026, 11, 20), now=now, test_all_history=True)
    assert told["RETAIL_DATA_DIR"] == str(tmp_path)
    assert told["RETAIL_TIME_ZONE"] == "Asia/Tokyo"
    assert told["RETAIL_ABC_CUTS"] == "0.7,0.9"
    assert told["RETAIL_AS_OF"] == "2026-11-20"
    assert told["RETAIL_NOW"] == "2026-11-20T01:00:00+00:00"
    assert told["RETAIL_TEST_ALL_HISTORY"] == "true"


def test_dbt_started_by_hand_stands_at_the_newest_night_that_ran(settings: Settings) -> None:
    migrate(settings)
    assert dbt_environment(platform_of(settings))["RETAIL_AS_OF"] == ""
    now = datetime(2026, 11, 20, 1, tzinfo=UTC)
    record_night(settings, date(2026, 11, 20), now)
    record_night(settings, date(2026, 11, 3), datetime(2026, 11, 25, 9, tzinfo=UTC))
    told = dbt_environment(platform_of(settings))
    assert (told["RETAIL_AS_OF"], datetime.fromisoformat(told["RETAIL_NOW"])) == ("2026-11-20", now)


def test_dbt_of_this_environment() -> None:
    assert dbt_executable().exists()


def test_only_the_newest_targets_stay(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for number in range(TARGETS_KEPT + 2):
        folder = dbt_target(lake, f"run{number}")
        folder.mkdir(parents=True)
        os.utime(folder, (number, number))
    prune_targets(lake)
    kept = {path.name for path in dbt_target(lake, "run0").parent.iterdir()}
    assert kept == {f"run{number}" for number in range(2, TARGETS_KEPT + 2)}


def test_nothing_to_prune(tmp_path: Path) -> None:
    prune_targets(Lake(tmp_path))
