"""Whole figures: dresses and kurtas."""

from random import Random

from retail_assets.samples.pictures.canvas import Canvas, Points, curve, flipped, mirrored
from retail_assets.samples.pictures.fabrics import BRIGHT, CALM, Fabric, darker, varied
from retail_assets.samples.pictures.figure import Person, arm, both, head, legs, person, sleeves


def dress(canvas: Canvas, rng: Random) -> None:
    """Fitted above, wide below; on a woman with bare legs, or a child's, laid out flat."""
    fabric = Fabric(
        varied(rng, BRIGHT + CALM), rng.choice(["plain", "flowers", "flowers"]),
        varied(rng, [(244, 230, 220), (60, 60, 90), (230, 120, 130)]), rng.uniform(9, 15),
    )  # fmt: skip
    if rng.random() < 0.5:
        _frock(canvas, fabric, rng)
        return
    who = person(rng, long_hair=True)
    legs(canvas, who.skin, top=240, bottom=400, hip=33, ankle=13)
    both(canvas, arm(178, 190, 196, y=92, length=125, width=20), who.skin)
    head(canvas, who, top=14, size=58)
    _bust(canvas, who)
    flare = rng.uniform(204, 226)
    hem = rng.uniform(258, 284)
    canvas.shape(
        curve([(125, 170), (125, 170), (175, 170), (175, 170), (188, 220), (flare, hem), (flare, hem),
               (150, hem + 8), (300 - flare, hem), (300 - flare, hem), (112, 220)]),
        fabric, folds=[[(150 + d * 0.4, 180), (150 + d, hem)] for d in (-42, -16, 12, 38)],
    )  # fmt: skip
    bodice = [(150, 112), (160, 104), (170, 88), (177, 90), (180, 116), (176, 140), (175, 172), (150, 174)]
    canvas.shape(curve(mirrored(bodice)), fabric)
    belt = darker(fabric.colour, 0.55)
    canvas.shape([(124, 168), (176, 168), (176, 176), (124, 176)], belt, depth=0.2)
    if rng.random() < 0.5:
        sleeves(canvas, fabric, elbow=132, shoulder=174, start=90, width=24)


def kurta(canvas: Canvas, rng: Random) -> None:
    """A long tunic with slit neck and border, sleeves to the elbow, over leggings."""
    trim = varied(rng, [(200, 160, 70), (190, 60, 60), (240, 230, 210)])
    fabric = Fabric(
        varied(rng, [*BRIGHT, (150, 110, 90), (220, 208, 186), (60, 60, 66)]),
        rng.choice(["plain", "flowers", "plain"]), trim, rng.uniform(10, 16),
    )  # fmt: skip
    who = person(rng, long_hair=True)
    legs(canvas, darker(varied(rng, CALM), 0.7), top=270, bottom=400, hip=38, ankle=20)
    both(canvas, arm(190, 206, 212, y=96, length=150, width=26), who.skin)
    head(canvas, who, top=10, size=66)
    _bust(canvas, who, wide=1.15)
    sleeves(canvas, fabric, elbow=rng.choice([150, 190]), shoulder=186, start=98, width=32)
    side = rng.uniform(198, 206)
    right = [(150, 104), (162, 92), (180, 98), (190, 110), (182, 150), (180, 190), (190, 240), (side, 340),
             (side, 340), (150, 344)]  # fmt: skip
    canvas.shape(curve(mirrored(right)), fabric, folds=[[(128, 210), (122, 330)], [(168, 220), (176, 330)]])
    canvas.shape(curve(mirrored([(150, 90), (161, 90), (159, 106), (150, 120)])), who.skin, depth=0.2)
    canvas.line(curve([(137, 92), (142, 110), (150, 121), (158, 110), (163, 92)], closed=False), trim, 4)
    canvas.line([(150, 120), (150, 166)], trim, 5)
    canvas.shape([(300 - side, 322), (side, 322), (side, 338), (300 - side, 338)], trim, depth=0.2)


def _frock(canvas: Canvas, fabric: Fabric, rng: Random) -> None:
    """A child's dress: short sleeves, a sash, a wide skirt with a flounce."""
    canvas.place(stretch=rng.uniform(0.9, 1.05), turn=rng.uniform(-2, 2))
    flare, sash = rng.uniform(222, 240), varied(rng, BRIGHT)
    sleeve = [(176, 92), (198, 98), (220, 124), (218, 138), (190, 142), (180, 128)]
    for side in (sleeve, flipped(sleeve)):
        canvas.shape(curve(side), fabric, depth=0.5)
    skirt = [
        (150, 176),
        (150, 176),
        (182, 176),
        (182, 176),
        (208, 232),
        (flare, 308),
        (flare, 308),
        (150, 318),
    ]
    folds: list[Points] = [[(150 + d * 0.4, 182), (150 + d, 306)] for d in (-64, -40, -14, 14, 40, 64)]
    canvas.shape(curve(mirrored(skirt)), fabric, folds=folds, depth=0.55)
    canvas.line(
        curve([(300 - flare + 4, 292), (150, 302), (flare - 4, 292)], closed=False),
        darker(fabric.colour, 0.7),
        2,
    )
    right = [(150, 104), (164, 100), (172, 88), (184, 92), (190, 112), (184, 140), (183, 178), (150, 180)]
    canvas.shape(curve(mirrored(right)), fabric, depth=0.45)
    canvas.shape([(116, 168), (184, 168), (186, 182), (114, 182)], sash, depth=0.3)
    for wing in ([(150, 175), (128, 160), (126, 190)], [(150, 175), (172, 160), (174, 190)]):
        canvas.shape(curve(wing), sash, depth=0.5)


def _bust(canvas: Canvas, who: Person, *, wide: float = 1.0) -> None:
    """Neck and shoulders of a woman, under a dress."""
    right = [(150, 72), (158, 78), (150 + 28 * wide, 88), (150 + 32 * wide, 110), (168, 130), (150, 132)]
    canvas.shape(curve(mirrored(right)), who.skin, depth=0.25)
