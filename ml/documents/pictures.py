"""A page as a picture with the found values boxed, for people who check them."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from ml.documents.document import Options
from ml.documents.reading import images, kinds, pdf, recognise, upright
from ml.documents.reading.kept import KeptPages
from ml.documents.reading.limits import Unreadable
from ml.documents.words import Page

WIDTH = 760
COLOURS = 16
INK, LABEL = (200, 30, 30), 11

Boxed = tuple[str, float, float, float, float]
"""Name, left, top, right and bottom in units of the page."""


def boxed_page(content: bytes, number: int, boxes: Sequence[Boxed], options: Options) -> bytes:
    """A page, from 0, as PNG; raises Unreadable where there is no such page."""
    image, page = _page(content, number, options)
    scale = WIDTH / image.width
    picture = image.resize((WIDTH, max(round(image.height * scale), 1)), Image.Resampling.BOX).convert("RGB")
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(LABEL)
    units = WIDTH / page.width if page.width else 1.0
    for name, *box in boxes:
        left, top, right, bottom = (value * units for value in box)
        draw.rectangle((left - 2, top - 2, right + 2, bottom + 2), outline=INK)
        draw.text((left, top - LABEL - 4), name, INK, font=font)
    buffer = io.BytesIO()
    picture.quantize(COLOURS).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _page(content: bytes, number: int, options: Options) -> tuple[Image.Image, Page]:
    """The pixels of a page as it was read, and its size."""
    kept = KeptPages(options.kept, content, options.engine).page(number) if options.kept else None
    if kinds.kind(content) == "pdf":
        opened = pdf.open_pdf(content, options.limits)
        try:
            if not 0 <= number < len(opened):
                raise Unreadable(f"There is no page {number + 1}")
            image = pdf.page_pixels(opened, number, options.limits)
            page = kept or pdf.text_page(opened, number, options.limits)
        finally:
            opened.close()
    else:
        found = (
            one for place, one in enumerate(images.image_pages(content, options.limits)) if place == number
        )
        image = next(found, None)
        if image is None:
            raise Unreadable(f"There is no page {number + 1}")
        page = kept or Page(number, image.width, image.height, ())
    if kept:
        image = upright.turned(recognise.straight(image), kept.turn)
    return image, page
