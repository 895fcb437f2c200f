"""From the bytes of any photo to pixels of one size.

Pillow only, and the same code for admission, training and prediction, so that a photo which was admitted
can be scored and a model sees what it was trained on. A file that is no readable picture raises
UnreadableImage with a reason for machines and a sentence for people; nothing else leaves this module.
"""

import io
import threading
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image

from ml.vision.damage import check_undamaged
from ml.vision.image_files import (
    DEFAULT_LIMITS,
    HEADER_BYTES,
    MAX_JPEG_SCANS,
    SUPPORTED,
    ImageLimits,
    UnreadableImage,
    check_bytes,
    detected_format,
    jpeg_scans,
    read_some,
    stream_of,
)

# The limits of image_files decide, before anything is decoded; Pillow's own would refuse what they allow.
Image.MAX_IMAGE_PIXELS = None

LARGE_PIXELS = 25_000_000
_ONE_LARGE_PICTURE = threading.Lock()
"""Pictures that are decoded at full size and large take up to a gigabyte, so one at a time does."""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (5, 6, 7, 8)


@dataclass(frozen=True)
class ImageFacts:
    """What a picture's header says; width and height as a viewer shows it, after its EXIF orientation."""

    format: str
    width: int
    height: int


def inspect_image(source: Path | bytes, limits: ImageLimits = DEFAULT_LIMITS) -> ImageFacts:
    """The facts in a picture's header; the picture itself is not decoded."""
    with stream_of(source, limits) as stream, _opened(stream, limits) as picture:
        width, height = _upright(picture.size, _orientation(picture))
        return ImageFacts(format=picture.format or "", width=width, height=height)


def decode_image(
    source: Path | bytes, *, width: int, height: int, limits: ImageLimits = DEFAULT_LIMITS
) -> np.ndarray:
    """The whole picture, upright, fitted into width x height: uint8, height x width x 3 (RGB).

    What the picture does not cover is filled with the median colour of its border. Every byte is decoded
    (a JPEG at the smallest of its reduced scales that is large enough), so a cut-off file is found here.
    """
    with stream_of(source, limits) as stream:
        # One read, and Pillow cannot map a file into memory that somebody may truncate meanwhile.
        content = read_some(stream, limits.max_bytes + 1)
    check_bytes(len(content), limits)  # it may have grown since it was opened
    with _opened(io.BytesIO(content), limits) as picture:
        # Counting is quick; a few in a large file are chance, or a phone's video behind the picture.
        is_jpeg = picture.format in ("JPEG", "MPO")
        if is_jpeg and content.count(b"\xff\xda") > MAX_JPEG_SCANS and jpeg_scans(content) > MAX_JPEG_SCANS:
            raise UnreadableImage(
                "too_many_scans", f"It is a JPEG in more than {MAX_JPEG_SCANS} scans; save it anew."
            )
        orientation = _orientation(picture)
        fitted = _fitted(_upright(picture.size, orientation), frame=(width, height))
        with _decoding(picture):
            small = _resized(picture, _upright(fitted, orientation))
            check_undamaged(content, picture)
        if orientation in TURNS:
            small = small.transpose(TURNS[orientation])
    return _letterboxed(np.array(small), width=width, height=height)


@contextmanager
def _opened(stream: BinaryIO, limits: ImageLimits) -> Generator[Image.Image]:
    """The picture with its header read and its claimed size checked, before any pixel is."""
    detected = detected_format(read_some(stream, HEADER_BYTES))
    stream.seek(0)
    if detected == "HEIF":
        _register_heif()
    try:
        picture = Image.open(stream, formats=[detected])
    except Exception as error:  # decoders raise anything at all on hostile headers
        raise UnreadableImage(
            "corrupt",
            f"It starts like a {detected} picture, but the rest of its header cannot be read. "
            "Send the photo again, or save it anew as JPEG.",
        ) from error
    with picture:
        if picture.width * picture.height > limits.max_pixels:
            raise UnreadableImage(
                "too_many_pixels",
                f"It is {picture.width:,} x {picture.height:,} pixels large, more than the {limits.max_pixels:,} "
                "pixels allowed. Send a smaller copy.",
            )
        yield picture


def _register_heif() -> None:
    from pillow_heif import register_heif_opener  # a native library that few photos need

    register_heif_opener()


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation that is still to be applied (1: none)."""
    if picture.format == "TIFF":  # Pillow turns these itself
        return 1
    if picture.format == "PNG" and "exif" not in picture.info:  # getexif() would decode the whole picture
        return 1
    try:
        found = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # a broken remark about the picture does not make the picture unreadable
        return 1
    return found if found in TURNS else 1


def _upright(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    return (size[1], size[0]) if orientation in SIDEWAYS else size


def _fitted(size: tuple[int, int], *, frame: tuple[int, int]) -> tuple[int, int]:
    scale = min(frame[0] / size[0], frame[1] / size[1])
    width, height = (max(1, min(limit, round(side * scale))) for side, limit in zip(size, frame, strict=True))
    return width, height


@contextmanager
def _decoding(picture: Image.Image) -> Generator[None]:
    try:
        yield
    except MemoryError as error:
        raise UnreadableImage(
            "too_much_memory", "Decoding it takes more memory than one photo may have. Send a smaller copy."
        ) from error
    except UnreadableImage:
        raise
    except Exception as error:  # decoders raise anything at all on hostile content
        if "truncated" in str(error).lower():
            raise UnreadableImage(
                "truncated", f"The {picture.format} picture ends before its last pixel. Send the photo again."
            ) from error
        raise UnreadableImage(
            "corrupt", f"The {picture.format} picture cannot be decoded: {error}. Send the photo again."
        ) from error


def _resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The decoded picture as RGB in this size: smaller first and colours afterwards, where modes allow."""
    if picture.format in ("JPEG", "MPO"):  # a HEIC would give its thumbnail, which may show anything
        picture.draft("", size)  # decodes at 1/2, 1/4 or 1/8, never below the size asked for
    with _ONE_LARGE_PICTURE if picture.width * picture.height > LARGE_PIXELS else nullcontext():
        picture.load()
        if picture.mode in ("I", "F"):  # their full-size copies take gigabytes
            picture = _shrunk(picture, size)
        small = _shrunk(_interpolatable(picture), size)
    if small.mode in ("RGBA", "LA"):
        # What is transparent was cut out for a web shop, whose page is white.
        small = small.convert("RGBA")
        page = Image.new("RGBA", small.size, "white")
        small = Image.alpha_composite(page, small)
    return small if small.mode == "RGB" else small.convert("RGB")


def _shrunk(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    # The gap makes a large picture shrink by a whole factor first, which is several times as fast.
    return picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _interpolatable(picture: Image.Image) -> Image.Image:
    """The same picture in a mode whose values can be averaged and then converted to RGB."""
    if picture.mode in ("RGB", "L", "RGBA", "LA", "CMYK", "YCbCr") and "transparency" not in picture.info:
        return picture
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return Image.fromarray(_eight_bit(np.asarray(picture)))
    if picture.mode in ("P", "PA") or "transparency" in picture.info:
        return picture.convert("RGBA")
    if picture.mode == "1":
        return picture.convert("L")
    try:
        return picture.convert("RGB")
    except ValueError as error:
        raise UnreadableImage(
            "unsupported_format", f"Its colours are stored as {picture.mode}; send the photo as {SUPPORTED}."
        ) from error


def _eight_bit(values: np.ndarray) -> np.ndarray:
    """Grey values of a deeper picture, scaled from the smallest usual range that holds them all."""
    if values.dtype == np.uint16:
        return (values >> 8).astype(np.uint8)
    finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0).clip(min=0)
    largest = float(finite.max())
    white = next((limit for limit in (1.0, 255.0, 65535.0) if largest <= limit), largest)
    return (finite * (255.0 / white)).astype(np.uint8)


def _letterboxed(pixels: np.ndarray, *, width: int, height: int) -> np.ndarray:
    rows, columns = pixels.shape[:2]
    if (columns, rows) == (width, height):
        return pixels
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    framed = np.empty((height, width, 3), np.uint8)
    framed[:] = np.median(border, axis=0).astype(np.uint8)
    top, left = (height - rows) // 2, (width - columns) // 2
    framed[top : top + rows, left : left + columns] = pixels
    return framed
