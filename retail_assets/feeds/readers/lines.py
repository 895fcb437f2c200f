"""Physical lines of a text, and the careful way from lines to records when quotes cannot be trusted.

A record that does not fit (wrong number of fields, a quote where none may stand, one that is never closed, two that
hold other records) is malformed. If it spans several lines, only its first line is, and reading goes on with the
second: an unclosed quote costs one record, not the rest of the file.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from retail_assets.feeds.readers.columns import cut_raw
from retail_assets.feeds.readers.dialect import Dialect
from retail_assets.feeds.readers.encoding import Block

MAX_RECORD_BYTES = 4 * 2**20
"""A longer record is malformed."""
DAMAGE = "\N{REPLACEMENT CHARACTER}"


def marked(text: str) -> str:
    """A text of a damaged piece, made no JSON if the damage is in it: what was replaced must not pass for what
    was sent.
    """
    return f"{DAMAGE}{text}" if DAMAGE in text else text


@dataclass(frozen=True)
class Piece:
    """Whole lines of a text; every line ends with a newline."""

    data: bytes
    damaged: bool
    final: bool


@dataclass
class Records:
    """Records of a piece by their number in it, from 1."""

    good: list[Sequence[str]] = field(default_factory=list)
    good_numbers: list[int] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)
    malformed_numbers: list[int] = field(default_factory=list)
    used_lines: int = 0

    @property
    def count(self) -> int:
        return len(self.good) + len(self.malformed)

    def add(self, fields: Sequence[str]) -> None:
        self.good_numbers.append(self.count + 1)
        self.good.append(fields)

    def add_malformed(self, raw: str) -> None:
        self.malformed_numbers.append(self.count + 1)
        self.malformed.append(cut_raw(raw.removesuffix("\n").removesuffix("\r")))


def whole_lines(blocks: Iterable[Block]) -> Iterator[Piece]:
    """Cut blocks at line ends. What is beyond MAX_RECORD_BYTES of one line is dropped and counts as damage."""
    begun, begun_damaged = b"", False
    for block in blocks:
        data = block.data
        end = data.rfind(b"\n") + 1
        if end:
            yield Piece(
                b"".join((begun, memoryview(data)[:end])), begun_damaged or block.damaged, final=False
            )
            begun, begun_damaged = data[end:], block.damaged
        else:
            begun, begun_damaged = begun + data, begun_damaged or block.damaged
        if len(begun) > MAX_RECORD_BYTES:
            begun = begun[:MAX_RECORD_BYTES].decode(errors="ignore").encode() + DAMAGE.encode()
            begun_damaged = True
    yield Piece(begun + b"\n" if begun else b"", begun_damaged, final=True)


def read_lines(
    lines: list[str],
    dialect: Dialect,
    *,
    width: int,
    damaged: bool,
    final: bool,
    swallows: Callable[[Sequence[str]], bool],
) -> Records:
    """Read records from lines (with their ends) as far as they are whole; at the end of the file, all. A record of
    several lines that `swallows` others is none."""
    csv.field_size_limit(MAX_RECORD_BYTES)
    records = Records()
    at = 0
    while at < len(lines):
        following = _Following(lines, at, dialect)
        reader, base = dialect.reader(following), at
        try:
            for fields in reader:
                end = base + reader.line_num
                following.in_quotes = False
                fitting = _fitting(_filled(fields, dialect, width), lines[at:end], width, damaged=damaged)
                if fitting is not None and not (end - at > 1 and swallows(fitting)):
                    records.add(fitting)
                    at = end
                    continue
                records.add_malformed(lines[at])
                at += 1
                if at < end:
                    break
        except csv.Error:
            if following.exhausted and not final and _size(lines[at:]) <= MAX_RECORD_BYTES:
                break
            line = dialect.tightened_line(lines[at])
            fields = _filled(_unquoted(line, dialect), dialect, width)
            fitting = _fitting(fields, lines[at : at + 1], width, damaged=damaged) if fields else None
            several = [] if fitting else _several(line, dialect, width, damaged=damaged)
            for record in [fitting] if fitting is not None else several:
                records.add(record)
            if fitting is None and not several:
                records.add_malformed(lines[at])
            at += 1
    records.used_lines = at
    return records


class _Following:
    """The lines from one on without blanks around quotes, remembering whether the reader asked for more than there
    are."""

    def __init__(self, lines: list[str], start: int, dialect: Dialect) -> None:
        self.lines, self.at, self.dialect = lines, start, dialect
        self.exhausted = False
        self.in_quotes = False
        """Whether the next line begins within a quoted field."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at == len(self.lines):
            self.exhausted = True
            raise StopIteration
        self.at += 1
        line, quote = self.lines[self.at - 1], self.dialect.quote
        if quote is None:
            return line
        begun = quote if self.in_quotes else ""
        self.in_quotes ^= line.count(quote) % 2 == 1
        return self.dialect.tightened_line(begun + line).removeprefix(begun)


def _filled(fields: list[str], dialect: Dialect, width: int) -> list[str]:
    return [*fields, *[""] * (width - len(fields))] if dialect.fill_short and fields else fields


def _fitting(fields: list[str], lines: list[str], width: int, *, damaged: bool) -> Sequence[str] | None:
    """The fields of a well-formed record; a blank line is a record of empty fields."""
    if damaged and any(DAMAGE in line for line in lines):
        return None
    if len(fields) == width and (len(lines) == 1 or _size(lines) <= MAX_RECORD_BYTES):
        return fields
    if len(lines) == 1 and not lines[0].strip():
        return [""] * width
    return None


def _unquoted(line: str, dialect: Dialect) -> list[str]:
    """The fields of a line with a lone carriage return, which the standard library's reader refuses."""
    if dialect.quote is not None and dialect.quote in line:
        return []
    return line.removesuffix("\n").removesuffix("\r").split(dialect.cut)


def _several(line: str, dialect: Dialect, width: int, *, damaged: bool) -> list[list[str]]:
    """The records of a line that carriage returns cut into whole ones, as where files were joined."""
    parts = line.rstrip("\r\n").split("\r")
    if len(parts) < 2 or (damaged and DAMAGE in line):
        return []
    try:
        records = [fields for part in parts for fields in dialect.reader(iter([f"{part}\n"]))]
    except csv.Error:
        return []
    return records if all(len(fields) == width for fields in records) else []


def _size(lines: list[str]) -> int:
    return sum(map(len, lines))
