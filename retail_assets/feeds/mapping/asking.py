"""The SQL of mappings runs in a child process, as reading does: expressions are written by people, values by sources,
and together they may ask for any time and any memory. `worker` is the child's side.
"""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from retail_assets.config import Settings
from retail_assets.errors import Unreadable
from retail_assets.sandbox.answers import found_in
from retail_assets.sandbox.limits import Limits
from retail_assets.sandbox.process import ChildDied, ChildPool, ChildProcess, ChildTimeout
from retail_assets.sql import literal


@dataclass(frozen=True)
class MappingLimits:
    """What mapping may take: a child process with its DuckDB, and the seconds for one file."""

    child: Limits
    duckdb_memory: str
    duckdb_threads: int = 1

    @classmethod
    def of(cls, settings: Settings) -> "MappingLimits":
        child = Limits(
            memory_bytes=settings.reader_memory_bytes,
            file_bytes=settings.max_file_bytes,
            seconds=settings.reader_seconds,
            threads=settings.duckdb_threads,
        )
        return cls(child, settings.duckdb_memory, settings.duckdb_threads)


@dataclass(frozen=True)
class Engine:
    """DuckDB over the files of one folder, and nothing else, until a time on the clock of time.monotonic."""

    folder: Path
    limits: MappingLimits
    child: ChildProcess
    until: float

    def rows(self, query: str, parameters: Sequence[str] = ()) -> list[tuple]:
        """The rows of one statement, of numbers and texts. Raises duckdb.Error where DuckDB refuses it, and Unreadable
        where it takes too much."""
        request = {
            "query": query,
            "parameters": list(parameters),
            "folder": str(self.folder.absolute()),
            "memory": self.limits.duckdb_memory,
            "threads": self.limits.duckdb_threads,
        }
        answer = self._ask(request)
        if "refused" in answer:
            raise duckdb.Error(str(answer["refused"]))
        return [tuple(row) for row in answer["rows"]]

    def count(self, query: str) -> int:
        """The one number that a statement gives."""
        [(number,)] = self.rows(query)
        return number

    def write(self, query: str, path: Path) -> int:
        """Write the rows of a query as Parquet, and count them."""
        return self.count(f"copy ({query}) to {literal(str(path))} (format parquet, compression snappy)")

    def bind(self, query: str, expression: str) -> str:
        """The type of an expression over a query, which is not run."""
        return self.rows(f"describe select {expression} as x from ({query})")[0][1]

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        limits = replace(self.limits.child, seconds=max(self.until - time.monotonic(), 0))
        try:
            return self.child.ask(request, limits, lambda answer: found_in(answer, dict))
        except ChildTimeout:
            raise Unreadable(
                "timeout",
                f"A file that can be mapped within {self.limits.child.seconds:,.0f} s was expected, but this one takes "
                "longer; send it in parts, look at its source mapping, or raise RETAIL_READER_SECONDS.",
            ) from None
        except ChildDied as death:
            raise Unreadable(
                "mapper_died",
                f"A file that can be mapped was expected, but the process that mapped it ended ({death}), most likely "
                f"because it asks for more than {self.limits.child.memory_bytes:,} bytes of memory; "
                "send it in parts.",
            ) from None


@cache
def _children() -> ChildPool:
    """The children of this process that map."""
    return ChildPool("retail_assets.feeds.mapping.worker")


@contextmanager
def mapping_duckdb(folder: Path, limits: MappingLimits) -> Generator[Engine]:
    """DuckDB for one mapping over the files of one folder."""
    with _children().borrow() as child:
        yield Engine(folder, limits, child, time.monotonic() + limits.child.seconds)
