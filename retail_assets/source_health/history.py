"""What sources sent, night by night, from the ledger and the profiles of their files."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb
from sqlalchemy import select

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.intake.ledger_tables import NIGHT_RUNS
from retail_assets.platform import Platform
from retail_assets.source_health.tables import FILE_PROFILES
from retail_assets.sql import parquet


@dataclass(frozen=True)
class Delivery:
    """What one source gave one feed in one night."""

    night: date
    files: int
    rows: int
    meant: int
    """Records that were not left out on purpose."""
    rejected: int
    newest: date | None
    """Newest business date."""


@dataclass(frozen=True)
class Arrivals:
    """The files of one source that came in one night, whatever became of them."""

    night: date
    last: datetime
    in_quarantine: int


def nights_that_ran(settings: Settings, until: date, count: int) -> list[date]:
    """The last nights that ran up to one, the oldest first."""
    newest = select(NIGHT_RUNS.c.as_of).where(NIGHT_RUNS.c.as_of <= until).order_by(NIGHT_RUNS.c.as_of.desc())
    with platform_engine(settings) as engine, reading(engine) as connection:
        return sorted(connection.scalars(newest.limit(count)))


class History:
    """Answers about the files of some nights; every query is one pass over what was counted of them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def deliveries(self) -> dict[tuple[str, str], list[Delivery]]:
        """By source and feed, the oldest first."""
        rows = self._rows(
            "select source, feed, night, count(*), sum(rows)::bigint, coalesce(sum(meant), 0)::bigint, "
            "coalesce(sum(rejected), 0)::bigint, max(newest_business_date) "
            "from files group by source, feed, night order by all"
        )
        found: dict[tuple[str, str], list[Delivery]] = {}
        for source, feed, *numbers in rows:
            found.setdefault((source, feed), []).append(Delivery(*numbers))
        return found

    def nulls(self) -> dict[tuple[str, str, str], list[tuple[date, int, int]]]:
        """By source, feed and column: night, rows and how many of them are null there."""
        rows = self._rows(
            "select source, feed, name, night, sum(rows)::bigint, sum(nulls)::bigint "
            "from columns where rows > 0 group by source, feed, name, night order by all"
        )
        found: dict[tuple[str, str, str], list[tuple[date, int, int]]] = {}
        for source, feed, name, *numbers in rows:
            found.setdefault((source, feed, name), []).append(tuple(numbers))
        return found

    def arrivals(self) -> dict[str, list[Arrivals]]:
        """By source, the oldest first."""
        rows = self._rows(
            "select source, night, max(admitted_at), count(*) filter (state = 'quarantined') "
            "from drops where source is not null group by source, night order by all"
        )
        found: dict[str, list[Arrivals]] = {}
        for source, night, last, waiting in rows:
            found.setdefault(source, []).append(Arrivals(night, last.astimezone(UTC), waiting))
        return found

    def absent_columns(self, night: date) -> list[tuple]:
        """Of a night's files the columns that they lack: source, feed, drop, file, column, columns that nothing takes
        and that earlier files did not have, earlier files, how many of those lacked it too."""
        return self._rows(
            """
            with noted as (select * from files where absent_columns is not null),
            earlier as (
                select source, feed, count(*) as files, flatten(list(absent_columns)) as absent,
                    flatten(list(unknown_columns)) as unknown
                from noted where night < $1 group by source, feed
            ),
            here as (select *, unnest(absent_columns) as absent from noted where night = $1)
            select here.source, here.feed, sequence, here.name, here.absent,
                list_filter(here.unknown_columns, lambda one: not list_contains(unknown, one)), earlier.files,
                len(list_filter(earlier.absent, lambda one: one = here.absent))
            from here inner join earlier using (source, feed) order by all
            """,
            night,
        )

    def empty_columns(self, night: date) -> list[tuple]:
        """Of a night's files the contract columns without a value: source, feed, drop, file, column, unknown columns as
        in `absent_columns`, its rows, earlier files, how many of those had none either, their rows and nulls."""
        return self._rows(
            """
            with earlier as (
                select source, feed, name, count(*) as files, count(*) filter (nulls = rows) as empty,
                    sum(rows)::bigint as rows, sum(nulls)::bigint as nulls,
                from columns where night < $1 and rows > 0 group by source, feed, name
            ),
            known as (
                select source, feed, flatten(list(unknown_columns)) as unknown
                from files where night < $1 group by source, feed
            )
            select here.source, here.feed, sequence, here.file, here.name,
                list_filter(here.unknown_columns, lambda one: not list_contains(unknown, one)),
                here.rows, earlier.files, earlier.empty, earlier.rows, earlier.nulls
            from columns as here
            inner join earlier using (source, feed, name)
            inner join known using (source, feed)
            where here.night = $1 and here.rows > 0 and here.nulls = here.rows
            order by all
            """,
            night,
        )

    def words(self, night: date) -> list[tuple]:
        """Words of a night that no earlier one had, where all could be counted: source, feed, column, word, a drop, its
        file, files, earlier words, files and rows."""
        return self._rows(
            """
            with earlier as (
                select source, feed, name, list_sort(list_distinct(flatten(list(words)))) as words, count(*) as files,
                    sum(rows)::bigint as rows
                from all_columns where night < $1 and rows > 0
                group by source, feed, name having count(*) = count(words)
            ),
            here as (
                select source, feed, name, unnest(words) as word, sequence, file from all_columns where night = $1
            )
            select here.source, here.feed, here.name, word, min(sequence), arg_min(file, sequence), count(*),
                any_value(earlier.words), any_value(earlier.files), any_value(earlier.rows)
            from here inner join earlier using (source, feed, name)
            where not list_contains(earlier.words, word)
            group by here.source, here.feed, here.name, word
            order by all
            """,
            night,
        )

    def _rows(self, query: str, *given: date) -> list[tuple]:
        return self._connection.execute(query, list(given)).fetchall()


@contextmanager
def history_of(platform: Platform, nights: Sequence[date]) -> Generator[History]:
    """What came in some nights; of words all nights up to the last."""
    lake, settings = platform.lake, platform.settings
    drops, loads, counts = (
        parquet(lake.ledger / f"{name}.parquet") for name in ("drops", "loads", "row_counts")
    )
    days = ", ".join(f"date '{night}'" for night in nights)
    with duckdb.connect(
        config={"memory_limit": settings.duckdb_memory, "threads": settings.duckdb_threads}
    ) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            f"""
            create temp view all_drops as
            select *, "partition" as night from {drops} where "partition" <= {_last(nights)};
            create temp view drops as select * from all_drops where night in ({days or "null"});
            create temp view counts as
            select sequence, regexp_replace(target, ' [0-9]+$', '') as feed, sum(records - filtered) as meant,
                sum(rejected) as rejected
            from {counts} group by all;
            create temp view all_files as
            select drops.sequence, drops.name, drops.source, drops.night, touched.feed, coalesce(loads.rows, 0) as rows,
                counts.meant, counts.rejected, profiles.newest_business_date, profiles.absent_columns,
                profiles.by_column, coalesce(from_json(drops.unknown_columns, '["varchar"]'), []) as unknown_columns
            from (select sequence, feed from {loads} union select sequence, feed from counts) as touched
            inner join all_drops as drops on drops.sequence = touched.sequence and drops.state = 'loaded'
            left join {loads} as loads on loads.sequence = touched.sequence and loads.feed = touched.feed
            left join counts on counts.sequence = touched.sequence and counts.feed = touched.feed
            left join {parquet(FILE_PROFILES.parts(lake))} as profiles
                on profiles.content_key = drops.content_key and profiles.feed = touched.feed;
            create temp table files as select * from all_files where night in ({days or "null"});
            create temp view all_columns as
            select source, feed, sequence, name as file, night, rows, unknown_columns,
                unnest(by_column, recursive := true)
            from all_files;
            create temp table columns as select * from all_columns where night in ({days or "null"});
            """
        )
        yield History(connection)


def _last(nights: Sequence[date]) -> str:
    return f"date '{max(nights, default=date.min)}'"


def hour_of(moment: datetime, night: date, settings: Settings) -> float:
    """How late on the day of a night it was, in hours; 0 where it was another day, as in a replay."""
    local = moment.astimezone(settings.zone)
    return local.hour + local.minute / 60 if local.date() == night else 0.0
