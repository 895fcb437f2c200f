"""The people who wear the clothes: heads, arms, legs; nobody in particular."""

from dataclasses import dataclass
from random import Random

from retail_assets.samples.pictures.canvas import Canvas, Points, curve, ellipse, flipped, mirrored
from retail_assets.samples.pictures.fabrics import HAIRS, SKINS, Colour, Fabric, darker, varied


@dataclass(frozen=True)
class Person:
    """Colours of a person, and whether the hair is long."""

    skin: Colour
    hair: Colour
    long_hair: bool


def person(rng: Random, *, long_hair: bool) -> Person:
    return Person(varied(rng, SKINS, 8), varied(rng, HAIRS, 6), long_hair)


def head(canvas: Canvas, who: Person, *, top: float, size: float, middle: float = 150) -> None:
    """Hair, face and neck; `size` is the height of the head in units."""
    x, w = middle, size * 0.36

    def at(dx: float, dy: float) -> tuple[float, float]:
        return x + dx * w, top + dy * size

    if who.long_hair:
        right = [at(0, -0.06), at(0.8, 0.04), at(1.22, 0.4), at(1.3, 0.95), at(1.5, 1.5), at(0.7, 1.6)]
        canvas.shape(curve(mirrored(right, x)), who.hair, depth=0.5)
    neck = [at(0.52, 0.7), at(0.52, 1.1), at(1.0, 1.28), at(0, 1.42)]
    canvas.shape(curve(mirrored(neck, x)), darker(who.skin, 0.9), depth=0.35)
    face = [at(0, 0), at(0.7, 0.08), at(0.98, 0.38), at(0.86, 0.72), at(0.45, 0.96), at(0, 1.02)]
    canvas.shape(curve(mirrored(face, x)), who.skin, depth=0.35)
    if not who.long_hair:
        for side in (at(-1, 0.5), at(1, 0.5)):
            canvas.shape(ellipse(*side, w * 0.13, size * 0.1), darker(who.skin, 0.9), depth=0.2)
    fringe = [at(0, -0.09), at(0.8, -0.02), at(1.12, 0.28), at(1.0, 0.46), at(0.8, 0.26), at(0.2, 0.2)]
    canvas.shape(curve(mirrored(fringe, x)), who.hair, depth=0.4)
    for side in (-1, 1):
        canvas.line([at(side * 0.6, 0.44), at(side * 0.25, 0.43)], who.hair, size * 0.025)
        canvas.shape(ellipse(*at(side * 0.42, 0.5), w * 0.15, size * 0.026), (46, 34, 30), depth=0)
    canvas.line([at(0, 0.52), at(0.08, 0.64), at(-0.05, 0.66)], darker(who.skin, 0.78), size * 0.02)
    canvas.line([at(-0.28, 0.8), at(0, 0.82), at(0.28, 0.8)], (170, 84, 80), size * 0.035)


def arm(shoulder: float, elbow: float, wrist: float, *, y: float, length: float, width: float) -> Points:
    """The outline of a right arm that hangs from (`shoulder`, `y`): x at shoulder, elbow and wrist."""
    middle, end = y + length * 0.48, y + length
    return curve(
        [
            (shoulder - width * 0.2, y), (shoulder + width * 0.45, y + length * 0.12),
            (elbow + width * 0.4, middle), (wrist + width * 0.26, end),
            (wrist + width * 0.24, end + length * 0.14), (wrist - width * 0.24, end + length * 0.17),
            (wrist - width * 0.3, end), (elbow - width * 0.42, middle), (shoulder - width * 0.5, y + length * 0.2),
        ]
    )  # fmt: skip


def both(canvas: Canvas, outline: Points, colour: Colour, *, depth: float = 0.35) -> None:
    """A part of the body and its mirror image."""
    canvas.shape(outline, colour, depth=depth)
    canvas.shape(flipped(outline), colour, depth=depth)


def legs(canvas: Canvas, colour: Colour, *, top: float, bottom: float, hip: float, ankle: float) -> None:
    """Two bare or covered legs side by side from the hips down."""
    knee = (top + bottom) / 2
    right = [
        (150, top), (150, top), (150 + hip, top), (150 + hip, top), (150 + hip * 0.86, knee),
        (150 + ankle, bottom), (150 + ankle, bottom), (150 + ankle * 0.4, bottom), (150 + ankle * 0.4, bottom),
        (150 + hip * 0.24, knee), (152, top + (bottom - top) * 0.2),
    ]  # fmt: skip
    both(canvas, curve(right), colour)


def sleeves(
    canvas: Canvas,
    fabric: Fabric,
    *,
    elbow: float,
    shoulder: float = 206,
    start: float = 104,
    width: float = 46,
) -> None:
    """Short sleeves that end at a height."""
    right = [
        (shoulder - width * 0.5, start), (shoulder, start), (shoulder + width * 0.44, start + (elbow - start) * 0.4),
        (shoulder + width * 0.68, elbow - 6), (shoulder + width * 0.68, elbow - 6),
        (shoulder - width * 0.1, elbow + 2), (shoulder - width * 0.1, elbow + 2), (shoulder - width * 0.5, start + 30),
    ]  # fmt: skip
    for side in (right, flipped(right)):
        canvas.shape(curve(side), fabric, depth=0.4)


def folds(rng: Random) -> list[Points]:
    """Creases of a loose garment."""
    creases: list[Points] = []
    for _ in range(5):
        x, y = rng.uniform(108, 192), rng.uniform(170, 290)
        creases.append([(x, y), (x + rng.uniform(-26, 26), y + rng.uniform(14, 40))])
    return creases
