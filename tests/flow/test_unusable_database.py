"""A platform database that is held, broken, closed or away: whoever asks is told in one sentence what to do."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import text

from retail_assets import database, initialise, nightly
from retail_assets.config import Settings
from retail_assets.database import migrate, platform_engine
from retail_assets.definitions import build_defs
from retail_assets.errors import UnusableDatabase
from retail_assets.flows import platform_of
from retail_assets.intake.ledger import oldest_night, record_night
from tests.conftest import settings_of
from tests.servers import free_port

NIGHT, NOW = date(2026, 11, 20), datetime(2026, 11, 20, 2, tzinfo=UTC)
NOBODY = 65534


@pytest.fixture
def made(settings: Settings) -> Settings:
    """A platform whose database knows a night."""
    migrate(settings)
    record_night(settings, NIGHT, NOW)
    return settings


def file_of(settings: Settings) -> Path:
    return settings.data_dir / "platform.db"


def cut_short(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def overwritten(file: Path) -> None:
    file.write_bytes(b"something else" * 1000)


@pytest.mark.parametrize("damage", [cut_short, overwritten])
def test_a_damaged_file(made: Settings, damage: Callable[[Path], None]) -> None:
    damage(file_of(made))
    for ask in (lambda: record_night(made, NIGHT, NOW), lambda: migrate(made)):
        with pytest.raises(UnusableDatabase, match=r"platform\.db cannot be used .*one backup\.$"):
            ask()


def test_a_file_that_another_process_holds(made: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(file_of(made), isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(UnusableDatabase, match=r"database is locked.*run again"):
            record_night(made, NIGHT, NOW)
    record_night(made, NIGHT, NOW)


@pytest.fixture
def closed() -> Iterator[Settings]:
    """A platform whose database the user may read and not write."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders let nobody else in
        settings = settings_of(Path(folder))
        migrate(settings)
        for path in (Path(folder), settings.data_dir):
            path.chmod(0o755)
        file_of(settings).chmod(0o444)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(NOBODY)
        yield settings
        if is_root:
            os.seteuid(0)


def test_a_file_that_may_not_be_written(closed: Settings) -> None:
    with pytest.raises(UnusableDatabase, match="let the platform's user read and write"):
        record_night(closed, NIGHT, NOW)


def test_a_folder_that_is_missing(settings: Settings, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/missing/platform.db"
    for ask in (oldest_night, migrate):
        with pytest.raises(UnusableDatabase, match=r"missing/platform\.db .*which must be there\.$"):
            ask(settings.model_copy(update={"platform_url": url}))


def test_a_server_that_is_away(settings: Settings) -> None:
    url = f"postgresql+psycopg2://retail:secret@127.0.0.1:{free_port()}/platform"
    for ask in (oldest_night, migrate):
        with pytest.raises(UnusableDatabase, match=r"Connection refused.*start the server") as told:
            ask(settings.model_copy(update={"platform_url": url}))
        assert "secret" not in str(told.value)


def test_a_server_that_goes_away_meanwhile(settings: Settings, postgres_url: str) -> None:
    settings = settings.model_copy(update={"platform_url": postgres_url})
    migrate(settings)
    with (
        platform_engine(settings) as engine,
        pytest.raises(UnusableDatabase, match="start the server"),
        engine.begin() as connection,
    ):
        own = connection.scalar(text("select pg_backend_pid()"))
        with engine.connect() as other:
            other.execute(text("select pg_terminate_backend(:own)"), {"own": own})
        connection.execute(text("select 1"))
    assert oldest_night(settings) is None


@pytest.mark.parametrize("command", [initialise, nightly], ids=["initialise", "nightly"])
def test_commands_end_with_the_sentence(
    made: Settings, command, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    overwritten(file_of(made))
    monkeypatch.setenv("RETAIL_DATA_DIR", str(made.data_dir))
    monkeypatch.setenv("DAGSTER_HOME", str(made.dagster_home))
    monkeypatch.setattr("sys.argv", ["command"])
    assert command.main() == 1
    out, err = capfd.readouterr()
    assert " ".join(err.split()).startswith("The platform database") and "one backup." in err
    assert "Traceback" not in out + err


def test_a_decision_job_fails_with_the_sentence(made: Settings) -> None:
    defs = build_defs(platform_of(made))
    overwritten(file_of(made))
    with dg.DagsterInstance.ephemeral() as instance:
        job = defs.get_repository_def().get_job("decide_withdraw_file")
        run = job.execute_in_process(
            run_config={"ops": {"withdraw_file": {"config": {"subject": "1"}}}},
            instance=instance,
            raise_on_error=False,
        )
    [failure] = [
        event.step_failure_data.user_failure_data for event in run.all_events if event.is_step_failure
    ]
    assert failure is not None and "one backup" in (failure.description or "")
