"""What one document may ask for at most, and the errors that say that it asked for more."""

from dataclasses import dataclass

from ml.errors import ExplainedError


class Unreadable(ExplainedError):
    """A document that cannot be read; the sentence says why."""


class NoOcr(ExplainedError):
    """Text recognition is needed and not installed."""


@dataclass(frozen=True)
class Limits:
    """Every limit ends in a sentence with its number."""

    bytes: int = 100_000_000
    pages: int = 500
    """Of a text PDF; a longer file is refused whole, not read in part."""
    recognised_pages: int = 100
    """Pages that need OCR."""
    pixels: int = 60_000_000
    """Of one image, as its header declares them."""
    words_a_page: int = 20_000
    ocr_seconds: float = 60.0
    """For one page in one engine."""
    xml_bytes: int = 20_000_000
    document_seconds: float = 600.0
    """For one document: its process ends then."""


LIMITS = Limits()
