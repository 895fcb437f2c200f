"""Which contents have passed the contract check. A content stays to be checked until it passed: a run that is
killed between admission and check leaves it to the next one, and what failed is asked again each time.
"""

from contextlib import suppress

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.feeds.tables import CHECKED, DROPS, LOADED, LOADS


def unchecked_contents(settings: Settings, feed: str) -> list[str]:
    """Content keys that give the feed rows now and have not passed its check."""
    passed = select(CHECKED.c.content_key).where(CHECKED.c.feed == feed)
    query = (
        select(DROPS.c.content_key)
        .distinct()
        .join(LOADS, LOADS.c.sequence == DROPS.c.sequence)
        .where(LOADS.c.feed == feed, DROPS.c.state == LOADED, DROPS.c.content_key.not_in(passed))
        .order_by(DROPS.c.content_key)
    )
    with platform_engine(settings) as engine, reading(engine) as connection:
        return [key for key in connection.scalars(query) if key]


def record_checked(settings: Settings, feed: str, contents: list[str]) -> None:
    """Remember that contents passed."""
    with platform_engine(settings) as engine:
        for content in contents:
            # Another run may have checked it meanwhile.
            with suppress(IntegrityError), engine.begin() as connection:
                connection.execute(insert(CHECKED).values(feed=feed, content_key=content))
