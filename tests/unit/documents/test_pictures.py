"""Pages with the found values boxed lie as they were read, whichever way the scan lay."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.documents.document import Options
from ml.documents.pictures import INK, boxed_page
from ml.documents.reading.kept import KeptPages
from ml.documents.reading.limits import Unreadable
from ml.documents.words import Page, Word
from tests.unit.documents.sheets import HEIGHT, WIDTH, encoded, pdf, picture

TEXTS = [(100.0, 200.0, "Total 142,80")]
BOX = ("total", 100.0, 200.0, 200.0, 214.0)


def boxed(png: bytes) -> tuple[float, float]:
    """Left and top of what is red, as shares of the page."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    red = np.abs(pixels - INK).sum(axis=2) < 60
    rows, columns = np.nonzero(red)
    return columns.min() / pixels.shape[1], rows.max() / pixels.shape[0]


def test_a_value_of_a_text_layer_is_boxed_where_it_stands() -> None:
    left, bottom = boxed(boxed_page(pdf(TEXTS), 0, [BOX], Options()))
    assert left == pytest.approx(98 / WIDTH, abs=0.01)
    assert bottom == pytest.approx(216 / HEIGHT, abs=0.01)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_scan_is_shown_as_it_was_read(turn: int, tmp_path: Path) -> None:
    upright = picture(TEXTS)
    content = encoded(upright.rotate(-turn, expand=True))
    word = Word("142,80", 0, 0, 1, 1)
    read = Page(0, upright.width, upright.height, (word,), "tesseract", turn=turn)
    KeptPages(tmp_path, content, "auto").keep(read)
    scale = upright.width / WIDTH
    name, x0, y0, x1, y1 = BOX
    box = (name, x0 * scale, y0 * scale, x1 * scale, y1 * scale)
    png = boxed_page(content, 0, [box], Options(kept=tmp_path))
    left, bottom = boxed(png)
    assert left == pytest.approx(98 / WIDTH, abs=0.01)
    assert bottom == pytest.approx(216 / HEIGHT, abs=0.01)


def test_a_page_that_is_not_there_is_told() -> None:
    with pytest.raises(Unreadable, match="no page 2"):
        boxed_page(pdf(TEXTS), 1, [], Options())
