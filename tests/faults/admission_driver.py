"""A process whose forks admit and are killed: at every step that changes the disk or the database, or at any moment.

Run as a program, because a process that forks must not have used its engines before; a fork has everything
imported already.
"""

import fcntl
import gc
import json
import os
import random
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
from sqlalchemy import Engine, event

from retail_assets.config import Settings
from retail_assets.intake import archive_worker, archives
from retail_assets.intake.admission import admit
from retail_assets.intake.reconcile import reconcile
from retail_assets.lake import Lake
from retail_assets.sandbox.limits import Limits
from tests.plain_handlers import plain_handlers

NIGHT = date(2026, 11, 20)
MAKES, REMOVES = {"os.mkdir"}, {"os.remove", "os.rmdir"}


def platform(data: Path) -> Settings:
    return Settings(data_dir=data, settle_seconds=0.01)


def run(data: Path) -> None:
    settings = platform(data)
    admit(settings=settings, handlers=plain_handlers(settings), as_of=NIGHT)


def outcome(data: Path) -> dict:
    """All that must be the same, however often admission was killed on its way.

    What is taken apart in a second run is numbered before what lay in the inbox after the first one, so drops are
    called by their place in the order, which must not change.
    """
    lake, settings = Lake(data), platform(data)
    tables = {
        name: pl.read_parquet(lake.ledger / f"{name}.parquet")
        for name in ("drops", "loads", "row_counts", "decisions")
    }
    drops = tables["drops"].drop("admitted_at").sort("position", "sequence")
    place = {str(sequence): str(number) for number, sequence in enumerate(drops["sequence"], start=1)}
    rows = [
        row
        for feed, key in tables["loads"].select("feed", "content_key").iter_rows()
        for row in pl.read_parquet(lake.rows(feed, key), columns=["_content_key", "_record"]).iter_rows()
    ]
    return {
        **{name: _renumbered(table.drop("position", strict=False), place) for name, table in tables.items()},
        "drops": _renumbered(drops, place),
        "rows": sorted(rows),
        "files": sorted(path.name for path in (lake.root / "lake" / "files").glob("*/*")),
        "quarantine": sorted(place[path.name] for path in lake.quarantine.glob("*")),
        "inbox": sorted(str(path) for path in lake.inbox.rglob("*.*")),
        "claims": sorted(str(path) for path in lake.claims.iterdir()),
        "findings": [finding.message for finding in reconcile(settings, plain_handlers(settings))],
    }


def _renumbered(table: pl.DataFrame, place: dict[str, str]) -> list[dict[str, str]]:
    """Rows as texts, in which drops have other numbers."""
    numbers = {"sequence", "parent", "position", "duplicate_of"} & set(table.columns)
    rows = []
    for row in table.to_dicts():
        texts = {name: str(value) for name, value in row.items()}
        texts |= {name: place[texts[name]] for name in numbers if row[name] is not None}
        if "message" in texts:
            texts["message"] = re.sub(
                r"drop (\d+)", lambda found: f"drop {place[found[1]]}", texts["message"]
            )
        rows.append(texts)
    return sorted(rows, key=lambda row: int(row["sequence"]))


class Here:
    """Unpacks in this process: each fork would start a child of its own, and only what the platform does counts."""

    def ask(self, request: dict, limits: Limits, read: Callable[[dict], object]) -> object:
        return read(archive_worker._answer(request))


def count_changes(data: Path, at_each: Callable[[], None]) -> None:
    """Call back before each step that changes something that is looked at again, or commits.

    A killed process loses nothing that it wrote, so an fsync is no step; and nobody looks into scratch.
    """
    scratch = str(Lake(data).scratch)

    def changes(name: str, source: str, target: str) -> bool:
        if name == "os.rename":
            # A file in a folder of an inbox is named within that folder, and its claim by its whole path.
            return target.startswith(str(data)) and not target.startswith(scratch)
        if name in MAKES | REMOVES and source.startswith(str(data)) and not source.startswith(scratch):
            return os.path.lexists(source) == (name in REMOVES)
        return False

    def audit(name: str, arguments: tuple) -> None:
        if name.startswith("os.") and len(arguments) > 1 and changes(name, *map(str, arguments[:2])):
            at_each()

    sys.addaudithook(audit)
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


def start(work: Callable[[], object]) -> int:
    """Run in a forked process that nobody waits for yet; its id."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return child


def kill(child: int) -> bool:
    """Kill a process; True when it had not ended by itself."""
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


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

    def start_anew() -> None:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(base, place, symlinks=True)

    start_anew()
    _, expected = in_a_process(finished(place))
    different, step = {}, 0
    while True:
        start_anew()
        status, _ = in_a_process(killed_at(place, step))
        if status == 0:
            return {"steps": step, "expected": json.loads(expected), "different": different}
        _, found = in_a_process(finished(place))
        if found != expected:
            different[step] = found
        step += stride


def kill_at_random_moments(data: Path, times: int) -> dict:
    """Kill again and again while there is something to do, then let one run finish."""
    moments = random.Random(18)
    killed = 0
    for _ in range(times):
        child = start(lambda: run(data))
        time.sleep(moments.uniform(0.05, 0.3))
        killed += kill(child)
    return {"killed": killed, "found": json.loads(in_a_process(finished(data))[1])}


def kill_while_waiting(data: Path) -> dict:
    """Kill a run that has the lock and waits for files to settle, then let one run finish."""
    settings = platform(data).model_copy(update={"settle_seconds": 60.0})
    handlers = plain_handlers(settings)
    child = start(lambda: admit(settings=settings, handlers=handlers, as_of=NIGHT))
    lock = Lake(data).lock_file("admission")
    while not _is_locked(lock):
        time.sleep(0.01)
    killed = kill(child)
    return {"killed": killed, "found": json.loads(in_a_process(finished(data))[1])}


def _is_locked(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


if __name__ == "__main__":
    archives._child = Here  # ty: ignore[invalid-assignment]
    gc.freeze()  # forks need not copy what they do not change
    command, folder, *rest = sys.argv[1:]
    commands = {
        "every": lambda: kill_at_every_step(Path(folder), int(rest[0])),
        "random": lambda: kill_at_random_moments(Path(folder), int(rest[0])),
        "waiting": lambda: kill_while_waiting(Path(folder)),
    }
    print(json.dumps(commands[command]()))
