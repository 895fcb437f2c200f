"""What suppliers bill: each delivery once, as purchasing has it. One supplier bills a month at once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

import polars as pl

from retail_assets.samples.flows import purchasing
from retail_assets.samples.papers.bill import Bill, Row
from retail_assets.samples.papers.firms import COUNTRIES, supplier
from retail_assets.samples.sample import Sample

HABITS = len(COUNTRIES)
GERMAN, DUTCH, AUSTRIAN, FRENCH, POLISH, PAPER = range(HABITS)
"""Habits of suppliers, by turns: the first sends e-invoices, the Austrian one bill a month, the last one paper."""

DAYS_OF_A_MONTH = 30
MOST_ROWS = 40
"""Of a bill for a month; a large retailer's suppliers would have too many."""
_NUMBERS = (
    "RE-{year}-{n:05d}",
    "INV-{n:05d}",
    "{year}/{n:04d}",
    "F{year}-{n:04d}",
    "FV-{year}-{n:04d}",
    "R{n:06d}",
)


@dataclass(frozen=True)
class Delivered:
    """A bill, whose it is, and which line of which order each of its rows is."""

    bill: Bill
    supplier: int
    arrived: int
    lines: tuple[tuple[str, int, str], ...]
    """Order, line of it and product."""
    dearer: tuple[int, ...] = ()
    """Rows, from 1, whose price is above that of the order."""

    @property
    def habit(self) -> int:
        return self.supplier % HABITS


def deliveries(sample: Sample) -> pl.DataFrame:
    """Lines that arrived, with what they cost; `rank` counts the deliveries of a supplier from the first one on."""
    ordered = purchasing.lines(sample).select(
        "po", "line", "product", "supplier", "cost_cents", ordered_on="day"
    )
    arrived = purchasing.deliveries(sample).join(ordered, on=["po", "line"], maintain_order="left")
    heads = (
        arrived.select("supplier", "arrived", "po", "delivery")
        .unique()
        .sort("arrived", "po", "delivery")
        .with_columns(rank=pl.int_range(1, pl.len() + 1).over("supplier"))
    )
    return arrived.join(heads, on=["supplier", "arrived", "po", "delivery"]).sort(
        "arrived", "po", "delivery", "line"
    )


def single(sample: Sample, arrived: pl.DataFrame) -> list[Delivered]:
    """A bill for each delivery, the oldest first."""
    return [
        _bill(sample, part.to_dicts())
        for part in arrived.partition_by("po", "delivery", "arrived", maintain_order=True)
    ]


def monthly(sample: Sample, arrived: pl.DataFrame) -> Delivered:
    """One bill for what a supplier brought, in many words."""
    rows = arrived.tail(MOST_ROWS).to_dicts()
    found = _bill(sample, rows)
    brands = sample.catalogue.brands
    said = [
        f"{row.name} der Marke {brands[one['product']]}, einzeln in Folie verpackt, im Karton geliefert"
        for row, one in zip(found.bill.rows, rows, strict=True)
    ]
    wrapped = tuple(replace(row, name=name) for row, name in zip(found.bill.rows, said, strict=True))
    return replace(
        found, bill=replace(found.bill, rows=wrapped, order_number=None, ship_to=None, delivered=None)
    )


def _bill(sample: Sample, rows: list[dict]) -> Delivered:
    last, catalogue = rows[-1], sample.catalogue
    number, day = last["supplier"], sample.plan.day(last["arrived"])
    seller, habit = supplier(number), number % HABITS
    at_home = seller.country == "DE"
    bill = Bill(
        seller=seller,
        number=_NUMBERS[habit].format(year=day.year, n=200 + 37 * habit + last["rank"]),
        date=day,
        due=day + timedelta(days=seller.terms_days),
        currency=catalogue.supplier_currency(number),
        rows=tuple(
            Row(
                _sku(sample, habit, number, row["product"]),
                catalogue.names[row["product"]],
                row["units"],
                row["cost_cents"],
                int(catalogue.tax_percent[row["product"]]) if at_home else 0,
            )
            for row in rows
        ),
        order_number=last["po"],
        delivered=day,
        ship_to=last["store"],
    )
    return Delivered(
        bill, number, last["arrived"], tuple((row["po"], row["line"], row["sku"]) for row in rows)
    )


def _sku(sample: Sample, habit: int, number: int, product: int) -> str:
    """Most suppliers name articles as they do; the Dutch one as the retailer does, the French one by its barcode."""
    if habit == DUTCH:
        return sample.catalogue.product_ids[product]
    if habit == FRENCH:
        return sample.catalogue.barcodes[product]
    return f"{sample.catalogue.supplier_ids[number]}/{4711 + product}"


def of_habit(bills: Iterable[Delivered], habit: int) -> list[Delivered]:
    return [one for one in bills if one.habit == habit]
