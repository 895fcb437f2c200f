"""The DuckDB that mappings run in: it sees one folder, and nothing can change that."""

from pathlib import Path

import duckdb

from retail_assets.feeds.mapping.scope import Bind
from retail_assets.sql import literal


def open_engine(*, folder: Path, memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    """A DuckDB that sees one folder and nothing else, with settings that nobody can change any more."""
    engine = duckdb.connect()
    settings = {
        "threads": str(threads),
        "memory_limit": literal(memory),
        "temp_directory": literal(str(folder / "spill")),
        "TimeZone": "'UTC'",
        # Queries here compute each column once, and rare things only where they are needed. These optimizers undo
        # that: they compute filtered columns twice, and common parts of rare branches for every row.
        "disabled_optimizers": "'filter_pushdown,common_subexpressions,in_clause'",
        "allowed_directories": f"[{literal(str(folder))}]",
        "enable_external_access": "false",
        "lock_configuration": "true",
    }
    for name, value in settings.items():
        engine.execute(f"set {name} = {value}")
    return engine


def bind_with(engine: duckdb.DuckDBPyConnection) -> Bind:
    """Ask the engine for the type of an expression over a query, without running it."""

    def bind(query: str, expression: str) -> str:
        described = engine.execute(f"describe select {expression} as x from ({query})").fetchall()
        return described[0][1]

    return bind
