"""Pictures that decode although part of their data is gone: decoders fill in grey, or take NULs for data.

A transfer that breaks off may leave a file with its length, its last bytes or both. What remains of the picture says
nothing of the article, so such a file is unreadable, like one that simply ends.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from PIL import Image

from ml.vision.image_files import JPEG_SEGMENT, UnreadableImage

_NUL_RUN, _PIXELS_PER_NUL = 512, 5_000
"""So many NULs, and some more in a large flat picture, stand in no compressed data but a JPEG's, where the means of a
flat area may have the shortest codes.
"""
_JPEG_NUL_RUN = 256
_FRAME_HEADERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
_SURPLUS_BYTES = 64
_OTHER_DATA = bytes(number * 89 % 251 + 1 for number in range(1024))
"""Data that stands for any: without NULs and markers."""
_GREY, _NEAR_GREY = 128, 3
_WEIGHTS = (0.299, 0.587, 0.114)
_END, _SCAN = b"\xff\xd9", 0xDA


def check_undamaged(content: bytes, picture: Image.Image) -> None:
    """Raise UnreadableImage where a decoded picture lacks part of its data."""
    if picture.format in ("JPEG", "MPO"):
        _check_jpeg(content, picture)
        return
    run = bytes(_NUL_RUN + picture.width * picture.height // _PIXELS_PER_NUL)
    if any(run in data for data in _compressed(content, picture.format)):
        raise _filled(picture.format)


def _compressed(content: bytes, format: str | None) -> Iterator[bytes]:
    """The compressed data of formats whose decoders do not notice NULs."""
    if format == "WEBP":
        boxes = _boxes(content, start=12, order="little", size_first=False)
        yield from (content[start:end] for kind, start, end in boxes if kind in (b"VP8 ", b"VP8L"))
    elif format in ("HEIF", "AVIF"):
        boxes = _boxes(content, start=0, order="big", size_first=True)
        yield from (content[start:end] for kind, start, end in boxes if kind == b"mdat")


def _boxes(content: bytes, *, start: int, order, size_first: bool) -> Iterator[tuple[bytes, int, int]]:
    """The outer parts of a RIFF or ISO file: kind, and where the content begins and ends."""
    while start + 8 <= len(content):
        first, second = content[start : start + 4], content[start + 4 : start + 8]
        kind, size = (second, first) if size_first else (first, second)
        length = int.from_bytes(size, order)
        end = start + length if size_first else start + 8 + length
        if size_first and length < 8:  # to the end of the file, or longer than 32 bits tell
            end = len(content)
        yield kind, start + 8, end
        start = end + (0 if size_first else length % 2)


@dataclass
class _Jpeg:
    """How the first picture in a JPEG is built."""

    end: int
    """Where the marker of its end stands, or would."""
    progressive: bool = False
    scans: list[tuple[int, int, bool]] = field(default_factory=list)
    """Where the data of each begins and ends, and whether it holds the means of blocks."""
    missing: dict[int, set[int]] = field(default_factory=dict)
    """Of each component the coefficients that no scan has finished."""


def _check_jpeg(content: bytes, picture: Image.Image) -> None:
    jpeg = _structure(content)
    if any(jpeg.missing.values()):
        raise _cut_off("JPEG")
    with_nuls = [scan for scan in jpeg.scans if content.find(bytes(_JPEG_NUL_RUN), *scan[:2]) >= 0]
    if not all(means for _, _, means in with_nuls):
        raise _filled("JPEG")  # where nothing but details stands, a flat area has next to no data
    # What is missing at the end is decoded as grey; most photos have another colour in their last corner.
    if not jpeg.progressive and not with_nuls and not _ends_in_grey(picture):
        return
    whole = _luminance(content[: jpeg.end])
    longer = _with_other_data(content, jpeg, at=[end for _, end, _ in jpeg.scans])
    if not np.array_equal(whole, _luminance(longer)):
        raise _cut_off("JPEG")  # a scan had need of more data than there is
    ends = [end for start, end, means in with_nuls if means and end - start > 2 * _SURPLUS_BYTES]
    if ends and whole.min() < whole.max():
        without = _with_other_data(content, jpeg, at=ends, instead_of=_SURPLUS_BYTES)
        if np.array_equal(whole, _luminance(without)):
            raise _filled("JPEG")  # the picture was complete before the data was at its end


def _with_other_data(content: bytes, jpeg: _Jpeg, *, at: list[int], instead_of: int = 0) -> bytes:
    """The picture with other data at the end of scans, or instead of the last bytes of each."""
    edges = [0, *at, jpeg.end]
    pieces = [content[start:end] for start, end in pairwise(edges)]
    cut = [piece[: len(piece) - instead_of] for piece in pieces[:-1]]
    return _OTHER_DATA.join([*cut, pieces[-1]])


def _structure(content: bytes) -> _Jpeg:
    jpeg = _Jpeg(end=len(content))
    place, begun = 2, None
    while found := JPEG_SEGMENT.search(content, place):
        marker, start = found[1][0], found.end()
        if begun is not None:
            jpeg.scans.append((begun[0], found.start(), begun[1]))
            begun = None
        if marker == _END[1]:
            jpeg.end = found.start()
            break
        place = start + int.from_bytes(content[start : start + 2])
        segment = content[start + 2 : place]
        if marker in _FRAME_HEADERS and len(segment) > 5:
            jpeg.progressive = marker in _PROGRESSIVE
            jpeg.missing = {one: set(range(64)) for one in segment[6 : 6 + 3 * segment[5] : 3]}
        if marker == _SCAN and segment:
            count = segment[0]
            first, last, bits = (*segment[1 + 2 * count : 4 + 2 * count], 0, 0, 0)[:3]
            begun = (place, first == 0)
            if bits % 16 == 0:  # the last bit of these coefficients
                for component in segment[1 : 1 + 2 * count : 2]:
                    jpeg.missing.get(component, set()).difference_update(range(first, last + 1))
    return jpeg


def _ends_in_grey(picture: Image.Image) -> bool:
    corner = picture.getpixel((picture.width - 1, picture.height - 1))
    if picture.mode == "RGB" and isinstance(corner, tuple):
        corner = sum(weight * value for weight, value in zip(_WEIGHTS, corner, strict=True))
    return not isinstance(corner, int | float) or abs(corner - _GREY) <= _NEAR_GREY


def _luminance(start: bytes) -> np.ndarray:
    """A JPEG without its end in a small scale; the quarter still shows more than the means of its blocks."""
    with Image.open(io.BytesIO(start + _END), formats=["JPEG"]) as picture:
        picture.draft("L", (picture.width // 4, picture.height // 4))
        return np.asarray(picture)


def _cut_off(format: str | None) -> UnreadableImage:
    return UnreadableImage(
        "truncated",
        f"The {format} picture has its end, but lacks data before it: a part of it was lost, on a transfer say. "
        "Send the photo again.",
    )


def _filled(format: str | None) -> UnreadableImage:
    return UnreadableImage(
        "damaged",
        f"The {format} picture has NULs in the place of its data, as after a transfer or a copy that broke off. "
        "Send the photo again.",
    )
