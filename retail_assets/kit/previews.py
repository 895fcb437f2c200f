"""Tables and pictures for the UI.

What is shown there is Markdown, and much of it comes from outside: file names, headers, sentences that quote a file.
`escaped` is the one way for such text into Markdown; tables are safer still, and are what most things are shown as.
The descriptions of checks, which logs tell too, are made `harmless`.
Pictures are stored with the event that shows them, so their size is bounded.
"""

import base64
import io
import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure
    from PIL import Image

PREVIEW_ROWS = 10
CELL_CHARACTERS = 200
PICTURE_BYTES = 300_000
"""Of one picture, as PNG."""
_COLOURS = (256, 64, 16)
_ADDRESS = re.compile(r"(?<=www)(?=\.)|(?<=http)(?=s?:)|(?=@)", re.IGNORECASE)
"""Where an address is cut, which GitHub's Markdown finds in text that was escaped and makes a link of."""
_MEANING = re.compile(rf"{_ADDRESS.pattern}|(?<=[]<&\\])", re.IGNORECASE)
"""Where else Markdown is cut before it means more than its look: tags, what makes a text a link or a picture, and what
writes a character in another way (an entity, a backslash), so that only the shown text is an address."""
_WORD_JOINER = "\u2060"
"""Takes no space and does not let a line break."""


def escaped(text: str) -> str:
    """Text from outside as Markdown that shows it, and does nothing else: no link, image, emphasis or HTML."""
    words = " ".join(text.split())
    return "".join(_entity(character) for character in _ADDRESS.sub(_WORD_JOINER, words))


def harmless(sentence: str) -> str:
    """A sentence that quotes text from outside, for where it is Markdown in one place and plain text in another: it
    may look emphasised, and holds no link, image or HTML."""
    return _MEANING.sub(_WORD_JOINER, sentence)


def as_it_was(sentence: str) -> str:
    """The sentence before it was made harmless, for a terminal."""
    return sentence.replace(_WORD_JOINER, "")


def _entity(character: str) -> str:
    return character if character.isalnum() or character in " ,;" else f"&#{ord(character)};"


def cell(value: Any) -> str | int | float | bool | None:
    """A value as a table in the UI takes it: as JSON, which knows no figure that is not a number."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"


def records(rows: "pl.DataFrame") -> list[dict[str, Any]]:
    """A frame's rows as a table in the UI takes them."""
    from polars import selectors

    # Python knows no year after 9999, where the "never" of a source may lie in another zone.
    texts = rows.with_columns(
        selectors.datetime(time_zone="*").dt.to_string("%+"),
        selectors.datetime(time_zone=None).dt.to_string("%FT%T%.f"),
        selectors.date().dt.to_string(),
    )
    return [{name: cell(value) for name, value in row.items()} for row in texts.iter_rows(named=True)]


def figure_markdown(figure: "Figure", title: str) -> str:
    """A figure as Markdown that holds its picture."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80)
    return png_markdown(buffer.getvalue(), title)


def image_markdown(picture: "Image.Image", title: str) -> str:
    """A picture as Markdown that holds it, with as many colours as the bound allows."""
    for colours in _COLOURS:
        buffer = io.BytesIO()
        picture.quantize(colours).save(buffer, format="png", optimize=True)
        if buffer.tell() <= PICTURE_BYTES:
            break
    return png_markdown(buffer.getvalue(), title)


def png_markdown(png: bytes, title: str) -> str:
    """A picture that is ready as Markdown that holds it."""
    return f"![{escaped(title)}](data:image/png;base64,{base64.b64encode(png).decode()})"
