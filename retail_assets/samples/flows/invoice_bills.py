"""What suppliers bill: each delivery once, as purchasing has it."""

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
"""Habits of suppliers, by turns: the first sends e-invoices, the Austrian writes at length, the last sends paper."""

NOTES = (
    "Hinweise zu unserer Ware",
    "",
    "Bitte prüfen Sie die Kartons bei der Annahme auf Druckstellen und feuchte Stellen.",
    "Beschädigte Kartons lassen Sie bitte vom Fahrer vermerken, bevor er weiterfährt.",
    "",
    "Die Ware ist einzeln in Folie verpackt, damit sie im Lager sauber bleibt.",
    "Folie und Karton nimmt unser Fahrer bei der nächsten Anfahrt gerne zurück.",
    "",
    "Textilien lagern Sie bitte trocken und ohne Sonne, Leder ohne Folie.",
    "Becher und Schalen sind für die Spülmaschine geeignet, Pfannen mit Holzgriff sind es nicht.",
    "Kerzen und Laternen gehören nicht in die Nähe von Heizungen.",
    "",
    "Spielwaren sind nach den geltenden Normen geprüft, die Zeugnisse senden wir auf Wunsch.",
    "Farben können von Los zu Los ein wenig abweichen, das ist kein Mangel.",
    "",
    "Fehlt etwas, so sagen Sie es uns bitte in der ersten Woche nach der Annahme.",
    "Für Muster und Kataloge wenden Sie sich bitte an unseren Vertrieb.",
    "",
    "Unsere Regalstopper und Aufsteller leihen wir Ihnen, solange Sie die Ware führen.",
    "Nicht Verkauftes nehmen wir zum Ende der Saison zurück, wenn es unbenutzt ist.",
    "Rücksendungen kündigen Sie bitte an, damit unser Fahrer Platz im Wagen hat.",
    "",
    "Paletten tauschen wir Zug um Zug, leere stellen Sie bitte trocken bereit.",
    "Neue Artikel stellen wir Ihnen im Frühjahr auf der Hausmesse vor.",
    "Wer sie früher sehen möchte, besucht uns in Linz im Schauraum.",
    "",
    "Bitte hängen Sie diese Hinweise auch in der Warenannahme aus.",
    "Wir danken für die gute Zusammenarbeit und wünschen viel Erfolg beim Verkauf.",
    "Ihr Team von der Auslieferung",
)
"""What the Austrian suppliers write before they come to what is billed."""
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

    products: tuple[int, ...] = ()

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


def billed(sample: Sample, arrived: pl.DataFrame) -> list[Delivered]:
    """A bill for each delivery, the oldest first."""
    return [
        _bill(sample, part.to_dicts())
        for part in arrived.partition_by("po", "delivery", "arrived", maintain_order=True)
    ]


def in_many_words(sample: Sample, one: Delivered) -> Delivered:
    """With notes before the rows, and descriptions that need several lines: it takes two pages."""
    brands = sample.catalogue.brands
    rows = tuple(
        replace(
            row,
            name=f"{row.name} der Marke {brands[product]}, einzeln in Folie verpackt, im Karton geliefert",
        )
        for row, product in zip(one.bill.rows, one.products, strict=True)
    )
    return replace(one, bill=replace(one.bill, rows=rows, notes=NOTES))


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
        bill,
        number,
        last["arrived"],
        tuple((row["po"], row["line"], row["sku"]) for row in rows),
        products=tuple(row["product"] for row in rows),
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
