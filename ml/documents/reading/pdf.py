"""PDFs: their embedded files, their text layer with positions, and pages as pixels. JavaScript is never run."""

import ctypes
import math
import re
from collections.abc import Iterator
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from ml.documents.reading.limits import Limits, Unreadable
from ml.documents.words import Page, Word

RESOLUTION = 200
"""Dots per inch of a page that is recognised."""
_PASSWORD = re.compile("password", re.IGNORECASE)
_BLANK = frozenset(map(ord, " \t\r\n\f\v\u00a0\u2002\u2003\u2009\u200b\u202f\ufeff\x00"))
_LEVEL = 0.2
"""Radians up to which text counts as level; what runs up the margin of a page is left out."""
_HYPHEN_AT_END = 0xFFFE
"""How pdfium writes a hyphen that divides a word at the end of a line."""


def open_pdf(content: bytes, limits: Limits) -> pdfium.PdfDocument:
    try:
        document = pdfium.PdfDocument(content)
        pages = len(document)
    except pdfium.PdfiumError as error:
        if _PASSWORD.search(str(error)):
            raise Unreadable("The PDF is encrypted; drop a copy without a password") from error
        raise Unreadable("The PDF is damaged or truncated: it cannot be opened") from error
    if not pages:
        raise Unreadable("The PDF has no pages")
    if pages > limits.pages:
        raise Unreadable(
            f"The PDF has {pages:,} pages; at most {limits.pages:,} are read. Divide it into its documents"
        )
    return document


def attachments(document: pdfium.PdfDocument) -> Iterator[tuple[str, bytes]]:
    """Names and contents of embedded files."""
    for number in range(document.count_attachments()):
        attachment = document.get_attachment(number)
        try:
            yield attachment.get_name(), bytes(attachment.get_data())
        except pdfium.PdfiumError:
            continue


def text_page(document: pdfium.PdfDocument, number: int, limits: Limits) -> Page:
    """The words of a page's text layer, upright whatever way the page is turned."""
    try:
        page = document[number]
    except pdfium.PdfiumError as error:
        raise Unreadable(f"Page {number + 1} of the PDF is damaged") from error
    layer = page.get_textpage()
    try:
        return _read_layer(page, layer, number, limits)
    finally:
        layer.close()
        page.close()


def _read_layer(page: pdfium.PdfPage, layer: pdfium.PdfTextPage, number: int, limits: Limits) -> Page:
    left, bottom, right, top = page.get_cropbox()
    rotation = page.get_rotation() % 360
    count = raw.FPDFText_CountChars(layer.raw)
    handle = layer.raw
    unicode = raw.FPDFText_GetUnicode
    words: list[Word] = []
    aslant = 0
    shown = math.radians(rotation)
    start, text = 0, []
    boxes = _Boxes(handle)

    def close(end: int) -> None:
        nonlocal aslant
        if text and abs((raw.FPDFText_GetCharAngle(handle, start) + shown + 1) % math.tau - 1) > _LEVEL:
            aslant += 1
        elif text:
            x0, y0, x1, y1 = boxes.around(start, end)
            words.append(
                Word("".join(text), *_upright(x0, y0, x1, y1, (left, bottom, right, top), rotation), number)
            )

    for index in range(count):
        code = unicode(handle, index)
        if code in _BLANK:
            close(index - 1)
            text = []
            continue
        if not text:
            start = index
        text.append("-" if code in (_HYPHEN_AT_END, 0xAD, 2) else _character(code))
        if len(words) > limits.words_a_page:
            raise Unreadable(f"Page {number + 1} has more than {limits.words_a_page:,} words")
    close(count - 1)
    if aslant > len(words):
        # The page was scanned or set on its side: as pixels it can be turned.
        words = []
    width, height = right - left, top - bottom
    if rotation in (90, 270):
        width, height = height, width
    return Page(number, width, height, tuple(_once(words)))


def _character(code: int) -> str:
    return chr(code) if code < 0xD800 or 0xDFFF < code < 0x110000 else "\ufffd"


class _Boxes:
    """Boxes of characters, asked of pdfium with one set of numbers."""

    def __init__(self, handle: Any):
        self.handle = handle
        self.box = raw.FS_RECTF()
        self.pointer = ctypes.byref(self.box)

    def around(self, first: int, last: int) -> tuple[float, float, float, float]:
        raw.FPDFText_GetLooseCharBox(self.handle, first, self.pointer)
        box = self.box
        x0, y0, x1, y1 = box.left, box.bottom, box.right, box.top
        if last > first:
            raw.FPDFText_GetLooseCharBox(self.handle, last, self.pointer)
            x0, y0 = min(x0, box.left), min(y0, box.bottom)
            x1, y1 = max(x1, box.right), max(y1, box.top)
        return x0, y0, x1, y1


def _upright(x0, y0, x1, y1, crop, rotation) -> tuple[float, float, float, float]:
    """A box of PDF space (y upwards) in the page as it is shown (y downwards)."""
    left, bottom, right, top = crop
    match rotation:
        case 90:
            return y0 - bottom, x0 - left, y1 - bottom, x1 - left
        case 180:
            return right - x1, y0 - bottom, right - x0, y1 - bottom
        case 270:
            return top - y1, right - x1, top - y0, right - x0
    return x0 - left, top - y1, x1 - left, top - y0


def _once(words: list[Word]) -> Iterator[Word]:
    """Without words that are printed twice at a place to look bold."""
    seen = set()
    for word in words:
        key = (word.text, round(word.x0 / 2), round(word.y0 / 2))
        if key not in seen:
            seen.add(key)
            yield word


def page_pixels(
    document: pdfium.PdfDocument, number: int, limits: Limits, resolution: int = RESOLUTION
) -> Any:
    """The page as a grey Pillow image, smaller than asked where it would have too many pixels."""
    page = document[number]
    width, height = page.get_size()
    scale = resolution / 72
    if width * height * scale * scale > limits.pixels:
        scale = (limits.pixels / (width * height)) ** 0.5
    try:
        return page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil().convert("L")
    finally:
        page.close()
