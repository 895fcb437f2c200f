"""What lies under the data folder is the platform's alone, whatever the umask; what is published is its readers'."""

import os
import stat
from pathlib import Path

import duckdb
import pytest

from retail_assets.flows import platform_of
from retail_assets.initialise import initialise
from retail_assets.platform import Platform
from retail_assets.warehouse.reading import open_warehouse
from tests.conftest import settings_of


@pytest.fixture
def open_handed(calm_night: Path) -> Path:
    """A platform from set-up to publication by a user whose umask keeps nothing back."""
    return calm_night / "data"


def _modes(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode)
        for path in [folder, *folder.rglob("*")]
        if not path.is_symlink() and not path.name.endswith(".lock")
    }


@pytest.mark.parametrize(
    "name", ["claims", "quarantine", "ledger", "files", "rows", "rejects", "flags", "tables"]
)
def test_the_lake_is_the_platforms_alone(open_handed: Path, name: str) -> None:
    modes = _modes(open_handed / "lake" / name)
    folders = {path for path in modes if (open_handed / "lake" / name / path).is_dir()}
    assert {modes[path] for path in folders} == {0o700}
    assert {mode for path, mode in modes.items() if path not in folders} <= {0o600}


@pytest.mark.parametrize("name", ["lake", "warehouse", "mlflow", "../dagster"])
def test_nobody_else_enters(open_handed: Path, name: str) -> None:
    assert stat.S_IMODE((open_handed / name).stat().st_mode) == 0o700


def test_the_platforms_own_files_are_read_by_nobody_else(open_handed: Path) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in open_handed.glob("platform.*")} == {0o600}


def test_readers_reach_what_is_published(open_handed: Path) -> None:
    for path in (open_handed, open_handed / "releases", (open_handed / "published").resolve()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o755


@pytest.mark.parametrize("name", ["inbox", "sources"])
def test_strangers_do_not_see_what_waits(open_handed: Path, name: str) -> None:
    assert stat.S_IMODE((open_handed / name).stat().st_mode) == 0o770


def test_readers_reach_what_is_published_though_the_umask_keeps_everything_back(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        initialise(platform_of(settings_of(tmp_path)))
    finally:
        os.umask(before)
    assert {stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) for name in ("", "releases")} == {0o755}


def test_what_a_publication_spills_is_the_platforms_alone(platform: Platform) -> None:
    platform.lake.warehouse.parent.mkdir(parents=True)
    duckdb.connect(str(platform.lake.warehouse)).close()
    with open_warehouse(platform) as connection:
        [(folder,)] = connection.execute("select current_setting('temp_directory')").fetchall()
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
