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
    """A thick curved sole, mesh, overlays and stripes in a loud second colour."""
    base = varied(rng, [(228, 228, 230), (60, 64, 72), (150, 154, 162), (36, 38, 44), (40, 90, 160)])
    loud = varied(rng, BRIGHT)
    _settle(canvas, rng)
    sole = [
        (14, 226),
        (20, 252),
        (60, 272),
        (140, 286),
        (230, 292),
        (284, 284),
        (290, 268),
        (240, 262),
        (120, 250),
    ]
    canvas.shape(curve(sole), _WHITE if rng.random() < 0.7 else lighter(loud, 0.6), depth=0.5)
    canvas.line(curve([(18, 250), (60, 272), (140, 287), (232, 293), (284, 284)], closed=False), loud, 6)
    upper = [
        (16, 232), (14, 190), (22, 150), (44, 146), (76, 168), (112, 150), (140, 162), (190, 206), (240, 226),
        (284, 252), (288, 272), (230, 276), (120, 264),
    ]  # fmt: skip
    canvas.shape(curve(upper), Fabric(base, "denim", size=6), depth=0.5)
    _opening(canvas, (62, 160), (46, 15), turn_colour=darker(loud, 0.5))
    overlay = varied(rng, [loud, lighter(base, 0.5), darker(base, 0.6)], 6)
    canvas.shape(
        curve([(16, 232), (14, 196), (40, 200), (70, 246), (72, 262), (30, 248)]), overlay, depth=0.4
    )
    canvas.shape(
        curve([(214, 238), (262, 240), (288, 262), (286, 274), (226, 276), (204, 264)]), overlay, depth=0.4
    )
    for shift in (0, 22, 44)[: rng.choice([2, 3])]:
        canvas.line(curve([(118 + shift, 184 + shift * 0.6), (104 + shift, 222), (86 + shift, 262 + shift * 0.2)],
                          closed=False), loud, 9)  # fmt: skip
    tongue = [(96, 150), (128, 138), (150, 160), (198, 206), (180, 214), (130, 184)]
    canvas.shape(curve(tongue), lighter(base, 0.3), depth=0.4)
    _laces(canvas, rng.choice([_WHITE, loud]), (112, 156), (190, 208), count=6, width=5)


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
    """Polished leather, thin sole, low heel; laced or a slip-on."""
    base = varied(rng, LEATHERS, 10)
    _settle(canvas, rng, extra=2)
    sole = [(14, 214), (14, 248), (60, 262), (72, 258), (130, 268), (230, 286), (288, 284), (292, 274), (220, 264),
            (100, 238)]  # fmt: skip
    canvas.shape(curve(sole), darker(base, 0.45), depth=0.3)
    upper = [
        (16, 236), (12, 200), (18, 172), (44, 174), (80, 184), (116, 176), (150, 196), (200, 224), (252, 244),
        (290, 266), (290, 278), (230, 278), (110, 254), (50, 248),
    ]  # fmt: skip
    canvas.shape(curve(upper), base, folds=[[(196, 236), (180, 262)]], depth=0.6)
    _opening(canvas, (66, 182), (50, 12), turn_colour=darker(lighter(base, 0.3), 0.6))
    seam = darker(base, 0.55)
    canvas.line(curve([(200, 224), (206, 246), (190, 272)], closed=False), seam, 1.8)
    canvas.line(curve([(60, 196), (84, 220), (96, 252)], closed=False), seam, 1.8)
    # The polish: a long soft gleam over the toes.
    for width in (9, 6, 3):
        canvas.line(
            curve([(226, 244), (252, 252), (276, 266)], closed=False),
            lighter(base, 0.12 + (9 - width) / 30),
            width,
        )
    if rng.random() < 0.6:
        canvas.shape(
            curve([(104, 176), (124, 172), (176, 206), (166, 218), (118, 200)]), darker(base, 0.85), depth=0.4
        )
        _laces(canvas, darker(base, 0.4), (120, 180), (166, 208), count=4, width=4)
    else:
        canvas.shape(
            curve([(108, 176), (130, 180), (152, 200), (120, 256), (88, 250)]), darker(base, 0.88), depth=0.4
        )


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


def flats(canvas: Canvas, rng: Random) -> None:
    """A ballerina: low, wide open, a bow over the toes."""
    base = varied(rng, BRIGHT + [(36, 34, 36), (200, 170, 130)])
    _settle(canvas, rng)
    sole = [(14, 224), (18, 248), (80, 262), (180, 280), (256, 290), (290, 276), (220, 262), (100, 240)]
    canvas.shape(curve(sole), darker(base, 0.4), depth=0.3)
    inner = curve([(16, 200), (40, 186), (110, 196), (190, 224), (204, 244), (150, 248), (50, 226)])
    canvas.shape(inner, varied(rng, [(216, 190, 160), (150, 120, 100)]), depth=0.5)
    side = [
        (18, 240), (12, 212), (16, 194), (30, 204), (80, 226), (140, 244), (184, 244), (204, 228), (250, 240),
        (288, 266), (286, 280), (230, 282), (120, 262), (50, 250),
    ]  # fmt: skip
    canvas.shape(curve(side), base, depth=0.55)
    bow = darker(base, 0.7)
    for wing in ([(204, 236), (222, 220), (230, 234)], [(204, 236), (190, 250), (210, 258)]):
        canvas.shape(curve(wing), bow, depth=0.4)
    canvas.shape(ellipse(206, 237, 6, 5), darker(base, 0.55), depth=0.3)


def flip_flop(canvas: Canvas, rng: Random) -> None:
    """A foam sole and a strap between the toes."""
    base = varied(rng, BRIGHT + [(40, 42, 48), (60, 60, 66)])
    edge = lighter(base, 0.55) if rng.random() < 0.5 else darker(base, 0.6)
    _settle(canvas, rng)
    top = curve([(18, 196), (50, 178), (120, 188), (200, 214), (268, 236), (288, 262), (262, 278), (190, 268),
                 (110, 246), (40, 224)])  # fmt: skip
    for drop in (16, 12, 8, 4):
        canvas.shape([(x, y + drop) for x, y in top], edge if drop in (12, 8) else darker(edge, 0.7), depth=0)
    ground = Fabric(base, rng.choice(["plain", "flowers", "plain"]), lighter(base, 0.5), 14)
    canvas.shape(top, ground, depth=0.35)
    strap = varied(rng, [*BRIGHT, (30, 30, 34), _WHITE])
    for start, bend in (((72, 188), (170, 168)), ((84, 240), (176, 212))):
        canvas.band(curve([start, ((start[0] + bend[0]) / 2, bend[1] + (start[1] - bend[1]) * 0.25), bend, (228, 240)],
                          closed=False), strap, 13)  # fmt: skip
    canvas.shape(ellipse(229, 241, 7, 6), darker(strap, 0.7), depth=0.3)


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


def _settle(canvas: Canvas, rng: Random, *, extra: float = 0) -> None:
    """Stand the shoe on its shadow, hardly turned."""
    canvas.place(
        turn=rng.uniform(-3, 4) + extra, shift=(0, -rng.uniform(0, 16)), stretch=rng.uniform(0.9, 0.98)
    )
    canvas.shadow(curve([(20, 250), (150, 276), (280, 284), (270, 298), (140, 294), (30, 270)]), strength=0.3)


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
