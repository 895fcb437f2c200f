"""The warehouse system's movements: text with pipes, Latin-1, local times, trailing minus, kinds as codes.

Spot counts of a shelf (ZAEHL) stand among the movements; they belong to another feed.
"""

import polars as pl

from retail_assets.samples import formats, stories
from retail_assets.samples.drops import Drops
from retail_assets.samples.flows import purchasing, web
from retail_assets.samples.sample import Sample
from retail_assets.samples.stock import SPOT_COUNT

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
SCHEMA = {
    "document": pl.String,
    "store": pl.String,
    "product": pl.String,
    "day": pl.Int64,
    "second": pl.Int64,
    "units": pl.Int64,
    "kind": pl.String,
    "po": pl.String,
    "po_line": pl.Int64,
    "transfer": pl.String,
    "other": pl.String,
    "order": pl.String,
    "reason": pl.String,
}


def write(sample: Sample, drops: Drops) -> None:
    """Each period's movements."""
    parts = [_receipts(sample), _own_movements(sample), _transfers(sample), _customer_returns(sample)]
    movements = pl.concat([pl.DataFrame(schema=SCHEMA), *parts], how="diagonal_relaxed")
    for period in sample.periods:
        happened = movements.filter(pl.col("day").is_between(period.start, period.end, closed="left"))
        name = f"wms_{sample.stamp(period)}.csv"
        drops.add("stock_movements", name, wms(sample, happened), at=sample.file_time(period, 1, 15))


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
        pl.col("kind").replace_strict(KINDS, return_dtype=pl.String).alias("Art"),
        pl.col("po").alias("Bestellung"),
        pl.col("po_line").alias("BestPos"),
        pl.col("transfer").alias("Umlagerung"),
        pl.col("other").alias("Gegenlager"),
        pl.col("order").alias("Auftrag"),
        pl.col("reason").alias("Grund"),
    )
    return table.write_csv(separator="|").encode("latin-1")


def _receipts(sample: Sample) -> pl.DataFrame:
    return purchasing.deliveries(sample).select(
        "store",
        "units",
        "po",
        document=pl.format("WE-{}-{}-{}", "po", "line", "delivery"),
        product="sku",
        day="arrived",
        second=8 * 3600 + pl.col("line") * 97 % 7200,
        kind=pl.lit("receipt"),
        po_line="line",
    )


def _own_movements(sample: Sample) -> pl.DataFrame:
    """Damage, corrections, goods sent back, and the spot counts that come the same way."""
    ids, rows = sample.catalogue.product_ids, []
    for book in sample.books():
        store = sample.catalogue.store_ids[book.store]
        for number, (day, product, units, kind, reason) in enumerate(book.movements, start=1):
            second, document = 20 * 3600 + number % 1800, f"LB-{store}-{number:05d}"
            rows.append((document, store, ids[product], day, second, units, kind, reason))
        for day, products, units in book.counts:
            if day == sample.plan.base_days - SPOT_COUNT:
                rows += [
                    (f"ZL-{store}-{ids[p]}", store, ids[p], day, 5 * 3600, int(counted), "spot_count", None)
                    for p, counted in zip(products, units, strict=True)
                ]
    columns = ["document", "store", "product", "day", "second", "units", "kind", "reason"]
    return pl.DataFrame(rows, schema={name: SCHEMA[name] for name in columns}, orient="row")


def _transfers(sample: Sample) -> pl.DataFrame:
    """Both sides of each transfer; the second one when it arrived."""
    ids, rows = sample.catalogue.product_ids, []
    first, second = (
        sample.catalogue.store_ids[store] for store in (stories.FIRST_STORE, stories.SECOND_STORE)
    )
    for transfer in sample.books()[stories.FIRST_STORE].transfers:
        number, product, units = f"UL-{transfer.number:04d}", ids[transfer.product], transfer.units
        rows += [
            (
                f"{number}-A",
                first,
                second,
                product,
                transfer.leaves,
                18 * 3600,
                -units,
                "transfer_out",
                number,
            ),
            (f"{number}-Z", second, first, product, transfer.arrives, 30_600, units, "transfer_in", number),
        ]
        if sample.first_night and transfer.arrives == sample.plan.base_days:
            sample.tell(
                "transfer in transit",
                f"{units} units left {first} two days ago and have not arrived in {second}.",
                product_id=product,
                store_id=second,
                document=number,
            )
    columns = ["document", "store", "other", "product", "day", "second", "units", "kind", "transfer"]
    return pl.DataFrame(rows, schema={name: SCHEMA[name] for name in columns}, orient="row")


def _customer_returns(sample: Sample) -> pl.DataFrame:
    """Goods that came back to the web shop's warehouse; each names the credit note."""
    catalogue = sample.catalogue
    credits = pl.concat([web.orders(sample, period) for period in sample.periods]).filter("is_credit")
    return credits.select(
        "day",
        "second",
        "order",
        document=pl.format("RE-{}", "order"),
        store=pl.lit(catalogue.store_ids[catalogue.web]),
        product=formats.by_number(catalogue.product_ids, credits["product"]),
        units=-pl.col("quantity"),
        kind=pl.lit("customer_return"),
    )
