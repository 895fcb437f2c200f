"""The readers' front door: one file in, one Parquet of text records out, whatever the file holds."""

from dataclasses import dataclass
from pathlib import Path

from retail_assets.config import Settings
from retail_assets.feeds.readers.layout import FileLayout


@dataclass(frozen=True)
class ReaderLimits:
    """What reading one file may cost; a file that needs more is unreadable."""

    file_bytes: int
    unpacked_bytes: int
    columns: int
    memory_bytes: int
    seconds: float
    threads: int = 2

    @classmethod
    def of(cls, settings: Settings) -> "ReaderLimits":
        return cls(
            file_bytes=settings.max_file_bytes,
            unpacked_bytes=settings.max_unpacked_bytes,
            columns=settings.max_columns,
            memory_bytes=settings.reader_memory_bytes,
            seconds=settings.reader_seconds,
            threads=settings.duckdb_threads,
        )


@dataclass(frozen=True)
class RecordSet:
    """The records of one file, and what was found out about it."""

    path: Path
    """Parquet, in file order: `_record`, `_place`, `_malformed`, then the source's columns."""
    columns: list[str]
    format: str
    record_count: int
    encoding: str | None = None
    delimiter: str | None = None
    sheets: tuple[str, ...] = ()


def read_records(
    path: Path, *, name: str, layout: FileLayout, out: Path, limits: ReaderLimits
) -> RecordSet:
    """Read one file in a child process; raises Unreadable with a reason and a sentence."""
    raise NotImplementedError
