"""How delimited text is written, and the text as the parsers can read it.

They know delimiters of one byte and quotes that are doubled. So whatever else means something, a delimiter of several
characters or a quote behind a backslash, is given a control character of its own, and its text back afterwards.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from retail_assets.feeds.readers.output import only
from retail_assets.feeds.readers.quoting import tightened, tightened_line

_DELIMITER, _QUOTE, _ESCAPE, _PLAIN_DELIMITER = "\x1f\x1e\x1d\x1c"
_DAMAGE = "\N{REPLACEMENT CHARACTER}".encode()


@dataclass(frozen=True)
class Dialect:
    """How records are cut into fields."""

    delimiter: str
    quote: str | None
    escape: str | None = None
    """What takes the meaning from a delimiter or a quote that follows."""
    fill_short: bool = False
    """Whether fields that are missing at the end of a record are empty."""

    @property
    def single_bytes(self) -> bool:
        """Whether the quote is one byte in UTF-8, as the fast parser needs it; what cuts fields always is."""
        return self.quote is None or self.quote.isascii()

    @property
    def cut(self) -> str:
        """The delimiter as the parsers see it."""
        simple = len(self.delimiter) == 1 and self.delimiter.isascii()
        return self.delimiter if simple else _DELIMITER

    @cached_property
    def _stand_ins(self) -> dict[str, tuple[str, str]]:
        """Stand-in -> what stands in the text, and what it means; in the order in which they are put in."""
        found = {}
        if self.escape:
            found[_ESCAPE] = (self.escape * 2, self.escape)
            if self.quote:
                found[_QUOTE] = (f"{self.escape}{self.quote}", self.quote)
            found[_PLAIN_DELIMITER] = (f"{self.escape}{self.delimiter}", self.delimiter)
        if self.cut != self.delimiter:
            found[_DELIMITER] = (self.delimiter, self.delimiter)
        return found

    def readable(self, data: bytes) -> tuple[bytes, bool]:
        """Whole lines as the parsers can read them, and whether a control character in them was in the way."""
        damaged = False
        for stand_in, (written, _) in self._stand_ins.items():
            if stand_in != written and stand_in.encode() in data:
                data, damaged = data.replace(stand_in.encode(), _DAMAGE), True
        for stand_in, (written, _) in self._stand_ins.items():
            data = data.replace(written.encode(), stand_in.encode())
        return data, damaged

    def tightened(self, data: bytes) -> bytes:
        """Whole records, readable, without blanks around quotes."""
        return tightened(data, delimiter=self.cut, quote=self.quote) if self.single_bytes else data

    def meant(self, text: str) -> str:
        """What a field of readable text means."""
        for stand_in, (_, meaning) in self._stand_ins.items():
            text = text.replace(stand_in, meaning)
        return text

    def given_back(self, frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        """A frame of readable fields with what they mean."""
        if not self._stand_ins:
            return frame
        meanings = {stand_in: meaning for stand_in, (_, meaning) in self._stand_ins.items()}
        read = only(frame, columns).select(pl.all().str.replace_many(meanings))
        return frame.with_columns(read.get_columns())

    def fields(self, lines: Sequence[str]) -> Iterator[list[str]]:
        """The fields of lines as they are in the file; raises csv.Error at a misplaced quote."""
        text, _ = self.readable("".join(lines).encode())
        readable = self.tightened(text).decode().split("\n")[:-1]
        for fields in self.reader(self.tightened_line(f"{line}\n") for line in readable):
            yield [self.meant(field) for field in fields]

    def tightened_line(self, line: str) -> str:
        """A readable line without blanks around quotes, whatever stands before it."""
        return tightened_line(line, delimiter=self.cut, quote=self.quote)

    def reader(self, lines: Iterator[str]):
        """The standard library's reader of readable lines; a misplaced quote raises csv.Error."""
        if self.quote is None:
            return csv.reader(lines, delimiter=self.cut, quoting=csv.QUOTE_NONE, strict=True)
        return csv.reader(lines, delimiter=self.cut, quotechar=self.quote, strict=True)
