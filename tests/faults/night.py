"""A small retailer's night as a process of its own, to be killed; and what it published, to be compared."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb

from retail_assets.config import REPOSITORY

NIGHT = "2026-11-20"
VOLATILE = {
    "admitted_at",
    "built_at",
    "run_id",
    "release",
    "published_at",
    "freshness",
    "registered_at",
    "promoted_at",
}
"""Columns that say when and by whom, which a rerun may change."""


def start_night(folder: Path) -> subprocess.Popen:
    """The nightly job as a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "retail_assets.nightly", "--as-of", NIGHT],
        env={
            **os.environ,
            "RETAIL_DATA_DIR": str(folder / "data"),
            "DAGSTER_HOME": str(folder / "dagster"),
            "RETAIL_SETTLE_SECONDS": "0.05",
        },
        cwd=REPOSITORY,
        stdout=(folder / "night.log").open("a"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def kill(process: subprocess.Popen, *, with_children: bool) -> None:
    if process.poll() is None:
        if with_children:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            os.kill(process.pid, signal.SIGKILL)
    process.wait()


def run_night(folder: Path, *, timeout: float = 240) -> None:
    """A whole night; raises when it fails or hangs."""
    process = start_night(folder)
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        kill(process, with_children=True)
        raise AssertionError(f"The night hangs:\n{(folder / 'night.log').read_text()[-5000:]}") from None
    assert code == 0, (folder / "night.log").read_text()[-8000:]


def drop_retailer(folder: Path) -> None:
    """A few files of several feeds: good ones, a correction, a duplicate, a broken one, a rejected row."""
    feeds = folder / "data" / "inbox" / "feeds"

    def drop(feed: str, name: str, text: str, age: int) -> None:
        (feeds / feed).mkdir(parents=True, exist_ok=True)
        file = feeds / feed / name
        file.write_text(text)
        os.utime(file, (1_790_000_000 - age, 1_790_000_000 - age))

    head = "order_id,line_number,store_id,product_id,sold_at,quantity,unit_price,currency\n"
    lines = [
        f"O{i // 3},{i % 3},S{i % 2},P{i % 7},2026-11-{1 + i % 19:02}T10:00:00Z,2,1.25,EUR"
        for i in range(3000)
    ]
    drop("stores", "stores.csv", "store_id,name\nS0,Zero\nS1,One\n", 900)
    drop(
        "products",
        "products.csv",
        "product_id,name,category\n" + "".join(f"P{i},P,C\n" for i in range(6)),
        800,
    )
    drop("sales", "history.csv", head + "\n".join(lines) + "\n", 700)
    drop("sales", "again.csv", head + "\n".join(lines) + "\n", 600)
    drop("sales", "correction.csv", head + "O0,0,S0,P1,2026-11-19T09:00:00Z,5,1.25,EUR\n", 500)
    drop(
        "sales",
        "bad_row.csv",
        head + "X1,0,S0,P1,2026-11-19T09:00:00Z,many,1.25,EUR\n" + lines[5] + "\n",
        400,
    )
    drop("sales", "broken.parquet", "no parquet", 300)
    drop(
        "stock_counts",
        "counts.csv",
        "store_id,product_id,counted_at,quantity\nS0,P1,2026-11-01T06:00:00Z,9\n",
        200,
    )


def published(folder: Path) -> dict[str, list]:
    """Every published table without its volatile columns, rows in order; Parquet marts too."""
    release = (folder / "data" / "published").resolve()
    with duckdb.connect(str(release / "retail.duckdb"), read_only=True) as con:
        tables = {}
        for (name,) in _names(con):
            con.execute(f'select * from "{name}"')
            tables[name] = _rows(con)
        for mart in sorted((release / "parquet").iterdir()):
            con.execute(f"select * from read_parquet('{mart}/**/*.parquet', hive_partitioning = false)")
            tables[f"parquet/{mart.name}"] = _rows(con)
    return tables


def _names(con: duckdb.DuckDBPyConnection) -> list:
    return con.execute("select table_name from duckdb_tables() order by 1").fetchall()


def _rows(con: duckdb.DuckDBPyConnection) -> list:
    names = [column[0] for column in con.description or []]
    kept = [i for i, name in enumerate(names) if name not in VOLATILE]
    return sorted((tuple(str(row[i]) for i in kept) for row in con.fetchall()), key=repr)
