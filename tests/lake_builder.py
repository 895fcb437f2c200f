"""Writes a lake by hand: admitted rows, documents, rejects and the ledger, as admission would leave them.

    lake = LakeBuilder(tmp_path)
    first = lake.load("sales", [{"order_id": "A", "line_number": 1, ...}])
    lake.withdraw(first)
    lake.write_ledger()

Values are given as DuckDB literals' text or Python values; columns that are left out are null.
"""

import atexit
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from retail_assets.config import Settings
from retail_assets.flows import platform_of
from retail_assets.intake.lake_files import Documents, Flags, Rejects
from retail_assets.intake.ledger_export import EXPORTED
from retail_assets.schema import Columns, columns_of
from retail_assets.warehouse.sources import land_empty_tables, row_columns

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Drop:
    """What the ledger says of a drop."""

    sequence: int
    folder: str
    content_key: str
    source: str
    partition: date
    state: str = "loaded"
    rows: Mapping[str, int] = field(default_factory=dict)
    """Rows by feed."""
    name: str = ""
    reason: str | None = None
    message: str | None = None
    name_values: str = "{}"


class LakeBuilder:
    """A lake under `data_dir`, changed by drops; nothing is seen before `write_ledger`."""

    def __init__(self, data_dir: Path) -> None:
        self.platform = platform_of(Settings(data_dir=data_dir))
        self.lake = self.platform.lake
        self.drops: dict[int, Drop] = {}
        self.decisions: list[Row] = []
        self._contents = 0
        shutil.copytree(_landed(), data_dir, dirs_exist_ok=True)
        self.lake.warehouse.parent.mkdir(parents=True, exist_ok=True)

    def continue_as(self, other: "LakeBuilder") -> None:
        """Go on where another one is, whose folder was copied."""
        self.drops, self.decisions, self._contents = dict(other.drops), list(other.decisions), other._contents

    def content(
        self,
        rows: Mapping[str, Sequence[Row]],
        *,
        source: str = "till",
        documents: Iterable[str | tuple[str, int | None]] = (),
        days: Mapping[str, tuple[int, int]] | None = None,
        rejects: Sequence[Row] = (),
        flags: Sequence[Row] = (),
    ) -> str:
        """Put a content's files in place: rows by feed, the documents it holds, its store-days with how many records
        became rows or were rejected, its rejects and flags."""
        self._contents += 1
        content_key = f"content{self._contents:026d}"
        for feed, feed_rows in rows.items():
            origin = {"_content_key": content_key, "_source": source}
            numbered = [{"_record": n, **origin, **row} for n, row in enumerate(feed_rows, start=1)]
            write_table(self.lake.rows(feed, content_key), row_columns(self.platform.feeds[feed]), numbered)
        held = [
            {
                "_content_key": content_key,
                "_source": source,
                "kind": "document",
                "_document": d,
                "_version": v,
            }
            for d, v in ((d, None) if isinstance(d, str) else d for d in documents)
        ] + [
            {
                "_content_key": content_key,
                "_source": source,
                "kind": "day",
                "_document": day,
                "records": records,
                "rejected": rejected,
            }
            for day, (records, rejected) in (days or {}).items()
        ]
        if held:
            write_table(self.lake.documents(content_key), columns_of(Documents), held)
        for told, schema, file in ((rejects, Rejects, self.lake.rejects), (flags, Flags, self.lake.flags)):
            if told:
                keyed = [{"_content_key": content_key, **one} for one in told]
                write_table(file(content_key), columns_of(schema), keyed)
        return content_key

    def drop(
        self,
        rows: Mapping[str, Sequence[Row]],
        *,
        folder: str | None = None,
        source: str = "till",
        on: date = date(2026, 11, 20),
        sequence: int | None = None,
        documents: Iterable[str | tuple[str, int | None]] = (),
        days: Mapping[str, tuple[int, int]] | None = None,
        rejects: Sequence[Row] = (),
        flags: Sequence[Row] = (),
        name_values: str = "{}",
    ) -> int:
        """A loaded drop with rows for several feeds; returns its sequence number."""
        content_key = self.content(
            rows, source=source, documents=documents, days=days, rejects=rejects, flags=flags
        )
        number = sequence or max(self.drops, default=0) + 1
        folder = folder or next(iter(rows), "sales")
        self.drops[number] = Drop(
            number,
            folder,
            content_key,
            source,
            on,
            rows={feed: len(feed_rows) for feed, feed_rows in rows.items() if feed_rows},
            name=f"{folder}_{number}.csv",
            name_values=name_values,
        )
        return number

    def load(self, feed: str, rows: Sequence[Row], **options: Any) -> int:
        """A loaded drop with rows for one feed; returns its sequence number."""
        return self.drop({feed: rows}, **options)

    def again(self, sequence: int, *, on: date = date(2026, 11, 20)) -> int:
        """The same content dropped once more, as a drop of its own."""
        number = max(self.drops) + 1
        self.drops[number] = replace(self.drops[sequence], sequence=number, partition=on)
        return number

    def reload(self, sequence: int, rows: Mapping[str, Sequence[Row]], **options: Any) -> None:
        """The same drop read under another mapping: other content, same place in the order."""
        drop = self.drops[sequence]
        content_key = self.content(rows, source=drop.source, **options)
        counts = {feed: len(feed_rows) for feed, feed_rows in rows.items() if feed_rows}
        self.drops[sequence] = replace(drop, content_key=content_key, rows=counts)

    def withdraw(self, sequence: int) -> None:
        self.drops[sequence] = replace(self.drops[sequence], state="withdrawn")

    def quarantine(
        self, folder: str, name: str, *, reason: str, message: str, on: date = date(2026, 11, 20)
    ) -> int:
        number = max(self.drops, default=0) + 1
        self.drops[number] = Drop(
            number, folder, f"none{number}", "till", on, "quarantined", {}, name, reason, message
        )
        return number

    def decide(self, kind: str, subject: int | str, verdict: str | None = None, **values: Any) -> None:
        """An accepted decision."""
        self.decisions.append(
            {
                "entry": len(self.decisions) + 1,
                "at": datetime(2026, 11, 20, 9, tzinfo=UTC),
                "actor": "ann",
                "kind": kind,
                "subject": subject,
                "verdict": verdict,
                "accepted": True,
            }
            | values
        )

    def part(self, table: str, part: str, rows: Sequence[Row]) -> None:
        """A part of a table that a flow keeps in the lake."""
        declared = self.platform.tables[table]
        write_table(declared.part(self.lake, part), declared.columns, rows)

    def write_ledger(self) -> None:
        """Export the ledger, as each run does."""
        drops = [
            {
                "sequence": d.sequence,
                "folder": d.folder,
                "name": d.name,
                "position": d.sequence,
                "by_platform": False,
                "size": 100,
                "modified_ns": 1_795_132_800_000_000_000,
                "sha256": d.content_key,
                "name_values": d.name_values,
                "source": d.source,
                "source_version": "1",
                "content_key": d.content_key,
                "admitted_at": datetime(2026, 11, 20, 1, tzinfo=UTC),
                "partition": d.partition,
                "state": d.state,
                "reason": d.reason,
                "message": d.message,
                "records": sum(d.rows.values()),
                "unknown_columns": "[]",
            }
            for d in self.drops.values()
        ]
        loads = [
            {
                "sequence": d.sequence,
                "feed": feed,
                "position": d.sequence,
                "content_key": d.content_key,
                "partition": d.partition,
                "source": d.source,
                "rows": rows,
            }
            for d in self.drops.values()
            if d.state == "loaded"
            for feed, rows in d.rows.items()
        ]
        counts = [
            {
                "sequence": d.sequence,
                "target": feed,
                "records": rows,
                "admitted": rows,
                "routed": 0,
                "filtered": 0,
                "duplicate": 0,
                "rejected": 0,
                "flagged": 0,
                "by_rule": json.dumps({}),
            }
            for d in self.drops.values()
            if d.state == "loaded"
            for feed, rows in d.rows.items()
        ]
        for name, rows in {
            "drops": drops,
            "loads": loads,
            "row_counts": counts,
            "decisions": self.decisions,
        }.items():
            write_table(self.lake.ledger / f"{name}.parquet", EXPORTED[name][1], rows)


@cache
def _landed() -> Path:
    """A lake with the empty tables, made once and copied."""
    folder = Path(tempfile.mkdtemp(prefix="retail-empty-tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    land_empty_tables(platform_of(Settings(data_dir=folder)))
    return folder


def write_table(path: Path, columns: Columns, rows: Sequence[Row]) -> None:
    """Write rows as a Parquet file with these columns and types; one that holds them already is left alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unknown = {name for row in rows for name in row} - set(columns)
    assert not unknown, f"{path.parent.name} has no columns {sorted(unknown)}"
    given = pl.DataFrame(  # noqa: F841  (DuckDB finds it by its name)
        {name: [_text(row.get(name)) for row in rows] for name in columns},
        schema=dict.fromkeys(columns, pl.String),
    )
    types = {name: column.sql_type for name, column in columns.items()}
    typed = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in types.items())
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        fresh = path.with_suffix(".new")
        connection.execute(f"copy (select {typed} from given) to '{fresh}' (format parquet)")
    if path.exists() and path.read_bytes() == fresh.read_bytes():
        fresh.unlink()
    else:
        fresh.replace(path)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
