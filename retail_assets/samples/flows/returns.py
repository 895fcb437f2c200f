"""Return cases: the returns desk's tickets about orders of the web shop (NDJSON, nested), and what merchants on the
shop's marketplace report about their own goods (CSV with the contract's names). Both have words of their own for
what came back.
"""

import polars as pl

from retail_assets.samples import formats
from retail_assets.samples.drops import Drops
from retail_assets.samples.flows import web
from retail_assets.samples.plan import Period
from retail_assets.samples.sample import Sample

DAYS_OF_CASES = 60
"""Cases reach back so many days before `as_of`."""
LATEST = 14
"""So many days after its order a case is opened at the latest."""
DECIDED_AFTER, SLOWLY, EVERY_SLOW_CASE = 4, 9, 8
"""Days after which a case comes again, decided; some take longer than is promised."""
FASHION = 3
"""The first categories of the catalogue are fashion; more of it comes back."""
EVERY_FASHION_LINE, EVERY_OTHER_LINE = 7, 40
MERCHANT_CASES_A_DAY = 2

MERCHANTS = {
    "M-101": ("Underwear", "Lingerie", "Hosiery"),
    "M-102": ("Fragrance", "Jewellery"),
    "M-103": ("Rucksack", "Chinos", "Shorts", "Leather Goods"),
    "M-104": ("Pumps", "Business Shoes", "Blouse", "Kurta"),
}
"""Merchants and what they call their goods. What "Leather Goods" and "Business Shoes" are, nobody has said."""

MESSAGES = {
    "too_small": "Leider zu klein, ich brauche eine Nummer größer.\nBitte um Umtausch.",
    "too_large": "Far too wide. Please send me the next size down.",
    "defective": "Beim ersten Gebrauch kaputt gegangen, siehe Foto!",
    "wrong_item": "This is not what I ordered; I have attached a picture.",
    "not_as_described": "Die Farbe ist ganz anders als auf dem Bild.",
    "changed_mind": None,
}
OF_SIZE = 2
"""So many of the reasons, the first ones, are about sizes."""


def write(sample: Sample, drops: Drops) -> None:
    """The cases opened in each period, and those of some days earlier again, decided."""
    for period in sample.periods:
        start = max(period.start, sample.plan.base_days - DAYS_OF_CASES)
        if start >= period.end:
            continue
        cases = opened(sample, start, period.end)
        if period.daily:
            earlier = [
                opened(sample, day, day + 1) for day in (period.start - SLOWLY, period.start - DECIDED_AFTER)
            ]
            again = pl.concat(earlier).filter(pl.col("day") + pl.col("decided_after") == period.start)
            cases = pl.concat([cases, again])
        cases = _with_state(cases, period)
        stamp, own = sample.stamp(period), pl.col("merchant_id").is_null()
        drops.add(
            "return_cases",
            f"returns_desk_{stamp}.ndjson",
            _tickets(cases.filter(own)),
            at=sample.file_time(period, 1, 12),
        )
        drops.add(
            "return_cases",
            f"marketplace_{stamp}.csv",
            formats.csv(_in_words_of_the_contract(cases.filter(~own))),
            at=sample.file_time(period, 1, 13),
        )


def opened(sample: Sample, start: int, end: int) -> pl.DataFrame:
    """The cases opened on the days from `start` up to, not including, `end`: `day`, `decided_after` and the contract's
    columns without those that tell how far a case is.
    """
    cases = pl.concat([_of_the_shop(sample, start, end), _of_merchants(sample, start, end)])
    reasons, messages = (
        pl.Series(values, dtype=pl.String) for values in (list(MESSAGES), list(MESSAGES.values()))
    )
    dice = pl.col("day") * 7 + pl.col("second")
    # What is worn can be of the wrong size; a lamp cannot.
    turn = pl.when("worn").then(dice % len(MESSAGES)).otherwise(OF_SIZE + dice % (len(MESSAGES) - OF_SIZE))
    turn = cases.select(turn).to_series()
    created = formats.instants(sample.plan, cases["day"], cases["second"])
    slow = dice % EVERY_SLOW_CASE == 0
    return cases.select(
        "day",
        pl.when(slow).then(SLOWLY).otherwise(DECIDED_AFTER).alias("decided_after"),
        "case_id",
        "order_reference",
        "customer_id",
        "merchant_id",
        pl.lit("WEB").alias("store_id"),
        "product_id",
        "item_category",
        reasons.gather(turn).alias("return_reason"),
        messages.gather(turn).alias("customer_message"),
        (pl.col("cents") / 100).round(2).alias("order_value"),
        pl.lit("EUR").alias("currency"),
        pl.lit("web").alias("channel"),
        formats.days_as_text(sample.plan, cases["delivered"], "%Y-%m-%d").alias("delivery_date"),
        created.dt.to_string("%Y-%m-%dT%H:%M:%S%:z").alias("created_at"),
    )


def _of_the_shop(sample: Sample, start: int, end: int) -> pl.DataFrame:
    """Lines of web orders that somebody wants to return."""
    plan, catalogue = sample.plan, sample.catalogue
    placed = pl.concat(
        web.orders(sample, p) for p in plan.periods() if p.end > start - LATEST and p.start < end
    ).filter(~pl.col("is_credit") & ~pl.col("cancelled"))
    gross = pl.col("price_cents") * pl.col("quantity") - pl.col("discount_cents")
    every = pl.when(pl.Series(catalogue.category).gather(placed["product"]) < FASHION)
    dice = pl.col("day") * 31 + pl.col("receipt") * 17 + pl.col("product") * 7
    cases = (
        placed.with_columns(cents=gross.sum().over("order"))
        .filter(dice % every.then(EVERY_FASHION_LINE).otherwise(EVERY_OTHER_LINE) == 0)
        .with_columns(delivered=pl.col("day") + 2 + pl.col("second") % 3)
        .with_columns(day=pl.col("delivered") + 1 + pl.col("receipt") % (LATEST - 5))
        .filter(pl.col("day").is_between(start, end, closed="left"))
        .sort("day", "order", "product")
    )
    return cases.select(
        "day",
        _case_id(sample, cases, "R"),
        pl.col("order").alias("order_reference"),
        formats.by_number(catalogue.customer_ids, cases["customer"]).alias("customer_id"),
        pl.lit(None, pl.String).alias("merchant_id"),
        formats.by_number(catalogue.product_ids, cases["product"]).alias("product_id"),
        formats.by_number(catalogue.subcategories, cases["product"]).alias("item_category"),
        "cents",
        "delivered",
        "second",
        (pl.Series(catalogue.category).gather(cases["product"]) < FASHION).alias("worn"),
    )


def _of_merchants(sample: Sample, start: int, end: int) -> pl.DataFrame:
    """A few a day; what merchants sell is in no products file of the retailer."""
    merchants = list(MERCHANTS)
    rows = []
    for day in range(start, end):
        rng = sample.plan.rng("merchants", day)
        for _ in range(MERCHANT_CASES_A_DAY):
            merchant = merchants[rng.integers(len(merchants))]
            kinds = MERCHANTS[merchant]
            rows.append(
                {
                    "day": day,
                    "order_reference": f"MP-{rng.integers(10_000, 99_999)}",
                    "customer": int(rng.integers(len(sample.catalogue.customer_ids))),
                    "merchant_id": merchant,
                    "item_category": kinds[rng.integers(len(kinds))],
                    "cents": int(rng.integers(1_500, 12_000)),
                    "delivered": day - int(rng.integers(1, 9)),
                    "second": int(rng.integers(25_000, 80_000)),
                }
            )
    cases = pl.DataFrame(rows)
    return cases.select(
        "day",
        _case_id(sample, cases, "M"),
        "order_reference",
        formats.by_number(sample.catalogue.customer_ids, cases["customer"]).alias("customer_id"),
        "merchant_id",
        pl.lit(None, pl.String).alias("product_id"),
        "item_category",
        "cents",
        "delivered",
        "second",
        pl.lit(True).alias("worn"),
    )


def _case_id(sample: Sample, cases: pl.DataFrame, letter: str) -> pl.Expr:
    """R-20261118-003: numbered anew each day."""
    day = formats.days_as_text(sample.plan, cases["day"], "%Y%m%d")
    number = pl.int_range(1, pl.len() + 1).over("day").cast(pl.String).str.zfill(3)
    return pl.concat_str(pl.lit(letter), day, number, separator="-").alias("case_id")


def _with_state(cases: pl.DataFrame, period: Period) -> pl.DataFrame:
    """How far the cases are when the file of a period is written."""
    age = period.end - pl.col("day")
    decided = (
        pl.when(pl.col("return_reason") == "changed_mind")
        .then(pl.lit("declined"))
        .otherwise(pl.lit("refunded"))
    )
    urgent = (pl.col("return_reason") == "defective") & (pl.col("order_value") > 100)
    return cases.with_columns(
        status=pl.when(age > pl.col("decided_after"))
        .then(decided)
        .when(age > 1)
        .then(pl.lit("in_review"))
        .otherwise(pl.lit("open")),
        priority=pl.when(urgent).then(pl.lit("high")).otherwise(pl.lit("normal")),
        assigned_to=pl.when(age > 1).then(pl.format("u-6{}", pl.col("day") % 4)),
    )


def _in_words_of_the_contract(cases: pl.DataFrame) -> pl.DataFrame:
    """What merchants send: they were told the words, the returns desk has its own."""
    status = {"open": "submitted", "refunded": "approved", "declined": "rejected"}
    return cases.drop("day", "decided_after").with_columns(
        pl.col("status").replace(status), pl.col("priority").replace({"normal": "medium"})
    )


def _tickets(cases: pl.DataFrame) -> bytes:
    """The returns desk's export: one ticket a line."""
    return (
        cases.select(
            pl.col("case_id").alias("ticket"),
            pl.col("created_at").alias("opened"),
            pl.struct(
                pl.col("customer_id").alias("number"), pl.col("customer_message").alias("message")
            ).alias("customer"),
            pl.struct(
                pl.col("order_reference").alias("number"),
                pl.col("order_value").alias("gross"),
                "currency",
                pl.col("delivery_date").alias("delivered"),
            ).alias("order"),
            pl.struct(pl.col("product_id").alias("sku"), pl.col("item_category").alias("kind")).alias("item"),
            pl.col("return_reason").alias("reason"),
            pl.col("status").alias("state"),
            "priority",
            pl.col("assigned_to").alias("agent"),
        )
        .write_ndjson()
        .encode()
    )
