"""Duplicates that may be news after all: when are they judged again?

Whoever repeats a drop counts nowhere as long as that drop does. So whatever ends or changes that puts its duplicates
back among the stored drops, in the same transaction; the run that does it reads them.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select, tuple_

from retail_assets.intake.ledger import after, containers_of, pieces, place, update_drops
from retail_assets.intake.ledger_tables import DROPS, DUPLICATE, LOADED, STORED, Drop


def judge_later_duplicates_again(connection: Connection, drops: Sequence[Drop]) -> None:
    """Drops were loaded, perhaps out of turn: later duplicates of them, or of older ones, may be news after all."""
    places = sorted((drop.position, drop.sequence) for drop in drops)
    if not places:
        return
    original = DROPS.alias()
    query = (
        select(DROPS.c.position, DROPS.c.sequence, original.c.position, original.c.sequence)
        .join(original, original.c.sequence == DROPS.c.duplicate_of)
        .where(DROPS.c.state == DUPLICATE, after(*places[0]), place(original) <= tuple_(*places[-1]))
    )
    again = []
    for position, sequence, of_position, of_sequence in connection.execute(query):
        # Is one of them not before the original, and before the duplicate?
        first = bisect_left(places, (of_position, of_sequence))
        if first < len(places) and places[first] < (position, sequence):
            again.append(sequence)
    _judge_again(connection, again)


def judge_duplicates_of(connection: Connection, ended: Iterable[int]) -> None:
    """Drops do not count any more: one of those that repeat them, or the archive they came in, counts instead."""
    sequences = list(ended)
    for some in pieces(sequences + list(containers_of(connection, sequences))):
        query = select(DROPS.c.sequence).where(DROPS.c.state == DUPLICATE, DROPS.c.duplicate_of.in_(some))
        _judge_again(connection, connection.scalars(query).all())


def judge_copies_again(connection: Connection, drops: Sequence[Drop]) -> None:
    """Drops that nothing supersedes came back because somebody asked for it: what counted in their stead since is a
    duplicate again, unless somebody asked for that too.
    """
    back: dict[tuple[str, str | None], int] = {}
    for drop in drops:
        back.setdefault((drop.folder, drop.content_key), drop.sequence)
    copies = []
    for folder in {drop.folder for drop in drops}:
        for hashes in pieces([drop.sha256 for drop in drops if drop.folder == folder]):
            query = select(DROPS.c.sequence, DROPS.c.content_key).where(
                DROPS.c.folder == folder,
                DROPS.c.sha256.in_(hashes),
                DROPS.c.state == LOADED,
                DROPS.c.asked_for.is_(False),
            )
            for sequence, key in connection.execute(query):
                if sequence > back.get((folder, key), sequence):
                    copies.append(sequence)
    _judge_again(connection, copies)


def _judge_again(connection: Connection, sequences: Iterable[int]) -> None:
    """What they repeated stays on record until they have come to another end, so that it can be told."""
    again = {"state": STORED, "reason": None, "message": None, "asked_for": False}
    update_drops(connection, dict.fromkeys(sequences, again))
