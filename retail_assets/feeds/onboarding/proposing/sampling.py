"""A file as somebody who knows nothing of it sees it: its layout, and a sample of every column's values."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from retail_assets.errors import Unreadable
from retail_assets.feeds.onboarding.proposing.moments import day_order
from retail_assets.feeds.onboarding.proposing.names import is_known
from retail_assets.feeds.onboarding.proposing.shape import Shape
from retail_assets.feeds.onboarding.proposing.shapes import shape_of
from retail_assets.feeds.readers.excel import SEVERAL_SHEETS
from retail_assets.feeds.readers.json_text import SEVERAL_LISTS
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.records import ReaderLimits, RecordSet, read_records
from retail_assets.feeds.readers.totals import is_total

SAMPLE_RECORDS = 20_000
_HEADER_ROWS = 15
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
_MAX_FIELDS = 500

Record = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of the source and a sample of what it holds."""

    name: str
    values: list[str]
    """Its distinct filled texts, the commonest first."""
    shape: Shape
    is_unique: bool
    filled: float
    """The share of records in which anything stands."""


@dataclass(frozen=True)
class Opened:
    """A file that was read, under the layout that reads it best."""

    layout: FileLayout
    records: RecordSet
    sample: list[Record]
    """Records spread over the file, as texts; nested values are what JSON says."""


def open_file(path: Path, *, folder: Path, limits: ReaderLimits) -> Opened:
    """Find the layout and sample the records; raises Unreadable."""
    layout, first = _first_look(path, folder, limits)
    if first.format in ("csv", "tsv"):
        layout, first = _with_encoding(path, layout, first, folder, limits)
    if first.format in ("csv", "tsv", "excel"):
        layout, first = _with_header(path, layout, first, folder, limits)
    if first.left_out and first.format == "excel":
        every = _read(path, replace(layout, sheet="*"), folder / "sheets", limits)
        if every.columns == first.columns:
            layout, first = replace(layout, sheet="*"), every
    step = max(1, first.record_count // SAMPLE_RECORDS)
    frame = pl.scan_parquet(first.path, glob=False).gather_every(step).collect()
    frame = frame.filter(pl.col("_malformed").is_null()).select(first.columns)
    return Opened(layout, first, [_plain(record) for record in frame.iter_rows(named=True)])


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
    layout = FileLayout(sheet=first.sheets[0])
    return layout, _read(path, layout, folder / "sheet", limits)


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
    if best > (0, len(first.columns) // 2) and len(first.columns) > 1:
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
    below = pl.scan_parquet(records.path, glob=False).select(names).head(_BELOW).collect()
    kinds = {name: shape_of({name: 1}).kind for name in names}
    alike = [name for name in names if kinds[name] != "text" and _kind_of(below[name]) == kinds[name]]
    certain = any("@" in name for name in names) or any("date" in kinds[name] for name in alike)
    return certain or len(alike) * 2 >= len(names)


def _kind_of(values: pl.Series) -> str:
    texts = (str(value).strip() for value in values.drop_nulls())
    return shape_of(Counter(text for text in texts if text)).kind


def _plain(record: Record) -> Record:
    """Texts as they are, values of Parquet as text, JSON lists and objects as such."""
    plain = {}
    for name, value in record.items():
        text = None if value is None else str(value)
        if text and text[0] in "[{":
            with suppress(ValueError, RecursionError):
                plain[name] = json.loads(text, parse_float=str, parse_int=str)
                continue
        plain[name] = text
    return plain


def without_totals(sample: list[Record]) -> tuple[list[Record], list[Record]]:
    """The records that are lines, and those that sum them up; repeated headers are neither."""

    def filled(record: Record) -> dict[str, str]:
        return {name: value for name, value in record.items() if isinstance(value, str) and value.strip()}

    def is_line(record: Record) -> bool:
        nested = any(value and not isinstance(value, str) for value in record.values())
        return nested or any(name != value for name, value in filled(record).items())

    lines = [record for record in sample if is_line(record)]
    totals = [record for record in lines if any(is_total(value) for value in filled(record).values())]
    if len(totals) > max(3, len(lines) // 20):
        return lines, []
    return [record for record in lines if record not in totals], totals


def lists_in(sample: Iterable[Record]) -> list[str]:
    """The dotted paths of lists of objects, which a target may unfold."""
    paths: Counter[str] = Counter()

    def look(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                look(inner, f"{path}.{key}" if path else key)
        elif isinstance(value, list) and any(isinstance(element, dict) for element in value):
            paths[path] += 1

    for record in sample:
        look(record, "")
    return list(paths)


def unfolded(sample: list[Record], path: str | None) -> Iterator[Record]:
    """Records with one list unfolded and nested fields under their dotted paths; other lists are left out."""
    for record in sample:
        parents, elements = record, [None]
        if path:
            value: Any = record
            for key in path.split("."):
                value = value.get(key) if isinstance(value, dict) else None
            elements = value if isinstance(value, list) else []
        flat = dict(_flat(parents, ""))
        for element in elements:
            yield flat if path is None else {**flat, **dict(_flat(element, path))}


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else key)
    elif not isinstance(value, list):
        yield path, value


def columns_of(records: Iterable[Record], *, settles: bool) -> list[Column]:
    """Every column with its shape. What one leaves open (decimal mark, day or month first) the others settle where all
    are texts in one dialect; a workbook's own numbers say nothing of its texts."""
    texts: dict[str, Counter[str]] = {}
    count = 0
    for record in records:
        count += 1
        for name, value in record.items():
            counts = texts.setdefault(name, Counter())
            if value is not None and str(value).strip():
                counts[str(value).strip()] += 1
    values = dict(list(texts.items())[:_MAX_FIELDS])
    alone = {name: shape_of(found) for name, found in values.items()}
    decimals = Counter(
        s.settings["decimal"] for s in alone.values() if "decimal" in s.settings and not s.doubt
    )
    orders = {order for found in values.values() if (order := day_order(found)) is not None}
    decimal = decimals.most_common(1)[0][0] if decimals and settles else None
    day_first = orders.pop() if len(orders) == 1 else None
    return [
        Column(
            name=name,
            values=[text for text, _ in found.most_common()],
            shape=shape_of(found, decimal=decimal, day_first=day_first) if alone[name].doubt else alone[name],
            is_unique=len(found) == found.total() > 1,
            filled=found.total() / max(count, 1),
        )
        for name, found in values.items()
    ]
