"""The ledger as Parquet, for the warehouse: always there, written only where it changed.

Drops and decisions come by the hundred thousand, so they are read from the database in parts, and only parts that
changed; the table is put together from the files of the parts. After the database was restored from a backup,
lake/work/ledger has to be deleted.
"""

import filecmp
import hashlib
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
from sqlalchemy import Connection, Select, Table, delete, func, select

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.intake.ledger_tables import (
    CHANGED_PARTS,
    DECISIONS,
    DROPS,
    LOADED,
    LOADS,
    PART_ROWS,
    ROW_COUNTS,
    Drop,
    Load,
    LoggedDecision,
    TargetCounts,
    exported_columns,
)
from retail_assets.lake import Lake, file_lock, put_in_place, scratch_folder
from retail_assets.schema import Columns, polars_schema

_OF_DROP = ("content_key", "partition", "position", "source")
"""What a load says of its drop, so that the warehouse need not join every row."""

EXPORTED: dict[str, tuple[str, Columns]] = {
    "drops": (str(Drop.__doc__), exported_columns(Drop)),
    "loads": (
        "One row per loaded drop and feed that got rows of it.",
        exported_columns(Load) | {name: exported_columns(Drop)[name] for name in _OF_DROP},
    ),
    "row_counts": (str(TargetCounts.__doc__), exported_columns(TargetCounts)),
    "decisions": (str(LoggedDecision.__doc__), exported_columns(LoggedDecision)),
}
"""Name of each exported table -> what a row is, and its columns."""

_IN_PARTS: dict[str, tuple[Table, str]] = {"drops": (DROPS, "sequence"), "decisions": (DECISIONS, "entry")}
"""Long tables and the number by which they are cut."""


def export_ledger(settings: Settings) -> None:
    """Write the ledger's tables. The same ledger gives the same bytes, and is not rewritten."""
    lake = Lake(settings.data_dir)
    # The lock keeps an older snapshot from being written over a newer one.
    with export_lock(lake), platform_engine(settings) as engine:
        with reading(engine) as connection:
            for name, query in {"loads": _loads_query(), "row_counts": _ordered(ROW_COUNTS)}.items():
                _put_if_changed(lake, name, _read(connection, query, name).lazy())
            noted = {name: _write_parts(connection, lake, name) for name in _IN_PARTS}
        for name, parts in noted.items():
            if parts or not (lake.ledger / f"{name}.parquet").exists():
                nothing = pl.LazyFrame(schema=polars_schema(EXPORTED[name][1]))
                files = [
                    pl.scan_parquet(part, glob=False)
                    for part in sorted(_parts_folder(lake, name).glob("*.parquet"))
                ]
                _put_if_changed(lake, name, pl.concat([nothing, *files]))
        with engine.begin() as connection:
            for name, parts in noted.items():
                for part, changes in parts.items():
                    # What changed again since it was read stays noted.
                    seen = (CHANGED_PARTS.c.part == part, CHANGED_PARTS.c.changes == changes)
                    connection.execute(delete(CHANGED_PARTS).where(CHANGED_PARTS.c.table == name, *seen))


def export_lock(lake: Lake) -> AbstractContextManager[None]:
    """While it is held the exported tables stand still."""
    return file_lock(lake.lock_file("ledger-export"))


def _write_parts(connection: Connection, lake: Lake, name: str) -> dict[int, int]:
    """Write the parts of a table that are not what the ledger holds; each with the changes noted for it."""
    table, number = _IN_PARTS[name]
    changed = select(CHANGED_PARTS).where(CHANGED_PARTS.c.table == name)
    noted = {row.part: row.changes for row in connection.execute(changed)}
    newest = connection.scalar(select(func.max(table.c[number]))) or 0
    folder, last = _parts_folder(lake, name), newest // PART_ROWS
    for path in folder.glob("*.parquet"):
        if int(path.stem) > last:  # the ledger was restored from a backup
            path.unlink()
    for part in range(last + 1):
        first, end = part * PART_ROWS, min((part + 1) * PART_ROWS, newest + 1)
        path = folder / f"{part:06}.parquet"
        # Numbers have no gaps and begin with 1.
        if part in noted or not path.exists() or pq.read_metadata(path).num_rows != end - max(first, 1):
            within = (table.c[number] >= first, table.c[number] < end)
            columns = [table.c[column] for column in EXPORTED[name][1]]
            rows = _read(connection, select(*columns).where(*within).order_by(table.c[number]), name)
            with scratch_folder(lake) as scratch:
                rows.write_parquet(scratch / path.name)
                put_in_place(scratch / path.name, path)
            noted.setdefault(part, 0)
    return noted


def _parts_folder(lake: Lake, name: str) -> Path:
    layout = hashlib.sha256(f"{PART_ROWS} {polars_schema(EXPORTED[name][1])}".encode()).hexdigest()[:8]
    return lake.work_folder("ledger") / name / layout


def _loads_query() -> Select:
    """Rows that count: those of loaded drops."""
    columns = [DROPS.c[name] for name in _OF_DROP]
    return select(LOADS, *columns).join(DROPS).where(DROPS.c.state == LOADED).order_by(*LOADS.primary_key)


def _ordered(table: Table) -> Select:
    return select(table).order_by(*table.primary_key)


def _read(connection: Connection, query: Select, name: str) -> pl.DataFrame:
    result = connection.execute(query)
    found, wanted = list(result.keys()), polars_schema(EXPORTED[name][1])
    rows = pl.DataFrame([tuple(row) for row in result], schema=found, orient="row", infer_schema_length=None)
    return rows.select(pl.col(column).cast(kind) for column, kind in wanted.items())


def _put_if_changed(lake: Lake, name: str, table: pl.LazyFrame) -> None:
    target = lake.ledger / f"{name}.parquet"
    with scratch_folder(lake) as scratch:
        fresh = scratch / target.name
        table.sink_parquet(fresh)
        if not target.exists() or not filecmp.cmp(target, fresh, shallow=False):
            put_in_place(fresh, target)
