"""Photos of what customers send back: a folder per case, or loose ones that a list names. Merchants send the lists.

They come last in the night, so that the numbers of other files do not hang on how many there are.
"""

from datetime import datetime, timedelta

import polars as pl

from retail_assets.samples import formats
from retail_assets.samples.drops import Drops
from retail_assets.samples.flows import returns
from retail_assets.samples.pictures.photo import WORN, photo
from retail_assets.samples.sample import Sample

DAYS_OF_PHOTOS = 8
"""The first night finds the photos of the cases of so many days."""

DRAWN = {
    "T-Shirt": "Tshirts", "Shirt": "Shirts", "Jeans": "Jeans", "Dress": "Dresses",
    "Casual Shoe": "Casual Shoes", "Sports Shoe": "Sports Shoes", "Sandal": "Sandals", "Slipper": "Flip Flops",
    "Handbag": "Handbags", "Watch": "Watches", "Belt": "Belts", "Sunglasses": "Sunglasses", "Wallet": "Wallets",
    "Underwear": "Briefs", "Lingerie": "Bra", "Hosiery": "Socks", "Fragrance": "Perfume and Body Mist",
    "Jewellery": "Earrings", "Rucksack": "Backpacks", "Chinos": "Trousers", "Shorts": "Shorts",
    "Leather Goods": "Belts", "Pumps": "Heels", "Business Shoes": "Formal Shoes", "Blouse": "Tops",
    "Kurta": "Kurtas",
}  # fmt: skip
"""What a photo shows, by what its case says. Of the rest there are no photos: not every customer sends one."""

SENT_INSTEAD = "Socks"
"""What one customer sends back for something else."""
_WIDTHS = (360, 270, 480, 360, 720)
"""Phones and shops take pictures of different sizes."""


Shown = dict[str, object]
_TRUTH = {"file_name": pl.String, "case_id": pl.String, "label": pl.String, "is_swapped": pl.Boolean}
"""What is true of each photo."""


class _Delivery:
    """Drops photos one second after the other."""

    def __init__(self, sample: Sample, drops: Drops) -> None:
        self._drops = drops
        self._at: datetime = sample.file_time(sample.periods[-1], 1, 46)

    def add(self, name: str, content: bytes, *, shows: "Shown | None" = None) -> None:
        """`shows` is what is true of a photo that counts."""
        self._drops.add("refunds", name, content, at=self._at)
        if shows is not None:
            row = {"file_name": name.rpartition("/")[2], **shows}
            self._drops.keep_truth("refunds/photos", pl.DataFrame([row], schema=_TRUTH))
        self._at += timedelta(seconds=1)


def write(sample: Sample, drops: Drops) -> None:
    """The photos of one night."""
    end = sample.periods[-1].end
    days = DAYS_OF_PHOTOS if sample.first_night else 1
    cases = returns.opened(sample, end - days, end).filter(pl.col("item_category").is_in(DRAWN))
    delivery = _Delivery(sample, drops)
    listed = []
    swapped = None
    for place, (case, kind, merchant) in enumerate(
        cases.select("case_id", "item_category", "merchant_id").rows()
    ):
        number, thing = _number(case), DRAWN[kind]
        if sample.first_night and swapped is None and place and merchant is None:
            thing, swapped = SENT_INSTEAD, case
            sample.tell("swapped goods", f"Bought {kind}, sends back {thing}.", document=case)
        width = _WIDTHS[place % len(_WIDTHS)]
        shows: Shown = {"case_id": case, "label": thing, "is_swapped": case == swapped}
        content = photo(thing, number, width=width, at_home=place % 3 == 0 and thing not in WORN)
        if merchant is not None and place % 2:
            name = f"IMG_{number % 10_000:04d}.jpg"
            listed.append((name, case))
            delivery.add(name, content, shows=shows)
            continue
        delivery.add(f"{case}/photo_1.jpg", content, shows=shows)
        if place % 7 == 0:
            delivery.add(
                f"{case}/photo_2.png",
                photo(thing, number, width=240, at_home=thing not in WORN, format="PNG"),
                shows=shows,
            )
    night = sample.plan.day(end)
    if listed:
        rows = pl.DataFrame(listed, schema=["file_name", "case_id"], orient="row")
        delivery.add(f"manifest_{night:%Y%m%d}.csv", formats.csv(rows))
    if sample.first_night:
        _unlinked(sample, delivery)
        _mistakes(sample, delivery, *cases.select("case_id", "item_category").row(0))


def _number(case: str) -> int:
    """A picture of its own for each case: R-20261118-003 -> 18003."""
    _, day, number = case.split("-")
    return int(day[-2:] + number)


def _unlinked(sample: Sample, delivery: _Delivery) -> None:
    delivery.add("IMG_0001.jpg", photo("Mug", 1, at_home=True))
    sample.tell(
        "photo without a case", "No folder and no list names its case; it shows a mug.", file="IMG_0001.jpg"
    )


def _mistakes(sample: Sample, delivery: _Delivery, case: str, kind: str) -> None:
    whole = photo(DRAWN[kind], _number(case), width=300)
    delivery.add(f"{case}/torn.jpg", whole[: len(whole) // 2])
    sample.tell("torn photo", "The upload broke off half-way.", document=case, file="torn.jpg")
    delivery.add("upload.jpg", b"<html><body>413 Request Entity Too Large</body></html>\n")
    sample.tell("not a photo", "A web server's error page under a photo's name.", file="upload.jpg")
    for name in ("photo_3.jpg", "photo_3 (1).jpg"):
        delivery.add(f"{case}/{name}", whole)
    sample.tell("photo sent twice", "The same bytes in the same case are a duplicate.", document=case)
