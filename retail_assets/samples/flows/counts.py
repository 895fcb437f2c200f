"""Physical counts: Excel workbooks with a sheet per store, the header in row four, a total under the data."""

from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from retail_assets.samples import formats, stories
from retail_assets.samples.drops import Drops
from retail_assets.samples.sample import Sample
from retail_assets.samples.stock import SPOT_COUNT

STORES_PER_WORKBOOK = 5


def write(sample: Sample, drops: Drops) -> None:
    """The workbooks of the counts that fall into the periods."""
    books, spot_day = sample.books(), sample.plan.base_days - SPOT_COUNT
    if sample.first_night:
        drops.keep_truth("inventory/states", _states(sample))
    days = {day for book in books for day, _, _ in book.counts if day != spot_day}
    for day in sorted(d for d in days if any(p.start <= d < p.end for p in sample.periods)):
        date = sample.plan.day(day)
        for part, first in enumerate(range(0, len(books), STORES_PER_WORKBOOK), start=1):
            sheets = {
                sample.catalogue.store_ids[book.store]: _sheet(sample, book.store, day, products, units)
                for book in books[first : first + STORES_PER_WORKBOOK]
                for counted, products, units in book.counts
                if counted == day
            }
            suffix = f"_{part}" if len(books) > STORES_PER_WORKBOOK else ""
            name = f"Inventur_{date:%Y%m%d}{suffix}.xlsx"
            drops.add("stock_counts", name, formats.workbook(sheets), at=formats.at(date, 8, 30, part))


def _states(sample: Sample) -> pl.DataFrame:
    """What is on the shelves on purpose, and must be seen."""
    products, stores = sample.catalogue.product_ids, sample.catalogue.store_ids
    first, second = stores[stories.FIRST_STORE], stores[stories.SECOND_STORE]
    rows = [
        (products[stories.OVERSTOCK], first, "overstock"),
        (products[stories.OVERSTOCK], second, "sold out"),
        (products[stories.SOLD_OUT], first, "sold out"),
        (products[stories.DEAD], second, "dead stock"),
    ]
    return pl.DataFrame(rows, schema=["product_id", "store_id", "state"], orient="row")


def _sheet(sample: Sample, store: int, day: int, products: np.ndarray, units: np.ndarray) -> list[list[Any]]:
    store_id, date = sample.catalogue.store_ids[store], sample.plan.day(day)
    moment = datetime(date.year, date.month, date.day, 7)
    rows = [
        [
            store_id,
            sample.catalogue.product_ids[p],
            sample.catalogue.names[p],
            int(u),
            moment,
            f"u-{40 + p % 3}",
        ]
        for p, u in zip(formats.as_int(products), units, strict=True)
    ]
    return [
        ["Inventurliste"],
        [f"Stichtag {date:%d.%m.%Y}, vor Öffnung"],
        [],
        ["Filiale", "Artikel", "Bezeichnung", "Gezählt", "Zeitpunkt", "Zähler"],
        *rows,
        ["Summe", None, None, int(units.sum()), None, None],
    ]
