"""The ledger: one row per drop, and how it is read and written. When it is written is admission's business.

A sequence number is given once, in the order in which drops were taken, and never again. What a drop became
(its state, rows and counts: see `outcomes`) changes in one transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Tuple,
    bindparam,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.intake.claim_batches import Claim
from retail_assets.intake.handlers import Nesting
from retail_assets.intake.ledger_tables import (
    CHANGED_PARTS,
    CLAIMED,
    DROPS,
    LOADED,
    LOADS,
    NIGHT_RUNS,
    PART_ROWS,
    STORED,
    UNFINISHED,
    Drop,
)
from retail_assets.intake.store import Stored
from retail_assets.names import printable

BATCH = 500
"""Values per query; databases limit how many they take."""


class Unfinished(NamedTuple):
    """What is known of a drop on its way without reading its row: there may be a hundred thousand."""

    sequence: int
    folder: str
    name: str
    size: int


def add_claims(connection: Connection, claims: Sequence[Claim]) -> None:
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
            "parent": claim.parent,
            "position": newest + number if claim.position is None else claim.position,
            "by_platform": claim.by_platform,
            "size": claim.size,
            "modified_ns": claim.modified_ns,
            "admitted_at": claim.claimed_at,
            "partition": claim.as_of,
            "state": CLAIMED,
            "asked_for": False,
        }
        for number, claim in enumerate((c for c in claims if c.id not in known), start=1)
    ]
    if rows:
        connection.execute(insert(DROPS), rows)
        note_change(connection, "drops", range(newest + 1, newest + 1 + len(rows)))


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
    query = select(DROPS.c.sequence, DROPS.c.folder, DROPS.c.name, DROPS.c.size).where(
        DROPS.c.state.in_(UNFINISHED), DROPS.c.folder.in_(list(folders))
    )
    return [Unfinished(*row) for row in connection.execute(query.order_by(DROPS.c.sequence))]


def find_drop(connection: Connection, sequence: int) -> Drop | None:
    row = connection.execute(select(DROPS).where(DROPS.c.sequence == sequence)).one_or_none()
    return _drop(row) if row else None


def find_drops(connection: Connection, sequences: Sequence[int]) -> list[Drop]:
    """Several drops, in order."""
    return [
        _drop(row)
        for some in pieces(sorted(sequences))
        for row in connection.execute(
            select(DROPS).where(DROPS.c.sequence.in_(some)).order_by(DROPS.c.sequence)
        )
    ]


def has_parts(connection: Connection, sequence: int) -> bool:
    """Whether anything came in a drop."""
    return connection.scalar(select(DROPS.c.sequence).where(DROPS.c.parent == sequence).limit(1)) is not None


def drops_with_parts(connection: Connection, sequences: Sequence[int]) -> dict[int, Drop]:
    """Drops and all that came in them, however deep, by sequence."""
    found = {drop.sequence: drop for drop in find_drops(connection, sequences)}
    outer = list(found)
    while outer:
        within = [
            _drop(row)
            for some in pieces(outer)
            for row in connection.execute(
                select(DROPS).where(DROPS.c.parent.in_(some)).order_by(DROPS.c.sequence)
            )
        ]
        outer = [drop.sequence for drop in within if drop.sequence not in found]
        found |= {drop.sequence: drop for drop in within}
    return found


def containers_of(connection: Connection, sequences: Iterable[int]) -> dict[int, Drop]:
    """What drops came in, however deep, by sequence; without those that are among the drops themselves."""
    found: dict[int, Drop] = {}
    inner = given = list(sequences)
    while inner:
        parents = {
            parent
            for some in pieces(inner)
            for parent in connection.scalars(
                select(DROPS.c.parent).where(DROPS.c.sequence.in_(some), DROPS.c.parent.is_not(None))
            )
        }
        inner = sorted(parents - found.keys() - set(given))
        found |= {drop.sequence: drop for drop in find_drops(connection, inner)}
    return found


def nesting_of(connection: Connection, drop: Drop) -> Nesting:
    """What a container lies in, without what came in itself."""
    depth, parent = 0, drop.parent
    while parent is not None:
        depth += 1
        parent = connection.scalar(select(DROPS.c.parent).where(DROPS.c.sequence == parent))
    others = (DROPS.c.position == drop.position, DROPS.c.parent.is_not(None), DROPS.c.parent != drop.sequence)
    query = select(func.count(), func.coalesce(func.sum(DROPS.c.size), 0)).where(*others)
    parts, size = connection.execute(query).one()
    return Nesting(depth, parts, int(size))


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


def record_states(connection: Connection, states: Mapping[int, str], *, asked_for: bool) -> None:
    """Put drops into states that a decision wants."""
    said = {"reason": None, "message": None, "duplicate_of": None}
    update_drops(
        connection,
        {
            sequence: {"state": state, **said, "asked_for": asked_for and state in UNFINISHED}
            for sequence, state in states.items()
        },
    )


def last_loaded_like(connection: Connection, drop: Drop, content_key: str) -> int | None:
    """The last loaded drop of the folder before this one that has the same content."""
    same = (DROPS.c.folder == drop.folder, DROPS.c.sha256 == drop.sha256, DROPS.c.content_key == content_key)
    earlier = select(DROPS.c.sequence).where(*same, DROPS.c.state == LOADED, before(drop))
    return connection.scalar(earlier.order_by(*LATEST_FIRST).limit(1))


LATEST_FIRST = (DROPS.c.position.desc(), DROPS.c.sequence.desc())


def before(drop: Drop) -> ColumnElement[bool]:
    """True of the drops that come before this one in the order."""
    return place(DROPS) < place_of(drop)


def after(position: int, sequence: int) -> ColumnElement[bool]:
    """True of the drops that come after a place in the order."""
    return place(DROPS) > tuple_(position, sequence)


def place(drops: FromClause) -> Tuple:
    """The place in the order, to be compared with another."""
    return tuple_(drops.c.position, drops.c.sequence)


def place_of(drop: Drop) -> Tuple:
    return tuple_(drop.position, drop.sequence)


def feeds_of(connection: Connection, sequence: int) -> set[str]:
    """The feeds which hold rows of a drop."""
    return set(connection.scalars(select(LOADS.c.feed).where(LOADS.c.sequence == sequence)))


def record_night(settings: Settings, as_of: date, now: datetime) -> None:
    """Remember that a night ran, and what it took for now."""
    with platform_engine(settings) as engine:
        with suppress(IntegrityError), engine.begin() as connection:
            connection.execute(insert(NIGHT_RUNS).values(as_of=as_of, now=now))
            return
        with engine.begin() as connection:
            connection.execute(update(NIGHT_RUNS).where(NIGHT_RUNS.c.as_of == as_of).values(now=now))


def newest_night(settings: Settings) -> tuple[date, datetime] | None:
    """The newest night that ran and its now; marts and publication stand there until it is taken back."""
    newest = select(NIGHT_RUNS.c.as_of, NIGHT_RUNS.c.now).order_by(NIGHT_RUNS.c.as_of.desc()).limit(1)
    with platform_engine(settings) as engine, reading(engine) as connection:
        row = connection.execute(newest).one_or_none()
    return (row.as_of, row.now) if row else None


def oldest_night(settings: Settings) -> date | None:
    """The first night that this platform ran; None before any did."""
    with platform_engine(settings) as engine, reading(engine) as connection:
        return connection.scalar(select(func.min(NIGHT_RUNS.c.as_of)))


def update_drops(connection: Connection, rows: Mapping[int, Mapping[str, object]]) -> None:
    """Set columns of drops; those with the same columns together."""
    by_columns = defaultdict(list)
    for sequence, values in rows.items():
        by_columns[tuple(values)].append({"of_sequence": sequence, **values})
    for parameters in by_columns.values():
        connection.execute(update(DROPS).where(DROPS.c.sequence == bindparam("of_sequence")), parameters)
    note_change(connection, "drops", rows)


def note_change(connection: Connection, table: str, numbers: Iterable[int]) -> None:
    """Tell the export which parts of a long table are not what it wrote."""
    for part in sorted({number // PART_ROWS for number in numbers}):
        here = (CHANGED_PARTS.c.table == table, CHANGED_PARTS.c.part == part)
        more = update(CHANGED_PARTS).where(*here).values(changes=CHANGED_PARTS.c.changes + 1)
        if not connection.execute(more).rowcount:
            connection.execute(insert(CHANGED_PARTS).values(table=table, part=part, changes=1))


def pieces(values: list[Any]) -> Iterator[list[Any]]:
    """Values in lists that one query takes."""
    return (values[start : start + BATCH] for start in range(0, len(values), BATCH))
