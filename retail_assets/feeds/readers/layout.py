"""What a source's mapping may say about the layout of its files. Everything is optional: what is not said is
found out from the file.
"""

import re
from dataclasses import dataclass

FORMATS = ("csv", "tsv", "json", "ndjson", "parquet", "excel")
"""The formats that become records; `FileLayout.format` names one of them."""

ABOVE = "above."
"""Begins what mappings call the values that `FileLayout.above` finds."""


@dataclass(frozen=True)
class FileLayout:
    """The `file:` block of a source mapping."""

    format: str | None = None
    """One of FORMATS; None: by the name's extension, unless the content is unmistakably another format."""
    encoding: str | None = None
    """A Python codec name (`windows-1252`); None: a byte order mark, then UTF-8, then the likeliest other."""
    delimiter: str | None = None
    """One character or several; None: the one that cuts the first lines most evenly, of `,` `;` tab `|` and what
    stands between all names (`||`)."""
    quote: str | None = None
    """One character; None: `"`; an empty text: the source does not quote."""
    escape: str | None = None
    """What takes the meaning from a quote or delimiter behind it; None: the backslash, where only that makes the
    lines even; an empty text: nothing does."""
    sheet: str | tuple[str, ...] | None = None
    """One sheet, several, or `*` for every sheet; None: the first one, unless another has its columns too."""
    header_row: int | None = None
    """The line (text) or row (sheet) that holds the names, from 1; 0: there is none. None: the first line
    that is not blank, or no header when `columns` are given."""
    header: tuple[str, ...] = ()
    """Names by which the line or row with the names is found, whatever stands above it."""
    above: tuple[str, ...] = ()
    """Regular expressions with named groups, each found somewhere above the names."""
    columns: tuple[str, ...] = ()
    """The names when there is no header, or instead of those in it."""
    fill_short_lines: bool = False
    """Fields that are missing at the end of a line are empty; otherwise such a line is malformed."""
    records: str | None = None
    """Dotted path of the list of records inside a JSON document, `$` for the document itself; `*` is every member of an
    object. None: the root list, else the only list of objects that is found, else the document itself."""

    @property
    def has_header(self) -> bool:
        """Whether names of columns stand in the file."""
        return self.header_row != 0 and not (self.columns and self.header_row is None)

    @property
    def names_above(self) -> tuple[str, ...]:
        """The names that `above` gives to what it finds."""
        return tuple(name for pattern in self.above for name in re.compile(pattern).groupindex)
