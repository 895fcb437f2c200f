"""The ledger as Parquet, for the warehouse: four tables, always there, written only when they changed."""

import polars as pl
from sqlalchemy import Connection, Select, case, select

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.feeds.tables import ACCOUNTS, DECISIONS, DROPS, LOADED, LOADS
from retail_assets.lake import Lake, put_in_place, scratch_folder

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
    with platform_engine(settings) as engine, reading(engine) as connection:
        tables = {
            "drops": _read(connection, _drops_query()),
            "loads": _read(connection, _loads_query()),
            "accounts": _read(connection, select(ACCOUNTS).order_by(*ACCOUNTS.primary_key)),
            "decisions": _read(connection, _decisions_query()),
        }
    lake = Lake(settings.data_dir)
    for name, schema in _SCHEMAS.items():
        typed = tables[name].select(pl.col(column).cast(kind) for column, kind in schema.items())
        _put_if_changed(lake, name, typed)


def _drops_query() -> Select:
    microseconds = (DROPS.c.modified_ns // 1_000).label("modified_at")
    return select(DROPS, microseconds).order_by(DROPS.c.sequence)


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


def _read(connection: Connection, query: Select) -> pl.DataFrame:
    result = connection.execute(query)
    columns = list(result.keys())
    return pl.DataFrame(
        [tuple(row) for row in result], schema=columns, orient="row", infer_schema_length=None
    )


def _put_if_changed(lake: Lake, name: str, table: pl.DataFrame) -> None:
    target = lake.ledger / f"{name}.parquet"
    with scratch_folder(lake) as scratch:
        fresh = scratch / target.name
        table.write_parquet(fresh)
        if not target.exists() or target.read_bytes() != fresh.read_bytes():
            put_in_place(fresh, target)
