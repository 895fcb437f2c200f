"""DuckDB for what comes from outside: bounded, and shut in with the files that it is given."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from retail_assets.sql import literal

if TYPE_CHECKING:
    import duckdb


SPILL_LIMIT = "500GB"
"""What one file may spill. Left to itself DuckDB takes what is free on the disk for its limit, and what a full disk
raises then looks like a file that asks for too much memory."""


@contextmanager
def closed_duckdb(
    *,
    memory: str,
    threads: int,
    spill: Path,
    files: tuple[Path, ...] = (),
    folders: tuple[Path, ...] = (),
    settings: Mapping[str, str] | None = None,
) -> "Generator[duckdb.DuckDBPyConnection]":
    """A connection that can open these files and folders and nothing else, whatever a file's content asks for.

    `settings` are further settings as SQL values. Nobody can change any of them afterwards.
    """
    import duckdb

    connection = duckdb.connect()
    try:
        given = {
            "threads": str(threads),
            "memory_limit": literal(memory),
            "temp_directory": literal(str(spill)),
            "max_temp_directory_size": literal(SPILL_LIMIT),
            **(settings or {}),
            "allowed_paths": _listed(files),
            "allowed_directories": _listed((spill, *folders)),
            "enable_external_access": "false",
            "lock_configuration": "true",
        }
        for name, value in given.items():
            connection.execute(f"set {name} = {value}")
        yield connection
    finally:
        connection.close()


def _listed(paths: tuple[Path, ...]) -> str:
    return f"[{', '.join(literal(str(path)) for path in paths)}]"
