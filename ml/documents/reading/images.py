"""Images as grey pixels: every page of a TIFF, turned as its EXIF data says."""

import io
import warnings
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from ml.documents.reading.limits import Limits, Unreadable

FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")


def image_pages(content: bytes, limits: Limits) -> Iterator[Image.Image]:
    """Grey pages one after the other, so that a long TIFF never lies in memory whole."""
    try:
        with warnings.catch_warnings():
            # The limit below is ours, and has a sentence.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise Unreadable(f"The image declares far more than {limits.pixels:,} pixels") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Unreadable("The image is damaged or truncated: it cannot be opened") from error
    frames = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
    if frames > limits.recognised_pages:
        raise Unreadable(f"The TIFF has {frames:,} pages; at most {limits.recognised_pages} are recognised")
    for number, frame in enumerate(ImageSequence.Iterator(image)):
        if number >= frames:
            return
        if frame.width * frame.height > limits.pixels:
            raise Unreadable(
                f"Page {number + 1} has {frame.width:,} x {frame.height:,} pixels; at most {limits.pixels:,} are read"
            )
        try:
            yield _grey(frame)
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise Unreadable(f"The image data of page {number + 1} is damaged or truncated") from error


def _grey(frame: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(frame)
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        # What is transparent is paper, not black.
        rgba = upright.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        upright = Image.alpha_composite(paper, rgba)
    if upright.mode.startswith("I;16") or upright.mode in ("I", "F"):
        # The darkest is black and the lightest white, whatever range the scanner uses.
        values = np.asarray(upright, dtype=np.float32)
        low, high = float(values.min()), float(values.max())
        return Image.fromarray(((values - low) * (255 / (high - low or 1))).astype("uint8"))
    return upright.convert("L")
