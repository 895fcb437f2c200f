"""What readers are for: one file in, one Parquet of text records out, whatever the file holds."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.layout import FileLayout

if TYPE_CHECKING:
    from retail_assets.config import Settings  # the reading process starts without it
    from retail_assets.sandbox.process import ChildPool, ChildProcess

RECORDS_FILE = "records.parquet"
"""Where a reader puts them, in the folder that it is given."""


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
    def of(cls, settings: "Settings") -> "ReaderLimits":
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
    left_out: tuple[str, ...] = ()
    """Other sheets or lists in the file, which the layout does not name, with how much is in them."""


@cache
def _children() -> "ChildPool":
    """The children of this process that read tables."""
    from retail_assets.sandbox.process import ChildPool

    return ChildPool("retail_assets.feeds.readers.worker")


@dataclass(frozen=True)
class ToRead:
    """A file, what it is called, how its source lays it out, and an existing folder for its records."""

    path: Path
    name: str
    layout: FileLayout
    out: Path


def read_records(path: Path, *, name: str, layout: FileLayout, out: Path, limits: ReaderLimits) -> RecordSet:
    """Read one file into `out` (an existing folder); raises Unreadable with a reason and a sentence.

    The reading itself happens in a child process: a file that was made, or damaged, to exhaust memory, to crash
    a parser or never to end costs that process and becomes unreadable. What is not the file's fault, a full disk
    for one, raises OSError.
    """
    [found] = read_many([ToRead(path, name, layout, out)], limits=limits, children=1)
    if isinstance(found, Exception):
        raise found
    return found


def read_many(
    files: Sequence[ToRead], *, limits: ReaderLimits, children: int
) -> Iterator[RecordSet | Exception]:
    """The same for several files, as many at a time as there may be children; for each what `read_records` would
    give or raise.
    """

    def read(child: "ChildProcess", file: ToRead) -> RecordSet | Exception:
        try:
            return _read(child, file, limits)
        except Exception as error:
            return error

    return _children().map(read, files, children=children)


def _read(child: "ChildProcess", file: ToRead, limits: ReaderLimits) -> RecordSet:
    from retail_assets.sandbox.answers import found_in
    from retail_assets.sandbox.process import ChildDied, ChildTimeout

    def read(answer: dict) -> RecordSet:
        return found_in(answer, RecordSet, path=file.out / RECORDS_FILE)

    request = {
        "path": str(file.path.absolute()),
        "name": file.name,
        "layout": asdict(file.layout),
        "out": str(file.out.absolute()),
        "limits": asdict(limits),
    }
    try:
        return child.ask(request, limits, read)
    except ChildTimeout:
        raise Unreadable(
            "timeout",
            f"A file that can be read within {limits.seconds:,.0f} s was expected, but this one takes longer; "
            "send it in parts, or raise RETAIL_READER_SECONDS.",
        ) from None
    except ChildDied as death:
        raise Unreadable(
            "reader_died",
            f"A readable file was expected, but the process that read it ended ({death}), most likely because the "
            f"file asks for more than {limits.memory_bytes:,} bytes of memory; export it anew, or send it in parts.",
        ) from None
