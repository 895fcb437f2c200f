"""JSON documents and lines of JSON to records.

Each record's text is kept as it stands until DuckDB takes it apart: names first, then values, so that the
columns need not be known and a record that is no JSON spoils only itself.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from retail_assets.feeds.errors import Unreadable
from retail_assets.feeds.readers.columns import (
    MALFORMED,
    PLACE,
    RAW_CHARACTERS,
    RECORD,
    column_names,
)
from retail_assets.feeds.readers.encoding import TextFile, open_text
from retail_assets.feeds.readers.json_cursor import MAX_DEPTH, Cursor, find_records, records_at
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.lines import DAMAGE, whole_lines
from retail_assets.feeds.readers.output import write_frames
from retail_assets.feeds.readers.records import ReaderLimits, RecordSet
from retail_assets.feeds.readers.sandbox import connect
from retail_assets.sql import identifier, literal

_BATCH = 50_000
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
    frames = _frames(records_at(Cursor(source), where), place)
    return _unfold(frames, source, "json", out=out, limits=limits)


def read_ndjson(path: Path, *, layout: FileLayout, out: Path, limits: ReaderLimits) -> RecordSet:
    """Read one JSON object a line; blank lines are no records."""
    source = open_text(path, declared=layout.encoding)
    return _unfold(_frames(_lines(source), None), source, "ndjson", out=out, limits=limits)


def _is_lines(source: TextFile) -> bool:
    """Whether the first line is a whole object and not the only one."""
    lines = (
        line for piece in whole_lines(source.blocks()) for line in piece.data.split(b"\n") if line.strip()
    )
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


def _lines(source: TextFile) -> Iterator[str]:
    for piece in whole_lines(source.blocks()):
        for line in piece.data.decode().split("\n"):
            if line.strip():
                # What was replaced in a damaged piece must not pass for what was sent.
                yield f"{DAMAGE}{line}" if piece.damaged and DAMAGE in line else line


def _frames(texts: Iterator[str], place: str | None) -> Iterator[pl.DataFrame]:
    """Records' texts in batches; what is nested too deep is malformed."""
    batch: list[str] = []
    size = done = 0

    def frame() -> pl.DataFrame:
        deep = [_depth(t) > MAX_DEPTH if t.count("[") + t.count("{") > MAX_DEPTH else False for t in batch]
        numbers = np.arange(done + 1, done + len(batch) + 1)
        return pl.DataFrame({RECORD: numbers, "text": batch, "deep": deep}).select(
            RECORD,
            pl.lit(place, pl.String).alias(PLACE),
            pl.when("deep").then("text").alias(MALFORMED),
            pl.when(~pl.col("deep")).then("text").alias("text"),
        )

    for record in texts:
        batch.append(record)
        size += len(record)
        if len(batch) == _BATCH or size > 2**24:
            yield frame()
            done, size = done + len(batch), 0
            batch.clear()
    if batch:
        yield frame()


def _depth(record: str) -> int:
    data = np.frombuffer(record.encode(), np.uint8)
    opened = np.isin(data, list(b"[{")).astype(np.int32)
    return int(np.cumsum(opened - np.isin(data, list(b"]}"))).max())


def _unfold(
    frames: Iterator[pl.DataFrame], source: TextFile, format: str, *, out: Path, limits: ReaderLimits
) -> RecordSet:
    """Take the records' texts apart into one column a name, in order of first appearance."""
    raw = write_frames(frames, columns=["text"], out=out, name="texts.parquet")
    target = out / "records.parquet"
    with connect(limits, read=raw.path, write=target, scratch=out) as connection:
        connection.execute(f"""
            create view texts as select {RECORD}, {PLACE}, {MALFORMED}, text,
                json_valid(text) and case when json_valid(text) then json_type(text) = 'OBJECT'
                    and len(json_keys(text)) = list_unique(json_keys(text)) end as good
            from read_parquet({literal(str(raw.path))})
        """)
        names = [
            name
            for (name,) in connection.execute(f"""
                select name from (
                    select {RECORD}, unnest(json_keys(text)) as name,
                        generate_subscripts(json_keys(text), 1) as place
                    from texts where good)
                group by name order by min({RECORD} * 1000000 + place) limit {limits.columns + 1}
            """).fetchall()
        ]
        columns = column_names(names, limit=limits.columns)
        pointers = ", ".join(literal("/" + n.replace("~", "~0").replace("/", "~1")) for n in names)
        values = "".join(f", fields[{i}] as {identifier(c)}" for i, c in enumerate(columns, start=1))
        connection.execute(f"""
            copy (
                select {RECORD}, {PLACE},
                    case when not coalesce(good, false)
                         then left(coalesce({MALFORMED}, text), {RAW_CHARACTERS}) end as {MALFORMED}{values}
                from (select *, case when good then json_extract_string(text, [{pointers}]) end as fields
                      from texts)
            ) to {literal(str(target))} (format parquet, compression lz4_raw, use_tmp_file false)
        """)
    raw.path.unlink()
    return RecordSet(
        path=target, columns=columns, format=format, record_count=raw.count, encoding=source.encoding
    )
