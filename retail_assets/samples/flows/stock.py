"""The warehouse system: physical counts as Excel workbooks and movements as delimited text.

`Inventur_*.xlsx`: a sheet per store, its header in row four, a total under the data. `wms_*.csv`: pipes, Latin-1,
local times, trailing minus, movement kinds as codes; spot counts of a shelf (ZAEHL) stand among the movements.
"""

from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from retail_assets.samples import formats, stories
from retail_assets.samples.drops import Drops
from retail_assets.samples.flows import purchasing, web
from retail_assets.samples.plan import Period
from retail_assets.samples.sample import Sample
from retail_assets.samples.stock import SPOT_COUNT

STORES_PER_WORKBOOK = 5
KINDS = {
    "receipt": "WE",
    "transfer_out": "UA",
    "transfer_in": "UZ",
    "adjustment": "KOR",
    "damage": "BRU",
    "customer_return": "RET",
    "supplier_return": "RLI",
    "spot_count": "ZAEHL",
}
COLUMNS = ["document", "store", "product", "day", "second", "units", "kind", "po", "po_line", "transfer", "other", "order", "reason"]  # fmt: skip


def write(sample: Sample, drops: Drops) -> None:
    """The counts that fall into the periods, and each period's movements."""
    movements = pl.concat(
        [_receipts(sample), _own_movements(sample), _transfers(sample), _customer_returns(sample)]
    )
    for period in sample.periods:
        _write_counts(sample, drops, period)
        happened = movements.filter(pl.col("day").is_between(period.start, period.end, closed="left"))
        name = f"wms_{sample.stamp(period)}.csv"
        drops.add("stock_movements", name, wms(sample, happened), at=sample.file_time(period, 1, 15))


def _write_counts(sample: Sample, drops: Drops, period: Period) -> None:
    books = sample.books()
    days = {day for book in books for day, _, _ in book.counts if period.start <= day < period.end}
    for day in sorted(days - {sample.plan.base_days - SPOT_COUNT}):
        date = sample.plan.day(day)
        for part, first in enumerate(range(0, len(books), STORES_PER_WORKBOOK), start=1):
            sheets = {
                sample.catalogue.store_ids[book.store]: _sheet(sample, day, products, units)
                for book in books[first : first + STORES_PER_WORKBOOK]
                for counted, products, units in book.counts
                if counted == day
            }
            suffix = f"_{part}" if len(books) > STORES_PER_WORKBOOK else ""
            name = f"Inventur_{date:%Y%m%d}{suffix}.xlsx"
            drops.add("stock_counts", name, formats.workbook(sheets), at=formats.at(date, 8, 30, part))


def _sheet(sample: Sample, day: int, products: np.ndarray, units: np.ndarray) -> list[list[Any]]:
    date = sample.plan.day(day)
    moment = datetime(date.year, date.month, date.day, 7)
    rows = [
        [sample.catalogue.product_ids[p], sample.catalogue.names[p], int(u), moment, f"u-{40 + p % 3}"]
        for p, u in zip(formats.as_int(products), units, strict=True)
    ]
    return [
        ["Inventurliste"],
        [f"Stichtag {date:%d.%m.%Y}, vor Öffnung"],
        [],
        ["Artikel", "Bezeichnung", "Gezählt", "Zeitpunkt", "Zähler"],
        *rows,
        ["Summe", None, int(units.sum()), None, None],
    ]


def wms(sample: Sample, movements: pl.DataFrame) -> bytes:
    """The movements as the warehouse system writes them."""
    movements = movements.sort("day", "second", "document")
    day = formats.days_as_text(sample.plan, movements["day"], "%d.%m.%Y")
    table = movements.select(
        pl.col("document").alias("Belegnr"),
        pl.col("store").alias("Lager"),
        pl.col("product").alias("Artikel"),
        (day + " " + formats.clock(movements["second"])).alias("Zeitpunkt"),
        formats.trailing_minus(movements["units"]).alias("Menge"),
        pl.col("kind").replace_strict(KINDS).alias("Art"),
        pl.col("po").alias("Bestellung"),
        pl.col("po_line").alias("BestPos"),
        pl.col("transfer").alias("Umlagerung"),
        pl.col("other").alias("Gegenlager"),
        pl.col("order").alias("Auftrag"),
        pl.col("reason").alias("Grund"),
    )
    return table.write_csv(separator="|").encode("latin-1")


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = {
        name: pl.Int64 if name in ("day", "second", "units", "po_line") else pl.String for name in COLUMNS
    }
    return pl.DataFrame(rows, schema=schema)


def _receipts(sample: Sample) -> pl.DataFrame:
    deliveries = purchasing.deliveries(sample)
    return deliveries.select(
        document=pl.concat_str(pl.lit("WE-"), "po", pl.lit("-"), "line", pl.lit("-"), "delivery"),
        store="store",
        product="sku",
        day="arrived",
        second=6 * 3600 + (pl.col("line") * 97) % 7200,
        units="units",
        kind=pl.lit("receipt"),
        po="po",
        po_line="line",
        transfer=pl.lit(None, pl.String),
        other=pl.lit(None, pl.String),
        order=pl.lit(None, pl.String),
        reason=pl.lit(None, pl.String),
    ).cast({"day": pl.Int64, "second": pl.Int64, "units": pl.Int64, "po_line": pl.Int64})


def _own_movements(sample: Sample) -> pl.DataFrame:
    """Damage, corrections, goods sent back, and the spot counts that come the same way."""
    catalogue, rows = sample.catalogue, []
    for book in sample.books():
        store = catalogue.store_ids[book.store]
        for number, (day, product, units, kind, reason) in enumerate(book.movements, start=1):
            rows.append(
                {"document": f"LB-{store}-{number:05d}", "store": store, "product": catalogue.product_ids[product],
                 "day": day, "second": 20 * 3600 + number % 1800, "units": units, "kind": kind, "reason": reason}
            )  # fmt: skip
        for day, products, units in book.counts:
            if day != sample.plan.base_days - SPOT_COUNT:
                continue
            for product, counted in zip(formats.as_int(products), formats.as_int(units), strict=True):
                rows.append(
                    {"document": f"ZL-{store}-{product:04d}", "store": store, "product": catalogue.product_ids[product],
                     "day": day, "second": 5 * 3600, "units": counted, "kind": "spot_count"}
                )  # fmt: skip
    return _frame(rows)


def _transfers(sample: Sample) -> pl.DataFrame:
    """Both sides of each transfer; the second one when it arrived."""
    catalogue, rows = sample.catalogue, []
    first, second = (catalogue.store_ids[s] for s in (stories.FIRST_STORE, stories.SECOND_STORE))
    for transfer in sample.books()[stories.FIRST_STORE].transfers:
        number = f"UL-{transfer.number:04d}"
        common = {"product": catalogue.product_ids[transfer.product], "transfer": number}
        rows.append(
            {**common, "document": f"{number}-A", "store": first, "other": second, "day": transfer.leaves,
             "second": 18 * 3600, "units": -transfer.units, "kind": "transfer_out"}
        )  # fmt: skip
        rows.append(
            {**common, "document": f"{number}-Z", "store": second, "other": first, "day": transfer.arrives,
             "second": 6 * 3600 + 900, "units": transfer.units, "kind": "transfer_in"}
        )  # fmt: skip
        if sample.first_night and transfer.arrives == sample.plan.base_days:
            sample.tell(
                "transfer in transit",
                f"{transfer.units} units left {first} two days ago and have not arrived in {second}.",
                product_id=common["product"],
                store_id=second,
                document=number,
            )
    return _frame(rows)


def _customer_returns(sample: Sample) -> pl.DataFrame:
    """Goods that came back to the web shop's warehouse; each names the credit note."""
    plan, catalogue = sample.plan, sample.catalogue
    credits = pl.concat([web.orders(sample, period) for period in sample.periods]).filter("is_credit")
    return credits.select(
        document=pl.lit("RE-") + pl.col("order"),
        store=pl.lit(catalogue.store_ids[catalogue.web]),
        product=formats.by_number(catalogue.product_ids, credits["product"]),
        day="day",
        second=pl.col("second"),
        units=-pl.col("quantity"),
        kind=pl.lit("customer_return"),
        po=pl.lit(None, pl.String),
        po_line=pl.lit(None, pl.Int64),
        transfer=pl.lit(None, pl.String),
        other=pl.lit(None, pl.String),
        order="order",
        reason=pl.lit(None, pl.String),
    )
