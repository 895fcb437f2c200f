"""Pages on which layouts write: texts at places, tables that go on over pages. The same calls give the same bytes.

fpdf2 is no dependency of the platform, only of whoever writes the sample: it is imported where a page is begun.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

WIDTH = 210
"""Millimetres, as all places here."""
LEFT, RIGHT = 20, 190
LOWEST = 262
"""Below that stands the foot of a page."""
_LINE = 1.25
"""Height of a line, in heights of its letters."""
_MM_PER_POINT = 25.4 / 72

Align = Literal["L", "R"]


@dataclass(frozen=True)
class Column:
    """A column of a table: where it lies, what stands over it, and at which side its values end."""

    header: str
    left: float
    right: float
    align: Align = "L"


class Sheet:
    """A document in the making; `written_at` is what it says about its own age."""

    def __init__(self, font: str, size: float, written_at: datetime, title: str) -> None:
        from fpdf import FPDF

        self._font, self._size = font, size
        self._pdf = FPDF(format="A4")
        self._pdf.set_auto_page_break(False)
        self._pdf.core_fonts_encoding = "cp1252"
        self._written_at = written_at.astimezone(UTC)
        self._pdf.set_creation_date(self._written_at)
        self._pdf.set_title(title)
        self._pdf.set_producer("Kontor Faktura")
        self.add_page()

    @property
    def pages(self) -> int:
        return self._pdf.page

    def add_page(self) -> None:
        self._pdf.add_page()

    def height(self, size: float | None = None) -> float:
        """Of a line."""
        return (size or self._size) * _MM_PER_POINT * _LINE

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        align: Align = "L",
        bold: bool = False,
        size: float | None = None,
    ) -> None:
        """A text whose upper left (or upper right) corner lies there."""
        self._pdf.set_font(self._font, "B" if bold else "", size or self._size)
        if align == "R":
            x -= self._pdf.get_string_width(text)
        self._pdf.text(x, y + (size or self._size) * _MM_PER_POINT, text)

    def lines(self, x: float, y: float, texts: Sequence[str], *, size: float | None = None) -> float:
        """Texts below each other; gives where the next one would be."""
        for text in texts:
            self.text(x, y, text, size=size)
            y += self.height(size)
        return y

    def rule(self, y: float, left: float = LEFT, right: float = RIGHT) -> None:
        self._pdf.line(left, y, right, y)

    def box(self, left: float, top: float, right: float, bottom: float) -> None:
        self._pdf.rect(left, top, right - left, bottom - top)

    def table(
        self, y: float, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, again: float
    ) -> float:
        """Rows under their headers, cells on as many lines as they need; on further pages both begin at `again`.

        Gives where the table ends.
        """
        y = self._headers(y, columns)
        for texts in rows:
            row = [
                self._wrapped(text, column.right - column.left)
                for column, text in zip(columns, texts, strict=True)
            ]
            needed = max(len(cell) for cell in row) * self.height()
            if y + needed > LOWEST:
                self.add_page()
                y = self._headers(again, columns)
            for column, cell in zip(columns, row, strict=True):
                for place, line in enumerate(cell):
                    x = column.right if column.align == "R" else column.left
                    self.text(x, y + place * self.height(), line, align=column.align)
            y += needed + 1.2
        self.rule(y)
        return y + 2

    def _wrapped(self, text: str, width: float) -> list[str]:
        self._pdf.set_font(self._font, "", self._size)
        lines = [""]
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and self._pdf.get_string_width(longer) > width:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines

    def _headers(self, y: float, columns: Sequence[Column]) -> float:
        for column in columns:
            x = column.right if column.align == "R" else column.left
            self.text(x, y, column.header, align=column.align, bold=True)
        y += self.height() + 1
        self.rule(y)
        return y + 1.5

    def number_pages(self, pattern: str) -> None:
        """`Page 1 of 2` at the foot of each page, where there is more than one."""
        count = self._pdf.page
        for page in range(1, count + 1) if count > 1 else ():
            self._pdf.page = page
            self._pdf.set_font(self._font, "", 1)  # what fpdf2 last set was on another page
            self.text(RIGHT, 285, pattern.format(page, count), align="R", size=8)
        self._pdf.page = count

    def embed(self, name: str, content: bytes, description: str) -> None:
        self._pdf.embed_file(
            bytes=content,
            basename=name,
            mime_type="text/xml",
            desc=description,
            associated_file_relationship="Alternative",
            modification_date=self._written_at,
            compress=True,
        )

    def describe(self, xmp: str) -> None:
        self._pdf.set_xmp_metadata(xmp)

    def lock(self, password: str) -> None:
        """Nobody reads it without the password."""
        self._pdf.set_encryption(owner_password=password, user_password=password)

    def content(self) -> bytes:
        return bytes(self._pdf.output())


def of_picture(jpeg: bytes, written_at: datetime, title: str) -> bytes:
    """A page that is one picture, as scanners make them."""
    import io

    sheet = Sheet("helvetica", 10, written_at, title)
    sheet._pdf.image(io.BytesIO(jpeg), 0, 0, WIDTH, 297)
    return sheet.content()
