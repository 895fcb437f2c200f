"""Paper under a scanner: a page as pixels, and what handling, dust and compression do to it."""

import io

import numpy as np
from PIL import Image, ImageFilter

CLEAN_DPI, WORN_DPI = 200, 150
_POINTS_PER_INCH = 72
_WHITE = 255


def clean(pdf: bytes) -> bytes:
    """The first page as a good scanner gives it, as a JPEG."""
    return _jpeg(_page(pdf, CLEAN_DPI), quality=80)


def worn(pdf: bytes, rng: np.random.Generator) -> bytes:
    """The first page crooked, blurred, unevenly lit and grainy, as a JPEG."""
    crooked = _page(pdf, WORN_DPI).rotate(
        1.4, resample=Image.Resampling.BICUBIC, fillcolor=_WHITE, expand=False
    )
    blurred = crooked.filter(ImageFilter.GaussianBlur(0.7))
    pixels = np.asarray(blurred, np.float32) * 0.86 + 14
    shade = np.linspace(1.0, 0.9, pixels.shape[1], dtype=np.float32)
    grainy = pixels * shade + rng.normal(0, 9, pixels.shape).astype(np.float32)
    specks = rng.random(pixels.shape) < 0.0006
    grainy[specks] = 60
    return _jpeg(Image.fromarray(grainy.clip(0, _WHITE).astype(np.uint8)), quality=38)


def _page(pdf: bytes, dpi: int) -> Image.Image:
    import pypdfium2

    opened = pypdfium2.PdfDocument(pdf)
    try:
        return opened[0].render(scale=dpi / _POINTS_PER_INCH, grayscale=True).to_pil().convert("L")
    finally:
        opened.close()


def _jpeg(image: Image.Image, *, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
