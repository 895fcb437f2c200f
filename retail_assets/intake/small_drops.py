"""Drops that are read one by one, and are small: what one costs beside its bytes is shared by many."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from retail_assets.intake.ledger import pieces
from retail_assets.intake.ledger_tables import DROPS, LOADED, Drop

SMALL_BYTES, GROUP_BYTES = 2**20, 2**26


def groups(connection: Connection, drops: Sequence[Drop]) -> Iterator[list[Drop]]:
    """Drops in their order, those together that can be read together: small ones that cannot repeat any other."""
    hashes = [drop.sha256 for drop in drops]
    seen: set[str | None] = set()
    for some in pieces(hashes):
        loaded = select(DROPS.c.sha256).where(DROPS.c.sha256.in_(some), DROPS.c.state == LOADED)
        seen |= set(connection.scalars(loaded))
    group: list[Drop] = []
    for drop in drops:
        together = drop.size <= SMALL_BYTES and not drop.asked_for and drop.sha256 not in seen
        if group and (not together or sum(each.size for each in group) + drop.size > GROUP_BYTES):
            yield group
            group = []
        group.append(drop)
        if not together:
            yield group
            group = []
        seen.add(drop.sha256)
    if group:
        yield group
