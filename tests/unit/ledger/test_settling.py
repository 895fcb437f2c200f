"""When a file counts as complete."""

import os
from pathlib import Path

import pytest

from retail_assets.feeds.settling import Look, folders_in, is_being_written, look, settled


def test_a_file_has_settled_when_two_looks_agree(tmp_path: Path) -> None:
    (tmp_path / "still.csv").write_text("a")
    (tmp_path / "grows.csv").write_text("a")
    before = look(tmp_path)
    (tmp_path / "grows.csv").write_text("ab")
    (tmp_path / "new.csv").write_text("a")
    assert list(settled(before, look(tmp_path))) == ["still.csv"]


def test_a_file_that_keeps_its_size_but_not_its_time_has_not_settled(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a")
    before = look(tmp_path)
    os.utime(tmp_path / "a.csv", ns=(0, 1))
    assert settled(before, look(tmp_path)) == {}


def test_a_marker_settles_at_once_and_is_no_file_itself(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a")
    (tmp_path / "a.csv.done").touch()
    assert list(settled(Look({}), look(tmp_path))) == ["a.csv"]


@pytest.mark.parametrize(
    "name", [".hidden", "a.csv.part", "a.csv.tmp", "a.csv.filepart", "a.PARTIAL", "a.csv~", "lonely.csv.done"]
)
def test_what_is_not_meant_for_us_is_not_seen(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert look(tmp_path) == Look({})


def test_folders_are_named_but_not_files(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert look(tmp_path) == Look({})
    assert folders_in(tmp_path) == ["folder"]
    assert look(tmp_path / "missing") == Look({})
    assert folders_in(tmp_path / "missing") == []


def test_a_look_survives_a_cursor(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv")).write_text("b")
    seen = look(tmp_path)
    assert Look.from_json(seen.to_json()) == seen
    assert len(settled(seen, look(tmp_path))) == 2


def test_a_limited_look_takes_the_first_names(tmp_path: Path) -> None:
    for name in "cab":
        (tmp_path / name).touch()
    assert list(look(tmp_path, limit=2).files) == ["a", "b"]


def test_an_open_file_is_known_to_be_written(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w"):
        assert is_being_written(path)
    assert not is_being_written(path)
    with path.open():
        assert not is_being_written(path)
    assert not is_being_written(tmp_path / "missing")


def test_a_file_that_is_open_for_writing_has_not_settled(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w"):
        seen = look(tmp_path)
        assert settled(seen, look(tmp_path)) == {}
        (tmp_path / "a.csv.done").touch()
        assert list(settled(seen, look(tmp_path))) == ["a.csv"]
        (tmp_path / "a.csv.done").unlink()
    assert list(settled(seen, look(tmp_path))) == ["a.csv"]


def test_a_folder_is_no_marker(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    (tmp_path / "a.csv.done").mkdir()
    assert settled(Look({}), look(tmp_path)) == {}


def test_pipes_and_links_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    assert not is_being_written(tmp_path / "pipe")
    assert not is_being_written(tmp_path / "link")
