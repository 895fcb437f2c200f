"""What killed processes left in scratch goes, and nothing else."""

import os
from pathlib import Path

import pytest

from retail_assets import lake as lake_module
from retail_assets.lake import Lake, scratch_folder, sweep_scratch


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def _left(lake: Lake, name: str) -> Path:
    folder = lake.scratch / name
    folder.mkdir(parents=True)
    os.utime(folder, (0, 0))
    return folder


def test_what_nobody_holds_is_swept_once_it_is_old(lake: Lake) -> None:
    old = _left(lake, "old")
    (lake.scratch / "young").mkdir()
    with scratch_folder(lake) as held:
        os.utime(held, (0, 0))
        sweep_scratch(lake)
        assert {path.name for path in lake.scratch.iterdir()} == {"young", held.name}
    assert not old.exists()


def test_a_folder_that_its_owner_removes_meanwhile_is_no_trouble(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [_left(lake, name) for name in ("one", "two")]
    seen: list[Path] = []

    def removed_first(path: Path, flags: int) -> int:
        seen.append(path)
        path.rmdir()
        return os_open(path, flags)

    os_open = os.open
    monkeypatch.setattr(lake_module.os, "open", removed_first)
    sweep_scratch(lake)
    assert sorted(seen) == sorted(folders)
