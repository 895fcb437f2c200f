"""How a delimited text is written: its delimiter, its quote, and where its names stand."""

import csv
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.columns import (
    column_names,
    has_names,
    named_by_mapping,
    no_such_header,
    too_many_columns,
)
from retail_assets.feeds.readers.layout import FileLayout

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_RECORDS = 200
_HEADER_LINES = 20
"""A header whose quoted names span more lines than this is a stray quote."""


@dataclass(frozen=True)
class Dialect:
    """How records are cut into fields."""

    delimiter: str
    quote: str | None
    fill_short: bool = False
    """Whether fields that are missing at the end of a record are empty."""

    @property
    def single_bytes(self) -> bool:
        """Whether delimiter and quote are one byte each in UTF-8, as the fast parser needs them."""
        return self.delimiter.isascii() and (self.quote is None or self.quote.isascii())

    def reader(self, lines):
        """The standard library's reader; a misplaced quote raises csv.Error."""
        if self.quote is None:
            return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE, strict=True)
        return csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote, strict=True)


@dataclass(frozen=True)
class Head:
    """What the beginning of a file says: its dialect, its columns, and the lines before the first record."""

    dialect: Dialect
    columns: list[str]
    lines: int
    above: tuple[str, ...] = ()
    """The lines above the names."""


def read_head(lines: Sequence[str], layout: FileLayout, *, tabs: bool, max_columns: int) -> Head:
    """Find dialect and columns from the first lines of a file."""
    quote = '"' if layout.quote is None else (layout.quote or None)
    start, stated = _first_line(lines, layout, quote)
    delimiter = layout.delimiter or stated or ("\t" if tabs else _likeliest(lines[start:], quote))
    _check(delimiter, quote)
    dialect = Dialect(delimiter, quote, layout.fill_short_lines)
    header, records = _split_header(lines[start:], dialect)
    has_header = layout.header_row != 0 and not (layout.columns and layout.header_row is None)
    if has_header and layout.header_row is None:
        while header and not any(field.strip() for field in header[0]):
            start += header[1]
            header, records = _split_header(lines[start:], dialect)
    if not header:
        raise Unreadable("empty", "A table was expected, but the file holds nothing but blank lines.")
    fields, span = header
    if len(fields) > max_columns:
        raise too_many_columns(f"{len(fields):,}", max_columns)
    if not has_header:
        width = _width([fields, *records], dialect, named=len(layout.columns))
        names = (
            named_by_mapping(layout.columns, width, limit=max_columns) if layout.columns else [None] * width
        )
        return Head(dialect, column_names(names, limit=max_columns), start)
    width = len(fields)
    if records and all(len(r) == width + 1 and not r[-1] for r in records):
        # Every line ends with a delimiter, only the header does not.
        fields = [*fields, ""]
    if layout.columns:
        names = named_by_mapping(layout.columns, len(fields), limit=max_columns)
    else:
        names = column_names(fields, limit=max_columns)
    return Head(dialect, names, start + span, tuple(lines[:start]))


def _first_line(lines: Sequence[str], layout: FileLayout, quote: str | None) -> tuple[int, str | None]:
    """Where header or records begin, and the delimiter that a `sep=;` line (Excel's) states."""
    if layout.header:
        return _line_with(layout, lines, quote)
    if layout.header_row:
        if layout.header_row > len(lines):
            raise Unreadable(
                "no_header",
                f"The mapping says that line {layout.header_row} holds the column names, but the file has "
                f"{len(lines)} lines; correct header_row.",
            )
        return layout.header_row - 1, None
    if layout.header_row == 0 or layout.columns:
        return 0, None
    start = next((i for i, line in enumerate(lines) if line.strip()), 0)
    line = lines[start].strip().strip('"')
    if line.lower().startswith("sep=") and len(line) == 5:
        return start + 1, line[-1]
    if lines[start].rstrip("\r").lower() == "sep=\t":
        return start + 1, "\t"
    return start, None


def _line_with(layout: FileLayout, lines: Sequence[str], quote: str | None) -> tuple[int, str]:
    """The first line that has the header's names, and the delimiter by which it has them."""
    delimiters = (layout.delimiter,) if layout.delimiter else DELIMITERS
    for number, line in enumerate(lines):
        for delimiter in delimiters:
            header, _ = _split_header([line], Dialect(delimiter, quote))
            if header and has_names(header[0], layout.header):
                return number, delimiter
    raise no_such_header(layout.header, f"the first {len(lines):,} lines")


def _likeliest(lines: Sequence[str], quote: str | None) -> str:
    """The delimiter that cuts the header, then most records into as many fields, then into more of them."""

    def evenness(delimiter: str) -> tuple[bool, float, int]:
        header, records = _split_header(lines, Dialect(delimiter, quote))
        width = len(header[0]) if header else 0
        filled = [r for r in records if any(field.strip() for field in r)]
        share = sum(len(r) == width for r in filled) / len(filled) if filled else 1.0
        return (width > 1, round(share, 1), width)

    return max(DELIMITERS, key=evenness)


def _split_header(
    lines: Sequence[str], dialect: Dialect
) -> tuple[tuple[list[str], int] | None, list[list[str]]]:
    """The first record with the number of its lines, and a sample of the following ones."""
    if not lines:
        return None, []
    reader = dialect.reader(iter([f"{line}\n" for line in lines[: 2 * _SAMPLE_RECORDS]]))
    try:
        first = next(reader), reader.line_num
    except csv.Error:
        first = (_without_quotes(lines[0], dialect), 1)
    if first[1] > _HEADER_LINES:
        first = (_without_quotes(lines[0], dialect), 1)
    sample = dialect.reader(f"{line}\n" for line in lines[first[1] : first[1] + _SAMPLE_RECORDS])
    records: list[list[str]] = []
    # Before a stray quote stands sample enough.
    with suppress(csv.Error):
        records.extend(sample)
    return first, records


def _without_quotes(line: str, dialect: Dialect) -> list[str]:
    return line.rstrip("\r").split(dialect.delimiter)


def _width(records: list[list[str]], dialect: Dialect, *, named: int) -> int:
    """The commonest number of fields; where short records are filled, as many as have a name or the highest."""
    widths = Counter(len(r) for r in records if any(r))
    if dialect.fill_short:
        return named or max(widths, default=1)
    return widths.most_common(1)[0][0] if widths else 1


def _check(delimiter: str, quote: str | None) -> None:
    wrong = len(delimiter) != 1 or delimiter in "\r\n" or (quote is not None and len(quote) != 1)
    if wrong or quote == delimiter:
        raise Unreadable(
            "wrong_layout",
            f"The mapping states the delimiter {delimiter!r} and the quote {quote!r}; each must be one "
            "character, and not the same.",
        )
