"""SIGKILL anywhere in the night, then run it again: every row exactly once, nothing hangs.

By hand, longer: `python -m tests.faults.test_night_kills 1000`.
"""

import random
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.night import drop_retailer, kill, published, run_night, start_night


def _survives(folder: Path, *, kills: int, seed: int) -> None:
    calm, hit = folder / "calm", folder / "hit"
    for platform in (calm, hit):
        platform.mkdir(parents=True)
        drop_retailer(platform)
    started = time.monotonic()
    run_night(calm)
    seconds = time.monotonic() - started
    chance = random.Random(seed)
    for number in range(kills):
        process = start_night(hit)
        time.sleep(chance.uniform(0.2, seconds))
        kill(process, with_children=chance.random() < 0.5)
        if kills > 20:
            print(f"kill {number + 1} of {kills}", flush=True)
    run_night(hit)
    assert published(hit) == published(calm)
    assert not list((hit / "data" / "lake" / "claims").iterdir())


def test_a_killed_night_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    _survives(tmp_path, kills=5, seed=20261120)


if __name__ == "__main__":
    rounds = int(sys.argv[1]) // 10
    for round_number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            _survives(Path(folder), kills=10, seed=round_number)
        print(f"round {round_number + 1} of {rounds}: every row once", flush=True)
