"""The ledger: one row per drop, and how it is read and written. When it is written is admission's business.

A sequence number is given once, in the order in which drops were taken, and never again. What a drop became
(its state, rows and accounts: `ends`) changes in one transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.feeds.claims import Claim
from retail_assets.feeds.store import Stored
from retail_assets.feeds.tables import (
    CHANGED,
    CLAIMED,
    DROPS,
    DUPLICATE,
    LOADS,
    NIGHTS,
    PART_DROPS,
    STORED,
    UNFINISHED,
)

BATCH = 500
"""Values per query; databases limit how many they take."""


@dataclass(frozen=True)
class Drop:
    """A row of the ledger."""

    sequence: int
    claim: str
    folder: str
    name: str
    size: int
    modified_ns: int
    sha256: str | None
    name_values: str | None
    source: str | None
    source_version: str | None
    content_key: str | None
    admitted_at: datetime
    partition: date
    state: str
    reason: str | None
    message: str | None
    duplicate_of: int | None
    records: int | None
    unknown_columns: str | None


class Unfinished(NamedTuple):
    """What is known of a drop on its way without reading its row: there may be a hundred thousand."""

    sequence: int
    folder: str
    name: str


def printable(name: str) -> str:
    """A file's name as text that any database and any screen takes; what is not text is escaped."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def is_plain(name: str) -> bool:
    """False for names that could mean something else to whoever reads them later."""
    return printable(name) == name and "\\" not in name


def add_claims(connection: Connection, claims: list[Claim]) -> None:
    """Give claims that have no row yet their sequence numbers, in the order given."""
    known = set()
    for ids in pieces([claim.id for claim in claims]):
        known |= set(connection.scalars(select(DROPS.c.claim).where(DROPS.c.claim.in_(ids))))
    newest = connection.scalar(select(func.coalesce(func.max(DROPS.c.sequence), 0))) or 0
    rows = [
        {
            "sequence": newest + number,
            "claim": claim.id,
            "folder": claim.folder,
            "name": printable(claim.name),
            "size": claim.size,
            "modified_ns": claim.modified_ns,
            "admitted_at": claim.claimed_at,
            "partition": claim.as_of,
            "state": CLAIMED,
        }
        for number, claim in enumerate((c for c in claims if c.id not in known), start=1)
    ]
    if rows:
        connection.execute(insert(DROPS), rows)
        _note_change(connection, range(newest + 1, newest + 1 + len(rows)))


def finished(connection: Connection, claims: list[str]) -> list[Drop]:
    """Of claims those whose drops have come to their end."""
    return [
        _drop(row)
        for ids in pieces(claims)
        for row in connection.execute(
            select(DROPS).where(DROPS.c.claim.in_(ids), DROPS.c.state.not_in(UNFINISHED))
        )
    ]


def sequence_of(connection: Connection, claim: str) -> int:
    return connection.execute(select(DROPS.c.sequence).where(DROPS.c.claim == claim)).scalar_one()


def unfinished(connection: Connection, folders: Iterable[str]) -> list[Unfinished]:
    """Drops that are claimed or stored and nothing else yet, in order."""
    query = select(DROPS.c.sequence, DROPS.c.folder, DROPS.c.name).where(
        DROPS.c.state.in_(UNFINISHED), DROPS.c.folder.in_(list(folders))
    )
    return [Unfinished(*row) for row in connection.execute(query.order_by(DROPS.c.sequence))]


def find_drop(connection: Connection, sequence: int) -> Drop | None:
    row = connection.execute(select(DROPS).where(DROPS.c.sequence == sequence)).one_or_none()
    return _drop(row) if row else None


def find_drops(connection: Connection, sequences: list[int]) -> list[Drop]:
    """Several drops, in order."""
    return [
        _drop(row)
        for some in pieces(sorted(sequences))
        for row in connection.execute(
            select(DROPS).where(DROPS.c.sequence.in_(some)).order_by(DROPS.c.sequence)
        )
    ]


def _drop(row: Row) -> Drop:
    return Drop(**row._mapping)


def record_stored(connection: Connection, stored: Mapping[int, Stored]) -> None:
    """The bytes of these drops are safe."""
    update_drops(
        connection,
        {
            sequence: {"state": STORED, "sha256": bytes_.sha256, "size": bytes_.size}
            for sequence, bytes_ in stored.items()
        },
    )


def record_change(connection: Connection, sequence: int, *, size: int, modified_ns: int) -> None:
    """Note what a claimed file looks like now; it is stored once it looks the same again."""
    update_drops(connection, {sequence: {"size": size, "modified_ns": modified_ns}})


def record_state(connection: Connection, sequence: int, state: str) -> None:
    """Put a drop into a state that a decision or a later drop asks for."""
    update_drops(
        connection, {sequence: {"state": state, "reason": None, "message": None, "duplicate_of": None}}
    )


def judge_duplicates_again(connection: Connection, sequence: int) -> None:
    """A drop was loaded, perhaps out of turn: later duplicates of it, or of older ones, may be news after all."""
    query = select(DROPS.c.sequence).where(
        DROPS.c.state == DUPLICATE, DROPS.c.sequence > sequence, DROPS.c.duplicate_of <= sequence
    )
    for (duplicate,) in connection.execute(query).all():
        record_state(connection, duplicate, STORED)


def feeds_of(connection: Connection, sequence: int) -> set[str]:
    """The feeds which hold rows of a drop."""
    return set(connection.scalars(select(LOADS.c.feed).where(LOADS.c.sequence == sequence)))


def feeds_of_source(connection: Connection, source: str | None) -> set[str]:
    """The feeds which hold rows of any drop that a source mapping read."""
    query = select(LOADS.c.feed).distinct().join(DROPS).where(DROPS.c.source == source)
    return set(connection.scalars(query))


def record_night(settings: Settings, as_of: date) -> None:
    """Remember that a night ran."""
    # It is there already when the night ran before.
    with platform_engine(settings) as engine, suppress(IntegrityError), engine.begin() as connection:
        connection.execute(insert(NIGHTS).values(as_of=as_of))


def newest_night(settings: Settings) -> date | None:
    """The newest night that ever ran; marts and publication stand there and never go back."""
    with platform_engine(settings) as engine, reading(engine) as connection:
        return connection.scalar(select(func.max(NIGHTS.c.as_of)))


def update_drops(connection: Connection, rows: Mapping[int, Mapping[str, object]]) -> None:
    """Set columns of drops; those with the same columns together."""
    by_columns = defaultdict(list)
    for sequence, values in rows.items():
        by_columns[tuple(values)].append({"of_sequence": sequence, **values})
    for parameters in by_columns.values():
        connection.execute(update(DROPS).where(DROPS.c.sequence == bindparam("of_sequence")), parameters)
    _note_change(connection, rows)


def _note_change(connection: Connection, sequences: Iterable[int]) -> None:
    """Tell the export which parts of the drops are not what it wrote."""
    for part in sorted({sequence // PART_DROPS for sequence in sequences}):
        more = update(CHANGED).where(CHANGED.c.part == part).values(changes=CHANGED.c.changes + 1)
        if not connection.execute(more).rowcount:
            connection.execute(insert(CHANGED).values(part=part, changes=1))


def pieces(values: list[Any]) -> Iterator[list[Any]]:
    """Values in lists that one query takes."""
    return (values[start : start + BATCH] for start in range(0, len(values), BATCH))
