"""A million relabels of photos from one file, and ten thousand withdrawals: admitted, judged, recorded, exported.
Against judging one at a time.

    python -m benchmarks.decisions [--decisions 1000000] [--photos 10000] [--one-by-one 2000]

Every photo is withdrawn in the end. The other way is the obvious one: for each decision its subject's state is asked
of the database. It gets fewer decisions and is compared by decisions a second.
"""

import argparse
import shutil
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
from PIL import Image

from benchmarks.measure import WORK, measure
from ml.vision.labels import CLASSES
from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.decisions.judging import judge
from retail_assets.flows import platform_of
from retail_assets.intake.admission import admit
from retail_assets.platform import Platform

NIGHT = date(2026, 11, 20)
FOLDER = WORK / "decisions"
ROLES = {"admin": ["administrator"]}


def platform() -> Platform:
    return platform_of(Settings(data_dir=FOLDER, dagster_home=FOLDER / "dagster", settle_seconds=0))


def prepare(photos: int) -> None:
    """Photos to decide about."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    inbox = FOLDER / "inbox" / "refunds"
    inbox.mkdir(parents=True)
    for number in range(photos):
        Image.new("RGB", (60, 80), (number % 256, number // 256, 0)).save(inbox / f"{number:05}.png")
        (inbox / f"{number:05}.png.done").touch()
    admit(settings=platform().settings, handlers=platform().handlers(), as_of=NIGHT)


def relabels(count: int, photos: int) -> pl.DataFrame:
    """Photos in turn, other classes each time; one in ten does not fit."""
    verdicts = [*CLASSES, "Cutlery", "Curtains", "Carpets"]
    verdict = pl.Series([verdicts[number % len(verdicts)] for number in range(count)])
    return decisions("relabel_item", count, photos).with_columns(verdict=verdict)


def decisions(kind: str, count: int, photos: int) -> pl.DataFrame:
    numbers = pl.int_range(count, eager=True)
    return pl.DataFrame(
        {
            "decision_id": f"{kind} " + numbers.cast(pl.String),
            "at": datetime(2026, 11, 20, tzinfo=UTC) + numbers * timedelta(microseconds=1),
            "actor": ["admin"] * count,
            "kind": [kind] * count,
            "subject": (numbers % photos + 1).cast(pl.String),
        }
    )


def timed(what: str, decided: pl.DataFrame) -> float:
    """Drop decisions and admit them; gives decisions a second."""
    inbox = FOLDER / "inbox" / "decisions"
    inbox.mkdir(parents=True, exist_ok=True)
    decided.write_parquet(inbox / "many.parquet")
    (inbox / "many.parquet.done").touch()
    figure = measure("-m", "benchmarks.decisions", "--way")
    print(f"{decided.height:,} {what}, file to ledger and Parquet: {figure.output.strip()}")
    print(f"peak {figure.peak_mib:,.0f} MiB")
    return decided.height / float(figure.output.split()[0])


def whole_way() -> None:
    started = time.perf_counter()
    report = admit(settings=platform().settings, handlers=platform().handlers(), as_of=NIGHT, folders=[])
    print(f"{time.perf_counter() - started:.1f} s; {report.notes[-1]}")


def one_at_a_time(count: int, photos: int) -> float:
    """Decisions a second, judged each by itself."""
    rows = relabels(count, photos).with_columns(
        pl.lit(None, pl.String).alias(n) for n in ("reason", "payload")
    )
    kinds = platform().decision_kinds
    started = time.perf_counter()
    with platform_engine(platform().settings) as engine, reading(engine) as connection:
        for row in rows.iter_slices(1):
            judge(connection, row, kinds=kinds, roles=ROLES)
    return count / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--one-by-one", type=int, default=2_000)
    parser.add_argument("--way", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        whole_way()
        return
    photos = arguments.photos
    prepare(photos)
    single = one_at_a_time(arguments.one_by_one, photos)
    together = timed("relabels", relabels(arguments.decisions, photos))
    print(
        f"{together:,.0f} a second; judged one at a time {single:,.0f}, {together / single:.0f} times slower"
    )
    withdrawn = timed("withdrawals", decisions("withdraw_file", photos, photos))
    print(f"{withdrawn:,.0f} a second")
    shutil.rmtree(Path(FOLDER))


if __name__ == "__main__":
    main()
