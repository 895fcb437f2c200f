"""Pictures for tests, as the bytes of files."""

import io
import struct
import zlib

from PIL import Image


def photo(
    colour: str = "red", *, size: tuple[int, int] = (60, 80), kind: str = "JPEG", **options: object
) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind, **options)
    return buffer.getvalue()


def noise(size: tuple[int, int] = (200, 300), kind: str = "JPEG") -> bytes:
    """A photo whose bytes cannot be left out."""
    buffer = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


def png_claiming(width: int, height: int, *, pixels: bytes = bytes(1000)) -> bytes:
    """A small file whose header says that it is enormous."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def heic() -> bytes:
    from pillow_heif import from_pillow

    buffer = io.BytesIO()
    from_pillow(Image.new("RGB", (60, 80), "red")).save(buffer, quality=80)
    return buffer.getvalue()


def animated_gif() -> bytes:
    frames = [Image.new("RGB", (60, 80), colour) for colour in ("red", "blue", "green")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()
