"""Platforms that several tests start from: made once for a whole run of tests, by whichever worker needs them first."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from retail_assets.config import REPOSITORY
from retail_assets.lake import file_lock


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder that is made by the first who asks; others wait for it."""
    with file_lock(folder.with_name(f".{folder.name}.lock")):
        done = folder / ".made"
        if not done.exists():
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def start(module: str, folder: Path, *arguments: str, **environment: str) -> subprocess.Popen:
    """One of the platform's commands, on the platform in a folder, as a process group of its own with a log."""
    with (folder / f"{module}.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"retail_assets.{module}", *arguments],
            env={
                **os.environ,
                "RETAIL_DATA_DIR": str(folder / "data"),
                "DAGSTER_HOME": str(folder / "dagster"),
                "RETAIL_SETTLE_SECONDS": "0.05",
                "RETAIL_FIRST_NIGHT": "2026-01-01",
                **environment,
            },
            cwd=REPOSITORY,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0,  # the platform itself keeps back what is nobody else's
        )


def require_success(module: str, folder: Path, *processes: subprocess.Popen, timeout: float = 600) -> None:
    """Wait for processes that were started on one platform; raise with what they said when one fails or hangs."""
    try:
        codes = [process.wait(timeout) for process in processes]
    except subprocess.TimeoutExpired:
        codes = ["hangs"]
        for process in processes:
            process.kill()
    assert not any(codes), f"{codes}\n{(folder / f'{module}.log').read_text()[-8000:]}"


def set_up_twice_at_once(folder: Path) -> None:
    """Set-up by two processes that both meet nothing but an open folder for Dagster."""
    (folder / "dagster").mkdir()
    (folder / "dagster").chmod(0o777)
    both = [start("initialise", folder) for _ in range(2)]
    require_success("initialise", folder, *both)


def copy_platform(prepared: Path, folder: Path) -> Path:
    """A platform of its own that is as far as the prepared one. MLflow knows its files by their full paths."""
    for name in ("data", "dagster"):
        shutil.copytree(prepared / name, folder / name, symlinks=True)
    with sqlite3.connect(folder / "data" / "mlflow" / "mlflow.db") as registry:
        for table, column in (
            ("experiments", "artifact_location"),
            ("runs", "artifact_uri"),
            ("logged_models", "artifact_location"),
            ("model_versions", "storage_location"),
        ):
            moved = f"update {table} set {column} = replace({column}, ?, ?)"
            registry.execute(moved, (str(prepared / "data"), str(folder / "data")))
    registry.close()
    return folder
