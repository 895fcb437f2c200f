"""Which contents have passed the contract check. A content stays to be checked until it passed: a run that is
killed between admission and check leaves it to the next one, and what failed is asked again each time.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from sqlalchemy import and_, insert, select
from sqlalchemy.exc import IntegrityError

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.intake.ledger_tables import CHECKED_CONTENTS, DROPS, LOADED, LOADS


def unchecked_contents(settings: Settings) -> dict[str, list[str]]:
    """Feed -> content keys that give it rows now and have not passed its check."""
    passed = and_(
        CHECKED_CONTENTS.c.feed == LOADS.c.feed, CHECKED_CONTENTS.c.content_key == DROPS.c.content_key
    )
    query = (
        select(LOADS.c.feed, DROPS.c.content_key)
        .distinct()
        .join(DROPS, LOADS.c.sequence == DROPS.c.sequence)
        .outerjoin(CHECKED_CONTENTS, passed)
        .where(DROPS.c.state == LOADED, CHECKED_CONTENTS.c.content_key.is_(None))
        .order_by(LOADS.c.feed, DROPS.c.content_key)
    )
    found: dict[str, list[str]] = {}
    with platform_engine(settings) as engine, reading(engine) as connection:
        for feed, key in connection.execute(query):
            found.setdefault(feed, []).append(key)
    return found


def record_checked(settings: Settings, passed: Mapping[str, Sequence[str]]) -> None:
    """Remember of each feed which contents passed."""
    rows = [(feed, content) for feed, contents in passed.items() for content in contents]
    if not rows:
        return
    with platform_engine(settings) as engine:
        for feed, content in rows:
            # Another run may have checked it meanwhile.
            with suppress(IntegrityError), engine.begin() as connection:
                connection.execute(insert(CHECKED_CONTENTS).values(feed=feed, content_key=content))
