"""DuckDB as the readers use it: within a reader's limits, and shut in with the files of one reading."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from retail_assets.feeds.readers.records import ReaderLimits
from retail_assets.sandbox.engine import closed_duckdb

if TYPE_CHECKING:
    import duckdb


def reader_duckdb(
    limits: ReaderLimits, *, read: Path, write: Path, scratch: Path
) -> "AbstractContextManager[duckdb.DuckDBPyConnection]":
    """A connection that can open these two files and nothing else; a third of the memory is its own."""
    memory = f"{limits.memory_bytes // 3}B"
    return closed_duckdb(memory=memory, threads=limits.threads, spill=scratch / "spill", files=(read, write))
