"""A sheet of 300 by 400 units to draw on: curves, filled shapes with soft shading, threads and shadows.

Everything is drawn at twice the size and reduced at the end, which is what smooths the edges.
"""

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from retail_assets.samples.pictures.fabrics import Colour, Fabric, darker

WIDTH, HEIGHT = 300, 400
_FINER = 2
_COARSER = 6
"""Shading is soft, so it is computed on a raster so many times coarser."""

Point = tuple[float, float]
Points = Sequence[Point]


class Canvas:
    """Points are units of the sheet, y down; what is drawn later lies on top."""

    def __init__(self, width: int, background: Image.Image | Colour) -> None:
        self.size = (width, width * HEIGHT // WIDTH)
        self._scale = width * _FINER / WIDTH
        fine = (self.size[0] * _FINER, self.size[1] * _FINER)
        if isinstance(background, Image.Image):
            self._image = background.resize(fine)
        else:
            self._image = Image.new("RGB", fine, background)
        self._draw = ImageDraw.Draw(self._image)
        self._turn = (1.0, 0.0)
        self._shift = (0.0, 0.0)
        self._stretch = 1.0

    def place(self, *, turn: float = 0.0, shift: Point = (0.0, 0.0), stretch: float = 1.0) -> None:
        """From now on turn (degrees clockwise) and stretch about the middle of the sheet, then shift."""
        angle = math.radians(turn)
        self._turn, self._shift, self._stretch = (math.cos(angle), math.sin(angle)), shift, stretch

    def shape(
        self, points: Points, fabric: Fabric | Colour, *, folds: Sequence[Points] = (), depth: float = 0.3
    ) -> None:
        """Fill a closed outline; `depth` darkens towards its edge, `folds` are creases inside it."""
        fabric = fabric if isinstance(fabric, Fabric) else Fabric(fabric)
        outline = self._pixels(points)
        xs, ys = [x for x, _ in outline], [y for _, y in outline]
        left, top = max(int(min(xs)), 0), max(int(min(ys)), 0)
        size = (
            min(int(max(xs)) + 2, self._image.width) - left,
            min(int(max(ys)) + 2, self._image.height) - top,
        )
        if min(size) < 2:
            return
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in outline], fill=255)
        filled = fabric.fill(size, self._scale * self._stretch)
        if depth:
            creases = [[(x - left, y - top) for x, y in self._pixels(fold)] for fold in folds]
            filled = ImageChops.multiply(filled, self._shade(mask, creases, depth))
        self._image.paste(filled, (left, top), mask)

    def _shade(self, mask: Image.Image, creases: list[list[Point]], depth: float) -> Image.Image:
        """Dark near the edges and along the creases, lighter where the light falls, from upper left."""
        coarse = (max(mask.width // _COARSER, 2), max(mask.height // _COARSER, 2))
        shade = mask.resize(coarse, Image.Resampling.BOX)
        pen = ImageDraw.Draw(shade)
        wide = max(round(3 * self._scale / _COARSER), 1)
        for crease in creases:
            pen.line([(x / _COARSER, y / _COARSER) for x, y in crease], fill=60, width=wide, joint="curve")
        shade = shade.filter(ImageFilter.GaussianBlur(max(2.2 * self._scale * 3 / _COARSER, 1)))
        shade = Image.blend(shade, _light().resize(coarse), 0.3).point(_toned(depth))
        return shade.resize(mask.size, Image.Resampling.BILINEAR).convert("RGB")

    def line(self, points: Points, colour: Colour, width: float = 1.0) -> None:
        """A line of constant width, with round ends."""
        pixels = self._pixels(points)
        wide = max(round(width * self._scale * self._stretch), 1)
        self._draw.line(pixels, fill=colour, width=wide, joint="curve")
        for x, y in (pixels[0], pixels[-1]):
            r = wide / 2 - 0.5
            if r > 1:
                self._draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)

    def band(self, points: Points, colour: Colour, width: float) -> None:
        """A round strap or tube: dark outside, light along its middle."""
        self.line(points, darker(colour, 0.62), width)
        self.line(points, colour, width * 0.78)
        self.line(points, lighter_middle(colour), width * 0.3)

    def stitches(self, points: Points, colour: Colour, *, width: float = 0.8, length: float = 3.0) -> None:
        """A dashed seam."""
        for start, end in dashes(points, length):
            self.line([start, end], colour, width)

    def shadow(self, points: Points, *, strength: float = 0.25, blur: float = 5.0) -> None:
        """Darken softly what lies under an outline."""
        small = (self._image.width // _COARSER, self._image.height // _COARSER)
        mask = Image.new("L", small, 255)
        outline = [(x / _COARSER, y / _COARSER) for x, y in self._pixels(points)]
        ImageDraw.Draw(mask).polygon(outline, fill=round(255 * (1 - strength)))
        mask = mask.filter(ImageFilter.GaussianBlur(blur * self._scale / _COARSER))
        soft = mask.resize(self._image.size, Image.Resampling.BILINEAR).convert("RGB")
        self._image.paste(ImageChops.multiply(self._image, soft))

    def finished(self) -> Image.Image:
        return self._image.reduce(_FINER)

    def _pixels(self, points: Points) -> list[Point]:
        (cos, sin), (right, down), size = self._turn, self._shift, self._stretch
        middle_x, middle_y = WIDTH / 2, HEIGHT / 2
        moved = []
        for x, y in points:
            x, y = (x - middle_x) * size, (y - middle_y) * size
            moved.append(
                (
                    (x * cos - y * sin + middle_x + right) * self._scale,
                    (x * sin + y * cos + middle_y + down) * self._scale,
                )
            )
        return moved


@cache
def _light() -> Image.Image:
    """Bright in the upper left, dark in the lower right."""
    return ImageChops.invert(Image.linear_gradient("L").rotate(65).crop((40, 40, 216, 216)))


@cache
def _toned(depth: float) -> list[int]:
    """How much of a colour is left for each value of the shade."""
    return [round(255 * (1 - depth * (1 - value / 255) * 1.25)) for value in range(256)]


def lighter_middle(colour: Colour) -> Colour:
    """The glint along a strap."""
    red, green, blue = (min(255, round(c + (255 - c) * 0.22)) for c in colour)
    return red, green, blue


def curve(points: Points, *, closed: bool = True, steps: int = 8) -> list[Point]:
    """A smooth line through the points (Catmull-Rom). A point given twice in a row makes a corner."""
    count = len(points)
    smooth: list[Point] = []
    for i in range(count if closed else count - 1):
        before = points[(i - 1) % count] if closed or i else points[0]
        here, there = points[i], points[(i + 1) % count]
        if here == there:
            continue
        after = points[(i + 2) % count] if closed or i + 2 < count else points[-1]
        for step in range(steps):
            t = step / steps
            smooth.append((_spline(before[0], here[0], there[0], after[0], t),
                           _spline(before[1], here[1], there[1], after[1], t)))  # fmt: skip
    return smooth if closed else [*smooth, points[-1]]


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def ellipse(x: float, y: float, rx: float, ry: float, start: float = 0, end: float = 360) -> list[Point]:
    """Points on an ellipse, degrees clockwise from the right."""
    steps = max(int(abs(end - start) / 6), 4)
    angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def box(left: float, top: float, right: float, bottom: float, radius: float = 0) -> list[Point]:
    """A rectangle with rounded corners."""
    if not radius:
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    corners = [
        (right - radius, top + radius, -90), (right - radius, bottom - radius, 0),
        (left + radius, bottom - radius, 90), (left + radius, top + radius, 180),
    ]  # fmt: skip
    return [p for x, y, a in corners for p in ellipse(x, y, radius, radius, a, a + 90)]


def mirrored(points: Points, x: float = WIDTH / 2) -> list[Point]:
    """A right half and its mirror image make a whole outline: give the right side from top to bottom."""
    return [*points, *((2 * x - px, py) for px, py in reversed(points))]


def flipped(points: Points, x: float = WIDTH / 2) -> list[Point]:
    return [(2 * x - px, py) for px, py in points]


def dashes(points: Points, length: float) -> list[tuple[Point, Point]]:
    """Every other piece of a line cut into pieces of a length."""
    cut: list[Point] = [points[0]]
    for (ax, ay), (bx, by) in pairwise(points):
        pieces = max(round(math.hypot(bx - ax, by - ay) / length), 1)
        cut += [(ax + (bx - ax) * i / pieces, ay + (by - ay) * i / pieces) for i in range(1, pieces + 1)]
    return [(cut[i], cut[i + 1]) for i in range(0, len(cut) - 1, 2)]
