"""A small retailer's night as a process of its own, to be killed; and what it published, to be compared."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import duckdb

from retail_assets.sql import parquet
from tests.prepared import require_success, start

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
    "changed_at",
}
"""Columns that say when and by whom, which a rerun may change."""


def start_night(folder: Path) -> subprocess.Popen:
    return start("nightly", folder, "--as-of", NIGHT)


def run_nights(*folders: Path) -> None:
    """Whole nights, all at once; raises when one fails or hangs."""
    nights = [(folder, start_night(folder)) for folder in folders]
    for folder, process in nights:
        require_success("nightly", folder, process)


def kill_night(folder: Path, *, at: str, seconds_later: float, with_children: bool) -> bool:
    """Start a night and kill it some time after its log has said something; whether there was something to kill."""
    logs = folder / "dagster" / "command_logs"
    before = set(logs.glob("*.log"))
    process = start_night(folder)
    while process.poll() is None and not any(
        re.search(at, log.read_text()) for log in set(logs.glob("*.log")) - before
    ):
        time.sleep(0.01)
    time.sleep(seconds_later)
    was_running = process.poll() is None
    if was_running:
        (os.killpg if with_children else os.kill)(process.pid, signal.SIGKILL)
    process.wait()
    return was_running


def drop(folder: Path, feed: str, name: str, text: str, *, age: int = 0) -> None:
    """Put a file into a feed's inbox that was written some seconds before a fixed moment."""
    inbox = folder / "data" / "inbox" / "feeds" / feed
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / name).write_text(text)
    os.utime(inbox / name, (1_790_000_000 - age, 1_790_000_000 - age))


def drop_retailer(folder: Path) -> None:
    """A few files of several feeds: good ones, a correction, a duplicate, a broken one, a rejected row, a link."""
    stores = "store_id,name\nS0,Zero\nS1,One\n"
    products = "product_id,name,category\n" + "".join(f"P{i},P,C\n" for i in range(6))
    head = "order_id,line_number,store_id,product_id,sold_at,quantity,unit_price,currency\n"
    lines = [
        f"O{i // 3},{i % 3},S{i % 2},P{i % 7},2026-11-{1 + i % 19:02}T10:00:00Z,2,1.25,EUR"
        for i in range(3000)
    ]
    history = head + "\n".join(lines) + "\n"
    correction = head + "O0,0,S0,P1,2026-11-19T09:00:00Z,5,1.25,EUR\n"
    bad_row = head + "X1,0,S0,P1,2026-11-19T09:00:00Z,many,1.25,EUR\n" + lines[5] + "\n"
    counts = "store_id,product_id,counted_at,quantity\nS0,P1,2026-11-01T06:00:00Z,9\n"
    for age, (feed, name, text) in enumerate(
        [
            ("stock_counts", "counts.csv", counts),
            ("sales", "broken.parquet", "no parquet"),
            ("sales", "bad_row.csv", bad_row),
            ("sales", "correction.csv", correction),
            ("sales", "again.csv", history),
            ("sales", "history.csv", history),
            ("products", "products.csv", products),
            ("stores", "stores.csv", stores),
        ]
    ):
        drop(folder, feed, name, text, age=100 * age)
    link = folder / "data" / "inbox" / "feeds" / "stores" / "link.csv"
    link.symlink_to("/etc/hostname")
    os.utime(link, (1_790_000_000, 1_790_000_000), follow_symlinks=False)


def published(folder: Path) -> dict[str, list]:
    """Every published table without its volatile columns, rows in order; Parquet marts too."""
    release = (folder / "data" / "published").resolve()
    with duckdb.connect(str(release / "retail.duckdb"), read_only=True) as con:
        tables = {}
        for (name,) in _names(con):
            con.execute(f'select * from "{name}"')
            tables[name] = _rows(con)
        for mart in sorted((release / "parquet").iterdir()):
            con.execute(f"select * from {parquet(mart.rglob('*.parquet'))}")
            tables[f"parquet/{mart.name}"] = _rows(con)
    return tables


def _names(con: duckdb.DuckDBPyConnection) -> list:
    return con.execute("select table_name from duckdb_tables() order by 1").fetchall()


def _rows(con: duckdb.DuckDBPyConnection) -> list:
    names = [column[0] for column in con.description or []]
    kept = [i for i, name in enumerate(names) if name not in VOLATILE]
    return sorted((tuple(str(row[i]) for i in kept) for row in con.fetchall()), key=repr)
