"""Pictures of every mode, size, orientation and degree of damage, through inspect_image and decode_image."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ml.vision.image_files import ImageLimits, UnreadableImage
from ml.vision.images import ImageFacts, decode_image, inspect_image

RED, BLUE = (200, 30, 30), (30, 30, 200)


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def red_above_blue(width: int = 60, height: int = 80) -> Image.Image:
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(BLUE, (0, height // 2, width, height))
    return picture


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8))


def reason(content: bytes | Path, **limits: int) -> str:
    with pytest.raises(UnreadableImage) as raised:
        decode_image(content, width=30, height=40, limits=ImageLimits(**limits))
    message = raised.value.message
    assert message.endswith(".") and (
        "end the" in message or "end a" in message or "save it anew" in message
    ), "it says what to do"
    return raised.value.reason


def png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_every_supported_format_is_read_whatever_its_name(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(encoded(red_above_blue(), kind))
    assert inspect_image(file) == ImageFacts(format=kind, width=60, height=80)
    pixels = decode_image(file, width=30, height=40)
    assert pixels.shape == (40, 30, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels[5, 15].astype(int) - RED).max() < 12
    assert np.abs(pixels[35, 15].astype(int) - BLUE).max() < 12


def test_a_heic_photo_of_a_phone_is_read() -> None:
    from pillow_heif import from_pillow

    buffer = io.BytesIO()
    from_pillow(red_above_blue()).save(buffer, quality=90)
    assert inspect_image(buffer.getvalue()) == ImageFacts(format="HEIF", width=60, height=80)
    pixels = decode_image(buffer.getvalue(), width=30, height=40)
    assert np.abs(pixels[5, 15].astype(int) - RED).max() < 12


def test_a_thumbnail_within_a_heic_is_not_taken_for_the_photo() -> None:
    from pillow_heif import from_pillow

    alone, beside = io.BytesIO(), io.BytesIO()
    from_pillow(noise(360, 480)).save(alone)
    from_pillow(noise(360, 480)).save(beside, thumbnails=[160])
    photos = [decode_image(one.getvalue(), width=30, height=40) for one in (alone, beside)]
    assert len(beside.getvalue()) > len(alone.getvalue())
    assert (photos[0] == photos[1]).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_photo_stands_upright_whatever_its_exif_orientation(orientation: int, kind: str) -> None:
    upright = Image.new("RGB", (60, 80), "white")
    upright.paste(RED, (0, 0, 30, 40))  # one quarter only, so that each of the eight turns differs
    undone = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undone[orientation]) if orientation in undone else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(stored, kind, exif=exif)
    assert inspect_image(content) == ImageFacts(format=kind, width=60, height=80)
    pixels = decode_image(content, width=30, height=40).astype(int)
    assert np.abs(pixels[10, 7] - RED).max() < 12
    assert pixels[10, 22].min() > 240
    assert pixels[30, 7].min() > 240


def test_a_broken_exif_block_does_not_make_a_photo_unreadable() -> None:
    content = encoded(red_above_blue(), "JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff garbage")
    assert decode_image(content, width=30, height=40).shape == (40, 30, 3)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_mode_becomes_the_same_grey_picture(mode: str) -> None:
    grey = Image.new("L", (60, 80), 0)
    grey.paste(255, (0, 0, 60, 40))
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    elif mode == "F":
        picture = Image.fromarray(np.asarray(grey).astype(np.float32) / 255)
    elif mode == "I":
        picture = Image.fromarray(np.asarray(grey).astype(np.int32) * 257)
    else:
        picture = (grey.convert("RGB") if mode in ("P", "CMYK") else grey).convert(mode)
    pixels = decode_image(
        encoded(picture, "TIFF" if mode in ("CMYK", "I", "F") else "PNG"), width=30, height=40
    )
    assert pixels[5, 15].min() > 250
    assert pixels[35, 15].max() < 5


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_are_white(mode: str) -> None:
    picture = Image.new("RGBA", (60, 80), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (0, 40, 60, 80))
    content = encoded(picture.convert(mode) if mode != "P" else picture.quantize(4), "PNG")
    pixels = decode_image(content, width=30, height=40)
    assert pixels[5, 15].min() > 250
    assert pixels[35, 15].max() < 5


def test_of_an_animation_the_first_picture_counts() -> None:
    frames = [Image.new("RGB", (60, 80), colour) for colour in (RED, BLUE, BLUE)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert np.abs(decode_image(content, width=30, height=40)[20, 15].astype(int) - RED).max() < 12


@pytest.mark.parametrize(("size", "covered"), [((200, 50), (slice(15, 25), slice(0, 30)))])
def test_a_frame_of_another_shape_is_filled_with_the_colour_of_the_border(
    size: tuple[int, int], covered: tuple[slice, slice]
) -> None:
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (60, 20, 140, 30))
    pixels = decode_image(encoded(picture), width=30, height=40)
    assert (pixels[0, 0] == RED).all()
    assert (pixels[39, 29] == RED).all()
    assert (pixels[covered] != RED).any()


def test_a_large_jpeg_and_the_same_picture_as_png_give_nearly_the_same_pixels() -> None:
    picture = noise(27, 36).resize((1080, 1440), Image.Resampling.BICUBIC)
    jpeg = decode_image(encoded(picture, "JPEG", quality=95), width=96, height=128).astype(int)
    png = decode_image(encoded(picture, "PNG"), width=96, height=128).astype(int)
    assert np.abs(jpeg - png).mean() < 3


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b"this is a text, not a photo", "not_an_image"),
        (b"BMW drives fast, and this text is long enough for a header", "not_an_image"),
        (b"%PDF-1.7 a scanned letter", "unsupported_format"),
        (b"\x00\x00\x00\x20ftypisom a film of the shoe", "unsupported_format"),
        (b"\xff\xd8\xff\xe0 nothing else", "corrupt"),
        (png_claiming(50_000, 50_000), "too_many_pixels"),
        (png_claiming(12_000, 11_000), "too_many_pixels"),
        (png_claiming(9_000, 9_000), "truncated"),
    ],
)
def test_what_is_no_readable_picture_says_why(content: bytes, expected: str) -> None:
    assert reason(content) == expected


def test_a_jpeg_of_endless_scans_is_refused_before_decoding() -> None:
    content = encoded(red_above_blue(), "JPEG", progressive=True)
    scans = content[content.rindex(b"\xff\xda") : -2]
    decode_image(content[:-2] + scans * 10 + content[-2:], width=30, height=40)
    assert reason(content[:-2] + scans * 1_000 + content[-2:]) == "too_many_scans"


def test_what_stands_behind_or_beside_a_jpeg_are_no_scans_of_it() -> None:
    content = encoded(red_above_blue(), "JPEG")
    remark = b"\xff\xee" + (30_002).to_bytes(2) + b"\xff\xda" * 15_000
    for odd in (content + b"\xff\xda" * 500, content[:2] + remark + content[2:]):
        assert (decode_image(odd, width=30, height=40) == decode_image(content, width=30, height=40)).all()


@pytest.mark.parametrize("mode", ["F", "I"])
def test_a_deep_picture_that_is_large_is_shrunk_before_its_values_are(mode: str) -> None:
    picture = Image.new("L", (5_200, 5_000), 255).convert(mode)
    pixels = decode_image(encoded(picture, "TIFF", compression="tiff_deflate"), width=52, height=50)
    assert (pixels == 255).all()


class Failing(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise OSError(5, "Input/output error")


def test_a_disk_that_fails_after_the_file_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(encoded(red_above_blue()))
    monkeypatch.setattr(Path, "open", lambda self, mode: Failing())
    assert reason(tmp_path / "a.png") == "cannot_read"
    with pytest.raises(UnreadableImage, match=r"cannot_read: Reading the file failed: \[Errno 5\]"):
        inspect_image(tmp_path / "a.png")


def test_a_limit_above_pillows_own_counts() -> None:
    with pytest.raises(UnreadableImage, match="180,000,000 x"):
        inspect_image(png_claiming(180_000_000, 2), ImageLimits(max_pixels=200_000_000))
    assert inspect_image(png_claiming(18_000, 10_000), ImageLimits(max_pixels=200_000_000)).width == 18_000


def test_limits_on_bytes_and_pixels_are_checked_before_decoding() -> None:
    content = encoded(red_above_blue())
    assert reason(content, max_bytes=10) == "too_large"
    assert reason(content, max_pixels=60 * 80 - 1) == "too_many_pixels"
    with pytest.raises(UnreadableImage, match="too_many_pixels"):
        inspect_image(content, ImageLimits(max_pixels=100))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "AVIF"])
def test_a_file_that_was_cut_off_is_found(kind: str) -> None:
    content = encoded(noise(120, 160), kind)
    assert reason(content[: len(content) // 2]) in ("truncated", "corrupt")


def test_folders_pipes_and_missing_files_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert reason(tmp_path) == "not_a_file"
    assert reason(tmp_path / "pipe.jpg") == "not_a_file"
    assert reason(tmp_path / "missing.jpg") == "cannot_open"


PHOTOS = {
    "JPEG": encoded(noise(40, 50), "JPEG"),
    "PNG": encoded(noise(20, 25), "PNG"),
    "GIF": encoded(noise(20, 25).quantize(16), "GIF"),
    "WEBP": encoded(noise(20, 25), "WEBP"),
    "TIFF": encoded(noise(20, 25), "TIFF"),
    "BMP": encoded(noise(20, 25), "BMP"),
}


@settings(deadline=None, max_examples=150)
@given(
    kind=st.sampled_from(sorted(PHOTOS)),
    damage=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), min_size=1, max_size=5),
    keep=st.floats(0, 1),
)
def test_damaged_bytes_are_a_picture_or_an_unreadable_image(
    kind: str, damage: list[tuple[float, bytes]], keep: float
) -> None:
    content = bytearray(PHOTOS[kind])
    for place, garbage in damage:
        start = int(place * (len(content) - 1))
        content[start : start + len(garbage)] = garbage
    damaged = bytes(content[: max(1, int(keep * len(content)))])
    try:
        pixels = decode_image(damaged, width=12, height=16, limits=ImageLimits(max_pixels=1_000_000))
    except UnreadableImage as error:
        assert error.reason
        assert error.message
    else:
        assert pixels.shape == (16, 12, 3)


@settings(deadline=None, max_examples=60)
@given(width=st.integers(1, 400), height=st.integers(1, 400), kind=st.sampled_from(["JPEG", "PNG"]))
def test_every_shape_fits_the_frame(width: int, height: int, kind: str) -> None:
    content = encoded(Image.new("RGB", (width, height), RED), kind)
    pixels = decode_image(content, width=24, height=32)
    assert pixels.shape == (32, 24, 3)
    assert np.abs(pixels.astype(int) - RED).max() < 12
