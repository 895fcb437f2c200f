"""The platform database: its connections and its migrations. What a table means stands elsewhere.

SQLite by default, PostgreSQL by configuration; SQL is SQLAlchemy Core, so that both run the same code. The tables
are made and changed by Alembic (`migrations/versions`): a database of an older version is brought up to date the
first time that a newer version of the platform opens it.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, create_engine, event, inspect, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.types import TypeDecorator

from ml.errors import quoted, without_passwords
from retail_assets.config import Settings
from retail_assets.errors import UnusableDatabase
from retail_assets.lake import PRIVATE_FILE, Lake, file_lock

METADATA = MetaData()

NEWEST_REVISION = "0006"
"""The last of the migrations; what Alembic would say without being asked. A test compares them."""

MIGRATION_LOCK = 0x52455441
"""PostgreSQL advisory lock under which tables are changed ("RETA")."""

BUSY_SECONDS = 30

_HELD = "another process has held it for too long. Let that one end, or end it, and run again."
_BROKEN = "it is damaged. Restore it together with the data folder, both from one backup."
_CLOSED = "let the platform's user read and write the file and its folder, which must be there."
_SQLITE_ADVICE = {
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_READONLY: _CLOSED,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
    sqlite3.SQLITE_IOERR: "the disk is full or does not answer. Make room or mend it, and run again.",
    sqlite3.SQLITE_CORRUPT: _BROKEN,
    sqlite3.SQLITE_NOTADB: _BROKEN,
}
"""By SQLite's codes. Its others are faults of a statement, or a full disk, which is told apart elsewhere."""
_SERVER_ADVICE = (
    "start the server, or set RETAIL_PLATFORM_URL to the one that runs and lets the platform's user in."
)


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
    """The platform database, brought to the version that this code knows. Raises UnusableDatabase."""
    engine = _engine(settings)
    try:
        if _revision(engine) != NEWEST_REVISION:
            migrate(settings)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def reading(engine: Engine) -> Generator[Connection]:
    """A transaction that only reads, and so never waits for the writer on SQLite."""
    with engine.connect().execution_options(reads_only=True) as connection:
        yield connection


def migrate(settings: Settings) -> None:
    """Make the tables, or bring them up to date; safe when several processes do it at once.

    Raises UnusableDatabase.
    """
    from alembic import command
    from alembic.config import Config

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = _engine(settings, migrates=True)
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    with file_lock(Lake(settings.data_dir).lock_file("platform-database")):
        if engine.dialect.name == "sqlite":
            _make_private(engine)
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                # The file lock does not reach another machine.
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            configuration.attributes["connection"] = connection
            revision = _revision_in(connection)
            if revision and revision > NEWEST_REVISION:
                raise UnusableDatabase(
                    f"The platform database was changed by a newer version of the platform (its tables are of "
                    f"revision {revision}, this version knows up to {NEWEST_REVISION}): go back to the newer version, "
                    "or restore database and data folder as they were before."
                )
            if revision is None and "drops" in inspect(connection).get_table_names():
                command.stamp(configuration, "0001")  # made before there were migrations
            command.upgrade(configuration, "head")
    engine.dispose()


def _make_private(engine: Engine) -> None:
    """Only the platform's user reads the database; SQLite gives the files beside it the same mode."""
    file = Path(engine.url.database or "")
    try:
        file.touch(PRIVATE_FILE)
        file.chmod(PRIVATE_FILE)
    except OSError as error:
        raise _unusable(engine.url, error, _CLOSED) from error


def _revision(engine: Engine) -> str | None:
    with reading(engine) as connection:
        return _revision_in(connection)


def _revision_in(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("select version_num from alembic_version"))


def _engine(settings: Settings, *, migrates: bool = False) -> Engine:
    url = _url(settings)
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True)
        event.listen(engine, "handle_error", partial(_explain, url))
        return engine
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "handle_error", partial(_explain, url))

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: object) -> None:
        connection.isolation_level = None  # _begin below says when a transaction starts, not the driver
        if migrates:  # and makes tables anew, which have no references for a moment
            connection.execute("pragma journal_mode = wal")
        else:
            connection.execute("pragma foreign_keys = on")
        # A claim is removed only after its row is safe, which "normal" does not promise on a power cut.
        connection.execute("pragma synchronous = full")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and then writes would fail if another one wrote in between.
        reads_only = connection.get_execution_options().get("reads_only")
        connection.exec_driver_sql("begin" if reads_only else "begin immediate")

    return engine


def _url(settings: Settings) -> URL:
    try:
        url = make_url(settings.platform_database_url)
        url.get_dialect().import_dbapi()
    except (ArgumentError, ValueError, ImportError):
        # The text of the error may quote a part of the password.
        raise UnusableDatabase(
            "RETAIL_PLATFORM_URL names no database that can be used; expected an SQLAlchemy URL such as "
            "postgresql+psycopg2://user:password@host:5432/retail, or nothing for SQLite in the data folder."
        ) from None
    return url


def _explain(url: URL, context: ExceptionContext) -> UnusableDatabase | None:
    """What is raised instead of an error that says nothing of a statement, but of the database."""
    error = context.original_exception
    if context.dialect.name == "sqlite":
        # The upper bits say more than is needed here.
        advice = _SQLITE_ADVICE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    else:
        is_away = isinstance(context.sqlalchemy_exception, OperationalError | InterfaceError)
        advice = _SERVER_ADVICE if is_away and not context.is_pre_ping else None
    return _unusable(url, error, advice) if advice else None


def _unusable(url: URL, error: BaseException, advice: str) -> UnusableDatabase:
    place = (
        url.database
        if url.get_backend_name() == "sqlite"
        else without_passwords(url.render_as_string(hide_password=False))
    )
    said = quoted(error).rstrip(".")
    return UnusableDatabase(f"The platform database {place} cannot be used ({said}): {advice}")
