"""Tesseract: one thread a page, because pages run side by side, and never longer than the limit."""

import functools
import os
import shutil
import subprocess

import pytesseract
from PIL import Image

from ml.documents.reading.limits import NoOcr, Unreadable
from ml.documents.words import Word

LANGUAGES = ("eng", "deu", "fra")
BLOCK, COLUMN, SPARSE = 6, 4, 11
"""Page modes: one block of text; one column of lines of any size; text wherever it is. The default, 3, reads tables by
their columns and loses the rows."""
_RIGHT_ANGLES = (0, 90, 180, 270)


def available() -> bool:
    return shutil.which(pytesseract.pytesseract.tesseract_cmd) is not None


@functools.cache
def languages() -> tuple[str, ...]:
    """Those of ours that are installed."""
    _require()
    done = subprocess.run(
        [pytesseract.pytesseract.tesseract_cmd, "--list-langs"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    installed = set(done.stdout.split())
    return tuple(one for one in LANGUAGES if one in installed)


def _require() -> None:
    if not available():
        raise NoOcr(
            "Tesseract is not installed, so that scans and images cannot be read: install Debian's tesseract-ocr. "
            "PDFs with a text layer and e-invoices work without it"
        )


def recognise(
    image: Image.Image, number: int, *, mode: int = BLOCK, language: str = "eng", seconds: float = 60.0
) -> tuple[Word, ...]:
    """The words of a grey image with their boxes in its pixels."""
    _require()
    os.environ["OMP_THREAD_LIMIT"] = "1"
    # Written for Tesseract as it is: making a PNG takes as long as reading some pages.
    image.format = "PPM"
    try:
        table = pytesseract.image_to_data(
            image, lang=language, config=f"--psm {mode} --dpi 200", timeout=seconds
        )
    except RuntimeError as error:
        if isinstance(error, pytesseract.TesseractError):
            raise Unreadable(f"Tesseract could not read page {number + 1}") from error
        raise Unreadable(
            f"Tesseract took longer than {seconds:.0f} seconds for page {number + 1} and was stopped"
        ) from error
    return tuple(_words(table, number))


def _words(table: str, number: int):
    for line in table.splitlines()[1:]:
        cells = line.split("\t")
        if len(cells) < 12 or cells[0] != "5":
            continue
        left, top, width, height = (int(cell) for cell in cells[6:10])
        score = float(cells[10])
        for word in cells[11].split():
            yield Word(word, left, top, left + width, top + height, number, max(score, 0) / 100, "tesseract")


def turned_by(image: Image.Image, seconds: float = 20.0) -> int:
    """By how many degrees, anticlockwise, the image must be turned to stand upright, as Tesseract sees it."""
    _require()
    os.environ["OMP_THREAD_LIMIT"] = "1"
    image.format = "PPM"
    try:
        found = pytesseract.image_to_osd(image, config="--psm 0", timeout=seconds, output_type="dict")
    except (RuntimeError, ValueError):  # too little text to tell, or too slow
        return 0
    turn = (360 - int(found["rotate"])) % 360
    return turn if turn in _RIGHT_ANGLES and float(found["orientation_conf"]) > 1 else 0
