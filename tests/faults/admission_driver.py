"""A process that admits and is killed: at every step that changes the disk or the database, or from outside.

Run as a program, because a process that forks must not have used its engines before.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
from sqlalchemy import Engine, event

from retail_assets.config import Settings
from retail_assets.feeds.admission import admit
from retail_assets.feeds.reconcile import reconcile
from retail_assets.lake import Lake
from tests.doors import plain_door

NIGHT = date(2026, 11, 20)
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def platform(data: Path) -> Settings:
    return Settings(data_dir=data, settle_seconds=0.01)


def run(data: Path) -> None:
    settings = platform(data)
    admit(settings=settings, as_of=NIGHT, door=plain_door(settings))


def outcome(data: Path) -> dict:
    """All that must be the same, however often admission was killed on its way."""
    lake = Lake(data)
    drops = pl.read_parquet(lake.ledger / "drops.parquet").drop("admitted_at")
    loads = pl.read_parquet(lake.ledger / "loads.parquet")
    rows = [
        row
        for feed, key in loads.select("feed", "content_key").iter_rows()
        for row in pl.read_parquet(lake.rows(feed, key), columns=["_content_key", "_record"]).iter_rows()
    ]
    decisions = pl.read_parquet(lake.ledger / "decisions.parquet")
    return {
        "drops": [[str(value) for value in row] for row in drops.iter_rows()],
        "loads": loads.select("sequence", "feed", "rows").rows(),
        "rows": sorted(rows),
        "decisions": decisions.select("decision_id", "outcome", "sequence").rows(),
        "files": sorted(path.name for path in (lake.root / "lake" / "files").glob("*/*")),
        "quarantine": sorted(path.name for path in lake.quarantine.glob("*")),
        "inbox": sorted(str(path) for path in lake.inbox.rglob("*.*")),
        "claims": sorted(str(path) for path in lake.claims.iterdir()),
        "findings": [finding.message for finding in reconcile(platform(data))],
    }


def count_changes(data: Path, at_each: Callable[[], None]) -> None:
    """Call back before each step that changes something under `data`, or commits."""

    def audit(name: str, arguments: tuple) -> None:
        changes = bool(arguments[2] & WRITES) if name == "open" else name in CHANGES
        # A file in a folder of an inbox is named within that folder, and its claim by its whole path.
        if changes and any(str(argument).startswith(str(data)) for argument in arguments[:2]):
            at_each()

    sync = os.fsync

    def counted_sync(descriptor: int) -> None:
        at_each()
        sync(descriptor)

    sys.addaudithook(audit)
    os.fsync = counted_sync  # ty: ignore[invalid-assignment]
    event.listen(Engine, "commit", lambda _: at_each())


def in_a_process(work: Callable[[], object]) -> tuple[int, str]:
    """Run in a forked process; its wait status and what it returned, as JSON."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            json.dump(work(), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    return os.waitpid(child, 0)[1], text


def killed_at(data: Path, step: int) -> Callable[[], object]:
    def work() -> None:
        steps = iter(range(step))

        def at_each() -> None:
            if next(steps, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        count_changes(data, at_each)
        run(data)

    return work


def finished(data: Path) -> Callable[[], object]:
    def work() -> dict:
        run(data)
        return outcome(data)

    return work


def kill_at_every_step(base: Path, stride: int) -> dict:
    """From the same start, kill before step 0, 1, 2, …, let the next run finish, and compare."""
    place = base.parent / "platform"  # always the same place: paths stand in the outcome

    def start() -> None:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(base, place, symlinks=True)

    start()
    _, expected = in_a_process(finished(place))
    different, step = {}, 0
    while True:
        start()
        status, _ = in_a_process(killed_at(place, step))
        if status == 0:
            return {"steps": step, "expected": json.loads(expected), "different": different}
        _, found = in_a_process(finished(place))
        if found != expected:
            different[step] = found
        step += stride


if __name__ == "__main__":
    command, folder, *rest = sys.argv[1:]
    if command == "run":
        run(Path(folder))
    elif command == "outcome":
        print(json.dumps(outcome(Path(folder))))
    else:
        print(json.dumps(kill_at_every_step(Path(folder), int(rest[0]))))
