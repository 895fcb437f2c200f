"""Is a file of rows news? The rule that lets an identical second drop cost nothing.

A drop is a duplicate when a loaded drop of the same folder has the same bytes, was read by the same source mapping
with the same values taken from its name, and no drop loaded since holds one of its keys or replaced its documents or
store-days. For feeds whose rows are dated by their admission, the days are the same too.

Another mapping may say something else of the same bytes. A new version of the same one does not make them news: under
it they may have other keys, and would count beside what is there. Reading again what is there is for `reload_file`.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import duckdb
from sqlalchemy import Connection, select

from retail_assets.config import Settings
from retail_assets.contract import Feed
from retail_assets.intake.handlers import Identity
from retail_assets.intake.ledger import LATEST_FIRST, after, before, feeds_of
from retail_assets.intake.ledger_tables import DROPS, LOADED, LOADS, Drop
from retail_assets.lake import Lake
from retail_assets.sandbox.engine import SPILL_LIMIT
from retail_assets.sql import identifier, parquet


def duplicate_of(
    connection: Connection,
    *,
    drop: Drop,
    identity: Identity,
    feeds: Mapping[str, Feed],
    lake: Lake,
    settings: Settings,
) -> int | None:
    """The sequence of the drop that this one repeats, or None when it has to be read."""
    earlier = connection.execute(
        select(DROPS)
        .where(
            DROPS.c.folder == drop.folder,
            DROPS.c.sha256 == drop.sha256,
            DROPS.c.source == identity.source,
            DROPS.c.name_values == json.dumps(identity.name_values, sort_keys=True),
            DROPS.c.state == LOADED,
            before(drop),
        )
        .order_by(*LATEST_FIRST)
        .limit(1)
    ).one_or_none()
    if earlier is None:
        return None
    filled = [feeds[name] for name in sorted(feeds_of(connection, earlier.sequence)) if name in feeds]
    if earlier.partition != drop.partition and any(feed.admission_dated for feed in filled):
        return None
    since = (DROPS.c.state == LOADED, after(earlier.position, earlier.sequence), before(drop))
    pairs = []
    for feed in filled:
        later = select(DROPS.c.content_key).distinct().join(LOADS).where(*since, LOADS.c.feed == feed.name)
        rows = [lake.rows(feed.name, key) for key in connection.scalars(later)]
        pairs.append((lake.rows(feed.name, earlier.content_key), rows, _same_key(feed)))
    later = select(DROPS.c.content_key).distinct().where(*since, DROPS.c.source == earlier.source)
    documents = [lake.documents(key) for key in connection.scalars(later)]
    pairs.append((lake.documents(earlier.content_key), documents, _SAME_DOCUMENT))
    return None if _any_match(pairs, lake, settings) else earlier.sequence


_SAME_DOCUMENT = "e.kind = l.kind and e._document = l._document and e._source = l._source"


def _same_key(feed: Feed) -> str:
    # A column that the day of admission fills is null in the rows: it may mean any day, so it fits any.
    return " and ".join(
        f"(e.{column} = l.{column} or e.{column} is null or l.{column} is null)"
        if name in feed.defaults_to_admission_day
        else f"e.{column} = l.{column}"
        for name in feed.key
        for column in [identifier(name)]
    )


def _any_match(pairs: list[tuple[Path, list[Path], str]], lake: Lake, settings: Settings) -> bool:
    """True when a row of an earlier file fits one of the later files, for any of the pairs."""
    there = [
        (earlier, present, same)
        for earlier, later, same in pairs
        if earlier.exists() and (present := [path for path in later if path.exists()])
    ]
    if not there:
        return False
    limits: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.duckdb_memory,
        "threads": settings.duckdb_threads,
        "temp_directory": str(lake.scratch),
        "max_temp_directory_size": SPILL_LIMIT,
    }
    with duckdb.connect(config=limits) as engine:
        for earlier, present, same in there:
            found = engine.execute(
                f"select exists (select 1 from {parquet(earlier)} as e "
                f"where exists (select 1 from {parquet(present)} as l where {same}))"
            ).fetchone()
            if found and found[0]:
                return True
    return False
