"""Drops that come by the thousand: judged together, in one transaction.

Nothing is written before all of them have been read, so a crash leaves them stored, and the next run judges
them again. As nothing supersedes them, one that repeats a loaded one (same folder, bytes and values) is a
duplicate.
"""

import logging
from collections.abc import Sequence

from sqlalchemy import Connection, Engine, select

from retail_assets.database import reading
from retail_assets.error_classification import is_the_machines
from retail_assets.errors import Unreadable
from retail_assets.intake import ledger
from retail_assets.intake.duplicates import judge_copies_again
from retail_assets.intake.fault import identified, reader_failed
from retail_assets.intake.handlers import Batch, Handler, Identity, Outcome
from retail_assets.intake.ledger_tables import DROPS, LOADED, Drop
from retail_assets.intake.outcomes import Result, record_batch
from retail_assets.lake import Lake

logger = logging.getLogger(__name__)


def judge_batch(*, lake: Lake, engine: Engine, handler: Handler, drops: Sequence[Drop]) -> list[Drop]:
    """Bring stored drops, given in order, to their end: loaded, a duplicate, or quarantined."""
    assert isinstance(handler.reader, Batch)
    identities, refusals = identified(drops, handler)
    results: dict[int, Result] = {**refusals}
    readable = [drop for drop in drops if drop.sequence in identities]
    with reading(engine) as connection:
        repeats = _repeats(connection, readable, identities)
    # Of drops with the same content the first is read, and all that a person asked for.
    first: dict[tuple[str, str], int] = {}
    to_read = []
    for drop in readable:
        content = (drop.folder, identities[drop.sequence].content_key)
        if drop.asked_for or (drop.sequence not in repeats and content not in first):
            first.setdefault(content, drop.sequence)
            to_read.append(drop)
    results |= _read(handler.reader, to_read, lake)
    for drop in readable:
        if drop.sequence not in results:
            earlier = repeats.get(drop.sequence)
            results[drop.sequence] = earlier or _like(
                first[drop.folder, identities[drop.sequence].content_key], results
            )
    with engine.begin() as connection:
        found = {sequence: (identities.get(sequence), result) for sequence, result in results.items()}
        ended = record_batch(connection, drops, found)
        judge_copies_again(connection, [drop for drop in ended if drop.asked_for and drop.state == LOADED])
        return ended


def _read(reader: Batch, drops: Sequence[Drop], lake: Lake) -> dict[int, Outcome | Unreadable]:
    """What each became, by its sequence. Drops whose reading fails are read again by halves, until the one at fault
    stands alone and costs the others nothing.
    """
    if not drops:
        return {}
    try:
        outcomes = reader.load([lake.stored_file(drop.sha256 or "") for drop in drops])
        return dict(zip([drop.sequence for drop in drops], outcomes, strict=True))
    except Exception as error:
        if len(drops) == 1:
            return {drops[0].sequence: reader_failed(drops[0], error)}
        if is_the_machines(error):
            raise
        logger.warning("Reading %s drops together failed (%s).", len(drops), type(error).__name__)
    half = len(drops) // 2
    return _read(reader, drops[:half], lake) | _read(reader, drops[half:], lake)


def _like(sequence: int, results: dict[int, Result]) -> Result:
    """The end of a drop with the same content as another of this run."""
    result = results[sequence]
    return result if isinstance(result, Unreadable) else sequence


def _repeats(
    connection: Connection, drops: Sequence[Drop], identities: dict[int, Identity]
) -> dict[int, int]:
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
