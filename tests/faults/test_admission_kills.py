"""SIGKILL during admission: whatever the moment, the next run finishes and every file counts exactly once."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from retail_assets.config import REPOSITORY, Settings
from retail_assets.feeds.admission import admit
from tests.doors import plain_door
from tests.faults.admission_driver import NIGHT, outcome, platform

EVERY_NTH_STEP = 4
"""There are about 150 steps; 1 tries them all in a minute."""

HEADER = "order_id,line_number,quantity\n"
DECISIONS = "decision_id,at,actor,kind,subject,verdict,reason,payload\n"


def _start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.admission_driver", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _drop(inbox: Path, name: str, text: str, modified: int, *, done: bool = True) -> None:
    (inbox / name).write_text(text)
    os.utime(inbox / name, (modified, modified))
    if done:
        (inbox / f"{name}.done").touch()


def _prepare(settings: Settings) -> None:
    """Two drops of an earlier night, and a night's inbox with one of everything."""
    inboxes = plain_door(settings).inboxes
    sales, decisions = inboxes["sales"], inboxes["decisions"]
    _drop(sales, "yesterday.csv", HEADER + "1,1,1\n", 1_000)
    _drop(sales, "wrong.csv", HEADER + "2,1,1\n", 2_000)
    _drop(sales, "unreadable.csv", "broken\n", 3_000)
    admit(settings=settings, as_of=NIGHT, door=plain_door(settings))
    _drop(sales, "new.csv", HEADER + "3,1,1\n3,2,1\n", 4_000)
    _drop(sales, "again.csv", HEADER + "1,1,1\n", 5_000, done=False)
    _drop(sales, "broken.csv", "broken\nanother\n", 6_000)
    (sales / "link.csv").symlink_to("/etc/hostname")
    os.utime(sales / "link.csv", (7_000, 7_000), follow_symlinks=False)
    photos = inboxes["refunds"]
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


def test_killed_at_the_steps_it_takes(tmp_path: Path) -> None:
    base = tmp_path / "base"
    _prepare(platform(base))
    driver = _start("every", base, EVERY_NTH_STEP)
    output, errors = driver.communicate(timeout=300)
    assert driver.returncode == 0, errors
    result = json.loads(output)
    expected = result["expected"]
    states = {drop[2]: drop[11] for drop in expected["drops"]}
    assert states == {
        "yesterday.csv": "loaded",
        "wrong.csv": "withdrawn",
        "unreadable.csv": "quarantined",
        "new.csv": "loaded",
        "again.csv": "duplicate",
        "broken.csv": "quarantined",
        "link.csv": "quarantined",
        "loose.jpg": "loaded",
        "C-1/a.jpg": "loaded",
        "C-1/a again.jpg": "duplicate",
        "C-1/b.jpg": "quarantined",
        "d.csv": "loaded",
    }
    assert expected["inbox"] == expected["claims"] == expected["findings"] == []
    assert result["steps"] > 50
    assert result["different"] == {}


def test_killed_at_random_moments_again_and_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    inbox = plain_door(platform(data)).inboxes["sales"]
    for number in range(200):
        _drop(inbox, f"{number:03}.csv", HEADER + f"{number},1,1\n{number},2,1\n", 1_000 + number)
    moments = random.Random(18)
    killed = 0
    for _ in range(5):
        process = _start("run", data)
        try:
            process.communicate(timeout=moments.uniform(0.7, 1.6))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            killed += 1
    process = _start("run", data)
    assert process.wait(60) == 0
    found = outcome(data)
    assert killed
    assert [drop[2] for drop in found["drops"]] == [f"{number:03}.csv" for number in range(200)]
    assert len(set(map(tuple, found["rows"]))) == len(found["rows"]) == 400
    assert found["inbox"] == found["claims"] == found["findings"] == []


def test_a_killed_admission_leaves_no_lock(tmp_path: Path) -> None:
    data = tmp_path / "data"
    inbox = plain_door(platform(data)).inboxes["sales"]
    _drop(inbox, "a.csv", HEADER + "1,1,1\n", 1_000)
    slow = platform(data).model_copy(update={"settle_seconds": 60.0})
    _drop(inbox, "unsettled.csv", HEADER + "2,1,1\n", 2_000, done=False)
    script = (
        "import sys; from pathlib import Path; from retail_assets.config import Settings;"
        "from retail_assets.feeds.admission import admit; from tests.doors import plain_door;"
        "from tests.faults.admission_driver import NIGHT;"
        f"s = Settings(data_dir=Path(sys.argv[1]), settle_seconds={slow.settle_seconds});"
        "print('here', flush=True); admit(settings=s, as_of=NIGHT, door=plain_door(s))"
    )
    waiting = subprocess.Popen(
        [sys.executable, "-c", script, str(data)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert waiting.stdout and waiting.stdout.readline() == "here\n"
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(0.5)
    waiting.kill()
    waiting.wait()
    report = admit(settings=platform(data), as_of=NIGHT, door=plain_door(platform(data)))
    assert [one.drop.state for one in report.drops] == ["loaded", "loaded"]
