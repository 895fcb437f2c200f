"""What cuts the lines of a text into fields, found out from its first lines."""

import csv
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from retail_assets.feeds.readers.dialect import Dialect

DELIMITERS = (",", ";", "\t", "|")
_ESCAPE = "\\"
_SAMPLE_RECORDS = 200
_HEADER_LINES = 20
"""A header whose quoted names span more lines than this is a stray quote."""
_MOST = 0.5
_COMPOUND = re.compile(r"[,;:|~^!@#$%&*<>=+\t§¦-]{2,5}")
"""What a delimiter of several characters may look like between names."""


def likeliest(lines: Sequence[str], quote: str | None) -> str:
    """The delimiter that cuts the header, then most records into as many fields, then into more of them."""

    def evenness(delimiter: str) -> tuple[bool, float, int]:
        header, records = split_header(lines, Dialect(delimiter, quote))
        width = len(header[0]) if header else 0
        filled = [r for r in records if any(field.strip() for field in r)]
        share = sum(len(r) == width for r in filled) / len(filled) if filled else 1.0
        return (width > 1, round(share, 1), width)

    return _compound(lines, quote) or max((d for d in DELIMITERS if d != quote), key=evenness)


def _compound(lines: Sequence[str], quote: str | None) -> str | None:
    """The characters that stand together between all names of a header and in most lines; `a||b` could also be
    cut by `|`, but leave out every other name and value."""
    filled = [line for line in lines[:_SAMPLE_RECORDS] if line.strip()]
    runs = set(_COMPOUND.findall(filled[0])) if filled else set()
    if len(runs) != 1:
        return None
    [run] = runs
    names = filled[0].split(run)
    cut_elsewhere = any(mark in name for name in names for mark in {*run, *DELIMITERS})
    if not all(names) or cut_elsewhere or (quote and quote in run):
        return None
    return run if sum(run in line for line in filled) >= _MOST * len(filled) else None


def likeliest_escape(lines: Sequence[str], dialect: Dialect) -> str | None:
    """The backslash, if more of the lines with one before a quote or delimiter are as wide as the header that way."""
    marks = [f"{_ESCAPE}{mark}" for mark in (dialect.quote, dialect.delimiter) if mark]
    marked = [line for line in lines if any(mark in line for mark in marks)][:_SAMPLE_RECORDS]
    escaped = replace(dialect, escape=_ESCAPE)
    fitting = {one: _fitting(marked, one, _width(lines, one)) for one in (dialect, escaped) if marked}
    return _ESCAPE if marked and fitting[escaped] > fitting[dialect] else None


def _width(lines: Sequence[str], dialect: Dialect) -> int:
    header, _ = split_header(lines, dialect)
    return len(header[0]) if header else 0


def _fitting(lines: Sequence[str], dialect: Dialect, width: int) -> int:
    count = 0
    for line in lines:
        with suppress(csv.Error):
            count += [len(fields) for fields in dialect.fields([f"{line}\n"])] == [width]
    return count


def split_header(
    lines: Sequence[str], dialect: Dialect
) -> tuple[tuple[list[str], int] | None, list[list[str]]]:
    """The first record with the number of its lines, and a sample of the following ones."""
    if not lines:
        return None, []
    first = _first_record(lines, dialect)
    records: list[list[str]] = []
    # Before a stray quote stands sample enough.
    with suppress(csv.Error):
        sample = lines[first[1] : first[1] + _SAMPLE_RECORDS]
        records.extend(dialect.fields([f"{line}\n" for line in sample]))
    return first, records


def _first_record(lines: Sequence[str], dialect: Dialect) -> tuple[list[str], int]:
    """The names, and how many lines they take: a quoted one may stand on several. One that swallows whole records
    begins with a stray quote."""
    for count in range(1, min(len(lines), _HEADER_LINES) + 1):
        with suppress(csv.Error):
            fields = next(dialect.fields([f"{line}\n" for line in lines[:count]]), [])
            swallowed = max((name.count(dialect.delimiter) for name in fields if "\n" in name), default=0)
            if swallowed >= 2 and swallowed * 2 >= len(fields):
                break
            return fields, count
    return [dialect.meant(name) for name in _without_quotes(lines[0], dialect)], 1


def _without_quotes(line: str, dialect: Dialect) -> list[str]:
    readable, _ = dialect.readable(line.encode())
    return readable.decode().rstrip("\r").split(dialect.cut)
