"""Leather and luggage: handbags, backpacks, wallets, belts."""

from random import Random

from retail_assets.samples.pictures.canvas import Canvas, box, curve, ellipse, flipped, mirrored
from retail_assets.samples.pictures.fabrics import (
    BRIGHT,
    LEATHERS,
    METALS,
    darker,
    lighter,
    varied,
)


def handbag(canvas: Canvas, rng: Random) -> None:
    """A wide body, two handles with rings, a front pocket or a flap."""
    base = varied(rng, [*LEATHERS, (140, 34, 44), (96, 40, 84), (190, 150, 110)], 10)
    metal = varied(rng, METALS, 6)
    top, wide = rng.uniform(168, 196), rng.uniform(106, 124)
    reach = rng.uniform(46, 96)
    canvas.shadow(ellipse(150, 336, wide, 8))
    for lift, tone in ((10, 0.6), (0, 1.0)):
        half = [
            (150 + wide * 0.5, top + 20),
            (150 + wide * 0.48, reach + 40),
            (150 + wide * 0.2, reach - lift),
        ]
        handle = mirrored(half)
        canvas.band(curve(handle, closed=False), darker(base, tone), 9)
    right = [(150, top), (150, top), (150 + wide * 0.8, top), (150 + wide * 0.8, top), (150 + wide * 0.94, top + 60),
             (150 + wide, 316), (150 + wide * 0.92, 334), (150, 338)]  # fmt: skip
    folds = [[(150 + d * wide, top + 30), (150 + d * wide * 1.2, 310)] for d in (-0.6, -0.2, 0.3, 0.6)]
    canvas.shape(curve(mirrored(right)), base, folds=folds, depth=0.5)
    canvas.line([(150 - wide * 0.8, top + 3), (150 + wide * 0.8, top + 3)], darker(base, 0.5), 3)
    canvas.stitches([(150 - wide * 0.82, top + 12), (150 + wide * 0.82, top + 12)], lighter(base, 0.4))
    if rng.random() < 0.5:
        pocket = box(150 - wide * 0.55, top + 52, 150 + wide * 0.55, 316, 8)
        canvas.shape(pocket, darker(base, 0.92), depth=0.4)
        canvas.stitches([*pocket, pocket[0]], lighter(base, 0.4))
    else:
        flap = [(150, top), (150 + wide * 0.4, top), (150 + wide * 0.36, top + 60), (150, top + 74)]
        canvas.shape(curve(mirrored(flap)), darker(base, 0.9), depth=0.4)
        canvas.shape(box(140, top + 56, 160, top + 76, 3), metal, depth=0.4)
    for x in (150 - wide * 0.5, 150 + wide * 0.5):
        canvas.shape(box(x - 7, top - 4, x + 7, top + 34, 4), darker(base, 0.75), depth=0.3)
        canvas.line(ellipse(x, top + 2, 7, 7), metal, 3)


def backpack(canvas: Canvas, rng: Random) -> None:
    """Rounded, with a loop on top, zips, side pockets and a large front pocket."""
    base = varied(rng, [*BRIGHT, (38, 38, 42), (44, 46, 52), (60, 62, 68), (34, 44, 76)], 10)
    trim = varied(rng, [*BRIGHT, (200, 200, 204), (30, 30, 34)])
    zip_colour = darker(base, 0.4)
    canvas.shadow(ellipse(150, 372, 100, 9))
    canvas.line(curve([(130, 50), (134, 24), (166, 24), (170, 50)], closed=False), darker(base, 0.6), 8)
    for side in (lambda p: p, flipped):
        canvas.shape(
            curve(side([(220, 90), (246, 150), (254, 290), (250, 360), (222, 364)])), darker(base, 0.6)
        )
        canvas.shape(
            curve(side([(226, 250), (260, 256), (262, 340), (250, 364), (226, 362)])), darker(base, 0.75)
        )
    right = [(150, 38), (190, 42), (222, 78), (236, 160), (246, 280), (246, 350), (226, 372), (150, 376)]
    canvas.shape(
        curve(mirrored(right)), base, folds=[[(80, 130), (90, 200)], [(216, 120), (210, 210)]], depth=0.5
    )
    canvas.line(curve([(80, 200), (92, 96), (150, 66), (208, 96), (220, 200)], closed=False), zip_colour, 3.5)
    pocket = curve(mirrored([(150, 214), (206, 216), (222, 240), (224, 340), (206, 362), (150, 364)]))
    canvas.shape(pocket, darker(base, 0.88), depth=0.5)
    canvas.line(
        curve([(80, 262), (88, 226), (150, 220), (212, 226), (220, 262)], closed=False), zip_colour, 3.5
    )
    canvas.stitches([*pocket, pocket[0]], lighter(base, 0.3))
    kind = rng.randrange(3)
    if kind == 0:
        for x in (118, 150, 182):
            canvas.line([(x, 240), (x - 22, 350)], trim, 7)
    elif kind == 1:
        canvas.shape(curve(mirrored([(150, 110), (192, 114), (196, 180), (150, 188)])), trim, depth=0.4)
    else:
        canvas.shape(box(128, 130, 172, 152, 3), trim, depth=0.3)
    canvas.line([(212, 230), (214, 250)], trim, 4)


def wallet(canvas: Canvas, rng: Random) -> None:
    """Folded leather: stitched edge, a fold on the left or a flap with a button."""
    base = varied(rng, [*LEATHERS, (40, 44, 70), (150, 40, 60)], 10)
    long = rng.random() < 0.4
    left, right, top, bottom = (36, 264, 150, 258) if long else (58, 244, 138, 272)
    top += rng.uniform(-8, 8)
    canvas.place(turn=rng.uniform(-2, 2))
    canvas.shadow(box(left, bottom - 8, right, bottom + 8), strength=0.35)
    canvas.shape(box(left + 4, top - 5, right - 2, bottom - 20, 5), darker(base, 0.6), depth=0.3)
    canvas.shape(
        box(left, top, right, bottom, 7),
        base,
        folds=[[(left + 20, top + 40), (right - 20, top + 46)]],
        depth=0.4,
    )
    edge = box(left + 6, top + 6, right - 6, bottom - 6, 4)
    canvas.stitches([*edge, edge[0]], lighter(base, 0.35), width=1)
    if long:
        middle = (top + bottom) / 2 + 12
        canvas.line([(left, middle), (right, middle)], darker(base, 0.5), 3)
        canvas.shape(box(140, middle - 16, 160, middle + 14, 4), varied(rng, METALS), depth=0.4)
    else:
        canvas.line([(left + 14, top + 4), (left + 14, bottom - 4)], darker(base, 0.65), 3)
        if rng.random() < 0.5:
            canvas.shape(
                box(right - 40, (top + bottom) / 2 - 16, right + 12, (top + bottom) / 2 + 16, 9),
                darker(base, 0.85),
            )
            canvas.shape(ellipse(right - 24, (top + bottom) / 2, 5, 5), varied(rng, METALS), depth=0.4)
        else:
            canvas.shape(
                box(right - 52, bottom - 32, right - 22, bottom - 20, 2), darker(base, 0.8), depth=0.2
            )


def belt(canvas: Canvas, rng: Random) -> None:
    """Rolled into a ring that stands on its edge, the buckle in front."""
    base = varied(rng, [*LEATHERS, (96, 100, 64)], 10)
    metal = varied(rng, METALS, 6)
    wide = rng.uniform(26, 42)
    y, rx, ry = 200, rng.uniform(104, 122), rng.uniform(22, 34)
    canvas.shadow(ellipse(150, y + ry + wide, rx, 9))
    inner = [*ellipse(150, y, rx, ry, 180, 360), *ellipse(150, y + wide * 0.85, rx, ry, 360, 180)]
    canvas.shape(inner, darker(lighter(base, 0.25), 0.7), depth=0.5)
    front = [*ellipse(150, y, rx, ry, 180, 0), *ellipse(150, y + wide, rx, ry, 0, 180)]
    canvas.shape(front, base, depth=0.55)
    for inset in (3, wide - 3):
        canvas.stitches(ellipse(150, y + inset, rx, ry, 172, 8), lighter(base, 0.35), width=0.8)
    for share in range(5):
        hole = ellipse(150, y + wide / 2, rx, ry, 66 - share * 8, 66 - share * 8 + 1)[0]
        canvas.shape(ellipse(*hole, 2, 2.4), darker(base, 0.3), depth=0)
    x, middle = 150 - rx * 0.3, y + ry * 0.95 + wide / 2
    buckle = box(x - wide * 0.62, middle - wide * 0.66, x + wide * 0.5, middle + wide * 0.66, 5)
    canvas.line([*buckle, buckle[0]], darker(metal, 0.6), 6)
    canvas.line([*buckle, buckle[0]], metal, 4)
    canvas.line([(x - wide * 0.5, middle), (x + wide * 0.5, middle)], metal, 3.5)
    canvas.shape(
        box(x + wide * 0.95, middle - wide * 0.58, x + wide * 1.2, middle + wide * 0.5, 2), darker(base, 0.75)
    )
