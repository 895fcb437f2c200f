"""What covers hips and legs: jeans, trousers, shorts, briefs, socks."""

from random import Random

from retail_assets.samples.pictures.canvas import Canvas, Points, box, curve, ellipse, flipped, mirrored
from retail_assets.samples.pictures.fabrics import (
    BLUES,
    BRIGHT,
    CALM,
    SKINS,
    Colour,
    Fabric,
    darker,
    lighter,
    varied,
)

_SEAM = (206, 160, 90)


def jeans(canvas: Canvas, rng: Random) -> None:
    """Blue denim with yellow stitching, worn thin along the thighs."""
    fabric = Fabric(varied(rng, BLUES, 10), "denim", size=3)
    _wearer(canvas, rng, bottom=352)
    slim = rng.uniform(30, 44)
    leg = _leg(canvas, fabric, bottom=368, width=slim)
    faded = lighter(fabric.colour, rng.uniform(0.35, 0.55))
    for x, y in ((124, 150), (176, 150)):
        # Several thin ellipses, lightest inside, make the soft patch that washing leaves.
        for step in range(6):
            share = 1 - step / 6
            tone = _between(fabric.colour, faded, 1 - share * 0.8)
            canvas.shape(ellipse(x, y, 20 * share, 84 * share), Fabric(tone, "denim", size=3), depth=0)
    _waistband(canvas, fabric.colour, seam=_SEAM)
    for side in (leg, flipped(leg)):
        canvas.stitches(side[: len(side) // 3], _SEAM, width=0.7, length=2.5)
    canvas.stitches(curve([(162, 52), (160, 90), (151, 102)], closed=False), _SEAM, width=1)
    for pocket in (curve([(176, 50), (182, 70), (202, 76)], closed=False),):
        for side in (pocket, flipped(pocket)):
            canvas.line(side, darker(fabric.colour, 0.6), 1.6)
            canvas.stitches(side, _SEAM, width=0.8)


def trousers(canvas: Canvas, rng: Random) -> None:
    """Smooth cloth with a crease down each leg, worn with a belt."""
    fabric = Fabric(
        varied(rng, [(52, 52, 56), (150, 140, 120), (206, 196, 176), (96, 92, 80), (110, 112, 116)])
    )
    _wearer(canvas, rng, bottom=360)
    _leg(canvas, fabric, bottom=374, width=40)
    for x in (122, 178):
        canvas.line(
            [(x + (x - 150) * 0.1, 100), (x + (x - 150) * 0.35, 360)], darker(fabric.colour, 0.82), 1.4
        )
    _waistband(canvas, fabric.colour, seam=darker(fabric.colour, 0.7))
    canvas.shape(box(100, 34, 200, 44), (44, 34, 30), depth=0.3)
    canvas.shape(box(143, 32, 157, 46, 2), (190, 190, 194), depth=0.3)
    for pocket in ([(182, 50), (200, 88)], [(118, 50), (100, 88)]):
        canvas.line(pocket, darker(fabric.colour, 0.65), 1.8)


def shorts(canvas: Canvas, rng: Random) -> None:
    """To the knee, bare legs below."""
    fabric = Fabric(
        varied(rng, [*CALM, (176, 158, 120), (60, 70, 90)]), rng.choice(["plain", "plain", "checks"]),
        varied(rng, BLUES), rng.uniform(14, 20),
    )  # fmt: skip
    skin = _wearer(canvas, rng, bottom=376)
    _leg(canvas, Fabric(skin), bottom=366, width=22)
    hem = rng.uniform(205, 236)
    right = [
        (150, 52), (150, 52), (200, 46), (200, 46), (210, 90), (216, hem), (216, hem), (158, hem + 4), (158, hem + 4),
        (151, 118),
    ]  # fmt: skip
    for side in (right, flipped(right)):
        canvas.shape(
            curve(side), fabric, folds=[[(side[4][0] * 0.7 + 45, 120), (side[5][0] * 0.6 + 60, hem - 20)]]
        )
        canvas.line([side[5], side[7]], darker(fabric.colour, 0.7), 2)
        pocket = (side[5][0] * 0.75 + 37.5, hem - 60)
        canvas.line(
            [pocket, (pocket[0] + (pocket[0] - 150) * 0.3, pocket[1] + 4)], darker(fabric.colour, 0.7), 2
        )
    _waistband(canvas, fabric.colour, seam=darker(fabric.colour, 0.7))


def briefs(canvas: Canvas, rng: Random) -> None:
    """A broad waistband and a low triangle of cloth."""
    fabric = Fabric(varied(rng, CALM + BRIGHT[:3]))
    right = [(150, 142), (150, 142), (272, 146), (272, 146), (278, 196), (278, 196), (236, 208), (200, 244),
             (184, 272), (184, 272), (150, 284)]  # fmt: skip
    canvas.shape(curve(mirrored(right)), fabric, folds=[[(150, 180), (150, 270)]], depth=0.45)
    trim = lighter(fabric.colour, 0.5) if sum(fabric.colour) < 400 else darker(fabric.colour, 0.6)
    for side in (lambda p: p, flipped):
        canvas.line(curve(side([(278, 196), (236, 208), (200, 244), (184, 272)]), closed=False), trim, 3.5)
        canvas.line(curve(side([(170, 160), (176, 210), (154, 262)]), closed=False), trim, 2.5)
    band = varied(rng, [(36, 38, 46), (200, 50, 50), (236, 236, 236), (60, 80, 130)])
    canvas.shape([(27, 140), (273, 140), (274, 162), (26, 162)], band, depth=0.3)
    canvas.stitches([(110, 151), (190, 151)], lighter(band, 0.8) if sum(band) < 500 else darker(band, 0.4),
                    width=7, length=9)  # fmt: skip


def socks(canvas: Canvas, rng: Random) -> None:
    """A pair, one behind the other, toes to the lower right."""
    fabric = Fabric(
        varied(rng, [*CALM, (30, 30, 34), (236, 236, 232)]), rng.choice(["plain", "bars", "plain"]),
        varied(rng, BRIGHT + CALM), rng.uniform(16, 30),
    )  # fmt: skip
    long = rng.uniform(30, 80)
    outline = [
        (84, long), (84, long), (150, long), (150, long), (156, 180), (164, 226), (196, 276), (236, 318), (240, 350),
        (214, 368), (184, 360), (140, 322), (98, 280), (84, 240), (86, 180),
    ]  # fmt: skip
    for dx, dy in ((44, -12), (-16, 8)):
        canvas.place(shift=(dx, dy), turn=rng.uniform(-2, 4))
        canvas.shape(
            curve(outline), fabric, folds=[[(92, 220), (130, 236)], [(150, 210), (120, 250)]], depth=0.45
        )
        tip = darker(fabric.colour, 0.7) if sum(fabric.colour) > 200 else lighter(fabric.colour, 0.3)
        canvas.line(curve([(204, 286), (190, 316), (180, 358)], closed=False), tip, 1.6)
        canvas.line(curve([(86, 236), (116, 246), (128, 300)], closed=False), tip, 1.6)
        for y in range(4):
            canvas.line([(86, long + 6 + y * 6), (148, long + 6 + y * 6)], darker(fabric.colour, 0.86), 1.4)


def _wearer(canvas: Canvas, rng: Random, *, bottom: float) -> Colour:
    """What stands around the trousers: a shirt's lower end, hands, shoes. Returns the colour of the skin."""
    skin = varied(rng, SKINS, 8)
    shoe = varied(rng, [(40, 36, 36), (90, 60, 44), (70, 76, 90)])
    for side in (lambda p: p, flipped):
        foot = [
            (166, bottom - 6),
            (192, bottom - 8),
            (204, bottom + 24),
            (196, bottom + 34),
            (170, bottom + 32),
        ]
        canvas.shape(curve(side(foot)), shoe, depth=0.4)
        canvas.shape(curve(side([(222, 0), (252, 0), (240, 70), (238, 104), (222, 108), (216, 70)])), skin)
    shirt = Fabric(varied(rng, BRIGHT + CALM), rng.choice(["plain", "bars"]), (236, 236, 232), 16)
    canvas.shape([(88, 0), (212, 0), (204, 44), (96, 44)], shirt, depth=0.3)
    return skin


def _leg(canvas: Canvas, fabric: Fabric, *, bottom: float, width: float) -> Points:
    """Both legs of a pair of trousers; the right one's outline comes back."""
    right = [
        (150, 40), (150, 40), (198, 40), (198, 40), (208, 90), (203, 200), (172 + width * 0.62, bottom),
        (172 + width * 0.62, bottom), (172 - width * 0.38, bottom + 2), (172 - width * 0.38, bottom + 2), (160, 220),
        (151, 116),
    ]  # fmt: skip
    outline = curve(right)
    folds: list[Points] = [[(158, 112), (186, 104)], [(168, 232), (194, 226)], [(172, 330), (192, 336)]]
    canvas.shape(outline, fabric, folds=folds, depth=0.42)
    canvas.shape(flipped(outline), fabric, folds=[flipped(f) for f in folds], depth=0.42)
    canvas.line([(150, 44), (150, 116)], darker(fabric.colour, 0.6), 1.5)
    return outline


def _waistband(canvas: Canvas, colour: Colour, *, seam: Colour) -> None:
    canvas.shape([(101, 34), (199, 34), (201, 50), (99, 50)], darker(colour, 0.9), depth=0.25)
    canvas.stitches([(101, 48), (199, 48)], seam, width=0.8)
    for x in (112, 134, 166, 188):
        canvas.shape(box(x - 2.5, 32, x + 2.5, 53), darker(colour, 0.8), depth=0)
    canvas.shape(ellipse(150, 42, 3.4, 3.4), (196, 170, 110), depth=0.3)


def _between(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue
