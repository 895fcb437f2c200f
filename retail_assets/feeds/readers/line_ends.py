"""What ends the lines of a text where it is not (only) a line feed."""

import re
from collections.abc import Iterable, Iterator

from retail_assets.feeds.readers.encoding import Block

RETURN = b"\r"
_OTHERS = ("\N{LINE SEPARATOR}".encode(), "\N{PARAGRAPH SEPARATOR}".encode(), "\x85".encode(), b"\x1e")
"""Line ends of Unicode and of mainframes, which count where a text has no other."""
_DELIMITERS = re.compile(rb"[,;|\t:~^]|[^\w\s\"'.-]{2,}")
_SAMPLE_BYTES, _SAMPLE_LINES = 2**20, 200


def foreign_line_end(start: bytes, *, quote: str | None) -> bytes | None:
    """What ends lines beside line feeds, by the first block of a text."""
    if b"\n" not in start and b"\r" not in start:
        return next((mark for mark in _OTHERS if mark in start), None)
    if start.count(b"\r") == start.count(b"\r\n"):
        return None
    sample = start[:_SAMPLE_BYTES]
    if quote:
        mark = re.escape(quote.encode())
        sample = re.sub(mark + b"[^" + mark + b"]*" + mark, b"", sample)
    lines = [line.rstrip(b"\r") for line in sample.strip().split(b"\n")[:_SAMPLE_LINES]]
    cut = [line.split(b"\r") for line in lines if b"\r" in line]
    if not cut:
        return None
    header = lines[0].split(b"\r")[0]
    delimiters = _DELIMITERS.findall(header)
    if not delimiters:
        return RETURN if sum(map(len, cut)) > len(lines) else None
    # A return within a field is no line end: it leaves parts that are not as wide as the header.
    delimiter = max(delimiters, key=delimiters.count)
    width = header.count(delimiter)
    alike = sum(
        all(part.count(delimiter) == width for part in parts[:_SAMPLE_LINES] if part) for parts in cut
    )
    return RETURN if alike * 2 > len(cut) or len(lines) == 1 else None


def with_line_feeds(blocks: Iterable[Block], line_end: bytes | None) -> Iterator[Block]:
    """The blocks with line feeds where another line end stood."""
    if line_end is None:
        yield from blocks
        return
    held = b""
    for block in blocks:
        data = held + block.data
        # Its line feed may begin the next block.
        held = RETURN if line_end == RETURN and data.endswith(RETURN) else b""
        data = data.removesuffix(RETURN) if held else data
        data = data.replace(b"\r\n", b"\n") if line_end == RETURN else data
        yield Block(data.replace(line_end, b"\n"), block.damaged)
    if held:
        yield Block(b"\n", damaged=False)
