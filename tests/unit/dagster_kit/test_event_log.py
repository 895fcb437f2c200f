"""Dagster's event log keeps its files open, and everybody else sees what it writes."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from retail_assets.config import REPOSITORY
from retail_assets.dagster_kit import event_log
from retail_assets.dagster_kit.event_log import KeptOpenEventLog
from retail_assets.dagster_kit.private import SqliteEventLogStorage, opened_instance


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", "elsewhere")
    shutil.copyfile(REPOSITORY / "deploy" / "dagster.yaml", tmp_path / "dagster.yaml")
    return tmp_path


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with opened_instance(home) as instance:
        yield instance


@dg.asset
def stock(context: dg.AssetExecutionContext) -> None:
    context.log.info("counted")


def run(instance: dg.DagsterInstance) -> str:
    result = dg.materialize([stock], instance=instance)
    assert result.success
    return result.run_id


def test_the_platforms_dagster_keeps_its_files_open(home: Path, instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, KeptOpenEventLog)
    run_id = run(instance)
    assert (home / "history" / "runs" / f"{run_id}.db").exists()
    assert (home / "history" / "runs" / f"{run_id}.db-wal").stat().st_size, (
        "open as long as the process lives"
    )


def test_others_see_what_was_written_at_once(home: Path, instance: dg.DagsterInstance) -> None:
    run_id = run(instance)
    others = SqliteEventLogStorage(str(home / "history" / "runs"))
    assert len(others.get_logs_for_run(run_id)) == len(instance.all_logs(run_id)) > 5
    file = home / "history" / "runs" / f"{run_id}.db"
    os.utime(file, (1, 1))
    instance.report_engine_event("seen", run_id=run_id, job_name="job")
    assert file.stat().st_mtime > 1, "pages that follow the run watch the file"
    assert others.get_logs_for_run(run_id)[-1].message == "seen"


def test_only_the_newest_files_stay_open(
    home: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "KEPT_OPEN", 2)
    runs = [run(instance) for _ in range(4)]
    assert len(list((home / "history" / "runs").glob("*.db-wal"))) == 2
    assert all(instance.all_logs(one) for one in runs)


def test_a_file_that_was_deleted_is_made_anew(home: Path, instance: dg.DagsterInstance) -> None:
    first = run(instance)
    for file in (home / "history" / "runs").glob(f"{first}.db*"):
        file.unlink()
    assert instance.all_logs(first) == []
    instance.wipe()
    second = run(instance)
    assert instance.all_logs(second)
