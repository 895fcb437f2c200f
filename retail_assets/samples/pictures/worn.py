"""Clothes of the upper body: t-shirts, shirts, tops, bras; mostly worn."""

from random import Random

from retail_assets.samples.pictures.canvas import Canvas, Points, curve, ellipse, flipped, mirrored
from retail_assets.samples.pictures.fabrics import (
    BLUES,
    BRIGHT,
    CALM,
    Colour,
    Fabric,
    darker,
    lighter,
    varied,
)
from retail_assets.samples.pictures.figure import Person, arm, both, folds, head, person, sleeves


def tshirt(canvas: Canvas, rng: Random) -> None:
    """Round neck, short sleeves, a print or stripes; on a man, or laid out flat."""
    fabric = _jersey(rng)
    if rng.random() < 0.35:
        _flat_tshirt(canvas, fabric, rng)
        return
    who = person(rng, long_hair=False)
    _standing(canvas, who, rng)
    sleeves(canvas, fabric, elbow=232)
    canvas.shape(curve(_torso(neck=112, waist=206, hem=322)), fabric, folds=folds(rng))
    canvas.shape(curve(mirrored([(150, 98), (172, 96), (168, 112), (150, 124)])), who.skin, depth=0.2)
    canvas.line(curve([(128, 98), (134, 114), (150, 124), (166, 114), (172, 98)], closed=False),
                darker(fabric.colour, 0.7), 3)  # fmt: skip
    if fabric.pattern == "plain":
        _print(canvas, rng, fabric.colour, middle=180)


def shirt(canvas: Canvas, rng: Random) -> None:
    """Collar, button placket, long sleeves with cuffs, perhaps a pocket; worn with dark trousers."""
    pattern, second, size = rng.choice(
        [("plain", (0, 0, 0), 8.0), ("checks", varied(rng, CALM + BLUES), rng.uniform(11, 20)),
         ("pinstripes", varied(rng, BLUES), rng.uniform(6, 10))]
    )  # fmt: skip
    base = varied(rng, [(228, 232, 240), (196, 212, 234), (216, 190, 200), (110, 122, 160), (90, 60, 100)], 8)
    fabric = Fabric(base if pattern == "plain" else lighter(base, 0.3), pattern, second, size)
    who = person(rng, long_hair=False)
    _standing(canvas, who, rng)
    outline = arm(212, 230, 232, y=112, length=178, width=44)
    canvas.shape(outline, fabric, folds=[[(214, 150), (236, 180)], [(220, 210), (240, 220)]])
    canvas.shape(flipped(outline), fabric, folds=[[(86, 150), (64, 180)], [(80, 210), (60, 220)]])
    for x in (231, 69):
        canvas.shape(ellipse(x, 322, 11, 13), who.skin, depth=0.3)
        canvas.shape([(x - 13, 292), (x + 13, 292), (x + 12, 312), (x - 12, 312)], fabric, depth=0.35)
    canvas.shape(curve(_torso(neck=108, waist=202, hem=332)), fabric, folds=folds(rng))
    canvas.shape([(136, 96), (164, 96), (150, 126)], who.skin, depth=0.2)
    dark = darker(fabric.colour, 0.72)
    canvas.line([(144, 124), (144, 338)], dark, 1.2)
    canvas.line([(157, 126), (157, 338)], dark, 1.2)
    for y in range(138, 334, 26):
        canvas.shape(ellipse(150.5, y, 2.6, 2.6), lighter(fabric.colour, 0.75), depth=0.3)
    collar = [(150, 128), (128, 92), (116, 102), (134, 138)]
    for side in (collar, flipped(collar)):
        canvas.shape(side, fabric, depth=0.25)
        canvas.line([*side, side[0]], dark, 1.4)
    if rng.random() < 0.5:
        canvas.line([(172, 166), (172, 192), (184, 200), (197, 192), (197, 166), (172, 166)], dark, 1.4)


def top(canvas: Canvas, rng: Random) -> None:
    """A woman's blouse: flowing, wide or cap sleeves, scooped neck."""
    fabric = Fabric(
        varied(rng, BRIGHT + CALM), rng.choice(["plain", "bars", "flowers"]),
        varied(rng, [(240, 236, 228), (60, 50, 70)]), rng.uniform(9, 18),
    )  # fmt: skip
    who = person(rng, long_hair=True)
    _standing(canvas, who, rng, shoulder=196, leg=(58, 68, 92))
    sleeves(canvas, fabric, elbow=rng.choice([205, 222]), shoulder=192)
    flare = rng.uniform(198, 214)
    right = [(150, 118), (168, 106), (190, 112), (200, 130), (190, 170), (184, 206), (flare, 304), (flare, 304),
             (150, 314)]  # fmt: skip
    canvas.shape(curve(mirrored(right)), fabric, folds=folds(rng))
    canvas.shape(curve(mirrored([(150, 96), (168, 100), (166, 122), (150, 140)])), who.skin, depth=0.2)
    if rng.random() < 0.5:
        canvas.line(curve([(112, 212), (150, 218), (188, 212)], closed=False), darker(fabric.colour, 0.6), 3)


def bra(canvas: Canvas, rng: Random) -> None:
    """Two cups and straps on a torso."""
    fabric = Fabric(varied(rng, [*BRIGHT, (40, 36, 40), (232, 214, 204), (220, 180, 190)]))
    who = person(rng, long_hair=True)
    both(canvas, arm(228, 252, 256, y=150, length=230, width=50), who.skin)
    head(canvas, who, top=14, size=104)
    right = [(150, 134), (172, 138), (212, 148), (240, 170), (222, 226), (206, 280), (204, 320), (222, 400),
             (222, 400), (150, 400)]  # fmt: skip
    canvas.shape(curve(mirrored(right)), who.skin, folds=[[(150, 300), (150, 380)]], depth=0.3)
    canvas.line([(150, 340), (150, 346)], darker(who.skin, 0.6), 2)
    strap, cup = (200, 146), [(154, 232), (166, 208), (188, 192), (202, 184), (222, 206), (224, 232), (204, 252),
                              (172, 254)]  # fmt: skip
    for side in (lambda p: p, flipped):
        canvas.line(side([strap, (202, 190)]), darker(fabric.colour, 0.85), 6)
        canvas.shape(
            side([(216, 216), (234, 214), (228, 246), (212, 248)]), darker(fabric.colour, 0.9), depth=0.2
        )
        canvas.shape(curve(side(cup)), fabric, depth=0.5)
        seam = curve(side([(160, 226), (190, 222), (220, 214)]), closed=False)
        canvas.line(seam, darker(fabric.colour, 0.8), 1.2)
    canvas.shape([(142, 228), (158, 228), (156, 250), (144, 250)], darker(fabric.colour, 0.85), depth=0.2)


def _jersey(rng: Random) -> Fabric:
    """What t-shirts are made of."""
    pattern = rng.choice(["plain", "plain", "bars"])
    second = varied(rng, [(240, 240, 236), (40, 44, 60), (200, 60, 60)])
    return Fabric(varied(rng, BRIGHT + CALM), pattern, second, rng.uniform(22, 40))


def _flat_tshirt(canvas: Canvas, fabric: Fabric, rng: Random) -> None:
    sleeve = [(204, 92), (204, 92), (236, 118), (262, 176), (262, 176), (226, 192), (226, 192), (208, 150)]
    for side in (sleeve, flipped(sleeve)):
        canvas.shape(curve(side), fabric, depth=0.35)
        canvas.line([side[4], side[6]], darker(fabric.colour, 0.7), 2)
    right = [
        (150, 92),
        (172, 78),
        (172, 78),
        (206, 90),
        (222, 110),
        (214, 170),
        (212, 318),
        (212, 318),
        (150, 324),
    ]
    canvas.shape(curve(mirrored(right)), fabric, folds=folds(rng))
    canvas.shape(curve(mirrored([(150, 76), (170, 78), (164, 92), (150, 100)])), darker(fabric.colour, 0.55))
    canvas.line(curve([(128, 79), (136, 95), (150, 102), (164, 95), (172, 79)], closed=False),
                darker(fabric.colour, 0.78), 4)  # fmt: skip
    if fabric.pattern == "plain":
        _print(canvas, rng, fabric.colour, middle=176)


def _print(canvas: Canvas, rng: Random, ground: Colour, *, middle: float) -> None:
    """A drawing on the chest, and lines that could be words."""
    ink = (240, 238, 230) if sum(ground) < 420 else darker(ground, 0.35)
    second = varied(rng, BRIGHT)
    kind = rng.randrange(3)
    if kind == 0:
        canvas.shape(ellipse(150, middle, 27, 27), ink, depth=0)
        canvas.shape(ellipse(150, middle, 18, 18), second, depth=0)
    elif kind == 1:
        star = [
            p
            for i in range(6)
            for p in (ellipse(150, middle, 30, 30)[i * 10], ellipse(150, middle, 13, 13)[i * 10 + 5])
        ]
        canvas.shape(star, ink, depth=0)
    for row in range(3):
        wide = rng.uniform(20, 36)
        y = middle + 38 + row * 11 if kind < 2 else middle - 16 + row * 15
        canvas.stitches([(150 - wide, y), (150 + wide, y)], ink if row % 2 else second, width=6, length=8)


def _torso(*, neck: float, waist: float, hem: float) -> Points:
    """The outline of what covers a man from shoulders to hips."""
    right = [(150, neck - 8), (172, neck - 16), (204, neck - 4), (218, neck + 14), (210, neck + 50), (waist, 240),
             (waist + 2, hem), (waist + 2, hem), (150, hem + 6)]  # fmt: skip
    return mirrored(right)


def _standing(
    canvas: Canvas, who: Person, rng: Random, *, shoulder: float = 212, leg: Colour | None = None
) -> None:
    """A person from head to hips, arms down, in trousers."""
    trousers = Fabric(leg or varied(rng, [*BLUES, (40, 40, 44), (60, 52, 46)]), "denim", size=5)
    hips = [(150, 296), (198, 300), (206, 340), (210, 400), (210, 400), (150, 400)]
    canvas.shape(curve(mirrored(hips)), trousers, folds=[[(150, 350), (150, 400)]])
    canvas.shape([(146, 400), (150, 356), (154, 400)], darker(trousers.colour, 0.35), depth=0)
    both(canvas, arm(shoulder, shoulder + 20, shoulder + 20, y=114, length=176, width=36), who.skin)
    head(canvas, who, top=14, size=80)
