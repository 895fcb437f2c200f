"""What a file is, before any of its pixels is decoded: its bytes within limits, its format by signature.

A file that cannot be a picture raises UnreadableImage with a reason for machines and a sentence for people.
"""

import io
import re
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

HEADER_BYTES = 64
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
AVIF_BRANDS = (b"avif", b"avis")
MAX_JPEG_SCANS = 100
"""A progressive JPEG has about ten; one with thousands is small and takes minutes."""
JPEG_SEGMENT = re.compile(rb"\xff([\x02-\xcf\xd9-\xfe])")
"""A marker that a length follows, or the end (D9); the others stand within the data of a scan."""
BMP_HEADER_SIZES = (12, 40, 52, 56, 64, 108, 124)
OTHER_FORMATS = {
    b"%PDF": "a PDF document",
    b"%!PS": "a PostScript document",
    b"8BPS": "a Photoshop document",
    b"<svg": "an SVG drawing",
    b"PK\x03\x04": "a ZIP archive or an Office document",
    b"\x00\x00\x00\x0cjP": "a JPEG 2000 picture",
    b"\x00\x00\x01\x00": "an icon",
    b"\x1a\x45\xdf\xa3": "a video",
}
SUPPORTED = "JPEG, PNG, WebP, HEIC, AVIF, GIF, TIFF or BMP"


class UnreadableImage(Exception):
    """A file that is no picture this platform can read; `reason` is a code, `message` a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message


@dataclass(frozen=True)
class ImageLimits:
    max_bytes: int = 64 * 1024 * 1024
    max_pixels: int = 120_000_000


DEFAULT_LIMITS = ImageLimits()


@contextmanager
def stream_of(source: Path | bytes, limits: ImageLimits) -> Generator[BinaryIO]:
    if isinstance(source, bytes):
        check_bytes(len(source), limits)
        yield io.BytesIO(source)
        return
    try:
        found = source.stat()
        if not stat.S_ISREG(found.st_mode):  # opening a pipe would wait for a writer for ever
            raise UnreadableImage(
                "not_a_file", "It is a folder or a device, not a file. Send the photo itself."
            )
        stream = source.open("rb")
    except (OSError, ValueError) as error:
        raise UnreadableImage(
            "cannot_open", f"The file cannot be opened: {error}. Send the photo again."
        ) from error
    with stream:
        check_bytes(found.st_size, limits)
        yield stream


def read_some(stream: BinaryIO, size: int) -> bytes:
    try:
        return stream.read(size)
    except OSError as error:  # a disk or a network share may fail after the first bytes
        raise UnreadableImage(
            "cannot_read", f"Reading the file failed: {error}. Send the photo again."
        ) from error


def jpeg_scans(content: bytes) -> int:
    """Scans of a JPEG itself, one more than MAX_JPEG_SCANS at most; not those of pictures in its remarks."""
    place, scans = 2, 0
    while scans <= MAX_JPEG_SCANS and (found := JPEG_SEGMENT.search(content, place)) and found[1] != b"\xd9":
        scans += found[1] == b"\xda"
        place = found.end() + int.from_bytes(content[found.end() : found.end() + 2])
    return scans


def check_bytes(size: int, limits: ImageLimits) -> None:
    if size == 0:
        raise UnreadableImage("empty", "The file is empty: it has no bytes. Send the photo again.")
    if size > limits.max_bytes:
        raise UnreadableImage(
            "too_large",
            f"The file has {size:,} bytes; a photo may have {limits.max_bytes:,} at most. Send a smaller copy.",
        )


def detected_format(header: bytes) -> str:
    """The format by signature: only that one decoder sees the file, and a name's ending means nothing."""
    if header.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if header.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if header.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if header.startswith(b"RIFF") and header[8:12] == b"WEBP":
        return "WEBP"
    if header.startswith((b"II*\x00", b"MM\x00*")):
        return "TIFF"
    if header.startswith(b"BM") and int.from_bytes(header[14:18], "little") in BMP_HEADER_SIZES:
        return "BMP"
    if header[4:8] == b"ftyp" and header[8:12] in AVIF_BRANDS:
        return "AVIF"
    if header[4:8] == b"ftyp" and header[8:12] in HEIF_BRANDS:
        return "AVIF" if any(brand in header[12:] for brand in AVIF_BRANDS) else "HEIF"
    other = "a video" if header[4:8] == b"ftyp" else None
    other = other or next((name for start, name in OTHER_FORMATS.items() if header.startswith(start)), None)
    if other is not None:
        raise UnreadableImage("unsupported_format", f"It is {other}; send the photo as {SUPPORTED}.")
    raise UnreadableImage(
        "not_an_image", f"Its first bytes are those of no picture; send the photo as {SUPPORTED}."
    )
