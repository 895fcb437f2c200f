"""Pictures of pages whose words are badly read: there a model is shown the page too."""

import io

from PIL import Image

from ml.documents.reading import evidence, images, kinds, pdf
from ml.documents.reading.limits import Limits, Unreadable
from ml.documents.words import Page

MOST = 2
"""Pictures of a document."""
LONGEST_SIDE = 1600
"""Pixels: letters of an A4 page are still read well."""
QUALITY = 75


def of_weak_pages(content: bytes, pages: list[Page], limits: Limits) -> dict[int, bytes]:
    """JPEGs of the first such pages by their number."""
    wanted = [page.number for page in pages if _is_weak(page)][:MOST]
    if not wanted:
        return {}
    try:
        return {number: _jpeg(image) for number, image in _pixels(content, wanted, limits)}
    except Unreadable:  # its words are all there is
        return {}


def _is_weak(page: Page) -> bool:
    return page.engine != "text" and all(map(evidence.is_weak, (page.words, page.other)))


def _pixels(content: bytes, wanted: list[int], limits: Limits) -> list[tuple[int, Image.Image]]:
    if kinds.kind(content) == "pdf":
        opened = pdf.open_pdf(content, limits)
        try:
            return [(number, pdf.page_pixels(opened, number, limits)) for number in wanted]
        finally:
            opened.close()
    found = []
    for number, image in enumerate(images.image_pages(content, limits)):
        if number in wanted:
            found.append((number, image))
        if number >= max(wanted):
            break
    return found


def _jpeg(image: Image.Image) -> bytes:
    image = image.copy()
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    target = io.BytesIO()
    image.save(target, "JPEG", quality=QUALITY)
    return target.getvalue()
