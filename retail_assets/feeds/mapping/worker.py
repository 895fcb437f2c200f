"""The process in which the SQL of mappings runs, one statement after the other. `asking` is its other side.

A connection belongs to one folder and is kept until another folder's turn comes. Nothing lies in it that a new one
would miss: what statements leave to each other are files in the folder.
"""

from contextlib import ExitStack
from pathlib import Path

import duckdb

from retail_assets.error_classification import beyond_limits, machine_trouble
from retail_assets.errors import Unreadable
from retail_assets.feeds.mapping.functions import PADDING
from retail_assets.sandbox.answers import answer_with
from retail_assets.sandbox.engine import closed_duckdb
from retail_assets.sandbox.serving import serve

TOO_LARGE = (
    "A file of bearable size was expected, but mapping it asks for more memory or disk than there may be ({cause}); "
    "send it in parts, or look for what makes long texts in its source mapping."
)
FAILED = Unreadable(
    "mapping_failed", "A file that can be mapped was expected, but mapping it failed ({cause}); send it anew."
)
_SETTINGS = {
    "TimeZone": "'UTC'",
    # Queries here compute each column once, and rare things only where they are needed. These optimizers undo
    # that: they compute filtered columns twice, and common parts of rare branches for every row.
    "disabled_optimizers": "'filter_pushdown,common_subexpressions,in_clause'",
}
_PADDINGS = [
    f"create temp macro {name}(text, width, fill) as "
    f"system.main.{name}(text, cast(greatest(width, length(text)) as integer), fill)"
    for name in PADDING
]
"""Filling up a text never makes it shorter: DuckDB would make 123456 of 1234567 and of 1234568."""


class _Engine:
    """DuckDB over one folder."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._of: tuple[str, str, int] | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None

    def of(self, folder: str, memory: str, threads: int) -> duckdb.DuckDBPyConnection:
        if self._connection is None or self._of != (folder, memory, threads):
            self.close()
            place = Path(folder)
            opened = closed_duckdb(
                memory=memory, threads=threads, spill=place / "spill", folders=(place,), settings=_SETTINGS
            )
            self._connection = self._open.enter_context(opened)
            for padding in _PADDINGS:
                self._connection.execute(padding)
            self._of = (folder, memory, threads)
        return self._connection

    def close(self) -> None:
        self._connection = self._of = None
        self._open.close()


_engine = _Engine()


def _rows(request: dict) -> dict:
    try:
        engine = _engine.of(request["folder"], request["memory"], request["threads"])
        return {"rows": engine.execute(request["query"], request["parameters"]).fetchall()}
    except duckdb.Error as error:
        if isinstance(error, duckdb.FatalException | duckdb.InternalException):
            _engine.close()  # it would refuse whatever comes next
        if machine_trouble(error) or beyond_limits(error):
            raise
        return {"refused": str(error)}


if __name__ == "__main__":
    serve(lambda request: answer_with(lambda: _rows(request), too_large=TOO_LARGE, failed=FAILED))
