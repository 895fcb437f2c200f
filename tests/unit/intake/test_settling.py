"""When a file counts as complete."""

import os
from pathlib import Path

import pytest

from retail_assets.intake.settling import InboxSnapshot, is_being_written, settled, take_snapshot


def test_a_file_has_settled_when_two_looks_agree(tmp_path: Path) -> None:
    (tmp_path / "still.csv").write_text("a")
    (tmp_path / "grows.csv").write_text("a")
    before = take_snapshot(tmp_path)
    (tmp_path / "grows.csv").write_text("ab")
    (tmp_path / "new.csv").write_text("a")
    assert list(settled(before, take_snapshot(tmp_path))) == ["still.csv"]


def test_a_file_that_keeps_its_size_but_not_its_time_has_not_settled(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a")
    before = take_snapshot(tmp_path)
    os.utime(tmp_path / "a.csv", ns=(0, 1))
    assert settled(before, take_snapshot(tmp_path)) == {}


def test_a_marker_settles_at_once_and_is_no_file_itself(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a")
    (tmp_path / "a.csv.done").touch()
    assert list(settled(InboxSnapshot({}), take_snapshot(tmp_path))) == ["a.csv"]


@pytest.mark.parametrize(
    "name", [".hidden", "a.csv.part", "a.csv.tmp", "a.csv.filepart", "a.PARTIAL", "a.csv~", "lonely.csv.done"]
)
def test_what_is_not_meant_for_us_is_not_seen(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert take_snapshot(tmp_path) == InboxSnapshot({})


def test_folders_are_named_but_not_files(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert take_snapshot(tmp_path) == InboxSnapshot({})
    assert take_snapshot(tmp_path).not_taken == ["folder"]
    assert take_snapshot(tmp_path / "missing") == InboxSnapshot({})


def test_an_inbox_is_looked_into_as_many_levels_deep_as_it_says(tmp_path: Path) -> None:
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
    seen = take_snapshot(tmp_path, levels=1)
    assert list(seen.files) == ["loose.jpg", "case/a.jpg", "case 2/b.jpg"]
    assert seen.files["case 2/b.jpg"].done
    assert seen.not_taken == ["case/deeper"]
    deep = take_snapshot(tmp_path, levels=2)
    assert set(deep.files) == {*seen.files, "case/deeper/no.jpg"} and not deep.not_taken
    assert len(take_snapshot(tmp_path, levels=1, limit=2).files) == 2


def test_a_link_to_a_folder_is_a_file_and_is_not_looked_into(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.jpg").touch()
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "case").symlink_to(tmp_path / "elsewhere")
    assert list(take_snapshot(tmp_path / "inbox", levels=1).files) == ["case"]


def test_a_look_survives_a_cursor(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv")).write_text("b")
    seen = take_snapshot(tmp_path)
    assert InboxSnapshot.from_json(seen.to_json()) == seen
    assert len(settled(seen, take_snapshot(tmp_path))) == 2


def test_a_limited_look_takes_the_first_names(tmp_path: Path) -> None:
    for name in "cab":
        (tmp_path / name).touch()
    assert list(take_snapshot(tmp_path, limit=2).files) == ["a", "b"]


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
        seen = take_snapshot(tmp_path)
        assert settled(seen, take_snapshot(tmp_path)) == {}
        (tmp_path / "a.csv.done").touch()
        assert list(settled(seen, take_snapshot(tmp_path))) == ["a.csv"]
        (tmp_path / "a.csv.done").unlink()
    assert list(settled(seen, take_snapshot(tmp_path))) == ["a.csv"]


def test_a_folder_is_no_marker(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    (tmp_path / "a.csv.done").mkdir()
    assert settled(InboxSnapshot({}), take_snapshot(tmp_path)) == {}


def test_pipes_and_links_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    assert not is_being_written(tmp_path / "pipe")
    assert not is_being_written(tmp_path / "link")
