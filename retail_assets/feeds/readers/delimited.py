"""Delimited text (CSV, TSV and their relatives) to records, piece by piece in bounded memory.

Three ways through a piece, which give the same records: polars, when every record is known to have the right
number of fields; polars for the good records beside the malformed ones, when every malformed one is one line;
and the standard library's reader, line by line, when quotes are misplaced or never closed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.columns import MALFORMED, RECORD, cut_raw, too_many_columns
from retail_assets.feeds.readers.dialect import Dialect
from retail_assets.feeds.readers.encoding import TextFile, open_text
from retail_assets.feeds.readers.head import read_head, refuse_header_alone
from retail_assets.feeds.readers.last_line import cut_off
from retail_assets.feeds.readers.layout import FileLayout
from retail_assets.feeds.readers.line_ends import foreign_line_end, with_line_feeds
from retail_assets.feeds.readers.lines import DAMAGE, MAX_RECORD_BYTES, Piece, read_lines, whole_lines
from retail_assets.feeds.readers.names_again import NamesAgain
from retail_assets.feeds.readers.output import only, write_frames
from retail_assets.feeds.readers.records import ReaderLimits, RecordSet, above_names
from retail_assets.feeds.readers.structure import Structure, filled, inspect
from retail_assets.feeds.readers.swallowed import Swallowing

_HEAD_BYTES = 2**20


@dataclass(frozen=True)
class Delimited:
    """A file whose head is read, and its records, which are read as they are taken."""

    columns: list[str]
    frames: Iterator[pl.DataFrame]
    text: TextFile
    dialect: Dialect
    head: str
    """The lines before the first record."""
    names_again: NamesAgain
    above: tuple[str, ...] = ()


def read_delimited(
    path: Path, *, layout: FileLayout, out: Path, limits: ReaderLimits, tabs: bool
) -> RecordSet:
    """Read a CSV file, or a TSV file when `tabs`."""
    table = open_delimited(path, layout=layout, limits=limits, tabs=tabs)
    written = write_frames(table.frames, columns=table.columns, out=out)
    if not written.count:
        refuse_header_alone(table.head)
    doubt = cut_off(path, written.path, table.columns[-1])
    return RecordSet(
        path=written.path,
        columns=table.columns,
        format="tsv" if tabs else "csv",
        record_count=written.count,
        encoding=table.text.encoding,
        encoding_doubt=table.text.doubt,
        delimiter=table.dialect.delimiter,
        escape=table.dialect.escape,
        above=above_names(table.above, layout),
        above_again=table.names_again.blocks,
        doubts=(doubt,) if doubt else (),
    )


def open_delimited(path: Path, *, layout: FileLayout, limits: ReaderLimits, tabs: bool) -> Delimited:
    """The head of a CSV file, or of a TSV file when `tabs`."""
    text = open_text(path, declared=layout.encoding)
    start = next(text.blocks(), None)
    if start is None or not start.data.strip():
        raise Unreadable("empty", "A table was expected, but the file holds nothing but blank lines.")
    line_end = foreign_line_end(start.data, quote='"' if layout.quote is None else layout.quote)
    pieces = whole_lines(with_line_feeds(text.blocks(), line_end))
    first = next(pieces)
    lines = _first_lines(first, limits)
    head = read_head(lines, layout, tabs=tabs, max_columns=limits.columns)
    names_again = NamesAgain(head.columns, above=bool(layout.above), join=head.dialect.delimiter.join)
    table = _Table(head.dialect, head.columns, head.sample, names_again)
    frames = table.frames(_without(first, head.lines), pieces)
    above = "\n".join(lines[: head.lines])
    return Delimited(head.columns, frames, text, head.dialect, above, names_again, head.above)


def _first_lines(first: Piece, limits: ReaderLimits) -> list[str]:
    end = first.data.rfind(b"\n", 0, _HEAD_BYTES) + 1 or first.data.find(b"\n") + 1
    if end > MAX_RECORD_BYTES:
        raise too_many_columns(f"a line of more than {MAX_RECORD_BYTES:,} bytes", limits.columns)
    return first.data[:end].decode().split("\n")[:-1]


def _without(first: Piece, lines: int) -> Piece:
    start = 0
    for _ in range(lines):
        start = first.data.index(b"\n", start) + 1
    return Piece(first.data[start:], first.damaged, first.final)


@dataclass(frozen=True)
class _Table:
    """Records of one width, written in one dialect."""

    dialect: Dialect
    columns: list[str]
    sample: Sequence[Sequence[str]]
    """Some of the first records."""
    names_again: NamesAgain

    @property
    def width(self) -> int:
        return len(self.columns)

    @cached_property
    def swallowing(self) -> Swallowing:
        return Swallowing(self.width, self.dialect.cut, self.sample, may_be_short=self.dialect.fill_short)

    def frames(self, first: Piece, pieces: Iterator[Piece]) -> Iterator[pl.DataFrame]:
        """Frames of the columns, `_record` (from 1) and `_malformed`, in file order."""
        done, begun, begun_damaged = 0, b"", False
        piece: Piece | None = first
        while piece is not None:
            data, in_the_way = self.dialect.readable(piece.data)
            damaged = piece.damaged or begun_damaged or in_the_way
            whole = Piece(begun + data, damaged, piece.final)
            if whole.data:
                frame, begun = self._parse(self._filled(whole) if self.dialect.fill_short else whole)
                frame = self.dialect.given_back(frame, [*self.columns, MALFORMED])
                begun_damaged = damaged and bool(begun)
                if self.names_again.may_stand_in(whole.data):
                    self.names_again.look(
                        only(frame, self.columns), first=done + 1, malformed=frame[MALFORMED]
                    )
                yield frame.with_columns(pl.col(RECORD) + done) if done else frame
                done += frame.height
            piece = next(pieces, None)

    def _filled(self, piece: Piece) -> Piece:
        """Whole records made as wide as the table, where their structure can be trusted."""
        if self.width == 1 or not self.dialect.single_bytes:
            return piece
        piece, found = self._inspected(piece)
        if not found.sound or found.regular(self.width):
            return piece
        data = filled(piece.data, found, width=self.width, delimiter=self.dialect.cut)
        return Piece(data, piece.damaged, piece.final)

    def _inspected(self, piece: Piece) -> tuple[Piece, Structure]:
        """The structure of whole records, without blanks around quotes if that makes it sound."""
        found = inspect(piece.data, delimiter=self.dialect.cut, quote=self.dialect.quote)
        if found.sound or len(tight := self.dialect.tightened(piece.data)) == len(piece.data):
            return piece, found
        return self._inspected(Piece(tight, piece.damaged, piece.final))

    def _parse(self, piece: Piece) -> tuple[pl.DataFrame, bytes]:
        """The records of a piece, and its rest that no record takes yet."""
        if self.width > 1 and self.dialect.single_bytes:
            piece, found = self._inspected(piece)
            rest = len(piece.data) - found.end
            if found.sound and not (rest and piece.final) and rest <= MAX_RECORD_BYTES:
                if not piece.damaged and found.regular(self.width):
                    frame = self._regular(piece.data[: found.end], np.arange(1, len(found.ends) + 1))
                else:
                    frame = self._beside_malformed(piece, found)
                if frame is not None and not self._swallow(frame, found.on_several_lines(piece.data)):
                    return frame, piece.data[found.end :]
        return self._by_line(piece)

    def _swallow(self, frame: pl.DataFrame, suspects: np.ndarray) -> bool:
        return len(suspects) > 0 and self.swallowing.in_frame(only(frame, self.columns)[suspects])

    def _regular(self, data: bytes, numbers: np.ndarray) -> pl.DataFrame | None:
        """Records that are known to be regular; None if polars sees them otherwise."""
        if not data:
            return self._frame({}, [], [])
        try:
            frame = pl.read_csv(
                data,
                has_header=False,
                schema=dict.fromkeys(self.columns, pl.String),
                separator=self.dialect.cut,
                quote_char=self.dialect.quote,
                empty_string_is_null=False,
            )
        except pl.exceptions.PolarsError:
            return None
        if frame.height != len(numbers):
            return None
        return frame.hstack(
            [
                pl.Series(RECORD, numbers),
                pl.Series(MALFORMED, [None], pl.String).new_from_index(0, frame.height),
            ]
        )

    def _beside_malformed(self, piece: Piece, found: Structure) -> pl.DataFrame | None:
        """Records of which some are malformed or blank; None if one of those spans several lines."""
        good = found.fields == self.width
        if piece.damaged:
            if found.quoted:
                return None
            good[_lines_with(DAMAGE.encode(), piece.data, found.ends)] = False
        starts = np.concatenate(([0], found.ends[:-1] + 1))
        keep = np.repeat(good, found.ends + 1 - starts)
        data = np.frombuffer(piece.data, np.uint8, count=found.end)[keep].tobytes()
        regular = self._regular(data, np.flatnonzero(good) + 1)
        others = np.flatnonzero(~good)
        raw = [piece.data[starts[i] : found.ends[i]].decode() for i in others]
        if regular is None or any("\n" in record for record in raw):
            return None
        blank = [not line.strip() for line in raw]
        rest = self._frame(
            {name: ["" if b else None for b in blank] for name in self.columns},
            (others + 1).tolist(),
            [None if b else cut_raw(line.removesuffix("\r")) for b, line in zip(blank, raw, strict=True)],
        )
        return pl.concat([regular, rest]).sort(RECORD)

    def _by_line(self, piece: Piece) -> tuple[pl.DataFrame, bytes]:
        lines = [f"{line}\n" for line in piece.data.decode().split("\n")[:-1]]
        records = read_lines(
            lines,
            self.dialect,
            width=self.width,
            damaged=piece.damaged,
            final=piece.final,
            swallows=self.swallowing.in_record,
        )
        fields = zip(*records.good, strict=True) if records.good else [[]] * self.width
        good = self._frame(
            dict(zip(self.columns, fields, strict=True)),
            records.good_numbers,
            [None] * len(records.good),
        )
        nothing = [None] * len(records.malformed)
        bad = self._frame(dict.fromkeys(self.columns, nothing), records.malformed_numbers, records.malformed)
        used = sum(len(line.encode()) for line in lines[: records.used_lines])
        return pl.concat([good, bad]).sort(RECORD), piece.data[used:]

    def _frame(self, fields: dict, numbers: list[int], malformed: Sequence[str | None]) -> pl.DataFrame:
        schema = {**dict.fromkeys(self.columns, pl.String), RECORD: pl.Int64, MALFORMED: pl.String}
        data = {name: fields.get(name, []) for name in self.columns}
        return pl.DataFrame({**data, RECORD: numbers, MALFORMED: malformed}, schema=schema)


def _lines_with(mark: bytes, data: bytes, ends: np.ndarray) -> np.ndarray:
    """The numbers (from 0) of the lines in which a mark stands."""
    found, at = [], data.find(mark)
    while at >= 0:
        found.append(at)
        at = data.find(mark, at + len(mark))
    return np.unique(np.searchsorted(ends, [at for at in found if at <= (ends[-1] if len(ends) else -1)]))
