"""JSON documents and lines of JSON to records.

Each record's text is kept as it stands until DuckDB takes it apart: names first, then values, so that the
columns need not be known and a record that is no JSON spoils only itself.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.columns import (
    CELLS,
    MALFORMED,
    PLACE,
    RAW_CHARACTERS,
    RECORD,
    column_names,
)
from retail_assets.feeds.readers.encoding import BLOCK_BYTES, TextFile, open_text
from retail_assets.feeds.readers.engine import reader_duckdb
from retail_assets.feeds.readers.json_cursor import MAX_DEPTH, Cursor, OtherLists, find_records, records_at
from retail_assets.feeds.readers.json_values import cell, number_text
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.line_ends import RETURN, with_line_feeds
from retail_assets.feeds.readers.lines import Piece, marked, whole_lines
from retail_assets.feeds.readers.output import write_frames
from retail_assets.feeds.readers.records import RECORDS_FILE, ReaderLimits, RecordSet
from retail_assets.sql import identifier, literal, parquet

SEVERAL_LISTS = "several_lists"
MAX_NAMED_LISTS = 50
"""So many of those that nobody asked for are named: a document may have millions."""
_DOCUMENT = "$"


def read_json(path: Path, *, layout: FileLayout, out: Path, limits: ReaderLimits) -> RecordSet:
    """Read a JSON document, or lines of JSON that only call themselves one."""
    source = open_text(path, declared=layout.encoding)
    if layout.records is None and _is_lines(source):
        return read_ndjson(path, layout=layout, out=out, limits=limits)
    first = Cursor(source).peek()
    if not first:
        raise Unreadable("empty", "A JSON document was expected, but the file is blank.")
    if first not in "[{":
        raise Cursor(source).broken(f"{first} stands where a list or an object was expected")
    where = _path(source, layout)
    place = ".".join(where) or None
    others = OtherLists()
    texts = records_at(Cursor(source), where, others)
    if layout.records is None:
        texts = _of_the_only_list(texts, place, others)
    records = _unfold(_frames(_batches(texts), place), source, "json", out=out, limits=limits)
    return replace(records, left_out=_in_words(others))


def read_ndjson(path: Path, *, layout: FileLayout, out: Path, limits: ReaderLimits) -> RecordSet:
    """Read one JSON object a line; blank lines are no records."""
    source = open_text(path, declared=layout.encoding)
    return _unfold(_frames(_lines(source), None), source, "ndjson", out=out, limits=limits)


def _is_lines(source: TextFile) -> bool:
    """Whether the first line is a whole object and not the only one."""
    lines = (line for piece in _pieces(source) for line in piece.data.split(b"\n") if line.strip())
    first = next(lines, b"")
    if not first.lstrip().startswith(b"{") or next(lines, None) is None:
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _path(source: TextFile, layout: FileLayout) -> tuple[str, ...]:
    if layout.records == _DOCUMENT:
        return ()
    if layout.records is not None:
        return tuple(layout.records.split("."))
    if Cursor(source).peek() == "[":
        return ()
    return find_records(Cursor(source)) or ()


def _of_the_only_list(texts: Iterator[str], path: str | None, others: OtherLists) -> Iterator[str]:
    """The records; raises Unreadable once it turns out that the document has another list of them. An empty one may be
    that which is meant, on a day without any."""
    yield from texts
    if found := [*_in_words(others), *(f"{empty} (empty)" for empty in others.empty[:MAX_NAMED_LISTS])]:
        raise Unreadable(
            SEVERAL_LISTS,
            f"One list of records was expected, but beside {path} there is {', '.join(found)}. Say in the mapping "
            f"which one is meant, as in `file: {{records: {path}}}`, or take the document as one record with "
            '`file: {records: "$"}` and `unfold` its lists.',
        )


def _in_words(others: OtherLists) -> tuple[str, ...]:
    """So many of those with records as somebody would read."""
    found = [f"{path} ({count:,} records)" for path, count in (+others.counts).items()]
    more = (f"{len(found) - MAX_NAMED_LISTS:,} lists more",) if len(found) > MAX_NAMED_LISTS else ()
    return (*found[:MAX_NAMED_LISTS], *more)


def _pieces(source: TextFile) -> Iterator[Piece]:
    """Whole lines; within a JSON record no carriage return can stand that is no line end."""
    return whole_lines(with_line_feeds(source.blocks(), RETURN))


def _lines(source: TextFile) -> Iterator[list[str]]:
    """The lines of a file that are not blank."""
    for piece in _pieces(source):
        lines = [line for line in piece.data.decode().split("\n") if line and not line.isspace()]
        yield [marked(line) for line in lines] if piece.damaged else lines


def _batches(texts: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size > BLOCK_BYTES:
            yield batch
            batch, size = [], 0
    yield batch


def _frames(batches: Iterator[list[str]], place: str | None) -> Iterator[pl.DataFrame]:
    """Records' texts; those that are nested too deep are malformed."""
    done = 0
    for batch in batches:
        frame = pl.DataFrame({"text": batch}, schema={"text": pl.String})
        text = pl.col("text")
        opened = text.str.count_matches("[", literal=True) + text.str.count_matches("{", literal=True)
        suspects = frame.select((opened > MAX_DEPTH).arg_true()).to_series().to_list()
        deep = pl.Series([i for i in suspects if _depth(batch[i]) > MAX_DEPTH], dtype=pl.UInt32)
        is_deep = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(deep.implode())
        yield frame.select(
            pl.int_range(done + 1, done + len(batch) + 1, dtype=pl.Int64).alias(RECORD),
            pl.lit(place, pl.String).alias(PLACE),
            pl.when(is_deep).then("text").alias(MALFORMED),
            pl.when(~is_deep).then("text").alias("text"),
        )
        done += len(batch)


def _depth(record: str) -> int:
    data = np.frombuffer(record.encode(), np.uint8)
    opened = np.isin(data, list(b"[{")).astype(np.int32)
    return int(np.cumsum(opened - np.isin(data, list(b"]}"))).max())


def _unfold(
    frames: Iterator[pl.DataFrame], source: TextFile, format: str, *, out: Path, limits: ReaderLimits
) -> RecordSet:
    """Take the records' texts apart into one column a name, in order of first appearance."""
    raw = write_frames(frames, columns=["text"], out=out, name="texts.parquet")
    target = out / RECORDS_FILE
    with reader_duckdb(limits, read=raw.path, write=target, scratch=out) as connection:
        texts = parquet(raw.path)
        good = r"starts_with(ltrim(text, E' \t\r'), '{') and json_valid(text)"
        connection.execute(f"""
            create temp table shapes as
            select names, len(names) > list_unique(names) as repeats, first from (
                select json_keys(text) as names, min({RECORD}) as first from {texts} where {good} group by names)
        """)
        if connection.execute("select bool_or(repeats) from shapes").fetchone() == (True,):
            good = f"case when {good} then len(json_keys(text)) = list_unique(json_keys(text)) end"
        found = connection.execute(f"""
            select name from (
                select first, unnest(names) as name, generate_subscripts(names, 1) as position
                from shapes where not repeats)
            group by name order by min((first, position)) limit {limits.columns + 1}
        """).fetchall()
        names = [name for (name,) in found]
        columns = column_names(names, limit=limits.columns)
        pointers = ", ".join(literal("/" + n.replace("~", "~0").replace("/", "~1")) for n in names)
        values = "".join(
            f", {number_text(f'fields[{i}]', f'kinds[{i}]')} as {identifier(c)}"
            for i, c in enumerate(columns, start=1)
        )
        cells = cell("fields[i]", "kinds[i]")
        connection.execute(f"""
            copy (
                select {RECORD}, {PLACE},
                    case when not coalesce(good, false)
                         then left(coalesce({MALFORMED}, text), {RAW_CHARACTERS}) end as {MALFORMED},
                    array_to_string([{cells} for i in range(1, {len(columns) + 1})], '') as {CELLS}{values}
                from (select *, case when good then json_extract_string(text, [{pointers}]) end as fields,
                          case when good then json_type(text, [{pointers}]) end as kinds
                      from (select *, {good} as good from {texts}))
            ) to {literal(str(target))} (format parquet, compression lz4_raw, use_tmp_file false)
        """)
    raw.path.unlink()
    return RecordSet(
        path=target,
        columns=columns,
        format=format,
        record_count=raw.count,
        encoding=source.encoding,
        encoding_doubt=source.doubt,
    )
