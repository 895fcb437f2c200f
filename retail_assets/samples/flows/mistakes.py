"""What goes wrong between sources and inbox, on purpose: each mistake spoils or adds files that other flows
have written, and tells which. The truth arrives too, so that stock stays coherent.
"""

import io
import json
from datetime import datetime

import polars as pl

from retail_assets.samples import formats, stories
from retail_assets.samples.drops import Drops
from retail_assets.samples.opening import is_open
from retail_assets.samples.plan import Period
from retail_assets.samples.sample import Sample

LATE_ROWS_DAY = 9
LATE_ROWS = 12
ENDS = {
    "dropped twice": "duplicate",
    "column missing": "quarantined",
    "cut off": "quarantined",
    "half a document": "quarantined",
    "not a workbook": "quarantined",
    "withdrawn file": "withdrawn",
}
"""Where files that were spoilt on purpose must end; all others are loaded."""

TRAINING_PRODUCT = "TEST"
"""Not a product of the catalogue, so that stock stays coherent until the decision takes effect."""


def write(sample: Sample, drops: Drops) -> None:
    """All mistakes of the first night; added days come clean."""
    if not sample.first_night:
        return
    for mistake in (
        _dirty_till_rows,
        _store_day_exported_again,
        _dropped_twice,
        _column_missing,
        _cut_off_and_sent_again,
        _late_file_and_late_rows,
        _unknown_product,
        _training_mode,
        _web_order_corrected,
        _half_a_document,
        _not_a_workbook,
        _impossible_counts,
        _dirty_movements,
        _dirty_master_data,
    ):
        mistake(sample, drops)
    folders = {drop.name: drop.folder for drop in drops.files}
    spoilt = [
        (folders[story.file or ""], story.file, ENDS[story.name])
        for story in sample.told
        if story.name in ENDS
    ]
    drops.keep_truth("intake/files", pl.DataFrame(spoilt, schema=["folder", "name", "state"], orient="row"))


def _days(sample: Sample) -> tuple[Period, Period, Period]:
    """The last three days on which stores were open, oldest first."""
    before_last, last_but_one, last = (
        p for p in sample.periods if p.daily and is_open(sample.plan.day(p.start))
    )
    return before_last, last_but_one, last


def _stores(sample: Sample) -> tuple[str, str]:
    ids = sample.catalogue.store_ids
    return ids[stories.FIRST_STORE], ids[stories.SECOND_STORE]


def _tonight(sample: Sample, minute: int) -> datetime:
    return sample.file_time(sample.periods[-1], 1, minute)


def _dirty_till_rows(sample: Sample, drops: Drops) -> None:
    store, (_, _, last) = _stores(sample)[0], _days(sample)
    name, day = f"kasse_{store}_{sample.stamp(last)}.csv", sample.plan.day(last.start)
    header, *rows = drops.read("sales", name).decode("cp1252").splitlines()
    article = "P0001;Möwe T-Shirt navy"
    dirt = [
        f"31.02.{day.year};10:15:00;9001;1;{article};1;19,99;0,00;19 %;;N",
        f"{day:%d.%m.%Y};10:15:30;9002;1;{article};zwei;39,98;0,00;19 %;;N",
        f"{day:%d.%m.%Y};10:16:00;9003;1;;Freier Artikel;1;5,00;0,00;19 %;;N",
        f"{day:%d.%m.%Y};10:16:30;9004;1;P0001",
    ]
    middle = len(rows) // 2
    rows = [*rows[:middle], header, *dirt, *rows[:2], *rows[middle:]]
    drops.rewrite("sales", name, ("\r\n".join([header, *rows]) + "\r\n").encode("cp1252"))
    sample.tell(
        "dirty rows",
        "A date that does not exist, a quantity in words, a line without article and a torn line are "
        "rejected; a repeated header and a total are left out; two lines that stand there twice count once.",
        store_id=store,
        file=name,
    )


def _store_day_exported_again(sample: Sample, drops: Drops) -> None:
    store, (day, _, _) = _stores(sample)[0], _days(sample)
    name = f"kasse_{store}_{sample.stamp(day)}.csv"
    truth = drops.read("sales", name)
    header, *rows = truth.decode("cp1252").splitlines()
    date = f"{sample.plan.day(day.start):%d.%m.%Y}"
    typo = f"{date};12:00:00;9100;1;P0001;Möwe T-Shirt navy;100;1.999,00;0,00;19 %;;N"
    drops.rewrite("sales", name, ("\r\n".join([header, typo, *rows]) + "\r\n").encode("cp1252"))
    again = f"kasse_{store}_{sample.stamp(day)}_korrektur.csv"
    drops.add("sales", again, truth, at=_tonight(sample, 27))
    sample.tell(
        "store-day exported again",
        "A receipt of 100 units was a typing error; the corrected export replaces the whole day.",
        store_id=store,
        document=f"{store}-{sample.stamp(day)}-9100",
        file=again,
    )


def _dropped_twice(sample: Sample, drops: Drops) -> None:
    store, (_, day, _) = _stores(sample)[0], _days(sample)
    copy = f"kasse_{store}_{sample.stamp(day)}_kopie.csv"
    drops.add(
        "sales", copy, drops.read("sales", f"kasse_{store}_{sample.stamp(day)}.csv"), at=_tonight(sample, 28)
    )
    drops.add("stores", "stores (1).csv", drops.read("stores", "stores.csv"), at=_tonight(sample, 29))
    sample.tell(
        "dropped twice", "The same bytes under another name are a duplicate.", store_id=store, file=copy
    )


def _column_missing(sample: Sample, drops: Drops) -> None:
    store, (_, _, last) = _stores(sample)[0], _days(sample)
    name = f"kasse_{store}_{sample.stamp(last)}_test.csv"
    content = (
        "Datum;Uhrzeit;Bon;Pos;Artikel;Bezeichnung;Anzahl;Betrag\r\n"
        f"{sample.plan.day(last.start):%d.%m.%Y};09:00:00;1;1;P0001;;1;9,99\r\n"
    )
    drops.add("sales", name, content.encode("cp1252"), at=_tonight(sample, 30))
    sample.tell(
        "column missing", "The till was set up anew: its export lacks columns.", store_id=store, file=name
    )


def _cut_off_and_sent_again(sample: Sample, drops: Drops) -> None:
    store, (day, _, _) = _stores(sample)[1], _days(sample)
    whole = drops.read("sales", f"tillpoint_{store}_{sample.stamp(day)}.parquet")
    name = f"tillpoint_{store}_{sample.stamp(day)}_upload1.parquet"
    drops.add("sales", name, whole[: len(whole) * 2 // 3], at=sample.file_time(day, 0, 10))
    sample.tell(
        "cut off", "The line broke; the same file came whole ten minutes later.", store_id=store, file=name
    )


def _late_file_and_late_rows(sample: Sample, drops: Drops) -> None:
    store, (_, day, last) = _stores(sample)[1], _days(sample)
    late = f"tillpoint_{store}_{sample.stamp(day)}.parquet"
    drops.postpone("sales", late, at=_tonight(sample, 31))
    sample.tell("late file", "A day's file arrives after the next day's.", store_id=store, file=late)

    history = next(p for p in sample.periods if p.start <= sample.plan.base_days - LATE_ROWS_DAY < p.end)
    ordinal = sample.plan.day(sample.plan.base_days - LATE_ROWS_DAY).toordinal()
    old_name, new_name = (f"tillpoint_{store}_{sample.stamp(p)}.parquet" for p in (history, last))
    old, new = (pl.read_parquet(io.BytesIO(drops.read("sales", name))) for name in (old_name, new_name))
    delayed = old.filter(pl.col("receipt") // 10_000 == ordinal).head(LATE_ROWS)
    drops.rewrite(
        "sales",
        old_name,
        formats.parquet(old.join(delayed, on=["receipt", "line"], how="anti", maintain_order="left")),
    )
    drops.rewrite("sales", new_name, formats.parquet(pl.concat([new, delayed])))
    sample.tell(
        "late rows",
        f"{len(delayed)} lines of {LATE_ROWS_DAY} days ago were still in an offline till.",
        store_id=store,
        file=new_name,
    )


def _unknown_product(sample: Sample, drops: Drops) -> None:
    store, (_, _, last) = _stores(sample)[1], _days(sample)
    name = f"tillpoint_{store}_{sample.stamp(last)}.parquet"
    lines = pl.read_parquet(io.BytesIO(drops.read("sales", name)))
    unknown = lines.head(2).with_columns(
        sku=pl.lit("P9999"), line=pl.int_range(901, 903, dtype=pl.Int32), qty=pl.lit(1, pl.Int32)
    )
    drops.rewrite("sales", name, formats.parquet(pl.concat([lines, unknown])))
    sold = drops.truths["sales/store_days"]
    that_day = (pl.col("store_id") == store) & (pl.col("business_date") == sample.plan.day(last.start))
    drops.truths["sales/store_days"] = sold.with_columns(
        units=pl.when(that_day).then(pl.col("units") + unknown.height).otherwise("units")
    )
    sample.tell(
        "unknown product", "Sold, but in no products file.", product_id="P9999", store_id=store, file=name
    )


def _training_mode(sample: Sample, drops: Drops) -> None:
    store, (_, _, last) = _stores(sample)[1], _days(sample)
    lines = pl.read_parquet(
        io.BytesIO(drops.read("sales", f"tillpoint_{store}_{sample.stamp(last)}.parquet"))
    )
    invented = (
        lines.filter(pl.col("qty") > 0)
        .head(20)
        .with_columns(
            receipt=pl.col("receipt") + 5_000, sku=pl.lit(TRAINING_PRODUCT), cashier=pl.lit(99, pl.Int16)
        )
    )
    name = f"tillpoint_{store}_training.parquet"
    drops.add("sales", name, formats.parquet(invented), at=_tonight(sample, 32))
    sample.tell(
        "withdrawn file",
        "A till in training mode; a decision withdraws its file.",
        product_id=TRAINING_PRODUCT,
        store_id=store,
        file=name,
    )


def _web_order_corrected(sample: Sample, drops: Drops) -> None:
    day, _, last = _days(sample)
    name = f"erp_orders_{sample.stamp(day)}.json"
    document = json.loads(drops.read("sales", name))
    order = next(o for o in document["orders"] if o["type"] == "order" and len(o["lines"]) > 1)
    corrected = json.loads(json.dumps(order))
    order["lines"][0]["qty"] *= 10
    order["lines"].append({**order["lines"][0], "qty": 1})
    drops.rewrite("sales", name, _json(document))
    corrected["updatedAt"] = sample.file_time(last, 0, 1).isoformat()
    correction = f"erp_orders_{sample.stamp(last)}_korrektur.json"
    drops.add("sales", correction, _json({**document, "orders": [corrected]}), at=_tonight(sample, 33))
    sample.tell(
        "corrected web order",
        "The corrected order has one line less and a tenth of the units; it replaces the first version.",
        document=order["orderNumber"],
        file=correction,
    )
    cancelled = next(
        o
        for period in reversed(sample.periods)
        for o in json.loads(drops.read("sales", f"erp_orders_{sample.stamp(period)}.json"))["orders"]
        if any(step["status"] == "cancelled" for step in o["history"])
    )
    sample.tell(
        "cancelled web order",
        "Placed and cancelled within two hours: neither revenue nor stock.",
        document=cancelled["orderNumber"],
    )


def _json(document: dict) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _half_a_document(sample: Sample, drops: Drops) -> None:
    history = [period for period in sample.periods if not period.daily][-1]
    whole = drops.read("purchase_orders", f"erp_purchasing_{sample.stamp(history)}.json")
    name = f"erp_purchasing_{sample.stamp(history)}_partial.json"
    drops.add("purchase_orders", name, whole[: len(whole) // 2], at=sample.file_time(history, 1, 19))
    sample.tell("half a document", "The export ran out of disk; a minute later it was complete.", file=name)


def _impossible_counts(sample: Sample, drops: Drops) -> None:
    store = _stores(sample)[0]
    name = min(d.name for d in drops.files if d.folder == "stock_counts" and _is_last_count(sample, d.at))
    sheets = formats.workbook_rows(drops.read("stock_counts", name))
    *rows, total = sheets[store]
    counted = rows[-1]
    unlisted = [
        [store, product, None, units, *counted[4:]] for product, units in (("P0002", -3), ("P0003", "n/a"))
    ]
    sheets[store] = [*rows, *unlisted, total]
    drops.rewrite("stock_counts", name, formats.workbook(sheets))
    sample.tell("impossible counts", "A negative count and one that is no number.", store_id=store, file=name)


def _is_last_count(sample: Sample, at: datetime) -> bool:
    return at.date() == sample.plan.day(sample.plan.base_days - 9)


def _not_a_workbook(sample: Sample, drops: Drops) -> None:
    name = f"Inventur_{sample.stamp(_days(sample)[2])}.xlsx"
    page = "<html><body><h1>504 Gateway Time-out</h1></body></html>\n"
    drops.add("stock_counts", name, page.encode(), at=_tonight(sample, 34))
    sample.tell("not a workbook", "A web server's error page under a workbook's name.", file=name)


def _dirty_movements(sample: Sample, drops: Drops) -> None:
    store, other = _stores(sample)
    last = _days(sample)[2]
    name, day = f"wms_{sample.stamp(last)}.csv", sample.plan.day(last.start)
    dirt = (
        f"LB-{store}-90001|{store}|P0001|{day:%d.%m.%Y} 19:00:00|2-|UA||||{other}||\n"
        f"LB-{store}-90002|{store}|P0001|{day:%d.%m.%Y} 19:05:00|1|XXX||||||\n"
    )
    drops.rewrite("stock_movements", name, drops.read("stock_movements", name) + dirt.encode("latin-1"))
    sample.tell("dirty movements", "A transfer without its number, and a code that nobody knows.", file=name)


def _dirty_master_data(sample: Sample, drops: Drops) -> None:
    day = sample.plan.day(sample.plan.base_days - 1)
    name = f"crm_{day:%Y%m%d}.csv"
    known = sample.catalogue.customer_ids[-1]
    dirt = f";Ohne;Nummer;person0@example.com;north;\r\n{known};Erika;Muster-neu;neu@example.com;south;\r\n"
    drops.rewrite("customers", name, drops.read("customers", name) + dirt.encode())
    sample.tell(
        "dirty customers", "One without a number; one twice with different names, the last counts.", file=name
    )
    name = f"pim_{day:%Y%m%d}.ndjson"
    wrong = {
        "sku": "P9000", "title": "Barcode typed by hand", "path": "Home > Lamp", "brand": None,
        "gtin": "4009000000010", "supplier": "SUP-01", "price": {"gross": 9.99, "currency": "EUR", "vat": 19},
        "cost": 4.0, "packaging": {"unit": "piece", "size": 1}, "status": "active",
    }  # fmt: skip
    drops.rewrite("products", name, drops.read("products", name) + (json.dumps(wrong) + "\n").encode())
    sample.tell("wrong barcode", "Its check digit does not fit.", product_id="P9000", file=name)
