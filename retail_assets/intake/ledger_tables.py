"""The ledger's tables, declared once: a row is a frozen dataclass, and its fields say all the rest.

From a row come the table in the platform database, the Parquet export, dbt's source and the data dictionary.
"""

from dataclasses import Field, dataclass, field, fields
from datetime import date, datetime
from types import UnionType
from typing import Any, get_args, get_type_hints

import polars as pl
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Date, ForeignKey, Index, Table, Text
from sqlalchemy import Column as DatabaseColumn
from sqlalchemy.schema import SchemaItem

from retail_assets.database import METADATA, UtcDateTime
from retail_assets.schema import Column

CLAIMED, STORED, LOADED = "claimed", "stored", "loaded"
QUARANTINED, DUPLICATE, WITHDRAWN = "quarantined", "duplicate", "withdrawn"
STATES = (CLAIMED, STORED, LOADED, QUARANTINED, DUPLICATE, WITHDRAWN)
UNFINISHED = (CLAIMED, STORED)

PART_ROWS = 20_000
"""Long tables are exported in parts of so many numbers; one that did not change is not read again."""

_TYPES: dict[type, tuple[Any, pl.DataType]] = {
    int: (BigInteger, pl.Int64()),
    str: (Text, pl.String()),
    bool: (Boolean, pl.Boolean()),
    date: (Date, pl.Date()),
    datetime: (UtcDateTime, pl.Datetime("us", "UTC")),
}


def column(
    description: str, *, key: bool = False, exported: bool = True, to: str | None = None, unique: bool = False
) -> Any:
    """A field of a row. `to` names the column it refers to; one that is not exported stays in the database."""
    return field(
        metadata={
            "description": description,
            "key": key,
            "exported": exported,
            "refers": (ForeignKey(to),) if to else (),
            "unique": unique,
        }
    )


@dataclass(frozen=True)
class Drop:
    """One row per drop."""

    sequence: int = column("Number of the drop; later is higher.", key=True)
    claim: str = column("Where it lies while it is being taken.", exported=False, unique=True)
    folder: str = column("Inbox folder.")
    name: str = column("Original file name; what is not text is escaped.")
    parent: int | None = column("The drop that it came in, an archive say.", to="drops.sequence")
    position: int = column("Place in the order: its own number, or that of the drop that it came in.")
    by_platform: bool = column("Whether the platform wrote it itself, not somebody who can reach the inbox.")
    size: int = column("Bytes.")
    modified_ns: int = column("Modification time of the file, in nanoseconds since 1970.")
    sha256: str | None = column("Hash of the bytes.")
    name_values: str | None = column("Values taken from the name, as JSON with sorted keys.")
    source: str | None = column("Source mapping, or the handler of what is no table.")
    source_version: str | None = column("Version of the source mapping.")
    content_key: str | None = column("Names the files that the content became.")
    admitted_at: datetime = column("When it was taken.")
    partition: date = column("The night that took it.")
    state: str = column(f"{', '.join(STATES[:-1])} or {STATES[-1]}.")
    asked_for: bool = column("Whether a person asked for it to be read again.", exported=False)
    reason: str | None = column("Why it is in quarantine, as a code.")
    message: str | None = column("Why it is in quarantine, as a sentence.")
    duplicate_of: int | None = column("The drop it repeats.", to="drops.sequence")
    records: int | None = column("Source records.")
    unknown_columns: str | None = column("Source columns that nothing takes, as JSON.")
    encoding_doubt: str | None = column(
        "The encoding that was guessed, and what it could be; null where certain."
    )


@dataclass(frozen=True)
class Load:
    """One row per drop and feed that got rows of it."""

    sequence: int = column("Number of the drop.", key=True, to="drops.sequence")
    feed: str = column("Feed that got rows.", key=True)
    rows: int = column("Rows admitted.")


@dataclass(frozen=True)
class TargetCounts:
    """What became of a drop's records, per target."""

    sequence: int = column("Number of the drop.", key=True, to="drops.sequence")
    target: str = column("Target feed of the mapping.", key=True)
    records: int = column("Source records.")
    admitted: int = column("Rows admitted to the target.")
    routed: int = column("Rows routed to other feeds.")
    filtered: int = column("Rows the mapping leaves out.")
    duplicate: int = column("Repeated and superseded rows.")
    rejected: int = column("Rejected rows.")
    flagged: int = column("Rows with a flag; no part of the sum of the others.")
    routed_to: str = column("Feed -> rows that were routed to it, as JSON.", exported=False)
    by_rule: str = column("Rejected, duplicate, left-out and flagged rows by rule, as JSON.")


@dataclass(frozen=True)
class LoggedDecision:
    """The log of decisions."""

    entry: int = column("Place in the log; later is higher.", key=True)
    decision_id: str = column("Decision id.")
    at: datetime = column("When it was decided.")
    actor: str = column("Who decided, as an id.")
    kind: str = column("Kind of decision.")
    subject: str = column("What it is about.")
    verdict: str | None = column("The verdict.")
    reason: str | None = column("Why. Personal.")
    payload: str | None = column("Details as JSON. Personal.")
    sequence: int = column("The drop that brought it.", to="drops.sequence")
    accepted: bool = column("False when it was refused.")
    state_after: str | None = column("State of the subject after it; null when it was refused.")
    message: str = column("What it did, or why it was refused.")


@dataclass(frozen=True)
class ContentMetadata:
    """What a flow found out about a content beside its rows: a photo's width, the columns that a table lacks."""

    content_key: str = column("Names the content.", key=True)
    metadata: str = column("JSON object.")


@dataclass(frozen=True)
class ChangedPart:
    """A part of a long table that changed since it was exported."""

    table: str = column("Name of the table.", key=True)
    part: int = column("Its numbers divided by PART_ROWS.", key=True)
    changes: int = column("How often.")


@dataclass(frozen=True)
class CheckedContent:
    """Rows that passed their contract's check."""

    feed: str = column("Name of the feed.", key=True)
    content_key: str = column("Names the content.", key=True)


@dataclass(frozen=True)
class FileHash:
    """A file that a content became, as it was when it was written."""

    path: str = column("Within the data folder.", key=True)
    sha256: str = column("Hash of its bytes.")


@dataclass(frozen=True)
class NightRun:
    """A night that ran."""

    as_of: date = column("Its day.", key=True)
    now: datetime = column("The moment that its newest run took for now.")


@dataclass(frozen=True)
class PlatformIdentity:
    """Whose ledger this is; the one row of its table."""

    platform_id: str = column("The id that the lake carries too.", key=True)


def _table(name: str, row: type, *more: SchemaItem) -> Table:
    types = get_type_hints(row)
    columns = []
    for f in _fields(row):
        plain = [kind for kind in get_args(types[f.name]) if kind is not type(None)]
        is_optional = isinstance(types[f.name], UnionType)
        database_type, _ = _TYPES[plain[0] if is_optional else types[f.name]]
        columns.append(
            DatabaseColumn(
                f.name,
                database_type,
                *f.metadata["refers"],
                primary_key=f.metadata["key"],
                nullable=is_optional,
                unique=f.metadata["unique"] or None,
                autoincrement=False,
            )
        )
    return Table(name, METADATA, *columns, *more)


def _fields(row: type) -> tuple[Field, ...]:
    return fields(row)  # ty: ignore[invalid-argument-type]


def exported_columns(row: type) -> dict[str, Column]:
    """The columns of a row that leave the database."""
    types = get_type_hints(row)
    found = {}
    for f in _fields(row):
        if f.metadata["exported"]:
            kinds = [kind for kind in (get_args(types[f.name]) or (types[f.name],)) if kind is not type(None)]
            nullable = isinstance(types[f.name], UnionType)
            dtype = _TYPES[kinds[0]][1]
            found[f.name] = Column(f.name, dtype, f.metadata["description"], nullable, f.metadata["key"])
    return found


DROPS = _table(
    "drops",
    Drop,
    CheckConstraint(f"state in {STATES}", name="known_state"),
    Index("drops_by_state", "state", "sequence"),
    Index("drops_by_content", "folder", "sha256"),
    Index("drops_by_hash", "sha256", "sequence"),
    Index("drops_by_night", "folder", "partition", "sequence"),
    Index("drops_by_parent", "parent"),
)
LOADS = _table("loads", Load, Index("loads_by_feed", "feed", "sequence"))
ROW_COUNTS = _table("row_counts", TargetCounts)
DECISIONS = _table(
    "decisions",
    LoggedDecision,
    Index("decisions_by_id", "decision_id"),
    Index("decisions_by_subject", "kind", "subject"),
)
CONTENT_METADATA = _table("content_metadata", ContentMetadata)
CHANGED_PARTS = _table("changed_parts", ChangedPart)
CHECKED_CONTENTS = _table("checked_contents", CheckedContent)
FILE_HASHES = _table("file_hashes", FileHash)
NIGHT_RUNS = _table("night_runs", NightRun)
PLATFORM = _table("platform", PlatformIdentity)
