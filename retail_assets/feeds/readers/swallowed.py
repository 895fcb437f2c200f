"""Quoted fields that swallowed records: two stray quotes, one at the beginning of a field and one at the end of the
same field some lines on (`5"`), make one record of several.

A description may stand on several lines, and delimiters in it. So a field is suspicious only where the lines in it,
taken for themselves, would be whole records whose values look like the others of their columns.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

_MOST = 0.9
_WIDE = 4
"""The lines of a description hardly fit a table that is so wide, even where its columns hold words and prose."""
_PATTERNS = (
    re.compile(r"\s*[-+]?\d[\d.,:/-]*([ T]\d[\d.:Z+-]*)?\s*"),  # a number, a date or a time
    re.compile(r"\s*(?=\D*\d)\S+\s*"),  # a code
)
_WORD = re.compile(r"\s*\S+\s*")


@dataclass(frozen=True)
class _Look:
    """How the values of a column look."""

    pattern: re.Pattern[str] | None
    """None where they may be anything."""
    padded: bool
    """Some begin with a blank, as what follows a comma in prose."""


@dataclass(frozen=True)
class Swallowing:
    """Tells which quoted fields of a table's records hold records."""

    width: int
    delimiter: str
    sample: Sequence[Sequence[str]]
    """Records of the table."""
    may_be_short: bool = False

    def in_record(self, fields: Sequence[str]) -> bool:
        """Whether one of the fields holds the rest of its record, and the beginning of another."""
        return any("\n" in field and self._in_field(at, field) for at, field in enumerate(fields))

    def in_frame(self, frame: pl.DataFrame) -> bool:
        """The same of any of several records."""
        delimiter = re.escape(self.delimiter)
        held = pl.all().str.contains(rf"(?s){delimiter}.*\n|\n.*{delimiter}")
        return any(map(self.in_record, frame.filter(pl.any_horizontal(held)).iter_rows()))

    def _in_field(self, at: int, field: str) -> bool:
        lines = field.split("\n")
        first, last = (line.rstrip("\r").split(self.delimiter) for line in (lines[0], lines[-1]))
        fits = at + len(first) == self.width and len(last) == at + 1
        if self.may_be_short:
            fits = len(first) + len(last) > 2 and at + len(first) <= self.width and len(last) <= self.width
        if not fits:
            return False
        # The quote before it stood in the first of these columns, the one behind it in the last of those.
        values = [
            *zip(self._looks[at + 1 :], first[1:], strict=False),
            *zip(self._looks, last[:-1], strict=False),
        ]
        values = [(look, value) for look, value in values if value.strip()]
        if not values or any(value[0].isspace() and not look.padded for look, value in values):
            return False
        told = [bool(look.pattern.fullmatch(value)) for look, value in values if look.pattern]
        return sum(told) * 2 > len(told) if told else self._is_wide

    @cached_property
    def _looks(self) -> list[_Look]:
        records = [record for record in self.sample if len(record) == self.width]
        patterns = (*_PATTERNS, _WORD) if self._is_wide else _PATTERNS
        return [_look([record[column] for record in records], patterns) for column in range(self.width)]

    @property
    def _is_wide(self) -> bool:
        return self.width >= _WIDE and not self.may_be_short


def _look(values: Sequence[str], patterns: Sequence[re.Pattern[str]]) -> _Look:
    filled = [value for value in values if value.strip()]
    padded = any(value[0].isspace() for value in filled)
    for pattern in patterns if filled else ():
        if sum(bool(pattern.fullmatch(value)) for value in filled) >= _MOST * len(filled):
            return _Look(pattern, padded)
    return _Look(None, padded)
