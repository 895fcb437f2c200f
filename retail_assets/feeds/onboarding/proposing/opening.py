"""A file as it reads best: its layout, found by trying, and a sample of its records."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from retail_assets.contract import Feed
from retail_assets.errors import Unreadable
from retail_assets.feeds.onboarding.proposing.keyed import keyed_path
from retail_assets.feeds.onboarding.proposing.names import is_known, likeness
from retail_assets.feeds.onboarding.proposing.sampling import Record, plain
from retail_assets.feeds.onboarding.proposing.shapes import NumberCell, shape_of
from retail_assets.feeds.onboarding.repeated_names import repeated_names
from retail_assets.feeds.readers.columns import CELLS, LONG_NUMBER, NUMBER_CELL
from retail_assets.feeds.readers.excel import SEVERAL_SHEETS
from retail_assets.feeds.readers.json_text import SEVERAL_LISTS
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.output import only
from retail_assets.feeds.readers.records import ReaderLimits, RecordSet, read_records

SAMPLE_RECORDS = 20_000
_HEADER_ROWS = 15
_MOST_SHEETS = 12
"""So many of a workbook are looked at for the one with the data."""
_LIKE = 0.8
_BELOW = 100
_ENCODINGS = (
    "cp1250",
    "iso8859-2",
    "cp850",
    "cp852",
    "mac-roman",
    "mac-latin2",
    "cp1251",
    "cp1253",
    "cp1254",
)
"""As readers name them."""
_BEGINNING_BYTES = 2**20


@dataclass(frozen=True)
class Opened:
    """A file that was read, under the layout that reads it best."""

    layout: FileLayout
    records: RecordSet
    sample: list[Record]
    """Records spread over the file, as texts; nested values are what JSON says."""
    upper: tuple[str, ...] = ()
    """The names in the row above the header, where names in that repeat: the header may have two rows."""


def open_file(path: Path, *, feed: Feed, folder: Path, limits: ReaderLimits) -> Opened:
    """Find the layout in which a file says most of what a feed wants, and sample the records; raises Unreadable."""
    layout, first = _first_look(path, folder, limits)
    if first.format in ("csv", "tsv"):
        layout, first = _with_encoding(path, layout, first, folder, limits)
    if first.format in ("csv", "tsv", "excel"):
        layout, first = _with_header(path, layout, first, folder, limits)
    if first.format == "excel" and first.left_out:
        layout, first = _with_sheet(path, layout, first, feed, folder, limits)
    if first.format == "json" and first.record_count == 1:
        layout, first = _with_keys(path, layout, first, folder, limits)
    upper = _upper(path, layout, first, folder, limits)
    return Opened(layout, first, _sample(first), upper)


def _sample(records: RecordSet) -> list[Record]:
    step = max(1, records.record_count // SAMPLE_RECORDS)
    frame = pl.scan_parquet(records.path, glob=False).gather_every(step).collect()
    frame = frame.filter(pl.col("_malformed").is_null())
    rows = [plain(record) for record in only(frame, records.columns).iter_rows(named=True)]
    cells = frame[CELLS] if CELLS in frame.columns else ()
    for row, kinds in zip(rows, cells, strict=False):
        for (name, value), kind in zip(row.items(), kinds or "", strict=False):
            if kind in (NUMBER_CELL, LONG_NUMBER) and isinstance(value, str):
                row[name] = NumberCell(value)
    return rows


def _first_look(path: Path, folder: Path, limits: ReaderLimits) -> tuple[FileLayout, RecordSet]:
    """The file as it would be read without a mapping. Of several sheets the first one, named; a document of several
    lists as one record."""
    try:
        first = _read(path, FileLayout(), folder / "first", limits)
    except Unreadable as refusal:
        if refusal.reason not in (SEVERAL_SHEETS, SEVERAL_LISTS):
            raise
        layout = FileLayout(records="$") if refusal.reason == SEVERAL_LISTS else FileLayout(sheet="*")
        first = _read(path, layout, folder / "all", limits)
        if not first.sheets:
            return layout, first
    if not first.left_out and len(first.sheets) < 2:
        return FileLayout(), first
    if not first.sheets:
        return FileLayout(), first
    layout = FileLayout(sheet=first.sheets[0])
    return layout, _read(path, layout, folder / "sheet", limits)


def _with_sheet(
    path: Path, layout: FileLayout, first: RecordSet, feed: Feed, folder: Path, limits: ReaderLimits
) -> tuple[FileLayout, RecordSet]:
    """All sheets, where they have the same columns; else the one in which most of what the feed wants stands."""
    with suppress(Unreadable):  # a sheet that is shorter than the first one's title
        every = _read(path, replace(layout, sheet="*"), folder / "sheets", limits)
        if every.columns == first.columns:
            return replace(layout, sheet="*"), every
    found = [(layout, first)]
    for number, sheet in enumerate(_other_sheets(path, first, folder, limits)):
        own = folder / f"sheet_{number}"
        own.mkdir()
        with suppress(Unreadable):
            alone = FileLayout(sheet=sheet)
            read = _read(path, alone, own / "first", limits)
            found.append(_with_header(path, alone, read, own, limits))
    layout, best = max(found, key=lambda one: (_wanted(one[1], feed), one[1].record_count))
    return replace(layout, sheet=best.sheets[0]), best


def _wanted(records: RecordSet, feed: Feed) -> int:
    """How many of a feed's columns some column is called like."""
    return sum(
        any(likeness(name, feed=feed.name, column=column) >= _LIKE for name in records.columns)
        for column in feed.columns
    )


def _other_sheets(path: Path, first: RecordSet, folder: Path, limits: ReaderLimits) -> list[str]:
    """Those that are seen, but for the first one."""
    with suppress(Unreadable):
        # Read without names, whatever stands in them.
        seen = _read(path, FileLayout(sheet="*", header_row=0), folder / "seen", limits).sheets
        return [sheet for sheet in seen[:_MOST_SHEETS] if sheet not in first.sheets]
    return []


def _with_keys(
    path: Path, layout: FileLayout, first: RecordSet, folder: Path, limits: ReaderLimits
) -> tuple[FileLayout, RecordSet]:
    """A document that is one record, whose records are the members of an object in it."""
    keyed = next(map(keyed_path, _sample(first)), None)
    if keyed:
        with suppress(Unreadable):
            found = replace(layout, records=keyed)
            return found, _read(path, found, folder / "keyed", limits)
    return layout, first


def _upper(
    path: Path, layout: FileLayout, records: RecordSet, folder: Path, limits: ReaderLimits
) -> tuple[str, ...]:
    if not layout.header_row or layout.header_row < 2 or not repeated_names(records.columns):
        return ()
    with suppress(Unreadable):
        above = _read(path, replace(layout, header_row=layout.header_row - 1), folder / "upper", limits)
        return tuple(name for n, name in enumerate(above.columns, start=1) if name != f"column_{n}")
    return ()


def _read(path: Path, layout: FileLayout, out: Path, limits: ReaderLimits) -> RecordSet:
    out.mkdir()
    return read_records(path, name=path.name, layout=layout, out=out, limits=limits)


def _with_encoding(
    path: Path, layout: FileLayout, first: RecordSet, folder: Path, limits: ReaderLimits
) -> tuple[FileLayout, RecordSet]:
    """Of the encodings that bytes cannot tell apart the one in which more column names are words that are known."""
    if all(name.isascii() for name in first.columns) or first.encoding not in ("windows-1252", *_ENCODINGS):
        return layout, first

    def known(encoding: str) -> int:
        with suppress(UnicodeError):
            names = [name.encode(first.encoding or "").decode(encoding) for name in first.columns]
            return sum(map(is_known, names))
        return 0

    likeliest = max((first.encoding, *_ENCODINGS), key=known)
    if likeliest == first.encoding:
        return layout, first
    layout = replace(layout, encoding=likeliest)
    return layout, _read(path, layout, folder / "encoding", limits)


def _with_header(
    path: Path, layout: FileLayout, first: RecordSet, folder: Path, limits: ReaderLimits
) -> tuple[FileLayout, RecordSet]:
    """The row whose names fit: a title above the table leaves most columns without one."""
    best, row = _named(first), 0
    if _is_bare(first):
        layout = replace(layout, header_row=0)
        return layout, _read(path, layout, folder / "bare", limits)
    if best[1] > len(first.columns) // 2 and len(first.columns) > 1:
        return layout, first
    beginning = folder / f"beginning{path.suffix}"
    with path.open("rb") as source:
        beginning.write_bytes(source.read(_BEGINNING_BYTES if first.format != "excel" else -1))
    for number in range(2, _HEADER_ROWS + 1):
        with suppress(Unreadable):
            found = _read(beginning, replace(layout, header_row=number), folder / f"row_{number}", limits)
            if _named(found) > best:
                best, row = _named(found), number
    if not row:
        return layout, first
    layout = replace(layout, header_row=row)
    return layout, _read(path, layout, folder / "header", limits)


def _named(records: RecordSet) -> tuple[int, int]:
    """How many columns have names that sources are known to use, and how many one of their own that is no value."""
    names = [name for n, name in enumerate(records.columns, start=1) if name != f"column_{n}"]
    texts = [name for name in names if shape_of({name: 1}).kind == "text"]
    return (sum(map(is_known, names)), len(names)) if len(texts) * 2 > len(names) else (0, 0)


def _is_bare(records: RecordSet) -> bool:
    """Whether the first row holds values already: none of them is a known name, and some are what stands below."""
    names = records.columns
    if len(names) < 2 or any(map(is_known, names)):
        return False
    below = only(pl.scan_parquet(records.path, glob=False).head(_BELOW).collect(), names)
    kinds = {name: shape_of({name: 1}).kind for name in names}
    alike = [name for name in names if kinds[name] != "text" and _kind_of(below[name]) == kinds[name]]
    certain = any("@" in name for name in names) or any("date" in kinds[name] for name in alike)
    return certain or len(alike) * 2 >= len(names)


def _kind_of(values: pl.Series) -> str:
    texts = (str(value).strip() for value in values.drop_nulls())
    return shape_of(Counter(text for text in texts if text)).kind
