"""RapidOCR, whose models ship in its wheel: a second opinion where the first engine's evidence is weak.

It is an extra: without it the first engine's words stand.
"""

import functools
import importlib.util
import os
import re
import unicodedata
from typing import Any

import numpy as np
from PIL import Image

from ml.documents.words import Word

_OTHER_SCRIPTS = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]+")
LONGEST_SIDE = 1600
"""Pixels: letters of a page are as high as the models like them."""


def available() -> bool:
    return (
        importlib.util.find_spec("rapidocr") is not None
        and importlib.util.find_spec("onnxruntime") is not None
    )


@functools.cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    # Pages run side by side, each in one thread.
    threads = int(os.environ.get("OMP_NUM_THREADS", "0")) or -1
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.max_side_len": LONGEST_SIDE,
            "Global.use_cls": False,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
            "Det.limit_side_len": 960,
            "Det.limit_type": "max",
        }
    )


def recognise(image: Image.Image, number: int) -> tuple[Word, ...]:
    """The words of an upright grey image; a text line's words share its box by the lengths of their letters."""
    pixels = np.repeat(np.asarray(image)[:, :, None], 3, axis=2)
    found = _engine()(pixels)
    if found.boxes is None:
        return ()
    return tuple(
        word
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        for word in _divided(box, text, float(score), number)
    )


def _divided(box: Any, text: str, score: float, number: int) -> list[Word]:
    (x0, y0), (x1, y1) = box.min(axis=0).tolist(), box.max(axis=0).tolist()
    # Its letters of other scripts are noise on pages of ours; wide brackets are brackets.
    text = _OTHER_SCRIPTS.sub("", unicodedata.normalize("NFKC", text))
    letter = (x1 - x0) / max(len(text), 1)
    words, place = [], 0
    for part in text.split():
        start = text.index(part, place)
        place = start + len(part)
        words.append(Word(part, x0 + start * letter, y0, x0 + place * letter, y1, number, score, "rapidocr"))
    return words
