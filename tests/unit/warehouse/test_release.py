"""Releases on disk: the link, what stays, what is cleared away."""

import os
import time
from pathlib import Path

import pytest

from retail_assets.lake import Lake
from retail_assets.warehouse.release import (
    MANIFEST,
    current_release,
    new_release,
    next_number,
    numbers,
    prune,
    swap,
    tidy,
)

HOUR = 3600.0


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    (tmp_path / "releases").mkdir()
    return Lake(tmp_path)


def build(lake: Lake, number: int, *, current_since_seconds: float = 0) -> None:
    """Release `number`, which readers have seen since so many seconds ago."""
    with new_release(lake, number) as folder:
        (folder / "file").write_text(str(number))
    swap(lake, number)
    then = time.time() - current_since_seconds
    os.utime(lake.releases / str(number), (then, then))


def test_the_link_names_the_release_and_moves(lake: Lake):
    assert current_release(lake) is None
    for number in (1, 2):
        build(lake, number)
        assert current_release(lake) == number
        assert (lake.published / "file").read_text() == str(number)
    assert not lake.published.readlink().is_absolute(), "a moved data folder keeps its link"


def test_files_of_a_release_are_read_only_and_its_manifest_is_the_platforms(lake: Lake):
    with new_release(lake, 1) as folder:
        (folder / "file").touch()
        (folder / MANIFEST).touch()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (lake.releases / "1").iterdir()}
    assert modes == {"file": 0o444, MANIFEST: 0o400}


def test_a_body_that_raises_leaves_nothing(lake: Lake):
    with pytest.raises(RuntimeError), new_release(lake, 1):
        raise RuntimeError
    assert list(lake.releases.iterdir()) == []


def test_old_releases_go_but_the_newest_stay(lake: Lake):
    for number in range(1, 7):
        build(lake, number, current_since_seconds=(10 - number) * HOUR)
    prune(lake, kept=3, min_age_seconds=HOUR)
    assert numbers(lake) == [4, 5, 6]


def test_a_release_that_was_current_within_the_hour_stays_however_old_it_is(lake: Lake):
    build(lake, 1, current_since_seconds=200 * HOUR)
    build(lake, 2, current_since_seconds=100 * HOUR)
    for number in (3, 4, 5, 6):
        build(lake, number, current_since_seconds=60)
    prune(lake, kept=3, min_age_seconds=HOUR)
    assert numbers(lake) == [2, 3, 4, 5, 6]


def test_the_current_release_stays_even_if_someone_set_the_link_back(lake: Lake):
    for number in range(1, 7):
        build(lake, number, current_since_seconds=(10 - number) * HOUR)
    swap(lake, 1)
    prune(lake, kept=3, min_age_seconds=HOUR)
    assert numbers(lake) == [1, 4, 5, 6]


def test_tidy_clears_half_built_and_half_deleted_releases(lake: Lake):
    build(lake, 1)
    (lake.releases / ".2" / "parquet").mkdir(parents=True)
    (lake.releases / ".published").symlink_to("releases/2")
    tidy(lake)
    assert [path.name for path in lake.releases.iterdir()] == ["1"]


def test_tidy_finishes_a_publication_that_died_just_before_the_swap(lake: Lake):
    build(lake, 1)
    with new_release(lake, 2):
        pass
    tidy(lake)
    assert current_release(lake) == 2


def test_numbers_are_never_used_again(lake: Lake):
    build(lake, 7)
    (lake.releases / "7").rename(lake.root / "gone")
    assert next_number(lake) == 8
    (lake.releases / "not-a-release").mkdir()
    assert next_number(lake) == 8
