"""Quoting for the few places that build SQL text; values that can be bound are bound instead."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A quoted SQL string."""
    return "'" + value.replace("'", "''") + "'"


def hash_of(columns: Mapping[str, str]) -> str:
    """SQL of a number that rows with other values in some columns do not share; `columns` are their DuckDB types.

    DuckDB's own hash of a text of 16 bytes or more hardly knows every eighth of them: HOODIE-3-BLACK-0 and
    HOODIE-8-BLACK-5 have the same. It is given the MD5 of such a text.
    """
    return f"hash({', '.join(_told_apart(column, sql_type.upper()) for column, sql_type in columns.items())})"


def _told_apart(column: str, sql_type: str) -> str:
    if sql_type == "VARCHAR":
        return f"case when strlen({column}) < 16 then {column} else md5({column}) end"
    may_hold_texts = "[" in sql_type or sql_type.startswith(("STRUCT", "MAP", "UNION", "JSON"))
    return f"md5(cast({column} as varchar))" if may_hold_texts else column


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
