"""Drops that come by the thousand: judged together, in one transaction.

Nothing is written before all of them have been read, so a crash leaves them stored, and the next run judges
them again.
"""

from sqlalchemy import Connection, Engine, select

from retail_assets.database import reading
from retail_assets.feeds import ledger
from retail_assets.feeds.decisions.files import KINDS as FILE_KINDS
from retail_assets.feeds.decisions.log import folded_states
from retail_assets.feeds.door import Identity, Many
from retail_assets.feeds.ends import End, record_many
from retail_assets.feeds.errors import Unreadable
from retail_assets.feeds.ledger import Drop
from retail_assets.feeds.readable import require_readable
from retail_assets.feeds.tables import DROPS, LOADED, STORED
from retail_assets.lake import Lake


def judge_many(*, lake: Lake, engine: Engine, many: Many, drops: list[Drop]) -> None:
    """Bring stored drops, given in order, to their end: loaded, a duplicate, or quarantined."""
    identities: dict[int, Identity] = {}
    ends: dict[int, End] = {}
    for drop in drops:
        try:
            require_readable(lake, drop)
            identities[drop.sequence] = many.identify(drop.folder, drop.name, drop.sha256 or "")
        except Unreadable as refusal:
            ends[drop.sequence] = refusal
    readable = [drop for drop in drops if drop.sequence in identities]
    with reading(engine) as connection:
        wanted = _wanted(connection, readable)
        repeats = _repeats(connection, readable, identities)
    # Of drops with the same content the first is read, and all that a person asked for.
    first: dict[tuple[str, str], int] = {}
    to_read = []
    for drop in readable:
        content = (drop.folder, identities[drop.sequence].content_key)
        if drop.sequence in wanted or (drop.sequence not in repeats and content not in first):
            first.setdefault(content, drop.sequence)
            to_read.append(drop)
    outcomes = many.load([lake.stored_file(drop.sha256 or "") for drop in to_read])
    ends |= zip((drop.sequence for drop in to_read), outcomes, strict=True)
    for drop in readable:
        if drop.sequence not in ends:
            earlier = repeats.get(drop.sequence)
            ends[drop.sequence] = earlier or _like(
                first[drop.folder, identities[drop.sequence].content_key], ends
            )
    with engine.begin() as connection:
        record_many(connection, drops, {s: (identities.get(s), end) for s, end in ends.items()})


def _like(sequence: int, ends: dict[int, End]) -> End:
    """The end of a drop with the same content as another of this run."""
    end = ends[sequence]
    return end if isinstance(end, Unreadable) else sequence


def _wanted(connection: Connection, drops: list[Drop]) -> set[int]:
    """Drops that a person asked to be read."""
    states: dict[str, str] = {}
    for subjects in ledger.pieces([str(drop.sequence) for drop in drops]):
        states |= folded_states(connection, kinds=FILE_KINDS, subjects=subjects)
    return {int(subject) for subject, state in states.items() if state == STORED}


def _repeats(connection: Connection, drops: list[Drop], identities: dict[int, Identity]) -> dict[int, int]:
    """Drop -> the newest loaded one before it with the same folder, bytes and values."""
    loaded: dict[tuple[str, str], list[int]] = {}
    for folder in {drop.folder for drop in drops}:
        for hashes in ledger.pieces(sorted({drop.sha256 or "" for drop in drops if drop.folder == folder})):
            query = select(DROPS.c.content_key, DROPS.c.sequence).where(
                DROPS.c.folder == folder, DROPS.c.sha256.in_(hashes), DROPS.c.state == LOADED
            )
            for key, sequence in connection.execute(query):
                loaded.setdefault((folder, key), []).append(sequence)
    found = {}
    for drop in drops:
        same = loaded.get((drop.folder, identities[drop.sequence].content_key), [])
        earlier = [sequence for sequence in same if sequence < drop.sequence]
        if earlier:
            found[drop.sequence] = max(earlier)
    return found
