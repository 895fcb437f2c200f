"""Blanks between a quoted field and the delimiters around it: `"a", "b"`.

They belong to no field. Parsers differ about them: some read the quotes as text, some refuse the line.
"""

import re
from functools import cache

import numpy as np

_NEWLINE, _RETURN, _SPACE, _TAB = b"\n\r \t"


def tightened(data: bytes, *, delimiter: str, quote: str | None) -> bytes:
    """Whole records without such blanks; a quote that no other closes leaves what follows as it is."""
    if quote is None or not _may_be_loose(data, quote.encode()):
        return data
    text = np.frombuffer(data, np.uint8)
    blank = text == _SPACE
    if delimiter != "\t":
        blank |= text == _TAB
    starts, ends = _quoted_fields(np.flatnonzero(text == ord(quote)))
    filled = np.flatnonzero(~blank)
    after = filled[np.minimum(np.searchsorted(filled, ends, side="right"), len(filled) - 1)]
    places = np.searchsorted(filled, starts) - 1
    before = np.where(places < 0, -1, filled[places])
    separates = (text == ord(delimiter)) | (text == _NEWLINE)
    alone = ((before < 0) | separates[before]) & (separates[after] | (text[after] == _RETURN))
    edges = np.zeros(len(text) + 1, np.int8)
    np.add.at(edges, np.concatenate((before[alone] + 1, ends[alone] + 1)), 1)
    np.add.at(edges, np.concatenate((starts[alone], after[alone])), -1)
    return text[np.cumsum(edges[:-1], dtype=np.int8) == 0].tobytes()


def tightened_line(line: str, *, delimiter: str, quote: str | None) -> str:
    """The same for one line by itself, whatever quotes stand before it."""
    if quote is None or not (f" {quote}" in line or f"{quote} " in line or "\t" in line):
        return line
    return _field(delimiter, quote).sub(lambda found: found[1] + (found[2] or found[3]), line)


def _may_be_loose(data: bytes, quote: bytes) -> bool:
    return any(mark in data for mark in (b" " + quote, quote + b" ", b"\t" + quote, quote + b"\t"))


def _quoted_fields(quotes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where quoted fields begin and end; quotes that touch are doubled ones inside a field."""
    opening, closing = quotes[0::2], quotes[1::2]
    touching = opening[1:] == closing[: len(opening) - 1] + 1
    starts = opening[np.concatenate(([True], ~touching))[: len(opening)]]
    ends = closing[np.concatenate((~touching, [True]))[: len(closing)]]
    return starts[: len(ends)], ends[: len(starts)]


@cache
def _field(delimiter: str, quote: str) -> re.Pattern[str]:
    """A field with what stands before it: quoted between blanks, or anything else."""
    d, q = re.escape(delimiter), re.escape(quote)
    blanks = "[ ]*" if delimiter == "\t" else r"[ \t]*"
    return re.compile(f"(^|{d})(?:{blanks}({q}(?:[^{q}]|{q}{q})*{q}){blanks}(?={d}|\r?\n?$)|([^{d}]*))")
