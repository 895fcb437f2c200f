"""The SQL of mappings runs in a child process, as reading does: expressions are written by people, values by sources,
and together they may ask for any time and any memory. `worker` is the child's side.
"""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from retail_assets.errors import Unreadable
from retail_assets.feeds.mapping.scope import Bind
from retail_assets.sandbox.answers import found_in
from retail_assets.sandbox.limits import Limits
from retail_assets.sandbox.process import ChildDied, ChildProcess, ChildTimeout


@dataclass(frozen=True)
class Engine:
    """DuckDB over the files of one folder, and nothing else; what it may take, and until when."""

    folder: Path
    memory: str
    limits: Limits
    until: float
    """On the clock of time.monotonic."""

    def rows(self, query: str, parameters: Sequence[str] = ()) -> list[tuple]:
        """The rows of one statement, of numbers and texts. Raises duckdb.Error where DuckDB refuses it, and Unreadable
        where it takes too much."""
        answer = self._ask(query, parameters)
        if "refused" in answer:
            kind, said = answer["refused"]
            raise getattr(duckdb, kind, duckdb.Error)(said)
        return [tuple(row) for row in answer["rows"]]

    def count(self, query: str) -> int:
        """The one number that a statement gives, or the number of rows that it writes."""
        [(number,)] = self.rows(query)
        return number

    def close(self) -> None:
        """Give back what the child holds for this folder. It may be gone, and then holds nothing."""
        with suppress(Unreadable):
            self._ask(None)

    def _ask(self, query: str | None, parameters: Sequence[str] = ()) -> dict[str, Any]:
        request = {
            "query": query,
            "parameters": list(parameters),
            "folder": str(self.folder.absolute()),
            "memory": self.memory,
            "threads": self.limits.threads,
        }
        limits = replace(self.limits, seconds=max(self.until - time.monotonic(), 0))
        try:
            return _child().ask(request, limits, lambda answer: answer.get("found") or found_in(answer, dict))
        except ChildTimeout:
            raise Unreadable(
                "timeout",
                f"A file that can be mapped within {self.limits.seconds:,.0f} s was expected, but this one takes "
                "longer; send it in parts, look at its source mapping, or raise RETAIL_READER_SECONDS.",
            ) from None
        except ChildDied as death:
            raise Unreadable(
                "mapper_died",
                f"A file that can be mapped was expected, but the process that mapped it ended ({death}), most likely "
                f"because it asks for more than {self.limits.memory_bytes:,} bytes of memory; send it in parts.",
            ) from None


@cache
def _child() -> ChildProcess:
    """The one child of this process that maps."""
    return ChildProcess("retail_assets.feeds.mapping.worker")


@contextmanager
def mapping_duckdb(*, folder: Path, memory: str, limits: Limits) -> Generator[Engine]:
    """DuckDB for the files of one folder."""
    engine = Engine(folder, memory, limits, time.monotonic() + limits.seconds)
    try:
        yield engine
    finally:
        engine.close()


def bind_with(engine: Engine) -> Bind:
    """Ask the engine for the type of an expression over a query, without running it."""

    def bind(query: str, expression: str) -> str:
        return engine.rows(f"describe select {expression} as x from ({query})")[0][1]

    return bind
