"""Shoes, seen from the side and a little from the front, toes to the lower right."""

from random import Random

from retail_assets.samples.pictures.canvas import Canvas, Point, Points, curve, ellipse
from retail_assets.samples.pictures.fabrics import (
    BRIGHT,
    LEATHERS,
    Colour,
    Fabric,
    darker,
    lighter,
    varied,
)

_WHITE = (238, 238, 234)


def sports_shoe(canvas: Canvas, rng: Random) -> None:
    """A thick curved sole in two colours, mesh, overlays and stripes in a loud second colour."""
    base = varied(rng, [(228, 228, 230), (206, 208, 212), (150, 154, 162), (46, 48, 54), (232, 232, 228)])
    loud = varied(rng, BRIGHT)
    _settle(canvas, rng)
    sole = [(22, 214), (16, 250), (30, 268), (90, 280), (170, 302), (240, 314), (282, 304), (290, 276), (240, 270),
            (120, 250)]  # fmt: skip
    canvas.shape(curve(sole), _WHITE, depth=0.55)
    canvas.shape(curve([(16, 250), (30, 268), (90, 280), (170, 302), (240, 314), (282, 304), (286, 294), (240, 302),
                        (170, 290), (90, 268), (36, 254)]), rng.choice([loud, (50, 52, 56)]), depth=0.4)  # fmt: skip
    canvas.stitches(curve([(206, 222), (222, 250), (214, 284)], closed=False), darker(base, 0.6))
    for x in range(40, 280, 24):
        canvas.line([(x, 252 + (x - 40) * 0.17), (x + 12, 262 + (x - 40) * 0.17)], (176, 178, 184), 3)
    upper = [
        (22, 232), (16, 190), (22, 142), (40, 126), (62, 138), (92, 104), (124, 98), (150, 128), (184, 178),
        (232, 214), (274, 244), (286, 270), (276, 288), (220, 286), (120, 264), (50, 248),
    ]  # fmt: skip
    canvas.shape(curve(upper), Fabric(base, "denim", size=6), depth=0.5)
    canvas.shape(
        curve([(30, 138), (58, 130), (92, 108), (104, 118), (84, 152), (48, 158)]),
        darker(loud, 0.5),
        depth=0.5,
    )
    overlay = rng.choice([lighter(base, 0.5), darker(base, 0.75), loud])
    for patch in (
        [(22, 232), (16, 196), (24, 168), (52, 184), (72, 226), (84, 258), (40, 246)],
        [(214, 226), (252, 226), (284, 258), (282, 284), (230, 288), (190, 276), (196, 244)],
        [(128, 136), (146, 148), (182, 204), (176, 232), (142, 214), (112, 168)],
    ):
        canvas.shape(curve(patch), overlay, depth=0.45)
    for shift in (0, 24, 48)[: rng.choice([2, 3])]:
        stripe = [(104, 164 + shift * 0.9), (98, 206 + shift * 0.5), (76, 258 + shift * 0.25)]
        canvas.line(curve([(x + shift, y) for x, y in stripe], closed=False), loud, 9)
    canvas.shape(curve([(84, 118), (100, 90), (128, 94), (152, 132), (196, 186), (178, 196), (130, 154)]),
                 lighter(base, 0.3), depth=0.45)  # fmt: skip
    _laces(canvas, rng.choice([_WHITE, loud, (60, 60, 64)]), (112, 112), (184, 188), count=7, width=6)


def casual_shoe(canvas: Canvas, rng: Random) -> None:
    """A canvas sneaker: flat white rubber sole, a cap over the toes, laces."""
    base = varied(
        rng, [(40, 42, 50), (60, 74, 110), (120, 110, 90), (90, 50, 46), (84, 92, 76), (60, 60, 60)]
    )
    _settle(canvas, rng)
    high = rng.random() < 0.25
    sole = [
        (12, 226),
        (16, 246),
        (60, 262),
        (150, 280),
        (240, 288),
        (284, 278),
        (288, 260),
        (220, 256),
        (110, 240),
    ]
    canvas.shape(curve(sole), _WHITE, depth=0.4)
    canvas.line(
        curve([(15, 244), (60, 260), (150, 277), (240, 285), (284, 275)], closed=False),
        darker(base, 0.8),
        2.5,
    )
    collar = 126 if high else 172
    upper = [
        (14, 230), (12, 200), (16, collar), (40, collar - 6), (76, collar + 6), (108, collar - 4), (132, 176),
        (190, 212), (244, 226), (280, 246), (284, 264), (226, 268), (110, 252),
    ]  # fmt: skip
    canvas.shape(curve(upper), base, folds=[[(140, 230), (160, 262)]], depth=0.45)
    _opening(canvas, (60, collar + 4), (46, 13), turn_colour=darker(base, 0.5))
    if rng.random() < 0.7:
        canvas.shape(
            curve([(226, 226), (262, 232), (286, 254), (282, 268), (228, 268), (212, 250)]), _WHITE, depth=0.4
        )
    tongue = [(88, collar - 14), (116, collar - 18), (146, 178), (204, 214), (184, 222), (124, 192)]
    canvas.shape(curve(tongue), lighter(base, 0.12), depth=0.4)
    _laces(canvas, _WHITE, (106, collar), (192, 212), count=5, width=6)
    canvas.stitches(curve([(20, 214), (70, 226), (116, 206), (118, 190)], closed=False), lighter(base, 0.5))


def formal_shoe(canvas: Canvas, rng: Random) -> None:
    """Polished leather, long toe, thin sole with a heel block; laced or a slip-on."""
    base = varied(rng, LEATHERS[:4] + LEATHERS[:1] * 3 + LEATHERS[4:], 8)
    _settle(canvas, rng)
    sole = [(20, 220), (18, 220), (18, 264), (18, 264), (62, 270), (62, 270), (70, 254), (140, 284), (214, 304),
            (262, 302), (288, 290), (284, 280), (200, 280), (100, 244)]  # fmt: skip
    canvas.shape(curve(sole), darker(base, 0.4), depth=0.3)
    upper = [
        (20, 240), (16, 204), (18, 170), (34, 160), (60, 166), (96, 148), (118, 146), (150, 178), (188, 210),
        (236, 238), (276, 264), (288, 282), (266, 294), (214, 294), (130, 270), (60, 250),
    ]  # fmt: skip
    canvas.shape(curve(upper), base, folds=[[(186, 220), (166, 268)], [(196, 226), (180, 274)]], depth=0.6)
    lining = darker(lighter(base, 0.3), 0.5)
    inside = [(22, 172), (38, 163), (64, 167), (94, 151), (110, 152), (98, 178), (62, 190), (34, 186)]
    canvas.shape(curve(inside), lining, depth=0.6)
    seam = darker(base, 0.5)
    canvas.line(curve([(196, 214), (206, 244), (180, 284)], closed=False), seam, 1.6)
    canvas.line(curve([(34, 190), (66, 204), (96, 214), (104, 260)], closed=False), seam, 1.6)
    # The polish: a long soft gleam over the toes, another along the side.
    for width in (12, 8, 4):
        gleam = lighter(base, 0.08 + (12 - width) / 36)
        canvas.line(curve([(214, 244), (244, 258), (266, 274)], closed=False), gleam, width)
        canvas.line(curve([(118, 222), (140, 236), (164, 244)], closed=False), gleam, width * 0.6)
    if rng.random() < 0.6:
        canvas.shape(curve([(90, 162), (106, 138), (124, 140), (170, 194), (160, 210), (112, 194)]), darker(base, 0.85),
                     depth=0.45)  # fmt: skip
        _laces(canvas, darker(base, 0.35), (118, 158), (156, 196), count=4, width=4)
    else:
        canvas.shape(curve([(94, 164), (106, 144), (122, 146), (164, 190), (152, 222), (112, 204)]), darker(base, 0.9),
                     depth=0.5)  # fmt: skip
        canvas.line(curve([(102, 208), (136, 212), (172, 200)], closed=False), darker(base, 0.6), 10)


def heels(canvas: Canvas, rng: Random) -> None:
    """A pump on a thin high heel."""
    base = varied(rng, [(34, 32, 34), (170, 36, 44), (200, 170, 140), (120, 40, 60), (80, 60, 56)])
    _settle(canvas, rng)
    high = rng.uniform(0, 18)
    canvas.shape(
        curve([(40, 190 - high), (40, 190 - high), (74, 204 - high), (64, 236), (56, 290), (56, 290), (46, 290),
               (46, 290), (40, 240)]), darker(base, 0.75), depth=0.4,
    )  # fmt: skip
    inner = curve(
        [(32, 150 - high), (60, 140 - high), (110, 176), (178, 234), (214, 250), (180, 262), (100, 220)]
    )
    canvas.shape(inner, lighter(varied(rng, [(206, 176, 150), (120, 90, 80)]), 0.1), depth=0.5)
    side = [
        (34, 200 - high), (26, 170 - high), (32, 146 - high), (52, 160 - high), (92, 206), (150, 244), (196, 250),
        (222, 240), (264, 262), (286, 286), (262, 294), (196, 290), (130, 266), (84, 228), (58, 206 - high),
    ]  # fmt: skip
    canvas.shape(curve(side), base, depth=0.6)
    canvas.line(curve([(60, 208 - high), (86, 232), (132, 270), (198, 294), (262, 298), (284, 290)], closed=False),
                darker(base, 0.4), 4)  # fmt: skip
    for width in (8, 5, 2):
        canvas.line(
            curve([(220, 256), (246, 264), (266, 280)], closed=False),
            lighter(base, 0.1 + (8 - width) / 25),
            width,
        )


def flip_flop(canvas: Canvas, rng: Random) -> None:
    """A foam sole and a broad strap between the toes."""
    base = varied(rng, [*BRIGHT, (40, 42, 48), (60, 60, 66), (200, 200, 204)])
    edge = rng.choice([lighter(base, 0.6), darker(base, 0.5), (36, 36, 40)])
    _settle(canvas, rng, on_ground=False)
    printed = Fabric(
        base,
        rng.choice(["plain", "flowers", "bars"]),
        rng.choice([lighter(base, 0.5), darker(base, 0.6)]),
        20,
    )
    _footbed(canvas, printed, edge=edge, thickness=14)
    strap, toe = varied(rng, [*BRIGHT, (30, 30, 34), _WHITE]), (226, 226)
    for start, bend in (((130, 162), (196, 180)), ((96, 236), (160, 200))):
        middle = ((start[0] + bend[0]) / 2, (start[1] + bend[1]) / 2 - 10)
        canvas.band(curve([start, middle, bend, toe], closed=False), strap, 22)
    canvas.shape(ellipse(*toe, 8, 6), darker(strap, 0.7), depth=0.3)


def sandal(canvas: Canvas, rng: Random) -> None:
    """Straps over foot and heel on a thick sole."""
    base = varied(rng, [(44, 42, 42), (86, 62, 46), (110, 92, 66), (70, 74, 66)])
    _settle(canvas, rng)
    footbed = curve([(16, 212), (50, 200), (120, 212), (200, 232), (268, 252), (288, 270), (256, 282), (180, 274),
                     (100, 254), (36, 236)])  # fmt: skip
    for drop in (22, 16, 10, 5):
        canvas.shape([(x, y + drop) for x, y in footbed], darker(base, 0.4 + drop / 80), depth=0.15)
    canvas.shape(footbed, lighter(base, 0.22), depth=0.35)
    straps: list[tuple[Point, Point, Point]] = [
        ((18, 224), (12, 160), (70, 168)), ((60, 246), (96, 150), (128, 206)), ((110, 256), (140, 170), (184, 222)),
        ((168, 272), (198, 196), (226, 240)), ((214, 278), (240, 214), (264, 252)),
    ]  # fmt: skip
    for first, middle, last in straps:
        canvas.band(curve([first, ((first[0] + middle[0]) / 2 - 2, (first[1] + middle[1]) / 2), middle, last],
                          closed=False), base, 19)  # fmt: skip
    canvas.band(curve([(14, 176), (56, 182), (98, 166)], closed=False), base, 15)
    metal = (190, 190, 194)
    canvas.line([(88, 186), (104, 186), (104, 202), (88, 202), (88, 186)], metal, 3)


def _footbed(canvas: Canvas, cover: Fabric, *, edge: Colour, thickness: float) -> None:
    """A sole seen from above and the side, its upper side covered."""
    top = curve([(14, 176), (30, 156), (70, 152), (120, 164), (180, 180), (246, 204), (284, 236), (284, 264),
                 (250, 280), (196, 276), (140, 256), (80, 232), (28, 204)])  # fmt: skip
    for step in range(5):
        drop = thickness * (5 - step) / 5
        canvas.shape([(x, y + drop) for x, y in top], darker(edge, 0.75 + 0.05 * step), depth=0.1)
    canvas.shape(top, cover, depth=0.35)


def _settle(canvas: Canvas, rng: Random, *, on_ground: bool = True) -> None:
    """Hardly turned; what stands on the ground stands on its shadow."""
    canvas.place(turn=rng.uniform(-3, 4), shift=(0, -rng.uniform(0, 16)), stretch=rng.uniform(0.9, 0.98))
    if on_ground:
        canvas.shadow(
            curve([(20, 250), (150, 276), (280, 284), (270, 298), (140, 294), (30, 270)]), strength=0.3
        )


def _opening(canvas: Canvas, middle: Point, radii: Point, *, turn_colour: Colour) -> None:
    """Where the foot goes in."""
    outline: Points = ellipse(*middle, *radii)
    canvas.shape(outline, turn_colour, depth=0.6)


def _laces(canvas: Canvas, colour: Colour, first: Point, last: Point, *, count: int, width: float) -> None:
    """Short bars across the tongue, from the ankle down to the toes."""
    for i in range(count):
        share = i / (count - 1)
        x, y = (a + (b - a) * share for a, b in zip(first, last, strict=True))
        canvas.line([(x - 13, y + 13), (x + 15, y - 3)], darker(colour, 0.75), width)
        canvas.line([(x - 13, y + 12), (x + 15, y - 4)], colour, width * 0.7)
