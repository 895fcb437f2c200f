"""A ledger that lost drops publishes nothing: readers keep the release that they have."""

import shutil
import sqlite3
from pathlib import Path

from tests.faults.night import NIGHT, start_night
from tests.prepared import copy_platform


def test_a_ledger_that_was_emptied_stops_the_night(calm_night: Path, tmp_path: Path) -> None:
    folder = copy_platform(calm_night, tmp_path)
    published = (folder / "data" / "published").readlink()
    with sqlite3.connect(folder / "data" / "platform.db") as ledger:
        for table in ("loads", "row_counts", "drops", "changed_parts"):
            ledger.execute(f"delete from {table}")
    ledger.close()
    shutil.rmtree(folder / "data" / "lake" / "ledger")
    night = start_night(folder)
    assert night.wait(300) == 1
    said = (folder / "nightly.log").read_text()
    assert "Stored, but no drop has this hash. Restore the ledger;" in said
    assert f"Night of {NIGHT} failed" in said
    assert "Traceback" not in said
    assert (folder / "data" / "published").readlink() == published
