"""The next day's drop of 10,000 lines on a long history and on one ten times smaller: run start to published.

    python -m benchmarks.next_day [--rows 10000000]

Prints the full build too: the first night takes the history in and builds every mart from nothing.
"""

import argparse
import shutil

from benchmarks.measure import WORK, Measured, measure, sales_csv

DAY_ROWS = 10_000


def _night(name: str, as_of: str) -> Measured:
    folder = WORK / name
    env = {"RETAIL_DATA_DIR": str(folder), "DAGSTER_HOME": str(folder / "dagster")}
    return measure("-m", "retail_assets.nightly", "--as-of", as_of, env=env)


def _drop(name: str, source: str, path) -> None:
    inbox = WORK / name / "inbox" / "feeds" / "sales"
    inbox.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, inbox / source)
    (inbox / f"{source}.done").touch()


def history(rows: int) -> tuple[Measured, Measured]:
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
    print(
        f"first night: {rows // 10:,} lines {small_first.seconds:.1f} s, {rows:,} lines {large_first.seconds:.1f} s"
    )
    print(
        f"next day:    {rows // 10:,} lines {small_next.seconds:.1f} s, {rows:,} lines {large_next.seconds:.1f} s"
    )
    print(f"the next day on ten times the history costs {large_next.seconds / small_next.seconds:.2f} times")
    print(f"against building everything again: {large_first.seconds / large_next.seconds:.1f} times faster")
    print(f"peak memory of the first night: {large_first.peak_mib:.0f} MiB in one process")


if __name__ == "__main__":
    main()
