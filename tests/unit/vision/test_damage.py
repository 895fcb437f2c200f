"""Pictures that lost a part of their data and still have their end are unreadable; flat and grey ones are not."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml.vision.image_files import UnreadableImage
from ml.vision.images import decode_image

SIZE = (360, 480)
_RNG = np.random.default_rng(4)


def _photo() -> Image.Image:
    small = _RNG.integers(0, 255, (SIZE[1] // 20, SIZE[0] // 20, 3), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(small).resize(SIZE)).astype(int)
    return Image.fromarray((pixels + _RNG.integers(-8, 8, pixels.shape)).clip(0, 255).astype(np.uint8))


def _cut_out(colour: str) -> Image.Image:
    picture = Image.new("RGB", SIZE, colour)
    ImageDraw.Draw(picture).ellipse((100, 60, 260, 200), fill="firebrick")
    return picture


PHOTO = _photo()
JPEGS: dict[str, dict] = {
    "baseline": {},
    "optimised": {"optimize": True},
    "progressive": {"progressive": True},
    "full colour": {"subsampling": 0, "quality": 95},
    "restarts": {"restart_marker_blocks": 8},
    "low quality": {"quality": 20},
}


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    if kind == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def refused(content: bytes) -> str | None:
    try:
        decode_image(content, width=32, height=32)
    except UnreadableImage as error:
        return error.reason
    return None


def cut_off(content: bytes, at: int) -> bytes:
    return content[:at] + b"\xff\xd9"


def filled(content: bytes, at: int) -> bytes:
    return content[:at] + bytes(len(content) - at - 2) + b"\xff\xd9"


def with_hole(content: bytes, at: int) -> bytes:
    return content[:at] + bytes(len(content) // 5) + content[at + len(content) // 5 :]


@pytest.mark.parametrize("options", JPEGS.values(), ids=JPEGS)
@pytest.mark.parametrize("damage", [cut_off, filled])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_that_lost_its_rest_is_unreadable(
    options: dict, damage: Callable[[bytes, int], bytes], share: float, mode: str
) -> None:
    whole = encoded(PHOTO.convert(mode), "JPEG", **options)

    assert refused(whole) is None
    assert refused(damage(whole, int(len(whole) * share))) in ("truncated", "damaged", "corrupt")


def test_a_jpeg_with_a_hole_is_unreadable() -> None:
    whole = encoded(PHOTO, "JPEG")

    assert {refused(with_hole(whole, int(len(whole) * share))) for share in (0.2, 0.5, 0.75)} <= {
        "truncated",
        "damaged",
    }


@pytest.mark.parametrize("name", ["a photo", "a phone's panorama"])
def test_what_follows_a_jpeg_does_not_hide_what_it_lacks(name: str) -> None:
    whole = encoded(PHOTO, "JPEG")
    behind = whole if name == "a photo" else b"trailer" * 100

    assert refused(whole + behind) is None
    assert refused(cut_off(whole, len(whole) // 2) + behind) == "truncated"


@pytest.mark.parametrize("kind", ["WEBP", "HEIF", "AVIF", "PNG", "GIF"])
def test_nuls_in_the_place_of_data_are_unreadable(kind: str) -> None:
    whole = encoded(PHOTO, kind)
    half = len(whole) // 2

    assert refused(whole) is None
    assert refused(whole[:half] + bytes(len(whole) - half)) is not None
    assert refused(whole[:half]) is not None


@pytest.mark.parametrize("options", JPEGS.values(), ids=JPEGS)
@pytest.mark.parametrize("colour", ["white", "black", "#808080", "#7f7f80", "#f0f0f0"])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_flat_backgrounds_are_honest(options: dict, colour: str, mode: str) -> None:
    for picture in (_cut_out(colour), Image.new("RGB", SIZE, colour)):
        assert refused(encoded(picture.convert(mode), "JPEG", **options)) is None


@pytest.mark.parametrize("kind", ["WEBP", "HEIF", "AVIF", "PNG", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("colour", ["white", "black", "#808080"])
def test_flat_backgrounds_of_other_formats_are_honest(kind: str, colour: str) -> None:
    for picture in (_cut_out(colour), Image.new("RGB", (2400, 1800), colour)):
        assert refused(encoded(picture, kind)) is None


def test_a_photo_whose_corner_is_grey_is_honest() -> None:
    picture = PHOTO.copy()
    picture.paste((128, 128, 128), (SIZE[0] // 2, SIZE[1] // 2, *SIZE))

    for options in JPEGS.values():
        assert refused(encoded(picture, "JPEG", **options)) is None
