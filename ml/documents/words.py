"""What reading hands on: words with their place, and the pages they stand on."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Word:
    """Text without blanks and its box, with the origin at the top left; y grows downwards."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    page: int = 0
    score: float = 1.0
    """How sure the engine is, from 0 to 1; a text layer is sure."""
    engine: str = "text"

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2

    @property
    def centre(self) -> float:
        return (self.x0 + self.x1) / 2


@dataclass(frozen=True)
class Page:
    """One page in its own units: points of a PDF, pixels of an image."""

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    engine: str = "text"
    other: tuple[Word, ...] = ()
    """What a second engine read on the same page, in the same units."""
    turn: int = 0
    """Degrees, anticlockwise, by which a recognised page was turned to stand upright."""

    @property
    def word_height(self) -> float:
        heights = [word.height for word in self.words if len(word.text) > 1]
        return median(heights) if heights else 10.0


def merged(words: list[Word], text: str | None = None) -> Word:
    """One word that covers several."""
    first = words[0]
    return Word(
        " ".join(word.text for word in words) if text is None else text,
        min(word.x0 for word in words),
        min(word.y0 for word in words),
        max(word.x1 for word in words),
        max(word.y1 for word in words),
        first.page,
        min(word.score for word in words),
        first.engine,
    )
