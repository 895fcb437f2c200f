"""What the stores' tills export, in two dialects.

`kasse`: one Windows-1252 CSV per store with semicolons, decimal commas, amounts with tax and trailing minus,
receipt numbers that start again each day; the store stands in the file name only, a blank line and a total
close the file. `tillpoint`: one Parquet file per store with epoch milliseconds and amounts in cents.
"""

import polars as pl

from retail_assets.samples import formats
from retail_assets.samples.catalogue import Catalogue
from retail_assets.samples.drops import Drops
from retail_assets.samples.receipts import sales_lines
from retail_assets.samples.sample import Sample


def write(sample: Sample, drops: Drops) -> None:
    """One file per store and period, in the dialect of the store's till."""
    catalogue = sample.catalogue
    for history in sample.histories():
        if history.store == catalogue.web:
            continue
        store = catalogue.store_ids[history.store]
        for period in sample.periods:
            lines = sales_lines(catalogue, history, period)
            if lines.is_empty():  # a closed store exports nothing
                continue
            drops.keep_truth("sales/store_days", _units_by_day(sample, store, lines))
            if uses_kasse(history.store):
                name, content = f"kasse_{store}_{sample.stamp(period)}.csv", kasse(catalogue, lines)
            else:
                name, content = (
                    f"tillpoint_{store}_{sample.stamp(period)}.parquet",
                    tillpoint(catalogue, lines, store),
                )
            drops.add("sales", name, content, at=sample.file_time(period, 0, 20, history.store))


def _units_by_day(sample: Sample, store: str, lines: pl.DataFrame) -> pl.DataFrame:
    """What really went over the counter: units of each day."""
    first = sample.plan.first_day
    return (
        lines.group_by("day", maintain_order=True)
        .agg(units=pl.col("quantity").sum())
        .select(
            store_id=pl.lit(store),
            business_date=pl.lit(first) + pl.duration(days=pl.col("day")),
            units=pl.col("units"),
        )
    )


def uses_kasse(store: int) -> bool:
    return store % 2 == 0


def kasse(catalogue: Catalogue, lines: pl.DataFrame) -> bytes:
    """The till's day journal."""
    amount = lines["price_cents"] * lines["quantity"]
    percent = pl.Series([f"{p} %" for p in catalogue.tax_percent])
    table = pl.DataFrame(
        {
            "Datum": formats.days_as_text(catalogue.plan, lines["day"], "%d.%m.%Y"),
            "Uhrzeit": formats.clock(lines["second"]),
            "Bon": lines["receipt"],
            "Pos": lines["position"],
            "Artikel": formats.by_number(catalogue.product_ids, lines["product"]),
            "Bezeichnung": formats.by_number(catalogue.names, lines["product"]),
            "Menge": formats.trailing_minus(lines["quantity"]),
            "Betrag": formats.german(amount),
            "Rabatt": formats.german(lines["discount_cents"]),
            "MwSt": percent.gather(lines["product"]),
            "Kunde": formats.by_number(catalogue.customer_ids, lines["customer"]),
            "Aktion": lines["promotion"].replace_strict({True: "J", False: "N"}, return_dtype=pl.String),
        }
    )
    total = f"Summe;;;;;;{lines['quantity'].sum()};{formats.german(pl.Series([amount.sum()]))[0]};;;;"
    text = table.write_csv(separator=";", line_terminator="\r\n") + f"{';' * 11}\r\n{total}\r\n"
    return text.encode("cp1252")


def tillpoint(catalogue: Catalogue, lines: pl.DataFrame, store: str) -> bytes:
    """The till's table, with native types."""
    first_ordinal = catalogue.plan.first_day.toordinal()
    return formats.parquet(
        pl.DataFrame(
            {
                "shop": pl.repeat(store, len(lines), dtype=pl.String, eager=True),
                "receipt": (lines["day"] + first_ordinal) * 10_000 + lines["receipt"],
                "line": lines["position"].cast(pl.Int32),
                "ts_ms": formats.instants(catalogue.plan, lines["day"], lines["second"]).dt.epoch("ms"),
                "sku": formats.by_number(catalogue.product_ids, lines["product"]),
                "qty": lines["quantity"].cast(pl.Int32),
                "unit_gross_cents": lines["price_cents"],
                "discount_gross_cents": lines["discount_cents"],
                "vat_percent": pl.Series(catalogue.tax_percent, dtype=pl.Int16).gather(lines["product"]),
                "card": formats.by_number(catalogue.customer_ids, lines["customer"]),
                "campaign": lines["promotion"],
                "cashier": (lines["receipt"] % 4 + 1).cast(pl.Int16),
            }
        )
    )
