"""What would happen to a file? Reads and maps it as admission would, in a folder that is gone
afterwards; neither ledger nor lake is touched, and neither has to exist.

How it is shown is in `report.py`.
"""

import tempfile
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import dataframely as dy
import duckdb
import polars as pl

from retail_assets.config import Settings
from retail_assets.contract import Feed
from retail_assets.error_classification import is_the_machines
from retail_assets.errors import MappingError, Unreadable
from retail_assets.feeds.handler import does_not_fit
from retail_assets.feeds.loading import ToLoad, map_file, rejected_at_most
from retail_assets.feeds.mapping.ends import MASK
from retail_assets.feeds.mapping.engine import Mapped
from retail_assets.feeds.mapping.keys.replacing import replaced_in_words
from retail_assets.feeds.mapping.load import Match
from retail_assets.feeds.mapping.model import SourceMapping
from retail_assets.feeds.mapping.mostly_rejected import why_mostly_rejected
from retail_assets.feeds.onboarding.currencies_of_rows import CURRENCY, with_currency
from retail_assets.feeds.onboarding.mended_ids import mended_ids
from retail_assets.feeds.onboarding.repeated_names import read_among_repeated
from retail_assets.feeds.onboarding.unpacking import Found
from retail_assets.feeds.readers.records import RecordSet, with_sheets
from retail_assets.intake.row_counts import RowCounts
from retail_assets.intake.settling import take_snapshot
from retail_assets.intake.store import too_large
from retail_assets.names import is_plain
from retail_assets.sql import identifier, literal, parquet

SAMPLES = 3
"""So many records are shown of each rule."""
LINE_AMOUNT, BUSINESS_DATE = "line amount", "business date"
"""What is shown of a row beside the contract's columns."""


@dataclass(frozen=True)
class Sample:
    """One record that would not be admitted, and why; or that would be, with a flag."""

    target: str
    end: str
    """routed, left_out, duplicate, rejected or flagged."""
    rule: str
    feed: str
    """The feed whose contract judged it; of a routed record the feed it would go to."""
    record: int
    place: str | None
    column: str | None
    value: str | None
    raw: str | None


@dataclass(frozen=True)
class Admitted:
    """The rows that one feed would get."""

    feed: str
    rows: int
    sums: dict[str, Decimal]
    """Of the contract's numeric columns that hold anything."""
    first: list[dict[str, Any]]
    """The first rows: the contract's columns, then what the warehouse makes of them, LINE_AMOUNT and BUSINESS_DATE."""
    amounts: dict[str, Decimal] = field(default_factory=dict)
    """What the rows are worth, by currency (an empty text, where the file states none). Empty where the feed says no
    amount."""
    business_dates: tuple[date, date] | None = None
    """The first and the last, in the retailer's zone."""


@dataclass(frozen=True)
class Tried:
    """What would happen to one file. Quarantined when it has a reason; then nothing else is known of it, unless it was
    read and most of its records were rejected."""

    path: Path
    source: str
    name_values: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    reason: str | None = None
    message: str | None = None
    format: str | None = None
    encoding: str | None = None
    encoding_doubt: str | None = None
    delimiter: str | None = None
    escape: str | None = None
    sheets: tuple[str, ...] = ()
    columns: list[str] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)
    dropped_columns: list[str] = field(default_factory=list)
    records: int = 0
    """As the reader counts them; a target that unfolds nested records counts more."""
    counts: list[RowCounts] = field(default_factory=list)
    admitted: list[Admitted] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)


def files_of(path: Path) -> list[Path]:
    """A file, or the files of a folder that admission would take."""
    return [path / name for name in take_snapshot(path).files] if path.is_dir() else [path]


def try_file(
    found: Found, *, feed: Feed, match: Match, settings: Settings, rows: int, masked: bool = False
) -> Tried:
    """What admission would do with the file. It is shown as it is, to whoever has it; `masked` as others may see it."""
    start = Tried(found.shown, match.mapping.name, match.name_values, _notes(found, feed, match.mapping))
    with tempfile.TemporaryDirectory(prefix="retail-try-") as folder:
        try:
            records, mapped = _map(found, match=match, settings=settings, folder=Path(folder))
        except (Unreadable, MappingError) as error:
            refusal = does_not_fit(error) if isinstance(error, MappingError) else error
            return replace(start, reason=refusal.reason, message=refusal.message)
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            feeds = {b.feed.name: b.feed for target in match.mapping.targets for b in target.blocks}
            tried = replace(
                start,
                format=records.format,
                encoding=records.encoding,
                encoding_doubt=records.encoding_doubt,
                delimiter=records.delimiter,
                escape=records.escape,
                sheets=records.sheets,
                columns=records.columns,
                unknown_columns=mapped.unknown_columns,
                dropped_columns=mapped.dropped_columns,
                notes=[
                    *start.notes,
                    *_notes_of(records),
                    *read_among_repeated(records, match.mapping),
                    *mended_ids(connection, records, match.mapping),
                ],
                records=records.record_count,
                counts=mapped.counts,
                admitted=[
                    _admitted(
                        connection,
                        feeds[name],
                        with_currency(feeds[name], mapped.rows, feeds),
                        rows,
                        settings.time_zone,
                        masked=masked,
                    )
                    for name in mapped.rows
                ],
                samples=_samples(connection, match.mapping, mapped.ends, masked=masked),
            )
        at_most = rejected_at_most(match.mapping, settings)
        rejects = _rejects(mapped, masked=masked)
        refusal = why_mostly_rejected(mapped.counts, rejects, at_most=at_most)
        if refusal:
            told = with_sheets(refusal, records.found_sheets)
            tried = replace(tried, reason=told.reason, message=told.message)
    assert all(counts.adds_up for counts in tried.counts), tried.counts
    assert sum(a.rows for a in tried.admitted) == sum(c.admitted + c.routed for c in tried.counts), (
        tried.counts
    )
    return tried


def _rejects(mapped: Mapped, *, masked: bool) -> pl.LazyFrame:
    if masked and mapped.rejects:
        return pl.scan_parquet(mapped.rejects, glob=False)
    return pl.scan_parquet(mapped.ends, glob=False).filter(end="rejected")


def _map(found: Found, *, match: Match, settings: Settings, folder: Path) -> tuple[RecordSet, Mapped]:
    name = found.shown.name
    if not is_plain(name):
        raise Unreadable(
            "unsafe_name",
            "The file's name holds control characters, backslashes or bytes that are not UTF-8. Rename the file.",
        )
    size = found.path.stat().st_size if found.path.is_file() else 0
    if refusal := too_large(size, settings.max_file_bytes):
        raise refusal
    try:
        return map_file(ToLoad(found.path, name, match, "try"), folder, settings)
    except (Unreadable, MappingError):
        raise
    except Exception as error:
        if is_the_machines(error):
            raise
        said = " ".join(str(error).split())[:300]
        raise Unreadable(
            "reader_failed", f"Reading failed unexpectedly ({type(error).__name__}: {said})."
        ) from error


def _notes_of(records: RecordSet) -> list[str]:
    """What a reader was not sure of, or did not read."""
    guess = (
        [
            f"The encoding is a guess: {records.encoding_doubt}. Look at letters beyond ASCII, then state it in the "
            "mapping: `file: {encoding: …}`."
        ]
        if records.encoding_doubt
        else []
    )
    return [*guess, *records.doubts, *(f"Not read: {what}." for what in records.left_out)]


def _notes(found: Found, feed: Feed, mapping: SourceMapping) -> list[str]:
    notes, path = [], found.path
    if path.is_symlink():
        notes.append("This is a symbolic link; in the inbox links are not followed. Drop the file itself.")
    elif path.is_file() and path.stat().st_nlink > 1:
        notes.append("This file has a second name; in the inbox such a file is refused. Drop a copy.")
    if mapping.folder != feed.folder:
        notes.append(f"The mapping reads the folder {mapping.folder}, not {feed.folder}.")
    if replaced := replaced_in_words(mapping.targets):
        notes.append(replaced)
    return notes


def _admitted(
    connection: duckdb.DuckDBPyConnection, feed: Feed, relation: str, rows: int, zone: str, *, masked: bool
) -> Admitted:
    numeric = [name for name, column in feed.columns.items() if isinstance(column, (dy.Decimal, dy.Integer))]
    sums = ", ".join(["count(*)", *(f"sum({identifier(name)})" for name in numeric)])
    count, *totals = connection.execute(f"select {sums} from {relation}").fetchone() or (0,)
    hidden = feed.personal if masked else ()
    shown = {name: literal(MASK) if name in hidden else identifier(name) for name in feed.columns}
    dated = feed.business_date(zone)
    shown |= {LINE_AMOUNT: feed.amount} if feed.amount else {}
    shown |= {BUSINESS_DATE: dated} if dated else {}
    first = connection.execute(
        f"select {', '.join(shown.values())} from {relation} order by _record limit {rows}"
    ).fetchall()
    return Admitted(
        feed=feed.name,
        rows=count,
        sums={name: Decimal(total) for name, total in zip(numeric, totals, strict=True) if total is not None},
        first=[dict(zip(shown, row, strict=True)) for row in first],
        amounts=_amounts(connection, feed, relation),
        business_dates=_first_and_last(connection, dated, relation) if dated else None,
    )


def _amounts(connection: duckdb.DuckDBPyConnection, feed: Feed, relation: str) -> dict[str, Decimal]:
    if feed.amount is None:
        return {}
    found = connection.execute(
        f"select coalesce({CURRENCY}, ''), sum({feed.amount}) as amount from {relation} "
        "group by all having amount is not null order by all"
    ).fetchall()
    return dict(found)


def _first_and_last(
    connection: duckdb.DuckDBPyConnection, dated: str, relation: str
) -> tuple[date, date] | None:
    first, last = connection.execute(f"select min({dated}), max({dated}) from {relation}").fetchone() or (
        None,
        None,
    )
    return (first, last) if first and last else None


def _samples(
    connection: duckdb.DuckDBPyConnection, mapping: SourceMapping, ends: Path, *, masked: bool
) -> list[Sample]:
    """The first records of each rule; `masked` hides what they hold as among the rejects."""
    feeds = [block.feed for target in mapping.targets for block in target.blocks]
    personal = [feed.name for feed in feeds if feed.personal]
    found = connection.execute(
        'select target, "end", rule, feed, _record, place, "column", value, raw '
        f"from {parquet(ends)} "
        'qualify row_number() over (partition by target, "end", rule, feed order by _record) <= $1 '
        'order by target, "end", rule, feed, _record',
        [SAMPLES],
    ).fetchall()

    def hide(sample: Sample) -> Sample:
        value = MASK if sample.feed in personal and sample.value is not None else sample.value
        return replace(sample, value=value, raw=MASK if personal else sample.raw)

    samples = [Sample(*row) for row in found]
    return [hide(sample) for sample in samples] if masked else samples
