"""The file store: bytes once, under their hash, and nothing but plain files."""

import hashlib
import os
from pathlib import Path

import pytest

from retail_assets.errors import Unreadable
from retail_assets.intake.store import Changing, Stored, StoreResult, ToStore, store
from retail_assets.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "data")


def _store(lake: Lake, path: Path, *, max_bytes: int = 1_000) -> StoreResult:
    status = path.lstat()
    file = ToStore(1, path, status.st_size, status.st_mtime_ns)
    return store(lake=lake, files=[file], max_bytes=max_bytes)[1]


def _reason(outcome: StoreResult) -> str:
    assert isinstance(outcome, Unreadable)
    return outcome.reason


def test_bytes_lie_under_their_hash(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"bytes")
    sha256 = hashlib.sha256(b"bytes").hexdigest()
    assert _store(lake, tmp_path / "a") == Stored(sha256, 5)
    assert lake.stored_file(sha256).read_bytes() == b"bytes"
    assert not list(lake.scratch.iterdir())


def test_the_same_bytes_are_not_written_again(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"bytes")
    (tmp_path / "b").write_bytes(b"bytes")
    stored = _store(lake, tmp_path / "a")
    assert isinstance(stored, Stored)
    inode = lake.stored_file(stored.sha256).stat().st_ino
    assert _store(lake, tmp_path / "b") == stored
    assert lake.stored_file(stored.sha256).stat().st_ino == inode


@pytest.mark.parametrize("rotten", [b"by", b"bytez"])
def test_a_stored_file_that_rotted_is_mended(lake: Lake, tmp_path: Path, rotten: bytes) -> None:
    (tmp_path / "a").write_bytes(b"bytes")
    stored = _store(lake, tmp_path / "a")
    assert isinstance(stored, Stored)
    lake.stored_file(stored.sha256).write_bytes(rotten)
    _store(lake, tmp_path / "a")
    assert lake.stored_file(stored.sha256).read_bytes() == b"bytes"


def test_a_file_that_is_not_what_was_seen_is_not_stored(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"before")
    seen = ToStore(7, path, 6, path.stat().st_mtime_ns)
    path.write_bytes(b"after that")
    outcomes = store(lake=lake, files=[seen], max_bytes=1_000)
    assert outcomes == {7: Changing(10, path.stat().st_mtime_ns)}
    assert not list((lake.root / "lake").rglob("*/??/*"))


def test_what_is_no_plain_file_is_refused_unread(lake: Lake, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (tmp_path / "link").symlink_to(secret)
    assert _reason(_store(lake, tmp_path / "link")) == "symbolic_link"
    os.mkfifo(tmp_path / "pipe")
    assert _reason(_store(lake, tmp_path / "pipe")) == "not_a_file"
    (tmp_path / "folder").mkdir()
    assert _reason(_store(lake, tmp_path / "folder")) == "not_a_file"
    (tmp_path / "second name").hardlink_to(secret)
    assert _reason(_store(lake, secret)) == "hard_link"


def test_a_file_above_the_limit_is_refused(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as handle:
        handle.truncate(10 * 2**40)  # reading it would take hours
    assert _reason(_store(lake, path)) == "too_large"
    (tmp_path / "exact").write_bytes(b"x" * 1_000)
    assert isinstance(_store(lake, tmp_path / "exact"), Stored)
