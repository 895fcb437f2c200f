"""Two platforms on one machine, at once; and one platform that two processes start first, at once."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb

from retail_assets.config import REPOSITORY


def _night(folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "retail_assets.nightly", "--as-of", "2026-11-20"],
        env={
            **os.environ,
            "RETAIL_DATA_DIR": str(folder / "data"),
            "DAGSTER_HOME": str(folder / "dagster"),
            "RETAIL_SETTLE_SECONDS": "0.1",
        },
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _drop_store(folder: Path, store: str) -> None:
    inbox = folder / "data" / "inbox" / "feeds" / "stores"
    inbox.mkdir(parents=True)
    (inbox / "stores.csv").write_text(f"store_id,name\n{store},Store {store}\n")


def _published_stores(folder: Path) -> list[str]:
    with duckdb.connect(
        str((folder / "data" / "published").resolve() / "retail.duckdb"), read_only=True
    ) as con:
        return [row[0] for row in con.execute("select store_id from stores order by 1").fetchall()]


def test_two_platforms_side_by_side_and_two_first_starts(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    _drop_store(one, "S1")
    _drop_store(two, "S2")
    runs = [_night(one), _night(two), _night(one)]
    outputs = [run.communicate(timeout=300)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], "\n".join(outputs)
    assert _published_stores(one) == ["S1"]
    assert _published_stores(two) == ["S2"]
