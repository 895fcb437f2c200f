"""What comes from outside is shown in the UI as it is, and does nothing there."""

import base64
import io
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from PIL import Image

from retail_assets.kit import previews
from retail_assets.kit.previews import (
    CELL_CHARACTERS,
    PICTURE_BYTES,
    as_it_was,
    cell,
    escaped,
    harmless,
    image_markdown,
    records,
)

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
BARE_ADDRESS = re.compile(r"(https?://|www(?=\.))[-.\w]+|[-.\w+]+@[-\w]+(\.[-\w]+)+", re.IGNORECASE)
"""What GitHub's Markdown, which the UI speaks, makes a link of after everything else is done."""

HOSTILE = [
    "a | b | c",
    "one\ntwo\r\n| three |",
    "    four spaces at the start",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![pixel](https://evil.example/pixel.png)",
    "[click](javascript:alert(1))",
    "<https://evil.example>",
    "https://evil.example/a?b=c",
    "www.evil.example",
    "bookkeeping@evil.example",
    "# no heading",
    "- no list",
    "1. no list",
    "> no quotation",
    "*no* _emphasis_ ~~at~~ `all`",
    "```\nno code",
    "&lt;no entity&gt;",
    "back\\slash \\| pipe",
    "---",
    "[1]: https://evil.example",
    "Größe 38,5; früher – heute",
    r"http\://evil.example www\.evil.example",
    "http&#58;//evil.example &#119;ww.evil.example h&#x74;tps&colon;//evil.example",
    "bookkeeping&commat;evil.example bookkeeping&#64;evil.example",
]


class Page(HTMLParser):
    """A rendered page: its tags and its text."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(MARKDOWN.render(markdown))

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def words(self) -> list[str]:
        return self.text.replace("\u2060", "").split()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_it_is(text: str) -> None:
    page = Page(escaped(text))
    assert page.tags == ["p"]
    assert page.words == text.split()
    assert not BARE_ADDRESS.search(page.text)


@given(st.text(st.characters(exclude_categories=["C"])))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    page = Page(escaped(text))
    assert set(page.tags) <= {"p"}
    assert page.words == text.split()
    assert not BARE_ADDRESS.search(page.text)


@given(
    st.text(st.characters(exclude_categories=["C"]) | st.sampled_from("[]()<>!:`&\\\n"))
    | st.sampled_from(HOSTILE)
)
def test_a_sentence_that_quotes_any_text_does_nothing(text: str) -> None:
    for sentence in (text, f"Nothing is taken from {text}: move it."):
        page = Page(harmless(sentence))
        assert not {"a", "img", "script"} & set(page.tags)
        assert not BARE_ADDRESS.search(page.text)
        assert as_it_was(harmless(sentence)) == sentence


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (7, 7),
        (True, True),
        (0.5, 0.5),
        (float("nan"), None),
        (float("-inf"), None),
        (Decimal("1.50"), "1.50"),
        ([1, 2], "[1, 2]"),
        ("<b>plain</b>", "<b>plain</b>"),
        ("x" * CELL_CHARACTERS, "x" * CELL_CHARACTERS),
        ("x" * (CELL_CHARACTERS + 1), "x" * (CELL_CHARACTERS - 1) + "…"),
    ],
)
def test_a_cell_is_what_json_can_hold_and_short(value: object, shown: object) -> None:
    assert cell(value) == shown
    json.dumps(cell(value), allow_nan=False)


def test_rows_of_a_frame_keep_their_columns_in_order() -> None:
    frame = pl.DataFrame({"z": [1], "a": [[0.5]], "m": ["text"]})
    assert [list(record.items()) for record in records(frame)] == [[("z", 1), ("a", "[0.5]"), ("m", "text")]]


def test_times_of_whatever_year_are_shown() -> None:
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    instants = pl.Series([datetime(2026, 11, 20, 9, tzinfo=UTC), never, None])
    local = instants.dt.convert_time_zone("Europe/Berlin")
    frame = pl.DataFrame(
        {"utc": instants, "local": local, "plain": local.dt.replace_time_zone(None), "day": local.dt.date()}
    )
    assert [list(record.values()) for record in records(frame)] == [
        ["2026-11-20T09:00:00+00:00", "2026-11-20T10:00:00+01:00", "2026-11-20T10:00:00", "2026-11-20"],
        ["9999-12-31T23:59:59+00:00", "+10000-01-01T00:59:59+01:00", "+10000-01-01T00:59:59", "+10000-01-01"],
        [None] * 4,
    ]


def _png(markdown: str) -> tuple[str, bytes]:
    found = re.fullmatch(r"!\[(.*)\]\(data:image/png;base64,([A-Za-z0-9+/=]*)\)", markdown)
    assert found
    return found[1], base64.b64decode(found[2])


def test_a_picture_that_no_compression_helps_stays_within_its_bound() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (700, 700, 3), np.uint8)
    _, png = _png(image_markdown(Image.fromarray(noise), "noise"))
    assert len(png) <= PICTURE_BYTES
    assert Image.open(io.BytesIO(png)).size == (700, 700)


def test_a_title_closes_no_bracket() -> None:
    markdown = image_markdown(Image.new("RGB", (4, 4)), "](x) <b>](https://evil.example) [")
    page = Page(markdown)
    assert page.tags == ["p", "img"]
    assert len(_png(markdown)[1]) < 1_000


def test_a_figure_becomes_a_picture() -> None:
    from matplotlib.figure import Figure

    title, png = _png(previews.figure_markdown(Figure(figsize=(2, 1)), "confusion"))
    assert title == "confusion"
    assert Image.open(io.BytesIO(png)).size == (160, 80)
