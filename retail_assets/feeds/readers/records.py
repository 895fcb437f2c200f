"""What readers are for: one file in, one Parquet of text records out, whatever the file holds."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.layout import FileLayout

if TYPE_CHECKING:
    from retail_assets.config import Settings  # the reading process starts without it
    from retail_assets.sandbox.process import ChildPool

Answer = TypeVar("Answer")

RECORDS_FILE = "records.parquet"
"""Where a reader puts them, in the folder that it is given."""
NAMED_SHEETS = 20
RECORDS_PER_FILE = 2**32
"""Where several files lie in one Parquet, a record's number is its file's place times this, plus its own."""


LINES_ABOVE, CHARACTERS_ABOVE = 100, 500
"""So much of what stands above the names is looked at."""


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
class AboveAgain:
    """Lines above names, where a file has several tables of records."""

    place: str
    lines: tuple[str, ...]
    whole: bool = False
    """All lines above a table of its own, another sheet; otherwise only what stands between two blocks of one."""


@dataclass(frozen=True)
class RecordSet:
    """The records of one file, and what was found out about it."""

    path: Path
    """Parquet, in file order: `_record`, `_place`, `_malformed`, then the source's columns."""
    columns: list[str]
    format: str
    record_count: int
    encoding: str | None = None
    encoding_doubt: str | None = None
    """That the encoding is a guess, and what else it could be, in words; None where it is certain."""
    delimiter: str | None = None
    escape: str | None = None
    sheets: tuple[str, ...] = ()
    found_sheets: tuple[str, ...] = ()
    """All of a workbook, with how much is in them; hidden ones say so."""
    left_out: tuple[str, ...] = ()
    """Other sheets or lists in the file, which the layout does not name, with how much is in them."""
    above: tuple[str, ...] = ()
    """The lines above the names, where the layout asks for something in them."""
    above_again: tuple[AboveAgain, ...] = ()
    """The same of the other tables of a file."""
    doubts: tuple[str, ...] = ()
    """Sentences on what may be wrong with the file."""


def with_sheets(refusal: Unreadable, found: Sequence[str]) -> Unreadable:
    """A refusal of a workbook that says what sheets there are: often another one is meant."""
    if not found:
        return refusal
    more = f" and {len(found) - NAMED_SHEETS:,} more" if len(found) > NAMED_SHEETS else ""
    named = f"{', '.join(found[:NAMED_SHEETS])}{more}"
    return Unreadable(refusal.reason, f"{refusal.message} The workbook's sheets: {named}.")


@contextmanager
def naming_sheets(found: Sequence[str]) -> Generator[None]:
    """The same of every refusal within."""
    try:
        yield
    except Unreadable as refusal:
        raise with_sheets(refusal, found) from refusal


@dataclass(frozen=True)
class TextGroup:
    """The records of several files of delimited text that have the same columns, in one Parquet."""

    path: Path
    """As a RecordSet's, but `_record` is counted through all files: see RECORDS_PER_FILE."""
    columns: list[str]
    format: str
    files: list[int]
    """By their place among those that were read together."""
    counts: list[int]
    """Of the records of each."""


def above_names(lines: Sequence[str], layout: FileLayout) -> tuple[str, ...]:
    """What is kept of the lines above the names."""
    return tuple(line[:CHARACTERS_ABOVE] for line in lines[:LINES_ABOVE]) if layout.above else ()


@dataclass(frozen=True)
class _Groups:
    groups: list[TextGroup]


@cache
def _children() -> "ChildPool":
    """The children of this process that read tables."""
    from retail_assets.sandbox.process import ChildPool

    return ChildPool("retail_assets.feeds.readers.worker")


def read_records(path: Path, *, name: str, layout: FileLayout, out: Path, limits: ReaderLimits) -> RecordSet:
    """Read one file into `out` (an existing folder); raises Unreadable with a reason and a sentence.

    The reading itself happens in a child process: a file that was made, or damaged, to exhaust memory, to crash
    a parser or never to end costs that process and becomes unreadable. What is not the file's fault, a full disk
    for one, raises OSError.
    """
    from retail_assets.sandbox.answers import found_in

    def read(answer: dict) -> RecordSet:
        return found_in(answer, RecordSet, path=out / RECORDS_FILE)

    return _ask({"path": str(path.absolute()), "name": name}, read, layout=layout, out=out, limits=limits)


def read_together(
    files: Sequence[tuple[Path, str]], *, layout: FileLayout, out: Path, limits: ReaderLimits
) -> list[TextGroup]:
    """The records of small files of delimited text, given with their names. What else they are, and what cannot be
    read, stands in no group; what spoils the reading of them all raises as in `read_records`.
    """
    from retail_assets.sandbox.answers import found_in

    def read(answer: dict) -> list[TextGroup]:
        return [replace(group, path=out / group.path.name) for group in found_in(answer, _Groups).groups]

    named = [(str(path.absolute()), name) for path, name in files]
    return _ask({"files": named}, read, layout=layout, out=out, limits=limits)


def _ask(
    what: dict, read: Callable[[dict], Answer], *, layout: FileLayout, out: Path, limits: ReaderLimits
) -> Answer:
    from retail_assets.sandbox.process import ChildDied, ChildTimeout

    request = {**what, "layout": asdict(layout), "out": str(out.absolute()), "limits": asdict(limits)}
    try:
        with _children().borrow() as child:
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
