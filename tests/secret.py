"""A planted password, and the places in which it could come to light."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import polars as pl
import sqlalchemy

SECRET = "pl4nted-p4ssw0rd"


def with_secret(url: str) -> str:
    """An address with the password, for the user that it names or for `ann`."""
    scheme, _, rest = url.partition("://")
    user, at, host = rest.rpartition("@")
    return f"{scheme}://{user if at else 'ann'}:{SECRET}@{host}"


@contextmanager
def watched_command_lines() -> Generator[list[str]]:
    """The command lines of all processes of the machine that show the password while the block runs."""
    found: list[str] = []
    ended = Event()

    def watch() -> None:
        while not ended.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = path.read_bytes()
                except OSError:
                    continue
                if SECRET.encode() in line:
                    found.append(line.replace(b"\0", b" ").decode(errors="replace"))

    thread = Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def files_with_secret(folder: Path) -> list[str]:
    """Files below a folder that hold the password: logs, databases, tables."""
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and (SECRET.encode() in path.read_bytes() or SECRET in _decoded(path))
    ]


def _decoded(path: Path) -> str:
    if path.suffix != ".parquet":
        return ""
    return str(pl.read_parquet(path, hive_partitioning=False).rows())


def tables_with_secret(urls: Iterable[str]) -> list[str]:
    """Tables of PostgreSQL databases that hold the password."""
    found = []
    for url in urls:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            for table in sqlalchemy.inspect(engine).get_table_names():
                rows = connection.execute(sqlalchemy.text(f'select "{table}"::text from "{table}"')).scalars()
                if any(SECRET in row for row in rows):
                    found.append(f"{url.rsplit('/', 1)[1]}.{table}")
        engine.dispose()
    return found
