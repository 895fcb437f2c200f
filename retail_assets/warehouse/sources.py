"""Tells dbt what lies in the lake, from the contracts: `python -m retail_assets.warehouse.sources` writes the
source and staging descriptions of the dbt project. Also lands the empty files that give an empty lake its types.
"""

from pathlib import Path
from typing import Any

import dataframely as dy
import duckdb
import polars as pl
import yaml

from retail_assets.config import DBT_PROJECT_DIR
from retail_assets.feeds.contracts.base import Feed
from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.lake import Lake, put_in_place, scratch_folder
from retail_assets.lake_tables import Columns, LakeTable
from retail_assets.models import tables as models
from retail_assets.refunds import tables as refunds
from retail_assets.sql import identifier, literal

STAGING = DBT_PROJECT_DIR / "models" / "staging"
HEADER = "# Generated from the feed contracts by `python -m retail_assets.warehouse.sources`; do not edit.\n"

ROW_COLUMNS: Columns = {
    "_record": ("bigint", "Record number in the file, from 1."),
    "_content_key": ("varchar", "The content the row came with: bytes, name, mapping and contract."),
    "_source": ("varchar", "Name of the source mapping."),
    "_document": ("varchar", "Document or store-day that a later file replaces whole."),
    "_version": ("bigint", "The source's own version of the row."),
    "_extra": ("varchar", "Source columns that no contract column takes, as JSON."),
}

LAKE_FILES: dict[str, tuple[str, Columns]] = {
    "documents": (
        "Documents and store-days that a content holds, and so replaces.",
        {
            "_content_key": ROW_COLUMNS["_content_key"],
            "_source": ROW_COLUMNS["_source"],
            "kind": ("varchar", "document or day."),
            "_document": ("varchar", "Document id, or store and day."),
            "_version": ("bigint", "The source's own version of the document."),
        },
    ),
    "rejects": (
        "Rejected rows with their reasons.",
        {
            "_content_key": ROW_COLUMNS["_content_key"],
            "feed": ("varchar", "Feed whose contract or mapping rejected the row."),
            "place": ("varchar", "Sheet or path inside the file."),
            "record": ("bigint", "Record number in the file, from 1."),
            "rule": ("varchar", "The rule that was broken."),
            "column": ("varchar", "The column it was broken in."),
            "value": ("varchar", "The value; masked in feeds with personal data."),
            "raw": ("varchar", "The whole record; masked in feeds with personal data."),
        },
    ),
}

LAKE_TABLES: dict[str, LakeTable] = {table.name: table for table in [*refunds.TABLES, *models.TABLES]}
"""Tables that flows keep in the lake. A flow adds its own here."""

LEDGER: dict[str, tuple[str, Columns]] = {
    "drops": (
        "One row per drop.",
        {
            "sequence": ("bigint", "Number of the drop; later is higher."),
            "folder": ("varchar", "Inbox folder."),
            "name": ("varchar", "Original file name."),
            "size": ("bigint", "Bytes."),
            "modified_at": ("timestamptz", "Modification time of the file."),
            "sha256": ("varchar", "Hash of the bytes."),
            "name_values": ("varchar", "Values taken from the name, as JSON."),
            "source": ("varchar", "Source mapping."),
            "source_version": ("varchar", "Version of the source mapping."),
            "content_key": ("varchar", "Names the files that the content became."),
            "admitted_at": ("timestamptz", "When it was taken."),
            "partition": ("date", "The night that took it."),
            "state": ("varchar", "claimed, stored, loaded, quarantined, duplicate or withdrawn."),
            "reason": ("varchar", "Why it is in quarantine, as a code."),
            "message": ("varchar", "Why it is in quarantine, as a sentence."),
            "duplicate_of": ("bigint", "The drop it repeats."),
            "records": ("bigint", "Source records."),
            "unknown_columns": ("varchar", "Source columns that nothing takes, as JSON."),
        },
    ),
    "loads": (
        "One row per loaded drop and feed that got rows of it.",
        {
            "sequence": ("bigint", "Number of the drop."),
            "feed": ("varchar", "Feed that got rows."),
            "content_key": ("varchar", "Names the row file."),
            "partition": ("date", "The night that took the drop."),
            "source": ("varchar", "Source mapping."),
            "rows": ("bigint", "Rows admitted."),
        },
    ),
    "accounts": (
        "What became of a drop's records, per target.",
        {
            "sequence": ("bigint", "Number of the drop."),
            "target": ("varchar", "Target feed of the mapping."),
            "records": ("bigint", "Source records."),
            "admitted": ("bigint", "Rows admitted to the target."),
            "sent": ("bigint", "Rows admitted to other feeds."),
            "left_out": ("bigint", "Rows the mapping leaves out."),
            "duplicate": ("bigint", "Repeated and superseded rows."),
            "rejected": ("bigint", "Rejected rows."),
            "by_rule": ("varchar", "Rejected, duplicate and left-out rows by rule, as JSON."),
        },
    ),
    "decisions": (
        "The log of decisions.",
        {
            "entry": ("bigint", "Place in the log; later is higher."),
            "decision_id": ("varchar", "Decision id."),
            "at": ("timestamptz", "When it was decided."),
            "actor": ("varchar", "Who decided, as an id."),
            "kind": ("varchar", "Kind of decision."),
            "subject": ("varchar", "What it is about."),
            "verdict": ("varchar", "The verdict."),
            "reason": ("varchar", "Why. Personal."),
            "payload": ("varchar", "Details as JSON. Personal."),
            "sequence": ("bigint", "The drop that brought it."),
            "outcome": ("varchar", "accepted or refused."),
            "message": ("varchar", "Why it was refused."),
        },
    ),
}

STAGED: Columns = {
    "_sequence": ("bigint", "Number of the drop that brought the row."),
    "_record": ROW_COLUMNS["_record"],
    "_admitted_on": ("date", "The night that took the drop."),
}


def duckdb_type(column: dy.Column) -> str:
    """The DuckDB type of a contract column."""
    dtype = column.dtype
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision},{dtype.scale})"
    if isinstance(dtype, pl.Enum):
        return "varchar"
    names: dict[pl.DataType, str] = {
        pl.String(): "varchar",
        pl.Int32(): "integer",
        pl.Int64(): "bigint",
        pl.Boolean(): "boolean",
        pl.Date(): "date",
        pl.Datetime("us", "UTC"): "timestamptz",
    }
    return names[dtype]


def feed_columns(feed: Feed) -> Columns:
    return {name: (duckdb_type(c), c.description or "") for name, c in feed.columns.items()}


def row_columns(feed: Feed) -> Columns:
    """The columns of a row file: those of the contract, then where the row came from."""
    return feed_columns(feed) | ROW_COLUMNS


def sources() -> dict[str, Any]:
    """The dbt sources: feeds, the ledger, and the tables of flows."""
    feeds = [
        _table(
            feed.name,
            feed.description,
            row_columns(feed),
            meta={
                "folder": f"rows/{feed.name}",
                "key": feed.key,
                "business_time": feed.business_time,
                "admission_day_columns": sorted(feed.defaults_to_admission_day),
            },
        )
        for feed in FEEDS.values()
    ]
    files = [_table(name, *what, meta={"folder": name}) for name, what in LAKE_FILES.items()]
    ledger = [_table(name, *what) for name, what in LEDGER.items()]
    lake = [_table(name, table.description, table.columns) for name, table in LAKE_TABLES.items()]
    return {
        "version": 2,
        "sources": [
            {
                "name": "feeds",
                "schema": "feeds",
                "description": "Parquet files of the lake, as views that begin_run makes.",
                "tables": [*feeds, *files],
            },
            {
                "name": "ledger",
                "schema": "ledger",
                "description": "The ledger of drops, a snapshot that begin_run takes.",
                "tables": ledger,
            },
            {
                "name": "lake",
                "schema": "lake",
                "description": "What flows work out, as views over Parquet that begin_run makes.",
                "tables": lake,
            },
        ],
    }


def staging() -> dict[str, Any]:
    """Descriptions of the staging models."""
    models = []
    for feed in FEEDS.values():
        columns = feed_columns(feed)
        if feed.business_time:
            columns["business_date"] = ("date", f"Local date of {feed.business_time} in the retailer's zone.")
        model = _table(f"stg_{feed.name}", f"{feed.description} Current rows only.", columns | STAGED)
        models.append(model | ({"data_tests": ["none_waiting"]} if feed.business_time else {}))
    description, columns = LAKE_FILES["rejects"]
    of_contract = {name: what for name, what in columns.items() if not name.startswith("_")}
    models.append(_table("stg_rejects", f"{description} Of loaded drops only.", of_contract | STAGED))
    return {"version": 2, "models": models}


def _table(
    name: str, description: str, columns: Columns, meta: dict[str, Any] | None = None
) -> dict[str, Any]:
    table: dict[str, Any] = {"name": name, "description": description}
    if meta:
        table["config"] = {"meta": meta}
    table["columns"] = [
        {"name": column, "data_type": kind, "description": text} for column, (kind, text) in columns.items()
    ]
    return table


def generated() -> dict[Path, str]:
    """The generated files of the dbt project with their text."""
    return {
        STAGING / name: HEADER + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
        for name, content in {"_sources.yml": sources(), "_staging.yml": staging()}.items()
    }


def land_empty_tables(lake: Lake) -> None:
    """Give every feed and every table a typed file without rows, named `empty.parquet`.

    It gives an empty lake its types, and today's columns to files that were written under an older contract.
    """
    tables = {lake.rows_folder(feed.name): row_columns(feed) for feed in FEEDS.values()}
    for name, (_, columns) in LAKE_FILES.items():
        tables[lake.root / "lake" / name] = columns
    for name, table in LAKE_TABLES.items():
        tables[lake.table_folder(name)] = table.columns
    with duckdb.connect() as connection, scratch_folder(lake) as scratch:
        for folder, columns in tables.items():
            selected = ", ".join(f"null::{kind} as {identifier(name)}" for name, (kind, _) in columns.items())
            finished = scratch / f"{folder.name}.parquet"
            connection.execute(
                f"copy (select {selected} limit 0) to {literal(str(finished))} (format parquet)"
            )
            put_in_place(finished, folder / "empty.parquet")


def main() -> None:
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
