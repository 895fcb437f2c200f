"""Recognised pages kept in a folder, by the content of their file: what was read once is not read again.

A page is written when it is done, so that a run that was killed goes on with the next one.
"""

import hashlib
import json
import os
import tempfile
from pathlib import Path

from ml.documents.words import Page, Word

VERSION = "1"
"""Changes with whatever changes the words of a page."""


class KeptPages:
    """The pages of one file in one engine."""

    def __init__(self, folder: Path, content: bytes, engine: str):
        name = hashlib.sha256(content).hexdigest()
        self._folder = folder / name[:2] / f"{name}-{engine}-{VERSION}"

    def page(self, number: int) -> Page | None:
        path = self._path(number)
        if not path.exists():
            return None
        try:
            return from_json(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError):  # a file of another program, or a damaged one
            return None

    def keep(self, page: Page) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(to_json(page), file, ensure_ascii=False)
        Path(temporary).replace(self._path(page.number))

    def _path(self, number: int) -> Path:
        return self._folder / f"page-{number}.json"


def to_json(page: Page) -> dict:
    return {
        "number": page.number,
        "width": page.width,
        "height": page.height,
        "engine": page.engine,
        "words": [_written(word) for word in page.words],
        "other": [_written(word) for word in page.other],
        "turn": page.turn,
    }


def _written(word: Word) -> list:
    box = [round(float(value), 2) for value in (word.x0, word.y0, word.x1, word.y1)]
    return [word.text, *box, round(float(word.score), 4), word.engine]


def from_json(kept: dict) -> Page:
    number = int(kept["number"])

    def words(name: str) -> tuple[Word, ...]:
        return tuple(
            Word(text, x0, y0, x1, y1, number, score, engine)
            for text, x0, y0, x1, y1, score, engine in kept[name]
        )

    return Page(
        number,
        kept["width"],
        kept["height"],
        words("words"),
        kept["engine"],
        words("other"),
        int(kept.get("turn", 0)),
    )
