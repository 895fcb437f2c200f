"""The DuckDB that mappings run in, and how it is asked for the type of an expression."""

from contextlib import AbstractContextManager
from pathlib import Path

import duckdb

from retail_assets.feeds.mapping.scope import Bind
from retail_assets.sandbox.engine import closed_duckdb

_SETTINGS = {
    "TimeZone": "'UTC'",
    # Queries here compute each column once, and rare things only where they are needed. These optimizers undo
    # that: they compute filtered columns twice, and common parts of rare branches for every row.
    "disabled_optimizers": "'filter_pushdown,common_subexpressions,in_clause'",
}


def mapping_duckdb(
    *, folder: Path, memory: str, threads: int
) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A DuckDB that sees one folder and nothing else."""
    return closed_duckdb(
        memory=memory, threads=threads, spill=folder / "spill", folders=(folder,), settings=_SETTINGS
    )


def bind_with(engine: duckdb.DuckDBPyConnection) -> Bind:
    """Ask the engine for the type of an expression over a query, without running it."""

    def bind(query: str, expression: str) -> str:
        described = engine.execute(f"describe select {expression} as x from ({query})").fetchall()
        return described[0][1]

    return bind
