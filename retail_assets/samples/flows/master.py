"""Master data, each from the system that a retailer would have for it, once at the start; products, supplier
terms and customers come again later with changes.
"""

import json
from datetime import date

import numpy as np
import polars as pl

from retail_assets.samples import formats, stories
from retail_assets.samples.catalogue import CATEGORIES, REGIONS, TOWNS, Catalogue
from retail_assets.samples.demand import promotions
from retail_assets.samples.drops import Drops
from retail_assets.samples.opening import HOLIDAYS
from retail_assets.samples.papers import firms
from retail_assets.samples.sample import Sample

TERMS_CHANGE = 60
"""Days before `as_of` from which every so many products cost more."""
TERMS_CHANGE_EVERY = 9
SECOND_EVERY = 4
"""Of every so many products another supplier states terms as well: by turns one who is dearer and quicker, and one who
is cheaper and slower and wants more at once."""


def write(sample: Sample, drops: Drops) -> None:
    """All master data; nothing when a day is added."""
    if not sample.first_night:
        return
    catalogue, plan = sample.catalogue, sample.plan
    start, later = plan.first_day, plan.day(plan.base_days - 1)
    everyone = np.arange(len(catalogue.product_ids))
    drops.add("stores", "stores.csv", stores(catalogue), at=formats.at(start, 5, 1))
    drops.add("suppliers", "Lieferanten.txt", suppliers(catalogue), at=formats.at(start, 5, 2))
    drops.add(
        "products", f"pim_{start:%Y%m%d}.ndjson", products(catalogue, everyone, 0), at=formats.at(start, 5, 3)
    )
    drops.add("supplier_products", "terms.parquet", terms(catalogue), at=formats.at(start, 5, 4))
    half = len(catalogue.customer_ids) * 4 // 5
    for numbers, day, minute in (
        (range(half), start, 5),
        (range(half - 10, len(catalogue.customer_ids)), later, 6),
    ):
        name = f"crm_{day:%Y%m%d}.csv"
        drops.add("customers", name, customers(catalogue, numbers), at=formats.at(day, 5, minute))
    drops.add("promotions", "promotions.tsv", promotion_plan(catalogue), at=formats.at(start, 5, 7))
    drops.add("store_calendar", "store_calendar.csv", calendar(catalogue), at=formats.at(start, 5, 8))
    changed = np.flatnonzero(catalogue.repriced)
    drops.add(
        "products",
        f"pim_{later:%Y%m%d}.ndjson",
        products(catalogue, changed, catalogue.reprice_day),
        at=formats.at(later, 5, 9),
    )


def stores(catalogue: Catalogue) -> bytes:
    """A plain file: its columns carry the contract's names."""
    physical = range(len(catalogue.store_ids) - 1)
    rows: list[tuple[str, str, str | None, str, date]] = [
        (
            catalogue.store_ids[n],
            _store_name(n),
            REGIONS[n % 4],
            "city" if n % 3 else "outlet",
            date(2009 + n % 14, 3, 1),
        )
        for n in physical
    ]
    rows.append((catalogue.store_ids[-1], "Web shop", None, "web", date(2015, 9, 1)))
    columns = ["store_id", "name", "region", "format", "opened_on"]
    return formats.csv(pl.DataFrame(rows, schema=columns, orient="row"))


def _store_name(number: int) -> str:
    town, again = TOWNS[number % len(TOWNS)], number // len(TOWNS)
    return f"{town} {again + 1}" if again else town


def suppliers(catalogue: Catalogue) -> bytes:
    """What a spreadsheet saves as 'Unicode text': tabs, UTF-16 with a byte order mark."""
    rows = [
        {
            "Kreditor": supplier,
            "Firma": firm.name,
            "USt-ID": firm.tax_id,
            "Bankverbindung": firm.grouped_account,
            "Land": firm.country.lower(),
            "Währung": catalogue.supplier_currency(n),
            "Zahlungsziel": f"{firm.terms_days} Tage",
        }
        for n, supplier in enumerate(catalogue.supplier_ids)
        for firm in [firms.supplier(n)]
    ]
    return pl.DataFrame(rows).write_csv(separator="\t", line_terminator="\r\n").encode("utf-16")


def products(catalogue: Catalogue, numbers: np.ndarray, day: int) -> bytes:
    """The product information system: one JSON object a line, prices with tax, categories as a path."""
    prices = catalogue.prices_on(np.full(len(numbers), day), numbers)
    records = [
        {
            "sku": catalogue.product_ids[n],
            "title": catalogue.names[n],
            "path": f"{CATEGORIES[catalogue.category[n]].name} > {catalogue.subcategories[n]}",
            "brand": catalogue.brands[n],
            "gtin": catalogue.barcodes[n],
            "supplier": catalogue.supplier_ids[catalogue.supplier[n]],
            "price": {"gross": price / 100, "currency": "EUR", "vat": int(catalogue.tax_percent[n])},
            "cost": None if n == stories.NO_COST else int(catalogue.cost_cents[n]) / 100,
            "packaging": {"unit": "piece", "size": int(catalogue.pack_size[n])},
            "status": "phase-out" if n == stories.DEAD else "active",
        }
        for n, price in zip(formats.as_int(numbers), formats.as_int(prices), strict=True)
    ]
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def terms(catalogue: Catalogue) -> bytes:
    """What suppliers charge, and what some of them charge later; native types, the contract's names."""
    plan = catalogue.plan
    numbers = np.arange(len(catalogue.product_ids))
    supplier = catalogue.supplier[numbers]
    first = pl.DataFrame(
        {
            "supplier_id": [catalogue.supplier_ids[s] for s in supplier],
            "product_id": catalogue.product_ids,
            "valid_from": [plan.first_day] * len(numbers),
            "unit_cost": pl.Series(catalogue.unit_cost_cents(numbers), dtype=pl.Int64),
            "currency": [catalogue.supplier_currency(s) for s in supplier],
            "lead_time_days": pl.Series(catalogue.lead_days[supplier], dtype=pl.Int32),
            "supplier_sku": [
                f"{catalogue.supplier_ids[s]}/{4711 + n}" for n, s in zip(numbers, supplier, strict=True)
            ],
            "min_order_quantity": pl.Series(catalogue.pack_size[numbers], dtype=pl.Int32),
            "pack_size": pl.Series(catalogue.pack_size[numbers], dtype=pl.Int32),
        }
    )
    dearer = first.filter(pl.Series(numbers % TERMS_CHANGE_EVERY == 0)).with_columns(
        valid_from=pl.lit(plan.day(plan.base_days - TERMS_CHANGE)), unit_cost=pl.col("unit_cost") * 104 // 100
    )
    both = pl.concat([first, dearer, _second_offers(catalogue, first)])
    return formats.parquet(
        both.with_columns((pl.col("unit_cost").cast(pl.Decimal(18, 2)) / 100).cast(pl.Decimal(18, 2)))
    )


def _second_offers(catalogue: Catalogue, first: pl.DataFrame) -> pl.DataFrame:
    """In the same currency, so that both can be compared."""
    currencies = [catalogue.supplier_currency(n) for n in range(len(catalogue.supplier_ids))]
    rows = []
    for number, row in enumerate(first.iter_rows(named=True)):
        if number % SECOND_EVERY != 1:
            continue
        main = int(catalogue.supplier[number])
        others = [n for n in range(len(currencies)) if n != main and currencies[n] == currencies[main]]
        if not others:
            continue
        is_quick = number // SECOND_EVERY % 2 == 0
        second = others[number % len(others)]
        change = {
            "supplier_id": catalogue.supplier_ids[second],
            "supplier_sku": f"{catalogue.supplier_ids[second]}/{4711 + number}",
            "unit_cost": row["unit_cost"] * (105 if is_quick else 90) // 100,
            "lead_time_days": max(row["lead_time_days"] - 4, 2) if is_quick else row["lead_time_days"] + 5,
            "min_order_quantity": row["pack_size"] * (1 if is_quick else 4),
        }
        rows.append(row | change)
    return pl.DataFrame(rows, schema=first.schema)


def customers(catalogue: Catalogue, numbers: range) -> bytes:
    """The CRM's export: UTF-8 with a byte order mark, notes with line breaks. Nobody in it exists."""
    rows = [
        {
            "Kundennr": catalogue.customer_ids[n],
            "Vorname": ["Erika", "Max", "Jörg", "Lieschen"][n % 4],
            "Nachname": f"Muster-{n + 1:05d}",
            "E-Mail": f"person{n + 1:05d}@example.com",
            "Region": REGIONS[n % 4] if n % 11 else "k.A.",
            "Bemerkung": 'Sagt: "bitte klingeln"\nzweimal' if n % 29 == 3 else "",
        }
        for n in numbers
    ]
    return b"\xef\xbb\xbf" + pl.DataFrame(rows).write_csv(separator=";", line_terminator="\r\n").encode()


def promotion_plan(catalogue: Catalogue) -> bytes:
    """The marketing plan: tabs, percent signs, dates day first with slashes."""
    rows = [
        {
            "action": promotion.promotion_id,
            "article": catalogue.product_ids[product],
            "outlet": "*" if promotion.store is None else catalogue.store_ids[promotion.store],
            "from": f"{catalogue.plan.day(promotion.start):%d/%m/%Y}",
            "to": f"{catalogue.plan.day(promotion.end):%d/%m/%Y}",
            "off": f"{promotion.percent}%",
            "headline": promotion.label,
        }
        for promotion in promotions(catalogue)
        for product in formats.as_int(promotion.products)
    ]
    return formats.csv(pl.DataFrame(rows), separator="\t")


def calendar(catalogue: Catalogue) -> bytes:
    """A plain file with one column more than the contract: holidays of the stores."""
    plan = catalogue.plan
    days = [plan.day(index) for index in range(plan.base_days + 60)]
    rows = [
        (store, day, "false", HOLIDAYS[day.month, day.day], "HR office")
        for store in catalogue.store_ids[:-1]
        for day in days
        if (day.month, day.day) in HOLIDAYS
    ]
    return formats.csv(
        pl.DataFrame(rows, schema=["store_id", "date", "is_open", "note", "entered_by"], orient="row")
    )
