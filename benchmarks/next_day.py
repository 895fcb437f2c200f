"""The next day's drop of 10,000 lines on a long history and on one ten times smaller: run start to published.

    python -m benchmarks.next_day [--rows 10000000]

Prints the full build too: the first night takes the history in and builds every mart from nothing. Seconds are
those of the Dagster run, from its start to its end; the process around it (imports, checks of the set-up) is
printed beside them.
"""

import argparse
import shutil
from dataclasses import dataclass

import dagster as dg

from benchmarks.measure import WORK, Measured, measure, sales_csv

DAY_ROWS = 10_000


@dataclass(frozen=True)
class Night:
    """A night's run, and the process it ran in."""

    run_seconds: float
    process: Measured

    def __str__(self) -> str:
        return f"{self.run_seconds:.1f} s (process {self.process.seconds:.1f} s)"


def _night(name: str, as_of: str) -> Night:
    folder = WORK / name
    env = {
        "RETAIL_DATA_DIR": str(folder),
        "DAGSTER_HOME": str(folder / "dagster"),
        "RETAIL_FIRST_NIGHT": "2026-11-19",
    }
    process = measure("-m", "retail_assets.nightly", "--as-of", as_of, env=env)
    with dg.DagsterInstance.from_config(str(folder / "dagster")) as instance:
        run = instance.get_run_records(limit=1)[0]
    assert run.start_time and run.end_time
    return Night(run.end_time - run.start_time, process)


def _drop(name: str, source: str, path) -> None:
    inbox = WORK / name / "inbox" / "feeds" / "sales"
    inbox.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, inbox / source)
    (inbox / f"{source}.done").touch()


def history(rows: int) -> tuple[Night, Night]:
    """The first night over `rows` lines, and the next night over 10,000 more."""
    name = f"history_{rows}"
    shutil.rmtree(WORK / name, ignore_errors=True)
    _drop(name, "history.csv", sales_csv(rows))
    first = _night(name, "2026-11-19")
    _drop(name, "day.csv", sales_csv(DAY_ROWS, first=rows * 2, days=1))
    second = _night(name, "2026-11-20")
    shutil.rmtree(WORK / name, ignore_errors=True)
    return first, second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    small_first, small_next = history(rows // 10)
    large_first, large_next = history(rows)
    print(f"first night: {rows // 10:,} lines {small_first}, {rows:,} lines {large_first}")
    print(f"next day:    {rows // 10:,} lines {small_next}, {rows:,} lines {large_next}")
    ratio = large_next.run_seconds / small_next.run_seconds
    print(f"the next day on ten times the history costs {ratio:.2f} times")
    print(
        f"building everything again takes {large_first.run_seconds / large_next.run_seconds:.1f} times as long"
    )
    print(f"peak memory of the first night: {large_first.process.peak_mib:.0f} MiB in one process")


if __name__ == "__main__":
    main()
