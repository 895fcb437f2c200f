"""Twenty thousand files of one row in one feed, against the same files read and written by polars alone.

    python -m benchmarks.small_files [--files 20000]

The other way is what one would write first: a loop of read_csv and write_parquet, without types, checks, hashes,
ledger or fsync. It says what the files themselves cost.
"""

import argparse
import shutil
import sys
import time
from datetime import date
from pathlib import Path

from benchmarks.measure import WORK, Measured, measure

NIGHT = date(2026, 11, 20)


def drop_files(inbox: Path, files: int) -> None:
    inbox.mkdir(parents=True)
    for number in range(files):
        line = (
            f"S{number % 50},P{number % 2000},2026-11-01T06:{number // 60 % 60:02}:{number % 60:02}Z,{number}"
        )
        (inbox / f"count-{number:06}.csv").write_text(f"store_id,product_id,counted_at,quantity\n{line}\n")


def polars_way(folder: Path) -> None:
    import polars as pl

    out = folder / "rows"
    out.mkdir()
    started = time.perf_counter()
    for path in sorted((folder / "inbox" / "feeds" / "stock_counts").iterdir()):
        pl.read_csv(path).write_parquet(out / f"{path.stem}.parquet")
    print(f"{time.perf_counter() - started:.1f}")


def admission(folder: Path) -> None:
    from retail_assets.config import Settings
    from retail_assets.database import migrate
    from retail_assets.flows import platform_of
    from retail_assets.intake.admission import admit

    platform = platform_of(Settings(data_dir=folder, dagster_home=folder / "dagster", settle_seconds=0))
    migrate(platform.settings)
    started = time.perf_counter()
    report = admit(
        settings=platform.settings, handlers=platform.handlers(), as_of=NIGHT, folders=["stock_counts"]
    )
    print(f"{time.perf_counter() - started:.1f} {dict(report.states())}")


WAYS = {"polars": polars_way, "admission": admission}


def _measured(way: str, files: int) -> Measured:
    folder = WORK / "small_files"
    shutil.rmtree(folder, ignore_errors=True)
    drop_files(folder / "inbox" / "feeds" / "stock_counts", files)
    result = measure("-m", "benchmarks.small_files", "--way", way, "--folder", folder)
    shutil.rmtree(folder)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        WAYS[arguments.way](arguments.folder)
        return
    seconds = {}
    for way in WAYS:
        figure = _measured(way, arguments.files)
        seconds[way] = float(figure.output.split()[0])
        print(f"{way:10} {figure.output.strip()} s, peak {figure.peak_mib:.0f} MiB")
    print(f"admission takes {seconds['admission'] / seconds['polars']:.1f} times as long as polars alone")


if __name__ == "__main__":
    sys.exit(main())
