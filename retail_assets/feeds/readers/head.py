"""What the beginning of a delimited text says: its dialect, and where its names stand."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.columns import (
    column_names,
    has_names,
    named_by_mapping,
    no_such_header,
    too_many_columns,
)
from retail_assets.feeds.readers.dialect import Dialect
from retail_assets.feeds.readers.guess import DELIMITERS, likeliest, likeliest_escape, split_header
from retail_assets.feeds.readers.layout import FileLayout

_LINE_END_IN_NAMES = re.compile(r"\r(?!\n)|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_VALUE = re.compile(r"[-+]?\d[\d.,:/-]*([ T]\d[\d.:Z+-]*)?")
"""A number, a date or a time."""


@dataclass(frozen=True)
class Head:
    """What the beginning of a file says: its dialect, its columns, and the lines before the first record."""

    dialect: Dialect
    columns: list[str]
    lines: int
    above: tuple[str, ...] = ()
    """The lines above the names."""
    sample: tuple[Sequence[str], ...] = ()
    """Some of the first records."""


def read_head(lines: Sequence[str], layout: FileLayout, *, tabs: bool, max_columns: int) -> Head:
    """Find dialect and columns from the first lines of a file."""
    quote = '"' if layout.quote is None else (layout.quote or None)
    start, stated = _first_line(lines, layout, quote)
    said = layout.delimiter or stated or ("\t" if tabs else None)
    _check(said, quote, layout.escape)
    delimiter = said or likeliest(lines[start:], quote)
    dialect = Dialect(delimiter, quote, layout.escape or None, layout.fill_short_lines)
    if layout.escape is None:
        dialect = replace(dialect, escape=likeliest_escape(lines[start:], dialect))
    header, records = split_header(lines[start:], dialect)
    if layout.has_header and layout.header_row is None:
        while header and not any(field.strip() for field in header[0]):
            start += header[1]
            header, records = split_header(lines[start:], dialect)
    if not header:
        raise Unreadable("empty", "A table was expected, but the file holds nothing but blank lines.")
    fields, span = header
    if len(fields) > max_columns:
        raise too_many_columns(f"{len(fields):,}", max_columns)
    if not layout.has_header:
        width = _width([fields, *records], dialect, named=len(layout.columns))
        names = (
            named_by_mapping(layout.columns, width, limit=max_columns) if layout.columns else [None] * width
        )
        return Head(dialect, column_names(names, limit=max_columns), start, sample=(fields, *records))
    width = len(fields)
    if records and all(len(r) == width + 1 and not r[-1] for r in records):
        # Every line ends with a delimiter, only the header does not.
        fields = [*fields, ""]
    if layout.columns:
        names = named_by_mapping(layout.columns, len(fields), limit=max_columns)
    else:
        names = column_names(fields, limit=max_columns)
    return Head(dialect, names, start + span, tuple(lines[:start]), tuple(records))


def refuse_header_alone(head: str) -> None:
    """Raise where the only line of a file holds more than names: its records, behind a line end that is none."""
    names = [name.strip(" \"'") for name in re.split(r"[,;|\t]", head.rstrip("\r\n"))]
    values = [name for name in names if _VALUE.fullmatch(name)]
    if _LINE_END_IN_NAMES.search(head.rstrip("\r\n")) or len(values) > max(1, len(names) // 3):
        raise Unreadable(
            "header_alone",
            f"Records below a line of names were expected, but the file has one line of {len(names):,} fields, and "
            f"they are no names alone ({', '.join((values or names)[:3])!r}). End each record with a line end (\\n or "
            "\\r\\n); if there is no header, write `header_row: 0` in the mapping.",
        )


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
            header, _ = split_header([line], Dialect(delimiter, quote))
            if header and has_names(header[0], layout.header):
                return number, delimiter
    raise no_such_header(layout.header, f"the first {len(lines):,} lines")


def _width(records: list[list[str]], dialect: Dialect, *, named: int) -> int:
    """The commonest number of fields; where short records are filled, as many as have a name or the highest."""
    widths = Counter(len(r) for r in records if any(r))
    if dialect.fill_short:
        return named or max(widths, default=1)
    return widths.most_common(1)[0][0] if widths else 1


def _check(delimiter: str | None, quote: str | None, escape: str | None) -> None:
    marks = [mark for mark in (quote, escape) if mark]
    broken = any(mark in (delimiter or "") for mark in (*marks, "\r", "\n"))
    if broken or any(len(mark) != 1 for mark in marks) or len({*marks}) < len(marks):
        raise Unreadable(
            "wrong_layout",
            f"The mapping states the delimiter {delimiter!r}, the quote {quote!r} and the escape {escape!r}; quote and "
            "escape must be one character each, none of them the same as another or part of the delimiter.",
        )
