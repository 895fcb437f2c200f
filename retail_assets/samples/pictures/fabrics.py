"""Colours and what covers a surface: plain, stripes, checks, prints, denim."""

from dataclasses import dataclass
from random import Random

from PIL import Image, ImageChops, ImageDraw

Colour = tuple[int, int, int]

SKINS: list[Colour] = [(236, 200, 172), (224, 180, 148), (198, 148, 112), (160, 112, 80)]
HAIRS: list[Colour] = [(40, 30, 26), (62, 42, 30), (96, 62, 38), (28, 26, 28)]
LEATHERS: list[Colour] = [(38, 34, 34), (74, 46, 34), (106, 66, 42), (52, 36, 32), (140, 88, 54)]
BRIGHT: list[Colour] = [
    (190, 40, 52), (38, 88, 160), (40, 128, 84), (226, 130, 44), (120, 56, 130),
    (40, 150, 170), (222, 90, 130), (240, 196, 60),
]  # fmt: skip
CALM: list[Colour] = [
    (36, 44, 70), (44, 44, 48), (110, 112, 116), (190, 186, 178), (92, 98, 72),
    (120, 52, 58), (70, 110, 150), (228, 226, 222),
]  # fmt: skip
BLUES: list[Colour] = [(52, 74, 112), (40, 52, 82), (84, 112, 152), (112, 140, 176), (34, 42, 62)]
METALS: list[Colour] = [(196, 198, 202), (212, 182, 112), (150, 152, 158)]


@dataclass(frozen=True)
class Fabric:
    """A colour and, on top of it, a pattern in a second colour."""

    colour: Colour
    pattern: str = "plain"
    second: Colour = (255, 255, 255)
    size: float = 8
    """Of one repeat, in units of the sheet."""

    def fill(self, size: tuple[int, int], scale: float) -> Image.Image:
        """A rectangle of the fabric, in pixels; `scale` is pixels a unit."""
        image = Image.new("RGB", size, self.colour)
        if self.pattern != "plain":
            _PATTERNS[self.pattern](image, self, max(round(self.size * scale), 4))
        return image


def darker(colour: Colour, factor: float = 0.75) -> Colour:
    red, green, blue = (round(c * factor) for c in colour)
    return red, green, blue


def lighter(colour: Colour, share: float = 0.4) -> Colour:
    red, green, blue = (round(c + (255 - c) * share) for c in colour)
    return red, green, blue


def varied(rng: Random, colours: list[Colour], spread: int = 14) -> Colour:
    """One of the colours, never twice quite the same."""
    red, green, blue = (min(255, max(0, c + rng.randint(-spread, spread))) for c in rng.choice(colours))
    return red, green, blue


def _bars(image: Image.Image, fabric: Fabric, step: int) -> None:
    draw = ImageDraw.Draw(image)
    for y in range(0, image.height, step):
        draw.rectangle((0, y, image.width, y + step * 2 // 5), fill=fabric.second)


def _pinstripes(image: Image.Image, fabric: Fabric, step: int) -> None:
    draw = ImageDraw.Draw(image)
    for x in range(0, image.width, step):
        draw.rectangle((x, 0, x + step // 4, image.height), fill=fabric.second)


def _checks(image: Image.Image, fabric: Fabric, step: int) -> None:
    threads = Image.new("RGB", image.size, "white")
    draw = ImageDraw.Draw(threads)
    light = lighter(fabric.second, 0.45)
    for x in range(0, image.width, step):
        draw.rectangle((x, 0, x + step * 2 // 5, image.height), fill=light)
    across = Image.new("RGB", image.size, "white")
    draw = ImageDraw.Draw(across)
    for y in range(0, image.height, step):
        draw.rectangle((0, y, image.width, y + step * 2 // 5), fill=light)
    image.paste(ImageChops.multiply(ImageChops.multiply(image, threads), across))


def _flowers(image: Image.Image, fabric: Fabric, step: int) -> None:
    draw = ImageDraw.Draw(image)
    petal = max(step // 5, 2)
    # A print repeats: which flower is large or of the darker colour follows from its place.
    for row, y in enumerate(range(0, image.height + step, step)):
        for column, x in enumerate(range(-(row % 2) * step // 2, image.width + step, step)):
            turn = (row * 7 + column * 3) % 5
            r = petal * (3 + turn % 3) // 4
            colour = fabric.second if turn % 2 else darker(fabric.second, 0.7)
            for dx, dy in ((-r, 0), (r, 0), (0, -r), (0, r)):
                draw.ellipse((x + dx - r, y + dy - r, x + dx + r, y + dy + r), fill=colour)


def _denim(image: Image.Image, fabric: Fabric, step: int) -> None:
    draw = ImageDraw.Draw(image)
    thread, wide = lighter(fabric.colour, 0.14), max(step // 6, 1)
    for x in range(-image.height, image.width, step // 2 or 2):
        draw.line((x, 0, x + image.height, image.height), fill=thread, width=wide)


_PATTERNS = {
    "bars": _bars, "pinstripes": _pinstripes, "checks": _checks, "flowers": _flowers, "denim": _denim,
}  # fmt: skip
