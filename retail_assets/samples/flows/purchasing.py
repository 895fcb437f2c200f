"""Buying: orders to suppliers from the ERP (JSON with nested lines and log), what happened to them afterwards
(a plain file of order events), and a correction of one order line (a plain file).
"""

import numpy as np
import polars as pl

from retail_assets.samples import formats, stories
from retail_assets.samples.drops import Drops
from retail_assets.samples.flows.master import TERMS_CHANGE, TERMS_CHANGE_EVERY
from retail_assets.samples.sample import Sample
from retail_assets.samples.stock import NEVER, ORDER_COLUMNS

NO_DUE_DATE = 1
"""A supplier whose orders carry no promised day, so that the lead time has to tell it."""
CANCELLED_PRODUCTS = [0, 1]
CANCELLED_DAY = 15
"""Days before `as_of` on which an order was placed that was cancelled two days later."""


def write(sample: Sample, drops: Drops) -> None:
    """Orders placed and events recorded in each period."""
    ordered, happened = lines(sample), events(sample)
    for period in sample.periods:
        within = pl.col("day").is_between(period.start, period.end, closed="left")
        stamp = sample.stamp(period)
        content = erp(sample, ordered.filter(within))
        drops.add(
            "purchase_orders", f"erp_purchasing_{stamp}.json", content, at=sample.file_time(period, 1, 20)
        )
        content = formats.csv(happened.filter(within).drop("day"))
        drops.add("order_events", f"purchase_events_{stamp}.csv", content, at=sample.file_time(period, 1, 25))
    if sample.first_night:
        _tell(sample, ordered)
        _correct(sample, drops, ordered)


def lines(sample: Sample) -> pl.DataFrame:
    """All lines ordered: order, line, store, supplier, product, units, cost, and when they arrive(d)."""
    catalogue, plan = sample.catalogue, sample.plan
    parts = [
        pl.DataFrame(np.hstack(book.orders).T, schema=ORDER_COLUMNS, orient="row").with_columns(
            store=pl.lit(catalogue.store_ids[book.store]), cancelled=pl.lit(False)
        )
        for book in sample.books()
    ]
    day = plan.base_days - CANCELLED_DAY
    never_came = [(day, product, 24, 24, NEVER, NEVER) for product in CANCELLED_PRODUCTS]
    parts.append(
        pl.DataFrame(never_came, schema=ORDER_COLUMNS, orient="row").with_columns(
            store=pl.lit(catalogue.store_ids[stories.FIRST_STORE]), cancelled=pl.lit(True)
        )
    )
    frame = pl.concat(parts)
    product = frame["product"].to_numpy()
    supplier = pl.Series("supplier", catalogue.supplier[product])
    raised = (product % TERMS_CHANGE_EVERY == 0) & (frame["day"].to_numpy() >= plan.base_days - TERMS_CHANGE)
    cost = catalogue.unit_cost_cents(product)
    suffix = pl.when("cancelled").then(pl.lit("X")).otherwise(pl.lit(""))
    return (
        frame.with_columns(
            supplier,
            supplier_id=formats.by_number(catalogue.supplier_ids, supplier),
            sku=formats.by_number(catalogue.product_ids, frame["product"]),
            cost_cents=pl.Series(np.where(raised, cost * 104 // 100, cost)),
            due=pl.col("day") + pl.Series(catalogue.lead_days).gather(supplier),
            date=formats.days_as_text(plan, frame["day"], "%y%m%d"),
        )
        .with_columns(
            po=pl.format("PO-{}-{}-{}{}", "store", "date", pl.col("supplier_id").str.slice(4), suffix)
        )
        .sort("day", "po", "product")
        .with_columns(line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("po") * 10)
    )


def deliveries(sample: Sample) -> pl.DataFrame:
    """What has arrived: per delivery the order, line, store, product, units and day."""
    ordered = lines(sample)
    kept = ["po", "line", "store", "sku"]
    first = ordered.select(*kept, delivery=pl.lit(1), units="first_units", arrived="arrives")
    rest = ordered.filter(pl.col("first_units") < pl.col("units")).select(
        *kept, delivery=pl.lit(2), units=pl.col("units") - pl.col("first_units"), arrived="rest_arrives"
    )
    return pl.concat([first, rest]).filter(pl.col("arrived") < sample.plan.days)


def events(sample: Sample) -> pl.DataFrame:
    """Confirmations, deliveries and cancellations as plain order events; `day` says which file has them."""
    ordered = lines(sample)
    last = pl.when(pl.col("first_units") < pl.col("units")).then("rest_arrives").otherwise("arrives")
    heads = ordered.group_by("po", maintain_order=True).agg(
        pl.col("day", "cancelled").first(), first=pl.col("arrives").min(), complete=last.max()
    )
    confirmed = heads.select("po", day=pl.col("day") + 1, status=pl.lit("confirmed"))
    part = heads.filter(pl.col("first") < pl.col("complete")).select(
        "po", day="first", status=pl.lit("part_received")
    )
    received = heads.select("po", day="complete", status=pl.lit("received"))
    cancelled = heads.filter("cancelled").select("po", day=pl.col("day") + 2, status=pl.lit("cancelled"))
    hours = {"confirmed": 11, "part_received": 9, "received": 10, "cancelled": 15}
    frame = (
        pl.concat([confirmed, part, received, cancelled])
        .filter(pl.col("day") < sample.plan.days)
        .with_columns(second=pl.col("status").replace_strict(hours, return_dtype=pl.Int64) * 3600)
        .sort("day", "second", "po")
    )
    moment = formats.instants(sample.plan, frame["day"], frame["second"])
    return frame.select(
        "day",
        event_id=pl.col("po") + "/" + pl.col("status"),
        order_kind=pl.lit("purchase"),
        order_id="po",
        at=moment.dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
        status="status",
        actor=pl.when(pl.col("status") == "confirmed")
        .then(pl.lit("supplier-portal"))
        .otherwise(pl.lit("u-52")),
        reason=pl.when(pl.col("status") == "cancelled").then(pl.lit("price_too_high")),
    )


def _correct(sample: Sample, drops: Drops, ordered: pl.DataFrame) -> None:
    """The buyer agreed on fewer units: one line again, in a plain file of order lines."""
    line = ordered.filter(
        store=sample.catalogue.store_ids[stories.SECOND_STORE], product=stories.OVERSTOCK, arrives=NEVER
    ).head(1)
    corrected = line.select(
        po_id="po",
        line_number="line",
        product_id="sku",
        quantity=pl.lit(36),
        unit_cost=(pl.col("cost_cents") / 100).round(2),
    )
    time = sample.file_time(sample.periods[-1], 1, 26)
    drops.add("purchase_order_lines", "corrected_lines.csv", formats.csv(corrected), at=time)
    sample.tell(
        "corrected order line",
        f"Ordered {line['units'][0]} units, corrected to 36 by a later file.",
        product_id=line["sku"][0],
        document=line["po"][0],
        file="corrected_lines.csv",
    )


def erp(sample: Sample, ordered: pl.DataFrame) -> bytes:
    """The ERP's purchase orders: lines and the log of clerks nested, dates day first in local time."""
    catalogue = sample.catalogue
    currencies = [catalogue.supplier_currency(n) for n in range(len(catalogue.supplier_ids))]
    table = ordered.with_columns(
        ordered_on=formats.days_as_text(sample.plan, ordered["day"], "%d.%m.%Y"),
        due_on=formats.days_as_text(sample.plan, ordered["due"], "%d.%m.%Y"),
        currency=pl.Series(currencies).gather(ordered["supplier"]),
        title=formats.by_number(catalogue.names, ordered["product"]),
    )
    line = pl.struct(
        pl.col("line").alias("pos"), pl.col("sku").alias("article"), "title",
        pl.col("units").alias("qty"), (pl.col("cost_cents") / 100).round(2).alias("price"),
    )  # fmt: skip
    log = pl.concat_list(
        pl.struct(
            pl.lit(step).alias("step"),
            (pl.col("ordered_on").first() + pl.lit(time)).alias("when"),
            pl.lit(user).alias("user"),
        )
        for step, time, user in (
            ("draft", " 08:05:00", "u-51"), ("approved", " 09:30:00", "u-50"), ("sent", " 09:31:00", "erp"),
        )
    )  # fmt: skip
    orders = table.group_by("po", maintain_order=True).agg(
        pl.col("supplier_id").first().alias("supplier"),
        pl.col("store").first().alias("shipTo"),
        (pl.col("ordered_on").first() + " 08:05:00").alias("orderedOn"),
        pl.col("currency").first(),
        pl.when(pl.col("supplier").first() != NO_DUE_DATE).then(pl.col("due_on").first()).alias("dueOn"),
        line.alias("lines"),
        log.alias("log"),
    )
    return formats.json_document("purchaseOrders", orders.rename({"po": "number"}), system="Kontor ERP")


def _tell(sample: Sample, ordered: pl.DataFrame) -> None:
    catalogue = sample.catalogue
    for store, product, sentence in (
        (stories.FIRST_STORE, stories.SOLD_OUT, "Sold out for twelve days; its order is overdue."),
        (
            stories.SECOND_STORE,
            stories.OVERSTOCK,
            "Sold out here, while the first store has far too much of it.",
        ),
    ):
        store_id, product_id = catalogue.store_ids[store], catalogue.product_ids[product]
        overdue = ordered.filter(store=store_id, product=product, arrives=NEVER)
        sample.tell(
            "stock-out with overdue order",
            sentence,
            store_id=store_id,
            product_id=product_id,
            document=overdue["po"][0],
        )
    cancelled = ordered.filter("cancelled")
    sample.tell(
        "cancelled purchase order",
        "Ordered and cancelled two days later.",
        store_id=cancelled["store"][0],
        document=cancelled["po"][0],
    )
    late = ordered.filter(pl.col("supplier") == stories.LATE_SUPPLIER, pl.col("arrives") > pl.col("due"))
    sample.tell(
        "late supplier",
        f"{catalogue.supplier_ids[stories.LATE_SUPPLIER]} delivers late in the last two months.",
        document=late["po"][-1],
    )
