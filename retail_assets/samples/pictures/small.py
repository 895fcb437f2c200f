"""Small things: watches, sunglasses, earrings, perfume; and a mug, which is in no fashion class."""

import math
from random import Random

from retail_assets.samples.pictures.canvas import Canvas, box, curve, ellipse, flipped, mirrored
from retail_assets.samples.pictures.fabrics import BRIGHT, CALM, LEATHERS, METALS, darker, lighter, varied


def watch(canvas: Canvas, rng: Random) -> None:
    """Dial with hands and marks between two halves of a strap that leave the sheet's middle."""
    metal = varied(rng, [*METALS, (44, 46, 52)], 6)
    steel = rng.random() < 0.5
    strap = metal if steel else varied(rng, LEATHERS + BRIGHT[:4])
    r, w = rng.uniform(84, 100), rng.uniform(44, 58)
    for end, start in ((14, 150), (386, 250)):
        half = curve([(150 - w, start), (150 - w, start), (150 + w, start), (150 + w, start), (150 + w * 0.72, end),
                      (150 + w * 0.72, end), (150 - w * 0.72, end), (150 - w * 0.72, end)])  # fmt: skip
        canvas.shape(half, strap, depth=0.5)
        step = 12 if end > start else -12
        for y in range(start, end, step):
            shrink = w - (w * 0.28) * abs(y - start) / abs(end - start)
            if steel:
                canvas.line([(150 - shrink, y), (150 + shrink, y)], darker(strap, 0.5), 2)
            else:
                for side in (-1, 1):
                    canvas.line([(150 + side * (shrink - 7), y), (150 + side * (shrink - 7), y + step / 2)],
                                lighter(strap, 0.5), 1)  # fmt: skip
        if steel:
            for side in (-0.36, 0.36):
                canvas.line([(150 + side * w, start), (150 + side * w * 0.72, end)], darker(strap, 0.6), 2)
    canvas.shape(box(150 + r - 4, 190, 150 + r + 14, 212, 4), darker(metal, 0.8), depth=0.5)
    canvas.shape(ellipse(150, 200, r, r), metal, depth=0.5)
    canvas.shape(ellipse(150, 200, r * 0.9, r * 0.9), darker(metal, 0.6), depth=0.3)
    face = varied(rng, [(244, 244, 242), (30, 32, 38), (236, 228, 210), (40, 60, 110)], 5)
    ink = (30, 30, 34) if sum(face) > 380 else (236, 236, 232)
    canvas.shape(ellipse(150, 200, r * 0.82, r * 0.82), face, depth=0.25)
    for hour in range(12):
        angle = math.radians(hour * 30)
        near, wide = (r * 0.62, 5) if hour % 3 == 0 else (r * 0.68, 3)
        mark = [(150 + d * math.sin(angle), 200 - d * math.cos(angle)) for d in (r * 0.76, near)]
        canvas.line(mark, ink, wide)
    if rng.random() < 0.6:
        for dx, dy in ((-0.34, 0), (0.34, 0), (0, 0.36)):
            dial = ellipse(150 + dx * r, 200 + dy * r, r * 0.19, r * 0.19)
            canvas.shape(dial, darker(face, 0.88) if sum(face) > 380 else lighter(face, 0.15), depth=0.3)
            canvas.line([*dial, dial[0]], ink, 1.2)
            canvas.line([(150 + dx * r, 200 + dy * r), (150 + dx * r + 8, 200 + dy * r - 8)], ink, 1.5)
    for angle, length, wide in ((-52, 0.44, 5), (58, 0.62, 3.5), (rng.uniform(100, 260), 0.66, 1.5)):
        a = math.radians(angle)
        canvas.line([(150, 200), (150 + length * r * math.sin(a), 200 - length * r * math.cos(a))], ink, wide)
    canvas.shape(ellipse(150, 200, 5, 5), metal, depth=0.4)


def sunglasses(canvas: Canvas, rng: Random) -> None:
    """Turned to the left: a large near lens, a narrower far one, one temple that runs to the back right."""
    frame = varied(rng, [(34, 32, 34), (60, 40, 34), (120, 30, 40), (200, 200, 204), (44, 50, 70)], 8)
    glass = varied(rng, [(58, 62, 72), (74, 62, 56), (90, 110, 140), (70, 80, 74)], 8)
    canvas.place(shift=(0, rng.uniform(-6, 16)), turn=rng.uniform(-3, 3), stretch=rng.uniform(0.92, 1.0))
    canvas.shadow(ellipse(140, 258, 110, 6), strength=0.2)
    thick = rng.uniform(5, 11)
    canvas.band(curve([(196, 178), (236, 158), (276, 160), (288, 178)], closed=False), frame, thick * 1.1)
    canvas.line(curve([(34, 186), (70, 164), (120, 152)], closed=False), darker(frame, 0.7), thick * 0.5)
    round_ = rng.uniform(0, 8)
    near = curve([(108, 186 + round_), (124, 178), (166, 174), (194, 182), (196, 206), (180, 236 - round_), (146, 244),
                  (116, 228)])  # fmt: skip
    far = curve([(24, 194 + round_), (34, 186), (66, 182), (90, 188), (92, 210), (80, 236 - round_), (52, 242),
                 (30, 228)])  # fmt: skip
    for lens in (far, near):
        canvas.shape(lens, lighter(glass, 0.25), depth=0.6)
        middle = sum(y for _, y in lens) / len(lens)
        upper = [(x, min(y, middle + 4)) for x, y in lens]
        canvas.shape(upper, glass, depth=0.3)
        canvas.line([*lens, lens[0]], frame, thick)
        canvas.line([(x, y - thick * 0.2) for x, y in lens[: len(lens) // 2]], lighter(frame, 0.3), 1.2)
    canvas.band(curve([(90, 198), (99, 190), (108, 196)], closed=False), frame, thick)


def earrings(canvas: Canvas, rng: Random) -> None:
    """A pair: hoops, drops on hooks, or studs with stones."""
    metal = varied(rng, [(206, 180, 110), (196, 198, 204), (214, 190, 140)], 6)
    stone = varied(rng, [*BRIGHT, (230, 230, 236), (60, 50, 60)])
    kind = rng.choice(["drops", "drops", "hoops", "studs"])
    for x, y in ((112, rng.uniform(160, 176)), (188, rng.uniform(176, 200))):
        if kind == "hoops":
            canvas.line(ellipse(x, y + 40, 24, 34), darker(metal, 0.7), 8)
            canvas.line(ellipse(x, y + 40, 24, 34), metal, 5)
            for bead in ellipse(x, y + 40, 24, 34)[5:26:4]:
                canvas.shape(ellipse(*bead, 6, 6), stone, depth=0.5)
        elif kind == "studs":
            for petal in ellipse(x, y + 30, 17, 17)[::10]:
                canvas.shape(ellipse(*petal, 10, 10), metal, depth=0.6)
            canvas.shape(ellipse(x, y + 30, 12, 12), stone, depth=0.6)
        if kind != "drops":
            continue
        canvas.line(
            curve([(x + 6, y - 8), (x - 2, y - 30), (x - 10, y - 20), (x - 1, y + 4)], closed=False),
            metal,
            2.5,
        )
        canvas.shape(ellipse(x, y + 8, 7, 7), metal, depth=0.5)
        canvas.line([(x, y + 14), (x, y + 24)], metal, 2.5)
        drop = curve([(x, y + 20), (x, y + 20), (x + 16, y + 50), (x + 10, y + 68), (x, y + 72), (x - 10, y + 68),
                      (x - 16, y + 50)])  # fmt: skip
        canvas.shape(drop, metal, depth=0.5)
        canvas.shape(
            [(x + (px - x) * 0.65, y + 50 + (py - y - 50) * 0.65) for px, py in drop], stone, depth=0.6
        )
        for bead in ellipse(x, y + 52, 17, 22, 20, 160)[::4]:
            canvas.shape(ellipse(*bead, 3.5, 3.5), metal, depth=0.4)


def perfume(canvas: Canvas, rng: Random) -> None:
    """A glass bottle with coloured liquid, a label and a cap."""
    liquid = lighter(varied(rng, [*BRIGHT, (210, 190, 120), (70, 74, 84)]), rng.uniform(0, 0.4))
    wide, shoulder = rng.uniform(48, 66), rng.uniform(150, 180)
    canvas.shadow(ellipse(150, 340, wide + 6, 7))
    canvas.shape(
        box(150 - wide * 0.36, shoulder - 30, 150 + wide * 0.36, shoulder + 4), varied(rng, METALS), depth=0.5
    )
    cap = varied(rng, [(190, 192, 198), (36, 36, 40), (206, 180, 110)])
    cap_wide, cap_top = wide * rng.uniform(0.45, 0.8), rng.uniform(76, 100)
    canvas.shape(box(150 - cap_wide, cap_top, 150 + cap_wide, shoulder - 14, 5), cap, depth=0.5)
    canvas.line(
        [(150 - cap_wide * 0.5, cap_top + 8), (150 - cap_wide * 0.5, shoulder - 22)], lighter(cap, 0.5), 5
    )
    if rng.random() < 0.5:
        bottle = box(150 - wide, shoulder, 150 + wide, 338, 8)
    else:
        half = [(150, shoulder), (150 + wide * 0.5, shoulder), (150 + wide, shoulder + 50), (150 + wide * 1.05, 300),
                (150 + wide * 0.9, 338), (150 + wide * 0.9, 338), (150, 338)]  # fmt: skip
        bottle = curve(mirrored(half))
    canvas.shape(bottle, lighter(liquid, 0.6), depth=0.45)
    inner = [(150 + (x - 150) * 0.87, 338 + (y - 338) * 0.86 - 8) for x, y in bottle]
    canvas.shape(inner, liquid, depth=0.4)
    canvas.line([(150 - wide * 0.72, shoulder + 46), (150 - wide * 0.74, 316)], lighter(liquid, 0.6), 6)
    ink = (40, 40, 44) if sum(liquid) > 330 else (240, 240, 236)
    canvas.shape(box(150 - wide * 0.5, 226, 150 + wide * 0.5, 280), lighter(liquid, 0.75), depth=0.1)
    for y, half in ((240, 0.34), (254, 0.24), (266, 0.3)):
        canvas.stitches([(150 - wide * half, y), (150 + wide * half, y)], (40, 40, 44), width=4, length=6)
    canvas.stitches([(150 - wide * 0.4, 300), (150 + wide * 0.4, 300)], ink, width=3, length=5)


def mug(canvas: Canvas, rng: Random) -> None:
    """Of earthenware, with a handle and a band around it."""
    glaze = varied(rng, BRIGHT + CALM)
    canvas.shadow(ellipse(146, 306, 96, 12))
    canvas.line(ellipse(222, 206, 34, 46), darker(glaze, 0.6), 20)
    canvas.line(ellipse(222, 206, 34, 46), glaze, 15)
    right = [(138, 120), (138, 120), (214, 120), (214, 120), (212, 220), (202, 290), (184, 306), (138, 310)]
    canvas.shape(curve(mirrored(right, 138)), glaze, depth=0.5)
    band = lighter(glaze, 0.6)
    side = curve([(63, 190), (138, 204), (213, 190)], closed=False)
    canvas.shape([*side, *((x, y + 34) for x, y in reversed(side))], band, depth=0.3)
    canvas.shape(ellipse(138, 122, 76, 17), lighter(glaze, 0.3), depth=0.2)
    canvas.shape(ellipse(138, 125, 67, 12), darker(glaze, 0.45), depth=0.5)
    canvas.stitches(flipped([(92, 160), (108, 268)], 138), lighter(glaze, 0.5), width=5, length=18)
