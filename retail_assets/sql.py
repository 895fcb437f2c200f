"""Quoting for the few places that build SQL text; values that can be bound are bound instead."""

import re
from collections.abc import Iterable
from pathlib import Path


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A quoted SQL string."""
    return "'" + value.replace("'", "''") + "'"


def parquet(files: Path | Iterable[Path], *, union_by_name: bool = False) -> str:
    """What reads Parquet files that exist, wherever they lie.

    DuckDB takes the path of a file that is there as it stands, and any other as a pattern. `year=2026` on the way
    to the platform's folder would be a column to it.
    """
    paths = [files] if isinstance(files, Path) else files
    listed = ", ".join(literal(str(path)) for path in paths)
    options = "hive_partitioning = false" + (", union_by_name = true" if union_by_name else "")
    return f"read_parquet([{listed}], {options})"


def files_in(folder: Path, pattern: str) -> str:
    """What lists a folder's files whose names fit a pattern: rows with a column `file`."""
    place = re.sub(r"[*?\[]", r"[\g<0>]", str(folder))
    return f"glob({literal(f'{place}/{pattern}')})"
