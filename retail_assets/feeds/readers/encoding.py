"""Text files as blocks of UTF-8, whatever encoding they came in, in bounded memory."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.letters import WESTERN, Guess, guess_encoding

BLOCK_BYTES = 8 * 2**20
_SAMPLE_BYTES = 2**16
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINES_BYTES, _EVIDENCE_BYTES = 2**18, 2**14
_ASCII = bytes(range(128))
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))


@dataclass(frozen=True)
class Block:
    """A piece of a text file; `damaged` when bytes that are no text of its encoding, or NULs, were replaced."""

    data: bytes
    damaged: bool


@dataclass(frozen=True)
class TextFile:
    """A text file and its encoding."""

    path: Path
    encoding: str
    mark_bytes: int
    could_be: tuple[str, ...] = ()
    """Where the encoding is a guess: others that would make another text, nearly as likely."""

    @property
    def doubt(self) -> str | None:
        """In words."""
        return f"{self.encoding}, or {', '.join(self.could_be)}" if self.could_be else None

    def blocks(self) -> Iterator[Block]:
        """The text as UTF-8 without byte order mark, in blocks of about BLOCK_BYTES."""
        decode = _Decoder(self.encoding)
        with self.path.open("rb", buffering=0) as handle:
            handle.seek(self.mark_bytes)
            while piece := handle.read(BLOCK_BYTES):
                yield decode(piece)
        if (rest := decode(b"", final=True)).data:
            yield rest


def open_text(path: Path, *, declared: str | None) -> TextFile:
    """Find out the encoding: the mark, what the mapping says, UTF-8 if it fits, else the likeliest other."""
    with path.open("rb") as handle:
        sample = handle.read(_SAMPLE_BYTES)
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return TextFile(path, encoding, len(mark))
    if declared is not None:
        return TextFile(path, _known(declared), 0)
    if encoding := _utf16_without_mark(sample):
        return TextFile(path, encoding, 0)
    _refuse_binary(sample)
    guess = _byte_encoding(path)
    return TextFile(path, guess.encoding, 0, guess.others)


def _known(declared: str) -> str:
    try:
        "".encode(declared)
        return codecs.lookup(declared).name.replace("cp1252", WESTERN)
    except LookupError:
        raise Unreadable(
            "unknown_encoding",
            f"The mapping states the encoding {declared!r}, which does not exist; "
            "write one such as utf-8, utf-16, windows-1252 or cp850.",
        ) from None


def _utf16_without_mark(sample: bytes) -> str | None:
    """UTF-16 shows as NULs in every other byte: digits, delimiters and line ends have one in any script."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    enough = max(len(sample) // 20, 2)
    if odd > enough and even * 20 < odd:
        return "utf-16-le"
    if even > enough and odd * 20 < even:
        return "utf-16-be"
    return None


def _refuse_binary(sample: bytes) -> None:
    nuls = sample.count(0)
    if nuls > 8 and nuls * 10 > len(sample):
        raise Unreadable(
            "nul_filled",
            f"A text file was expected, but {nuls:,} of its first {len(sample):,} bytes are NULs, as after "
            "a copy that was cut off; send the file again.",
        )
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls > 8 and controls * 20 > len(sample):
        raise Unreadable(
            "not_text",
            f"A text file was expected, but {controls:,} of its first {len(sample):,} bytes are control "
            "characters: this is a binary file; export the table as CSV, JSON, Parquet or Excel.",
        )


def _byte_encoding(path: Path) -> Guess:
    """UTF-8 unless most of what is beyond ASCII contradicts it; damaged characters, or a few damaged lines, do not."""
    lines = _first_beyond_ascii(path)
    in_lines, in_characters = 0, 0
    for line in lines:
        text = line.decode("utf-8", errors="surrogateescape")
        damaged = sum("\udc80" <= char <= "\udcff" for char in text)
        in_lines += -1 if damaged else 1
        in_characters += sum(char > "\x7f" for char in text) - 2 * damaged
    if in_lines >= 0 or in_characters >= 0:
        return Guess("utf-8", ())
    return guess_encoding(b"\n".join(_like_most(lines))[:_EVIDENCE_BYTES])


def _like_most(lines: list[bytes]) -> list[bytes]:
    """Lines of which no larger part is beyond ASCII than is usual among them: not what a damaged disk wrote."""
    shares = [len(line.translate(None, _ASCII)) / len(line) for line in lines]
    usual = sorted(shares)[len(shares) // 2]
    sound = [
        line
        for line, share in zip(lines, shares, strict=True)
        if share <= 3 * usual and len(line.translate(None, _CONTROLS)) == len(line)
    ]
    return sound or lines


def _first_beyond_ascii(path: Path) -> list[bytes]:
    """Lines with bytes beyond ASCII in the first block that has any."""
    with path.open("rb", buffering=0) as handle:
        while block := handle.read(2**20):
            if not block.isascii():
                rest = handle.read(1024)
                lines = (block + rest).split(b"\n")
                found = [line for line in lines if not line.isascii()]
                # Before the end of the file the last line may end inside a character.
                if len(found) > 1 and found[-1] is lines[-1] and len(rest) == 1024:
                    del found[-1]
                sizes = accumulate(map(len, found))
                few = [line for line, size in zip(found, sizes, strict=True) if size <= _LINES_BYTES]
                return few or [found[0][:_LINES_BYTES]]
    return []


class _Decoder:
    """Bytes of an encoding to UTF-8; what cannot be decoded becomes U+FFFD and marks the block."""

    def __init__(self, encoding: str) -> None:
        self.strict = codecs.getincrementaldecoder(encoding)("strict")
        self.lenient = codecs.getincrementaldecoder(encoding)("replace")
        self.ascii_as_it_is = not encoding.startswith(("utf-16", "utf-32", "utf_16", "utf_32", "utf-7"))
        self.start = self.strict.getstate()

    def __call__(self, piece: bytes, *, final: bool = False) -> Block:
        state = self.strict.getstate()
        if self.ascii_as_it_is and state == self.start and piece.isascii():
            return self._without_nuls(piece, damaged=False)
        try:
            text, damaged = self.strict.decode(piece, final), False
        except UnicodeDecodeError:
            self.lenient.setstate(state)
            text, damaged = self.lenient.decode(piece, final), True
            self.strict.setstate(self.lenient.getstate())
        return self._without_nuls(text.encode("utf-8", errors="replace"), damaged=damaged)

    @staticmethod
    def _without_nuls(data: bytes, *, damaged: bool) -> Block:
        if b"\0" in data:
            return Block(data.replace(b"\0", _REPLACEMENT), damaged=True)
        return Block(data, damaged)
