"""SIGKILL during admission: whatever the moment, the next run finishes and every file counts exactly once."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from retail_assets.config import REPOSITORY, Settings
from tests.archives import zipped
from tests.faults.admission_driver import platform, run
from tests.plain_handlers import plain_handlers

EVERY_NTH_STEP = 3
"""There are about 80 steps; 1 tries them all."""

IN_MEMORY = Path("/dev/shm")

HEADER = "order_id,line_number,quantity\n"
DECISIONS = "decision_id,at,actor,kind,subject,verdict,reason,payload\n"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory, where there is such a place: what a process wrote is not lost when it is killed."""
    if not IN_MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as name:
        yield Path(name)


def _drive(*arguments: object) -> dict:
    command = [sys.executable, "-m", "tests.faults.admission_driver", *map(str, arguments)]
    driver = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert driver.returncode == 0, driver.stderr
    return json.loads(driver.stdout)


def _drop(inbox: Path, name: str, content: str | bytes, modified: int, *, done: bool = True) -> None:
    (inbox / name).write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(inbox / name, (modified, modified))
    if done:
        (inbox / f"{name}.done").touch()


def _prepare(settings: Settings) -> None:
    """Two drops of an earlier night, and a night's inbox with one of everything."""
    inboxes = plain_handlers(settings).inboxes
    sales, decisions = inboxes["sales"].path, inboxes["decisions"].path
    _drop(sales, "yesterday.csv", HEADER + "1,1,1\n", 1_000)
    _drop(sales, "wrong.csv", HEADER + "2,1,1\n", 2_000)
    _drop(sales, "unreadable.csv", "broken\n", 3_000)
    run(settings.data_dir)
    _drop(sales, "new.csv", HEADER + "3,1,1\n3,2,1\n", 4_000)
    _drop(sales, "again.csv", HEADER + "1,1,1\n", 5_000, done=False)
    _drop(sales, "broken.csv", "broken\nanother\n", 6_000)
    (sales / "link.csv").symlink_to("/etc/hostname")
    os.utime(sales / "link.csv", (7_000, 7_000), follow_symlinks=False)
    archive = zipped(
        {"till/in a zip.csv": HEADER + "4,1,1\n", "again.csv": HEADER + "1,1,1\n", "x.csv": "broken\n"}
    )
    _drop(sales, "batch.zip", archive, 6_500)
    photos = inboxes["refunds"].path
    (photos / "C-1").mkdir()
    _drop(photos, "loose.jpg", "a photo", 7_100)
    _drop(photos / "C-1", "a.jpg", "another", 7_200)
    _drop(photos / "C-1", "a again.jpg", "another", 7_300)
    _drop(photos / "C-1", "b.jpg", "broken photo", 7_400)
    rows = [
        "d1,2026-11-20T09:00:00,admin,withdraw_file,2,,,",
        "d2,2026-11-20T09:00:01,nobody,withdraw_file,1,,,",
    ]
    _drop(decisions, "d.csv", DECISIONS + "\n".join(rows) + "\n", 8_000)


def test_killed_at_the_steps_it_takes(folder: Path) -> None:
    base = folder / "base"
    _prepare(platform(base))
    result = _drive("every", base, EVERY_NTH_STEP)
    expected = result["expected"]
    assert [(drop["name"], drop["state"]) for drop in expected["drops"]] == [
        ("yesterday.csv", "loaded"),
        ("wrong.csv", "withdrawn"),
        ("unreadable.csv", "quarantined"),
        ("new.csv", "loaded"),
        ("again.csv", "duplicate"),
        ("broken.csv", "quarantined"),
        ("batch.zip", "loaded"),
        ("again.csv", "duplicate"),
        ("till/in a zip.csv", "loaded"),
        ("x.csv", "quarantined"),
        ("link.csv", "quarantined"),
        ("loose.jpg", "loaded"),
        ("C-1/a.jpg", "loaded"),
        ("C-1/a again.jpg", "duplicate"),
        ("C-1/b.jpg", "quarantined"),
        ("d.csv", "loaded"),
    ]
    parts = [drop["name"] for drop in expected["drops"] if drop["parent"] == "7"]
    assert parts == ["again.csv", "till/in a zip.csv", "x.csv"]
    assert expected["inbox"] == expected["claims"] == expected["findings"] == []
    assert result["steps"] > 50
    assert result["different"] == {}


def test_killed_at_random_moments_again_and_again(folder: Path) -> None:
    inbox = plain_handlers(platform(folder)).inboxes["sales"].path
    for number in range(200):
        _drop(inbox, f"{number:03}.csv", HEADER + f"{number},1,1\n{number},2,1\n", 1_000 + number)
    result = _drive("random", folder, 5)
    found = result["found"]
    assert result["killed"]
    assert [drop["name"] for drop in found["drops"]] == [f"{number:03}.csv" for number in range(200)]
    assert len(set(map(tuple, found["rows"]))) == len(found["rows"]) == 400
    assert found["inbox"] == found["claims"] == found["findings"] == []


def test_a_killed_admission_leaves_no_lock(folder: Path) -> None:
    inbox = plain_handlers(platform(folder)).inboxes["sales"].path
    _drop(inbox, "a.csv", HEADER + "1,1,1\n", 1_000)
    _drop(inbox, "unsettled.csv", HEADER + "2,1,1\n", 2_000, done=False)
    result = _drive("waiting", folder)
    assert result["killed"], "it would have waited for a minute"
    assert [drop["state"] for drop in result["found"]["drops"]] == ["loaded", "loaded"]
