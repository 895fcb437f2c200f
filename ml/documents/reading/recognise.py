"""From pixels to words: upright, in the page mode and the language that the evidence asks for."""

from collections.abc import Callable
from dataclasses import replace

from PIL import Image

from ml.documents.reading import evidence, second_engine, tesseract, upright
from ml.documents.reading.limits import Limits
from ml.documents.words import Page, Word

SMALLEST_WIDTH = 900
"""Pixels: thinner scans are enlarged."""
MODES = (tesseract.COLUMN, tesseract.SPARSE)
"""Page modes that are tried where the usual one reads little."""
ENGINES = ("auto", "tesseract", "rapidocr")


def recognise(
    image: Image.Image,
    number: int,
    *,
    engine: str = "auto",
    limits: Limits,
    is_sure: Callable[[Page], bool] = lambda page: True,
) -> Page:
    """The words of one page; a blank page has none.

    With `auto`, the second engine reads a page too of which `is_sure` is not.
    """
    image, turn = straight(image), 0
    if engine == "rapidocr":
        return _by_second_engine(image, number)
    words = tesseract.recognise(image, number, seconds=limits.ocr_seconds)
    helped = engine == "auto" and second_engine.available()
    # Where the second engine will read a weak page anyway, only the way it lies is found out.
    if evidence.is_weak(words) and not (helped and evidence.stands_upright(words)):
        turn, words = _better(image, number, words, limits, modes=() if helped else MODES)
        image = upright.turned(image, turn)
    spoken = evidence.language(words)
    if spoken != "eng" and spoken in tesseract.languages():
        again = tesseract.recognise(image, number, language=spoken, seconds=limits.ocr_seconds)
        words = max(words, again, key=lambda found: sum(len(word.text) * word.score for word in found))
    page = Page(number, image.width, image.height, words, "tesseract", turn=turn)
    if not helped or is_sure(page):
        return page
    return replace(page, other=second_engine.recognise(image, number))


def _by_second_engine(image: Image.Image, number: int) -> Page:
    words, turn = second_engine.recognise(image, number), 0
    if evidence.is_weak(words) and tesseract.available() and (turn := tesseract.turned_by(image)):
        image = upright.turned(image, turn)
        words = second_engine.recognise(image, number)
    return Page(number, image.width, image.height, words, "rapidocr", turn=turn)


def straight(image: Image.Image) -> Image.Image:
    """The image wide enough and level, as it is recognised before any turn."""
    if image.width < SMALLEST_WIDTH and image.width > 8:
        scale = min(SMALLEST_WIDTH / image.width, 3.0)
        image = image.resize((int(image.width * scale), int(image.height * scale)), Image.Resampling.BICUBIC)
    return upright.turned(image, upright.skew(image))


def _better(
    image: Image.Image, number: int, words: tuple[Word, ...], limits: Limits, *, modes: tuple[int, ...]
) -> tuple[int, tuple[Word, ...]]:
    """By how much the page is to be turned, and its words then or in another mode, where that reads more."""
    best, turned = evidence.good_words(words), 0
    turns = (90, 270, 180) if upright.lines_run_down(image) else (180,)
    tries = [(turn, tesseract.BLOCK) for turn in turns]
    tries += [(0, mode) for mode in modes]
    for turn, mode in tries:
        candidate = upright.turned(image, turn)
        found = tesseract.recognise(candidate, number, mode=mode, seconds=limits.ocr_seconds)
        if (good := evidence.good_words(found)) > 1.2 * best + 1:
            turned, words, best = turn, found, good
            if turn and not evidence.is_weak(words):
                break
    return turned, words
