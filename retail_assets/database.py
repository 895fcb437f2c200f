"""The platform database: its connections and the creation of its tables. What a table means stands elsewhere.

SQLite by default, PostgreSQL by configuration; SQL is SQLAlchemy Core, so that both run the same code.
"""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.types import TypeDecorator

from retail_assets.config import Settings
from retail_assets.lake import Lake, file_lock

METADATA = MetaData()

CREATION_LOCK = 0x52455441
"""PostgreSQL advisory lock under which tables are created ("RETA")."""

BUSY_SECONDS = 30


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. SQLite forgets the zone, so everything is UTC on the way in and on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC).replace(tzinfo=None if dialect.name == "sqlite" else UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@contextmanager
def platform_engine(settings: Settings) -> Generator[Engine]:
    """The platform database, with the tables made that a newer version of the platform brings."""
    engine = _engine(settings)
    try:
        if not METADATA.tables or METADATA.tables.keys() - set(inspect(engine).get_table_names()):
            create_platform_database(settings)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def reading(engine: Engine) -> Generator[Connection]:
    """A transaction that only reads, and so never waits for the writer on SQLite."""
    with engine.connect().execution_options(reads_only=True) as connection:
        yield connection


def create_platform_database(settings: Settings) -> None:
    """Create the tables that are missing; safe when several processes do it at once."""
    import retail_assets.feeds.tables  # noqa: F401  declares its tables in METADATA

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = _engine(settings)
    with file_lock(Lake(settings.data_dir).lock_file("platform-database")):
        if engine.dialect.name == "sqlite":
            _use_write_ahead_log(engine)
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                # The file lock does not reach another machine.
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": CREATION_LOCK})
            METADATA.create_all(connection)
            # A table that an older version made lacks the indexes that came since.
            for index in (index for table in METADATA.tables.values() for index in table.indexes):
                index.create(connection, checkfirst=True)
    engine.dispose()


def _engine(settings: Settings) -> Engine:
    url = make_url(settings.platform_database_url)
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: object) -> None:
        connection.isolation_level = None  # _begin below says when a transaction starts, not the driver
        connection.execute("pragma foreign_keys = on")
        # A claim is removed only after its row is safe, which "normal" does not promise on a power cut.
        connection.execute("pragma synchronous = full")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and then writes would fail if another one wrote in between.
        reads_only = connection.get_execution_options().get("reads_only")
        connection.exec_driver_sql("begin" if reads_only else "begin immediate")

    return engine


def _use_write_ahead_log(engine: Engine) -> None:
    connection = engine.raw_connection()
    connection.cursor().execute("pragma journal_mode = wal")
    connection.close()
