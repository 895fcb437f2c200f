"""SIGKILL anywhere in the night, then run it again: every row exactly once, nothing hangs.

By hand, longer: `python -m tests.faults.test_night_kills 1000`.
"""

import random
import sys
import tempfile
from pathlib import Path

from tests.faults.night import drop_retailer, kill_night, published, run_nights
from tests.prepared import copy_platform, set_up_twice_at_once

POINTS = (
    r"admission.* STEP_START",
    r"OK created .*sales_daily",
    r"publication.* STEP_START",
)
"""What the log says at the steps of a night that take their time: admission, dbt, publication."""

LATEST = 0.4


def _survives(prepared: Path, folder: Path, points: list[str], chance: random.Random) -> dict[str, list]:
    """What is published after a night that was killed at points of it, one after the other, and then started twice at
    once and left alone."""
    copy_platform(prepared, folder)
    drop_retailer(folder)
    kills = [
        kill_night(
            folder, at=at, seconds_later=chance.uniform(0, LATEST), with_children=chance.random() < 0.5
        )
        for at in points
    ]
    assert sum(kills) > len(kills) / 2, "most nights were running when they were killed"
    before = (folder / "nightly.log").read_text()
    run_nights(folder, folder)
    said = (folder / "nightly.log").read_text().removeprefix(before)
    assert said.count("Nothing changed: nothing was published.") == 1
    assert not list((folder / "data" / "lake" / "claims").iterdir())
    return published(folder)


def test_a_killed_night_loses_nothing_and_doubles_nothing(
    prepared_platform: Path, calm_night: Path, tmp_path: Path
) -> None:
    found = _survives(prepared_platform, tmp_path, [*POINTS], random.Random(20261120))
    assert found == published(calm_night)


if __name__ == "__main__":
    rounds = int(sys.argv[1]) // 10
    with tempfile.TemporaryDirectory() as base:
        prepared, calm = Path(base, "prepared"), Path(base, "calm")
        prepared.mkdir()
        set_up_twice_at_once(prepared)
        drop_retailer(copy_platform(prepared, calm))
        run_nights(calm)
        for number in range(rounds):
            chance = random.Random(number)
            with tempfile.TemporaryDirectory() as folder:
                points = sorted(chance.choices(POINTS, k=10), key=POINTS.index)
                assert _survives(prepared, Path(folder), points, chance) == published(calm)
            print(f"round {number + 1} of {rounds}: every row once", flush=True)
