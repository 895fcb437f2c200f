"""What the UI shows of a night: the right photos, and never more bytes than an event may keep."""

import base64
import io
import re
from datetime import date

import numpy as np
import polars as pl
import pytest
from PIL import Image

from retail_assets.kit.previews import PICTURE_BYTES
from retail_assets.lake import Lake
from retail_assets.platform import Platform
from retail_assets.refunds.previews import confidence_histogram, contact_sheet
from retail_assets.refunds.settings import RefundSettings
from retail_assets.refunds.tables import REFUND_ITEM_PREDICTIONS

NIGHT = date(2026, 11, 20)
OWN = RefundSettings()


@pytest.fixture
def lake(platform: Platform) -> Lake:
    return platform.lake


def store(lake: Lake, number: int, content: bytes) -> str:
    sha256 = f"{number:064x}"
    path = lake.stored_file(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sha256


def noise(seed: int) -> bytes:
    """The worst case for any compression."""
    pixels = np.random.default_rng(seed).integers(0, 256, (160, 120, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def write(lake: Lake, hashes: list[str]) -> None:
    rows = pl.DataFrame({"sha256": hashes}).with_columns(
        sequence=pl.int_range(1, len(hashes) + 1),
        admitted_on=pl.lit(NIGHT),
        predicted_class=pl.lit("Perfume and Body Mist"),
        confidence=pl.int_range(len(hashes)) / max(len(hashes), 1),
        needs_review=pl.int_range(len(hashes)) % 2 == 0,
    )
    missing = {
        name: kind for name, kind in REFUND_ITEM_PREDICTIONS.schema.items() if name not in rows.columns
    }
    filled = rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in missing.items())
    REFUND_ITEM_PREDICTIONS.write(lake, NIGHT.isoformat(), filled)


def picture(markdown: str | None) -> tuple[str, bytes]:
    found = re.fullmatch(r"!\[(.*)\]\(data:image/png;base64,(.*)\)", markdown or "")
    assert found
    return found[1], base64.b64decode(found[2])


def test_a_sheet_shows_some_of_many_photos_within_its_bound(lake: Lake) -> None:
    noises = [noise(seed) for seed in range(5)]
    write(lake, [store(lake, n, noises[n % 5]) for n in range(101)])
    title, png = picture(contact_sheet(lake, OWN, NIGHT))
    assert title == "34 of 101 photos"
    assert len(png) <= PICTURE_BYTES
    assert Image.open(io.BytesIO(png)).size[0] > 800


def test_a_photo_that_cannot_be_read_any_more_does_no_harm(lake: Lake) -> None:
    write(lake, [store(lake, 1, b"gone"), "0" * 64])
    title, _ = picture(contact_sheet(lake, OWN, NIGHT))
    assert title == "2 of 2 photos"


def test_the_histogram_is_small(lake: Lake) -> None:
    write(lake, [store(lake, n, b"") for n in range(9)])
    title, png = picture(confidence_histogram(lake, NIGHT))
    assert title == "confidence"
    assert len(png) < 50_000


def test_a_night_without_photos_has_no_pictures(lake: Lake) -> None:
    assert contact_sheet(lake, OWN, NIGHT) is None
    assert confidence_histogram(lake, NIGHT) is None
