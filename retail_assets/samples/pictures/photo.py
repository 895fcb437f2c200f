"""A drawing as a photo: what is drawn, on which ground, how large, and as which file."""

import io
from collections.abc import Callable
from random import Random

from PIL import Image, ImageDraw

from retail_assets.samples.pictures import bags, dresses, shoes, small, trousers, worn
from retail_assets.samples.pictures.canvas import Canvas
from retail_assets.samples.pictures.fabrics import Colour, lighter, varied

DRAWINGS: dict[str, Callable[[Canvas, Random], None]] = {
    "Sports Shoes": shoes.sports_shoe,
    "Shorts": trousers.shorts,
    "Handbags": bags.handbag,
    "Watches": small.watch,
    "Casual Shoes": shoes.casual_shoe,
    "Tshirts": worn.tshirt,
    "Wallets": bags.wallet,
    "Jeans": trousers.jeans,
    "Socks": trousers.socks,
    "Dresses": dresses.dress,
    "Shirts": worn.shirt,
    "Heels": shoes.heels,
    "Earrings": small.earrings,
    "Formal Shoes": shoes.formal_shoe,
    "Briefs": trousers.briefs,
    "Sunglasses": small.sunglasses,
    "Kurtas": dresses.kurta,
    "Trousers": trousers.trousers,
    "Flip Flops": shoes.flip_flop,
    "Sandals": shoes.sandal,
    "Tops": worn.top,
    "Perfume and Body Mist": small.perfume,
    "Backpacks": bags.backpack,
    "Belts": bags.belt,
    "Bra": worn.bra,
}
"""A drawing per fashion class; of Sarees and Flats there is none."""

OTHERS: dict[str, Callable[[Canvas, Random], None]] = {"Mug": small.mug}
"""Things that no fashion class fits."""

WORN = {"Bra", "Dresses", "Jeans", "Kurtas", "Shirts", "Shorts", "Tops", "Trousers", "Tshirts"}
"""Drawn on people, who do not lie on tables."""

_TABLES: list[Colour] = [(196, 170, 138), (158, 124, 92), (204, 204, 208), (176, 188, 196), (214, 200, 182)]


def photo(thing: str, number: int, *, width: int = 360, at_home: bool = False, format: str = "JPEG") -> bytes:
    """The file of one drawing. The same thing, number and look give the same bytes.

    `at_home` lays it on a table or a blanket instead of the catalogue's white.
    """
    # The ground has dice of its own: an article looks the same on any ground.
    rng = _dice(thing, number)
    ground = _table(_dice("ground", number)) if at_home else (255, 255, 255)
    canvas = Canvas(width, ground)
    (DRAWINGS | OTHERS)[thing](canvas, rng)
    buffer = io.BytesIO()
    canvas.finished().save(buffer, format, quality=88)
    return buffer.getvalue()


def _dice(purpose: str, number: int) -> Random:
    return Random(f"{purpose} {number}")  # noqa: S311 - drawings hold no secrets


def _table(rng: Random) -> Image.Image:
    """Boards with a grain, or woven cloth, lit from one side."""
    colour = varied(rng, _TABLES, 10)
    table = Image.new("RGB", (300, 400), colour)
    draw = ImageDraw.Draw(table)
    for y in range(0, 400, 3):
        draw.line((0, y, 300, y + rng.randint(-2, 2)), fill=varied(rng, [colour], 5), width=3)
    if rng.random() < 0.5:
        for y in range(rng.randint(40, 90), 400, 110):
            draw.line((0, y, 300, y), fill=varied(rng, [lighter(colour, -0.25)], 4), width=2)
    return table
