"""The web shop: the ERP's orders (JSON, lines and history nested) and the carrier's parcel events (TSV).

Credit notes stand among the orders. The ERP knows an order until it is paid or cancelled; packing, shipping,
delivery and returns are the carrier's to tell.
"""

import polars as pl

from retail_assets.samples import formats
from retail_assets.samples.catalogue import Catalogue
from retail_assets.samples.drops import Drops
from retail_assets.samples.plan import Period
from retail_assets.samples.sample import Sample

PARCEL_STATES = {"packed": "PCK", "shipped": "SHP", "delivered": "DLV", "returned": "RET"}
DAYS_OF_PARCELS = 12
"""An order's last parcel event comes within so many days."""


def write(sample: Sample, drops: Drops) -> None:
    """ERP and parcel files of each period."""
    for period in sample.periods:
        lines = _with_credited(orders(sample, period), _came_back(_recent(sample, period)))
        content = erp(sample.catalogue, lines, exported=sample.file_time(period, 1, 0).isoformat())
        drops.add(
            "sales", f"erp_orders_{sample.stamp(period)}.json", content, at=sample.file_time(period, 1, 5)
        )
        drops.add(
            "order_events",
            f"parcels_{sample.stamp(period)}.tsv",
            formats.csv(parcels(sample, period), separator="\t"),
            at=sample.file_time(period, 1, 10),
        )


def _with_credited(lines: pl.DataFrame, returned: pl.DataFrame) -> pl.DataFrame:
    """Lines with the order that a credit note gives back, for what was paid for it."""
    of_order = returned.select(
        "credit", "product", credited="order", price="price_cents", off="discount_cents"
    )
    joined = lines.join(
        of_order,
        left_on=["order", "product"],
        right_on=["credit", "product"],
        how="left",
        maintain_order="left",
    )
    # A credit of several units is of several orders, and names none.
    is_one = pl.col("credited").is_not_null() & (pl.col("quantity") == -1)
    return joined.with_columns(
        credited=pl.when(is_one).then("credited"),
        price_cents=pl.when(is_one).then("price").otherwise("price_cents"),
        discount_cents=pl.when(is_one).then("off").otherwise("discount_cents"),
    )


def orders(sample: Sample, period: Period) -> pl.DataFrame:
    """The lines of a period with their order numbers and times, and some orders that were cancelled."""
    catalogue = sample.catalogue
    lines = sample.web_lines(period).with_columns(cancelled=pl.lit(False))
    # Cancelled orders come on top of what left the shelves: copies of some small orders under other numbers.
    copies = (
        lines.filter(pl.col("quantity").gt(0).all().over("day", "receipt"))
        .filter((pl.col("day") * 7 + pl.col("receipt")) % 45 == 1)
        .with_columns(receipt=pl.col("receipt") + 9_000, cancelled=pl.lit(True))
    )
    lines = pl.concat([lines, copies])
    day = formats.days_as_text(catalogue.plan, lines["day"], "%Y%m%d")
    placed = formats.instants(catalogue.plan, lines["day"], lines["second"])
    return lines.with_columns(
        placed=placed, is_credit=pl.col("quantity") < 0, number=pl.col("receipt").cast(pl.String).str.zfill(4)
    ).with_columns(
        order=pl.when("is_credit").then(pl.lit("G-")).otherwise(pl.lit("W-")) + day + "-" + pl.col("number")
    )


def erp(catalogue: Catalogue, lines: pl.DataFrame, *, exported: str) -> bytes:
    """The ERP's export: orders and credit notes, quantities always positive."""
    net = lines["price_cents"] / (100 + pl.Series(catalogue.tax_percent).gather(lines["product"]))
    off = lines["discount_cents"] / (100 + pl.Series(catalogue.tax_percent).gather(lines["product"]))
    cents = lines.with_columns(
        sku=formats.by_number(catalogue.product_ids, lines["product"]),
        title=formats.by_number(catalogue.names, lines["product"]),
        vat=pl.Series(catalogue.tax_percent).gather(lines["product"]),
        net=net.round(4),
        off=off.abs().round(2),
        who=formats.by_number(catalogue.customer_ids, lines["customer"]),
        paid=pl.col("placed") + pl.duration(seconds=30 + pl.col("second") % 900),
        ended=pl.col("placed") + pl.duration(seconds=3600 + pl.col("second") % 1800),
    )
    line = pl.struct(
        "sku", "title", pl.col("quantity").abs().alias("qty"), "vat",
        pl.col("net").alias("unitNet"), pl.col("off").alias("discountNet"),
        pl.col("promotion").alias("campaign"), pl.col("credited").alias("creditFor"),
    )  # fmt: skip
    return formats.json_document(
        "orders",
        cents.group_by("order", maintain_order=True)
        .agg(
            pl.when(pl.col("is_credit").first())
            .then(pl.lit("credit"))
            .otherwise(pl.lit("order"))
            .alias("type"),
            _iso(pl.col("placed").first()).alias("placedAt"),
            _iso(pl.col("ended").first()).alias("updatedAt"),
            pl.struct(pl.col("who").first().alias("number")).alias("customer"),
            pl.lit("EUR").alias("currency"),
            line.alias("lines"),
            _history().alias("history"),
        )
        .rename({"order": "orderNumber"}),
        exportedAt=exported,
        system="Kontor ERP",
    )


def _history() -> pl.Expr:
    """What happened to one order: placed and paid, or placed and cancelled; nothing for a credit note."""

    def step(status: str, moment: str, user: str, reason: str | None) -> pl.Expr:
        return pl.struct(
            pl.lit(status).alias("status"),
            _iso(pl.col(moment).first()).alias("at"),
            pl.lit(user).alias("user"),
            pl.lit(reason, dtype=pl.String).alias("reason"),
        )

    sold = pl.concat_list(step("placed", "placed", "shop", None), step("paid", "paid", "payment", None))
    off = pl.concat_list(
        step("placed", "placed", "shop", None), step("cancelled", "ended", "u-31", "customer_request")
    )
    is_credit, cancelled = pl.col("is_credit").first(), pl.col("cancelled").first()
    return pl.when(is_credit).then(sold.list.head(0)).when(cancelled).then(off).otherwise(sold)


def _iso(moment: pl.Expr) -> pl.Expr:
    return moment.dt.to_string("%Y-%m-%dT%H:%M:%S%:z")


def parcels(sample: Sample, period: Period) -> pl.DataFrame:
    """The carrier's events that happened in a period, epoch seconds."""
    plan = sample.plan
    placed = _recent(sample, period)
    heads = (
        placed.filter(~pl.col("is_credit") & ~pl.col("cancelled"))
        .group_by("order", maintain_order=True)
        .first()
    )
    varied = pl.col("second") % 17
    moments = {
        "packed": pl.col("placed") + pl.duration(hours=3 + varied),
        "shipped": pl.col("placed") + pl.duration(hours=22 + varied),
        "delivered": pl.col("placed") + pl.duration(hours=50 + varied * 3),
    }
    events = [heads.select("order", state=pl.lit(PARCEL_STATES[s]), at=m) for s, m in moments.items()]
    returned = _came_back(placed)
    events.append(returned.select("order", state=pl.lit(PARCEL_STATES["returned"]), at="at"))
    start, end = (formats.at(plan.day(index)) for index in (period.start, period.end))
    happened = pl.concat(events).filter(pl.col("at").is_between(start, end, closed="left"))
    return happened.sort("at", "order", "state").select(
        event_no=pl.col("order") + "/" + pl.col("state"),
        order_no="order",
        state="state",
        epoch=pl.col("at").dt.epoch("s"),
        hub=pl.lit("HUB-") + (pl.col("at").dt.epoch("s") % 5).cast(pl.String),
    )


def _recent(sample: Sample, period: Period) -> pl.DataFrame:
    """The lines of a period and of those before it of which something may still happen in it."""
    start, end = period.start - DAYS_OF_PARCELS, period.end
    return pl.concat([orders(sample, p) for p in sample.plan.periods() if p.end > start and p.start < end])


def _came_back(placed: pl.DataFrame) -> pl.DataFrame:
    """Orders of a single unit that came back whole, with the credit note that followed."""
    whole = placed.filter(
        (pl.len().over("order") == 1) & (pl.col("quantity") == 1) & ~pl.col("cancelled")
    ).unique(["day", "product"], keep="first", maintain_order=True)
    credits = placed.filter("is_credit").select(pl.col("day") - 6, "product", back="placed", credit="order")
    return (
        whole.join(credits, on=["day", "product"], maintain_order="left")
        .unique("order", keep="first", maintain_order=True)
        .select(
            "order",
            "credit",
            "product",
            "price_cents",
            "discount_cents",
            at=pl.col("back") - pl.duration(minutes=40),
        )
    )
