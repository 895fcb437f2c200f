"""The ledger as Parquet, for the warehouse: four tables, always there, written only when they changed.

Drops come by the hundred thousand a day, so they are read from the database in parts, and only parts that
changed; the table is put together from the files of the parts. After the database was restored from a backup,
lake/work/ledger has to be deleted.
"""

import filecmp
import hashlib
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
from sqlalchemy import Connection, Select, case, delete, func, select

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.feeds.tables import ACCOUNTS, CHANGED, DECISIONS, DROPS, LOADED, LOADS, PART_DROPS
from retail_assets.lake import Lake, file_lock, put_in_place, scratch_folder

_INSTANT = pl.Datetime("us", "UTC")
_SCHEMAS: dict[str, dict[str, pl.DataType | type[pl.DataType]]] = {
    "drops": {
        "sequence": pl.Int64,
        "folder": pl.String,
        "name": pl.String,
        "size": pl.Int64,
        "modified_at": _INSTANT,
        "sha256": pl.String,
        "name_values": pl.String,
        "source": pl.String,
        "source_version": pl.String,
        "content_key": pl.String,
        "admitted_at": _INSTANT,
        "partition": pl.Date,
        "state": pl.String,
        "reason": pl.String,
        "message": pl.String,
        "duplicate_of": pl.Int64,
        "records": pl.Int64,
        "unknown_columns": pl.String,
    },
    "loads": {
        "sequence": pl.Int64,
        "feed": pl.String,
        "content_key": pl.String,
        "partition": pl.Date,
        "source": pl.String,
        "rows": pl.Int64,
    },
    "accounts": {
        "sequence": pl.Int64,
        "target": pl.String,
        "records": pl.Int64,
        "admitted": pl.Int64,
        "sent": pl.Int64,
        "left_out": pl.Int64,
        "duplicate": pl.Int64,
        "rejected": pl.Int64,
        "by_rule": pl.String,
    },
    "decisions": {
        "entry": pl.Int64,
        "decision_id": pl.String,
        "at": _INSTANT,
        "actor": pl.String,
        "kind": pl.String,
        "subject": pl.String,
        "verdict": pl.String,
        "reason": pl.String,
        "payload": pl.String,
        "sequence": pl.Int64,
        "outcome": pl.String,
        "message": pl.String,
    },
}


def export_ledger(settings: Settings) -> None:
    """Write the ledger's tables. The same ledger gives the same bytes, and is not rewritten."""
    lake = Lake(settings.data_dir)
    # The lock keeps an older snapshot from being written over a newer one.
    with file_lock(lake.lock_file("ledger-export")), platform_engine(settings) as engine:
        with reading(engine) as connection:
            for name, query in {
                "loads": _loads_query(),
                "accounts": select(ACCOUNTS).order_by(*ACCOUNTS.primary_key),
                "decisions": _decisions_query(),
            }.items():
                _put_if_changed(lake, name, _read(connection, query, name).lazy())
            noted = _write_parts(connection, lake)
        if noted or not (lake.ledger / "drops.parquet").exists():
            nothing = pl.LazyFrame(schema=_SCHEMAS["drops"])
            parts = [pl.scan_parquet(part) for part in sorted(_parts_folder(lake).glob("*.parquet"))]
            _put_if_changed(lake, "drops", pl.concat([nothing, *parts]))
        with engine.begin() as connection:
            for part, changes in noted.items():
                # What changed again since it was read stays noted.
                seen = (CHANGED.c.part == part, CHANGED.c.changes == changes)
                connection.execute(delete(CHANGED).where(*seen))


def _write_parts(connection: Connection, lake: Lake) -> dict[int, int]:
    """Write the parts of the drops that are not what the ledger holds; each with the changes noted for it."""
    noted = {row.part: row.changes for row in connection.execute(select(CHANGED))}
    newest = connection.scalar(select(func.max(DROPS.c.sequence))) or 0
    folder, last = _parts_folder(lake), newest // PART_DROPS
    for path in folder.glob("*.parquet"):
        if int(path.stem) > last:  # the ledger was restored from a backup
            path.unlink()
    for part in range(last + 1):
        first, end = part * PART_DROPS, min((part + 1) * PART_DROPS, newest + 1)
        path = folder / f"{part:06}.parquet"
        # Numbers have no gaps and begin with 1.
        if part in noted or not path.exists() or pq.read_metadata(path).num_rows != end - max(first, 1):
            rows = _read(connection, _drops_query(first, end), "drops")
            with scratch_folder(lake) as scratch:
                rows.write_parquet(scratch / path.name)
                put_in_place(scratch / path.name, path)
            noted.setdefault(part, 0)
    return noted


def _parts_folder(lake: Lake) -> Path:
    layout = hashlib.sha256(f"{PART_DROPS} {_SCHEMAS['drops']}".encode()).hexdigest()[:8]
    return lake.work_folder("ledger") / layout


def _drops_query(first: int, end: int) -> Select:
    microseconds = (DROPS.c.modified_ns // 1_000).label("modified_at")
    columns = [DROPS.c[name] for name in _SCHEMAS["drops"] if name in DROPS.c]
    within = (DROPS.c.sequence >= first, DROPS.c.sequence < end)
    return select(*columns, microseconds).where(*within).order_by(DROPS.c.sequence)


def _loads_query() -> Select:
    """Rows that count: those of loaded drops."""
    return (
        select(LOADS, DROPS.c.content_key, DROPS.c.partition, DROPS.c.source)
        .join(DROPS)
        .where(DROPS.c.state == LOADED)
        .order_by(*LOADS.primary_key)
    )


def _decisions_query() -> Select:
    outcome = case((DECISIONS.c.accepted, "accepted"), else_="refused").label("outcome")
    return select(DECISIONS, outcome).order_by(DECISIONS.c.entry)


def _read(connection: Connection, query: Select, name: str) -> pl.DataFrame:
    result = connection.execute(query)
    columns = list(result.keys())
    rows = pl.DataFrame(
        [tuple(row) for row in result], schema=columns, orient="row", infer_schema_length=None
    )
    return rows.select(pl.col(column).cast(kind) for column, kind in _SCHEMAS[name].items())


def _put_if_changed(lake: Lake, name: str, table: pl.LazyFrame) -> None:
    target = lake.ledger / f"{name}.parquet"
    with scratch_folder(lake) as scratch:
        fresh = scratch / target.name
        table.sink_parquet(fresh)
        if not target.exists() or not filecmp.cmp(target, fresh, shallow=False):
            put_in_place(fresh, target)
