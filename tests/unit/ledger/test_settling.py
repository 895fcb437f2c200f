"""When a file counts as complete."""

import os
from pathlib import Path

import pytest

from retail_assets.feeds.settling import Look, is_being_written, look, settled


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
    assert look(tmp_path).not_taken == ["folder"]
    assert look(tmp_path / "missing") == Look({})


def test_a_nested_inbox_is_looked_into_one_level_deep(tmp_path: Path) -> None:
    for place in ("case/deeper", ".hidden", "case 2", "empty"):
        (tmp_path / place).mkdir(parents=True)
    for name in (
        "loose.jpg",
        "case/a.jpg",
        "case/a.jpg.part",
        "case/deeper/no.jpg",
        ".hidden/no.jpg",
        "case 2/b.jpg",
    ):
        (tmp_path / name).touch()
    (tmp_path / "case 2/b.jpg.done").touch()
    seen = look(tmp_path, nested=True)
    assert list(seen.files) == ["loose.jpg", "case/a.jpg", "case 2/b.jpg"]
    assert seen.files["case 2/b.jpg"].done
    assert seen.not_taken == ["case/deeper"]
    assert len(look(tmp_path, nested=True, limit=2).files) == 2


def test_a_link_to_a_folder_is_a_file_and_is_not_looked_into(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.jpg").touch()
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "case").symlink_to(tmp_path / "elsewhere")
    assert list(look(tmp_path / "inbox", nested=True).files) == ["case"]


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
