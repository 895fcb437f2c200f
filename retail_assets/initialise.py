"""The init step: everything that must exist before the first run, made once and by one process.

A fresh Dagster home or MLflow store that two processes open at once breaks, so both are made here under a
lock. Running it again is cheap and changes nothing.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from retail_assets.config import DBT_PROJECT_DIR, REPOSITORY, Settings
from retail_assets.database import create_platform_database
from retail_assets.feeds.ledger_export import export_ledger
from retail_assets.lake import Lake, file_lock
from retail_assets.warehouse.sources import land_empty_tables

WAREHOUSE_POOL = "warehouse"


def initialise(settings: Settings) -> None:
    """Create the folders, databases and the dbt manifest of one platform."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    with file_lock(settings.dagster_home / ".initialise.lock"):
        lake = Lake(settings.data_dir)
        for folder in (lake.inbox, lake.sources, lake.claims, lake.warehouse.parent, lake.releases):
            folder.mkdir(parents=True, exist_ok=True)
        create_platform_database(settings)
        export_ledger(settings)
        land_empty_tables(lake)
        _create_dagster_home(settings.dagster_home)
        _create_mlflow_database(settings)
    with file_lock(DBT_PROJECT_DIR / "target" / ".parse.lock"):
        parse_dbt_project(settings)


def _create_dagster_home(home: Path) -> None:
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(REPOSITORY / "deploy" / "dagster.yaml", home / "dagster.yaml")
    if (home / ".created").exists():
        return
    import dagster as dg

    with dg.DagsterInstance.from_config(str(home)) as instance:
        # A pool's default limit leaks once on a fresh instance: the first two queued runs both start.
        instance.event_log_storage.set_concurrency_slots(WAREHOUSE_POOL, 1)
    (home / ".created").touch()


def _create_mlflow_database(settings: Settings) -> None:
    marker = settings.data_dir / "mlflow" / ".created"
    if marker.exists() and marker.read_text() == (settings.mlflow_url or "sqlite"):
        return
    marker.parent.mkdir(parents=True, exist_ok=True)
    mlflow = Path(sys.executable).parent / "mlflow"
    subprocess.run([mlflow, "db", "upgrade", settings.mlflow_database_url], check=True, capture_output=True)
    marker.write_text(settings.mlflow_url or "sqlite")


def parse_dbt_project(settings: Settings) -> None:
    """Write dbt's manifest when a file of the project is newer; the code location reads it."""
    from retail_assets.warehouse.dbt_command import dbt_environment, dbt_executable

    manifest = DBT_PROJECT_DIR / "target" / "manifest.json"
    inputs = [
        p
        for suffix in ("sql", "yml")
        for p in DBT_PROJECT_DIR.rglob(f"*.{suffix}")
        if "target" not in p.parts
    ]
    if manifest.exists() and manifest.stat().st_mtime > max(p.stat().st_mtime for p in inputs):
        return
    subprocess.run(
        [
            dbt_executable(),
            "--quiet",
            "parse",
            "--project-dir",
            DBT_PROJECT_DIR,
            "--profiles-dir",
            DBT_PROJECT_DIR,
        ],
        check=True,
        env={**os.environ, **dbt_environment(settings), "DBT_LOG_PATH": str(manifest.parent)},
        cwd=DBT_PROJECT_DIR,
    )


if __name__ == "__main__":
    initialise(Settings())
