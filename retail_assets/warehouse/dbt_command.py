"""How dbt is called: its program, what it is told through the environment, and where its output goes."""

import shutil
import sys
from datetime import date, datetime
from pathlib import Path

from retail_assets.config import REPOSITORY
from retail_assets.intake.identity import platform_id
from retail_assets.intake.ledger import newest_night
from retail_assets.lake import Lake
from retail_assets.platform import Platform

TARGETS_KEPT = 5
"""Runs whose compiled SQL and results stay."""

PLATFORM_SETTINGS = ("time_zone", "day_at_least", "duckdb_memory", "duckdb_threads")
"""Settings of the platform that models, or the connection, depend on. A flow names its own (`dbt_settings`)."""


def dbt_executable() -> Path:
    """dbt as a program that ends with the process that starts it."""
    return REPOSITORY / "scripts" / "dbt"


def dbt_environment(
    platform: Platform,
    *,
    as_of: date | None = None,
    now: datetime | None = None,
    test_all_history: bool = False,
) -> dict[str, str]:
    """What dbt is told. In the environment, not as vars: a var that changes makes dbt parse everything anew.

    Night and now are those of the newest night that ran unless they are given; before the first night dbt can
    only parse.
    """
    newest = newest_night(platform.settings) if as_of is None or now is None else None
    night, moment = as_of or (newest and newest[0]), now or (newest and newest[1])
    values = {name: getattr(platform.settings, name) for name in PLATFORM_SETTINGS}
    for flow in platform.flows:
        if flow.settings is not None:
            own = platform.settings_of(flow.settings)
            values |= {name: getattr(own, name) for name in flow.dbt_settings}
    return {f"RETAIL_{name.upper()}": _text(value) for name, value in values.items()} | {
        "RETAIL_DATA_DIR": str(platform.settings.data_dir),
        "RETAIL_DBT": str(Path(sys.executable).parent / "dbt"),
        "RETAIL_AS_OF": night.isoformat() if night else "",
        "RETAIL_NOW": moment.isoformat() if moment else "",
        "RETAIL_PSEUDONYM_KEY": platform_id(platform.lake) or "",
        "RETAIL_TEST_ALL_HISTORY": "true" if test_all_history else "false",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def _text(value: object) -> str:
    if value is None:
        return ""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def dbt_target(lake: Lake, run_id: str) -> Path:
    """The folder of one run's compiled SQL and results."""
    return lake.warehouse.parent / "targets" / run_id


def prune_targets(lake: Lake) -> None:
    """Remove the output of older runs; each is a few megabytes. Hold the warehouse lock: runs write theirs under it."""
    targets = lake.warehouse.parent / "targets"
    if not targets.is_dir():
        return
    for folder in sorted(targets.iterdir(), key=lambda path: path.stat().st_mtime)[:-TARGETS_KEPT]:
        shutil.rmtree(folder, ignore_errors=True)
