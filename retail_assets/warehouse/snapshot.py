"""What a build reads of the lake that may change while it runs: the ledger and the computed tables, as hard links.

Admission goes on beside dbt. What a build notes as seen has to be what its models were made of, to the byte, so both
read the snapshot. Rows, documents, rejects and flags are not in it: the files of a content never change.
"""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from retail_assets.intake.ledger_export import export_lock
from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake


def take_snapshot(lake: Lake, tables: Iterable[LakeTable]) -> None:
    """Put what stands now into `lake.snapshot`. Hold the warehouse lock: views of the warehouse lead there."""
    fresh = lake.snapshot.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    with export_lock(lake):  # all of one export
        _link(lake.ledger, fresh / "ledger")
    for table in tables:
        _link(lake.table_folder(table.name), fresh / "tables" / table.name)
    shutil.rmtree(lake.snapshot, ignore_errors=True)
    fresh.rename(lake.snapshot)


def _link(folder: Path, into: Path) -> None:
    into.mkdir(parents=True)
    for file in folder.glob("*.parquet"):
        with suppress(FileNotFoundError):  # a part that lost its rows was taken away since it was listed
            os.link(file, into / file.name)
