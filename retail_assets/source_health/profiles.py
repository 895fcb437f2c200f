"""What a file brought to a feed, counted once when it came: nulls, words, the newest business date.

Only contents that were not counted yet are opened, and of them each column once.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import dataframely as dy
import duckdb
import polars as pl
from sqlalchemy import select

from retail_assets.contract import Feed
from retail_assets.database import platform_engine, reading
from retail_assets.feeds.handler import ABSENT_COLUMNS
from retail_assets.intake.ledger import pieces
from retail_assets.intake.ledger_tables import CONTENT_METADATA
from retail_assets.lake import file_lock
from retail_assets.platform import Platform
from retail_assets.source_health.tables import FILE_PROFILES
from retail_assets.sql import identifier, literal, parquet

WORDS, LETTERS = 50, 100
"""A column of a file with more different words is not coded; so much of each is kept."""


def profile_new_files(platform: Platform, night: date) -> int:
    """Count what the contents brought that nobody has counted yet, as a part of the night; how many there were."""
    lake = platform.lake
    with file_lock(lake.lock_file(FILE_PROFILES.name)):
        found = [
            _profiles(platform, platform.feeds[feed], some, night)
            for feed, contents in _not_counted(platform).items()
            for some in pieces(contents)
        ]
        if not found:
            return 0
        there = FILE_PROFILES.read(lake, night.isoformat())
        fresh = pl.concat(found).select(there.columns).cast(dict(FILE_PROFILES.schema))
        FILE_PROFILES.write(lake, night.isoformat(), pl.concat([there, fresh]).sort("content_key", "feed"))
    return fresh.height


def _not_counted(platform: Platform) -> dict[str, list[str]]:
    """Feed -> contents with rows in the lake of which no part tells."""
    lake = platform.lake
    loads, counted = parquet(lake.ledger / "loads.parquet"), parquet(FILE_PROFILES.parts(lake))
    with duckdb.connect() as connection:
        new = connection.execute(
            f"select distinct feed, content_key from {loads} "
            f"where (content_key, feed) not in (select (content_key, feed) from {counted}) order by all"
        ).fetchall()
    found: dict[str, list[str]] = {}
    for feed, content in new:
        # Rows that are gone are told of by the contract check, and counted once they are made again.
        if feed in platform.feeds and lake.rows(feed, content).exists():
            found.setdefault(feed, []).append(content)
    return found


def _profiles(platform: Platform, feed: Feed, contents: Sequence[str], night: date) -> pl.DataFrame:
    lake, settings = platform.lake, platform.settings
    files = [lake.rows_folder(feed.name) / "empty.parquet"]  # has today's columns, which older files may lack
    files += [lake.rows(feed.name, content) for content in contents]
    with duckdb.connect(
        config={"memory_limit": settings.duckdb_memory, "threads": settings.duckdb_threads}
    ) as connection:
        connection.execute(f"create view line as select * from {parquet(files, union_by_name=True)}")
        profiles = connection.sql(_query(feed, settings.time_zone), params=[night]).pl()
    absent = _absent_columns(platform, contents)
    return profiles.with_columns(
        feed=pl.lit(feed.name),
        profiled_on=pl.lit(night),
        absent_columns=pl.Series(
            [absent.get(key) for key in profiles["content_key"]], dtype=pl.List(pl.String)
        ),
    )


def _query(feed: Feed, zone: str) -> str:
    """A row per content. Words are gathered only where an estimate says that they are few, which bounds memory."""
    coded = [identifier(name) for name in words_of(feed)]
    estimates = "".join(
        f", approx_count_distinct({name}) <= {2 * WORDS} as few_{n}" for n, name in enumerate(coded)
    )
    columns = ", ".join(_column(name, coded) for name in feed.columns)
    day = feed.business_date(zone) or "null::date"
    return f"""
        with few as (select _content_key{estimates} from line group by _content_key)
        select
            _content_key as content_key,
            count(*) as rows,
            max({day}) filter ({day} <= $1) as newest_business_date,
            [{columns}] as by_column
        from line inner join few using (_content_key)
        group by _content_key
    """


def _column(name: str, coded: Sequence[str]) -> str:
    quoted, words = identifier(name), "null::varchar[]"
    if quoted in coded:
        few = f"few_{coded.index(quoted)}"
        kept = f"list_sort(list(distinct left({quoted}, {LETTERS})) filter ({few} and {quoted} is not null))"
        words = (
            f"case when bool_and({few}) and coalesce(len({kept}), 0) <= {WORDS} then coalesce({kept}, []) end"
        )
    return f"{{'name': {literal(name)}, 'nulls': count(*) - count({quoted}), 'words': {words}}}"


def words_of(feed: Feed) -> Iterator[str]:
    """The columns of a feed that may be coded: texts that name neither a row nor a parent; of a feed with personal
    columns only those whose words the contract lists."""
    for name, column in feed.columns.items():
        may_be = isinstance(column, dy.Enum) or (isinstance(column, dy.String) and not feed.personal)
        if may_be and name not in {*feed.key, *feed.parents}:
            yield name


def _absent_columns(platform: Platform, contents: Sequence[str]) -> Mapping[str, list[str]]:
    noted = select(CONTENT_METADATA).where(CONTENT_METADATA.c.content_key.in_(contents))
    with platform_engine(platform.settings) as engine, reading(engine) as connection:
        found = {row.content_key: json.loads(row.metadata) for row in connection.execute(noted)}
    return {key: json.loads(what[ABSENT_COLUMNS]) for key, what in found.items() if ABSENT_COLUMNS in what}
