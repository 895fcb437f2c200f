"""Where the records of a delimited text end and how many fields they have, found with array operations.

A parser pads short lines and trips over stray quotes; it is only trusted with text whose every record is
known to have the right number of fields and whose every quote stands where one may stand.
"""

from dataclasses import dataclass

import numpy as np

_NEWLINE, _RETURN = ord("\n"), ord("\r")


@dataclass(frozen=True)
class Structure:
    """What stands in the whole records at the beginning of a buffer."""

    end: int
    """Bytes up to the end of the last whole record."""
    sound: bool
    """Every quote opens or closes a field or is doubled inside one, and every carriage return belongs to a line
    end; otherwise the rest means nothing."""
    quoted: bool
    ends: np.ndarray
    """Position of each record's line end."""
    fields: np.ndarray
    """Number of each record's fields."""

    def regular(self, width: int) -> bool:
        return self.sound and bool((self.fields == width).all())

    def on_several_lines(self, buffer: bytes) -> np.ndarray:
        """The numbers (from 0) of the records in which a line ends."""
        if not self.quoted or buffer.count(b"\n", 0, self.end) == len(self.ends):
            return np.empty(0, np.int64)
        lines = np.flatnonzero(np.frombuffer(buffer, np.uint8, count=self.end) == _NEWLINE)
        numbers = np.searchsorted(self.ends, lines)
        return np.unique(numbers[self.ends[numbers] != lines])


def filled(buffer: bytes, found: Structure, *, width: int, delimiter: str) -> bytes:
    """The records with the delimiters that short ones lack at their end."""
    data = np.frombuffer(buffer, np.uint8)
    returns = (found.ends > 0) & (data[found.ends - 1] == _RETURN)
    missing = np.maximum(width - found.fields, 0)
    return np.insert(data, np.repeat(found.ends - returns, missing), ord(delimiter)).tobytes()


def inspect(buffer: bytes, *, delimiter: str, quote: str | None) -> Structure:
    """Look at the bytes that have a meaning: delimiters, line ends and quotes."""
    data = np.frombuffer(buffer, np.uint8)
    meaning = (data == ord(delimiter)) | (data == _NEWLINE)
    if quote is None or quote.encode() not in buffer:
        marks = np.flatnonzero(meaning)
        end, ends, fields = _records(marks, data[marks])
        return Structure(end, _paired_returns(buffer, data), False, ends, fields)
    marks = np.flatnonzero(meaning | (data == ord(quote)))
    kinds = data[marks]
    is_quote = kinds == ord(quote)
    # Bytes overflow, their last bit still says odd or even.
    outside = (np.cumsum(is_quote, dtype=np.uint8) & 1) == 0
    separates = outside & ~is_quote
    end, ends, fields = _records(marks[separates], kinds[separates])
    quotes = marks[is_quote]
    quotes = quotes[: np.searchsorted(quotes, end)]
    meaning = np.append(meaning, True)
    sound = (
        _paired_returns(buffer, data)
        and _opening(data, quotes[0::2], meaning, quote)
        and _closing(data, quotes[1::2], meaning, quote)
    )
    return Structure(end, sound, True, ends, fields)


def _paired_returns(buffer: bytes, data: np.ndarray) -> bool:
    if b"\r" not in buffer:
        return True
    returns = np.flatnonzero(data == _RETURN)
    return int(returns[-1]) + 1 < len(data) and bool((data[returns + 1] == _NEWLINE).all())


def _records(separators: np.ndarray, kinds: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    last = np.flatnonzero(kinds == _NEWLINE)
    ends = separators[last]
    return (int(ends[-1]) + 1 if len(ends) else 0), ends, np.diff(last, prepend=-1)


def _opening(data: np.ndarray, quotes: np.ndarray, separator: np.ndarray, quote: str) -> bool:
    """Before an opening quote stands a separator (or nothing), or the quote that it doubles."""
    before = quotes - 1  # before the first byte: the last entry of `separator`, which is true
    allowed = separator[before]
    return bool(allowed.all()) or bool((data[before[~allowed]] == ord(quote)).all())


def _closing(data: np.ndarray, quotes: np.ndarray, separator: np.ndarray, quote: str) -> bool:
    """After a closing quote stands a separator, or the quote that it doubles."""
    rest = quotes[~separator[quotes + 1]]
    after = data[rest + 1]
    returns = rest[after == _RETURN]
    return bool(((after == ord(quote)) | (after == _RETURN)).all() and (data[returns + 2] == _NEWLINE).all())
