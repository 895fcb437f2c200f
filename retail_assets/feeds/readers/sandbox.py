"""DuckDB as the readers use it: bounded, and shut in with the files of one reading."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from retail_assets.feeds.readers.records import ReaderLimits
from retail_assets.sql import literal


@contextmanager
def connect(
    limits: ReaderLimits, *, read: Path, write: Path, scratch: Path
) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection that can open these two files and nothing else, whatever a file's content asks for."""
    connection = duckdb.connect()
    try:
        connection.execute(f"set threads = {limits.threads}")
        connection.execute(f"set memory_limit = '{limits.memory_bytes // 3}B'")
        connection.execute(f"set temp_directory = {literal(str(scratch / 'spill'))}")
        connection.execute(f"set allowed_paths = [{literal(str(read))}, {literal(str(write))}]")
        connection.execute(f"set allowed_directories = [{literal(str(scratch / 'spill'))}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection
    finally:
        connection.close()
