"""How dbt is called: its program, what it is told through the environment, and where its output goes."""

import shutil
import sys
from datetime import date
from pathlib import Path

from retail_assets.config import REPOSITORY, Settings
from retail_assets.feeds.ledger import newest_night
from retail_assets.lake import Lake

TARGETS_KEPT = 5

MODEL_SETTINGS = (
    "time_zone",
    "duckdb_memory",
    "duckdb_threads",
    "window_days",
    "xyz_weeks",
    "abc_cuts",
    "xyz_cuts",
    "demand_days",
    "low_stock_days",
    "overstock_days",
    "dead_stock_days",
)
"""Settings that models, or the connection, depend on; a model reads them with the macro `setting`."""


def dbt_executable() -> Path:
    """dbt as a program that ends with the process that starts it."""
    return REPOSITORY / "scripts" / "dbt"


def dbt_environment(
    settings: Settings, *, as_of: date | None = None, test_all_history: bool = False
) -> dict[str, str]:
    """What dbt is told. In the environment, not as vars: a var that changes makes dbt parse everything anew.

    `as_of` is the newest night that ever ran unless it is given; before the first night dbt can only parse.
    """
    night = as_of or newest_night(settings)
    environment = {f"RETAIL_{name.upper()}": _text(getattr(settings, name)) for name in MODEL_SETTINGS}
    return environment | {
        "RETAIL_DATA_DIR": str(settings.data_dir),
        "RETAIL_DBT": str(Path(sys.executable).parent / "dbt"),
        "RETAIL_AS_OF": night.isoformat() if night else "",
        "RETAIL_TEST_ALL_HISTORY": "true" if test_all_history else "false",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def dbt_target(lake: Lake, run_id: str) -> Path:
    """The folder of one run's compiled SQL and results."""
    return lake.warehouse.parent / "targets" / run_id


def prune_targets(lake: Lake, *, keep: int = TARGETS_KEPT) -> None:
    """Remove the output of older runs; each is a few megabytes."""
    targets = lake.warehouse.parent / "targets"
    if not targets.is_dir():
        return
    for folder in sorted(targets.iterdir(), key=lambda path: path.stat().st_mtime)[:-keep]:
        shutil.rmtree(folder, ignore_errors=True)
