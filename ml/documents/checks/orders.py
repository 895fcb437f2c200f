"""Which purchase order an invoice bills: the one that it names, else the one that its rows are of.

Frames, besides those of `order_lines`:
    invoices    invoice_id, position (as they came), supplier_id, order_number, date
    rows        without po_id; what is credited has a negative quantity
    lines       also ordered_on, is_billable (no draft, not cancelled), left (of the quantity, by earlier invoices)
"""

from collections.abc import Iterator

import polars as pl

from ml.documents.checks import normalised
from ml.documents.checks.order_lines import is_price, products_by_code, products_by_description

BY_NUMBER, BY_ROWS = "number", "rows"
FEWEST_DIGITS = 4
"""Digits by which alone an order may be named: PO-4711 as 4711."""
LEAST_SHARE = 0.5
"""Of an invoice's rows that have to be on an order for it to be theirs."""
OLDEST_DAYS = 400
"""An order that an invoice does not name is no older than this."""
ROUNDS = 25
"""Invoices that want the same order get it one after the other, while something is left; so often at most."""


def orders_of(
    invoices: pl.DataFrame,
    rows: pl.DataFrame,
    lines: pl.DataFrame,
    codes: pl.DataFrame,
    names: pl.DataFrame,
) -> pl.DataFrame:
    """A row per invoice: `invoice_id, po_id, order_found_by` (number, rows), `order_supplier_id`."""
    heads = lines.select("po_id", "supplier_id").unique("po_id", keep="first", maintain_order=True)
    by_number = _by_number(invoices, heads).with_columns(order_found_by=pl.lit(BY_NUMBER))
    others = invoices.join(by_number, on="invoice_id", how="anti").filter(pl.col("supplier_id").is_not_null())
    left = _less(_left(lines), _billed(rows.join(by_number, on="invoice_id"), invoices, codes))
    by_rows = _by_rows(others, rows, lines, left, codes, names).with_columns(order_found_by=pl.lit(BY_ROWS))
    found = pl.concat([by_number, by_rows]).join(
        heads.rename({"supplier_id": "order_supplier_id"}), on="po_id", how="left"
    )
    return invoices.select("invoice_id").join(found, on="invoice_id", how="left", maintain_order="left")


def findings(invoices: pl.DataFrame, orders: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """`invoice_id, check, severity, sentence` of orders that are not known, of somebody else or only guessed, and of
    rows that they do not have (`matched` by `order_lines.lines_of`)."""
    both = invoices.select("invoice_id", "supplier_id", "order_number").join(orders, on="invoice_id")
    return pl.concat([*_of_orders(both), _of_rows(matched)]).sort("invoice_id", maintain_order=True)


def _of_orders(both: pl.DataFrame) -> Iterator[pl.DataFrame]:
    named, found = pl.col("order_number").is_not_null(), pl.col("po_id").is_not_null()
    guessed = pl.col("order_found_by") == BY_ROWS
    other = pl.col("order_supplier_id").ne_missing(pl.col("supplier_id"))
    for rows, severity, sentence in (
        (named & ~found, "warning", pl.format("No order is called {}", "order_number")),
        (~named & ~found, "note", pl.lit("It names no order, and its rows are of none")),
        (
            named & guessed,
            "warning",
            pl.format("No order is called {}; its rows are of {}", "order_number", "po_id"),
        ),
        (~named & guessed, "note", pl.format("It names no order; its rows are of {}", "po_id")),
        (
            found & other,
            "warning",
            pl.format(
                "The order {} is of supplier {}, the invoice is not",
                "po_id",
                pl.col("order_supplier_id").fill_null("unknown"),
            ),
        ),
    ):
        yield _finding(both.filter(rows), "order", severity, sentence)


def _of_rows(matched: pl.DataFrame) -> pl.DataFrame:
    lacking = matched.filter(pl.col("po_id").is_not_null(), pl.col("po_line_number").is_null())
    said = lacking.group_by("invoice_id", "po_id", maintain_order=True).agg(
        rows=pl.col("line").sort().head(10).cast(pl.String).str.join(", "), count=pl.len()
    )
    more = pl.when(pl.col("count") > 10).then(pl.format(" and {} more", pl.col("count") - 10))
    sentence = pl.format("Not on the order {}: row {}{}", "po_id", "rows", more.otherwise(pl.lit("")))
    return _finding(said, "order_rows", "warning", sentence)


def _finding(rows: pl.DataFrame, check: str, severity: str, sentence: pl.Expr) -> pl.DataFrame:
    return rows.select("invoice_id", check=pl.lit(check), severity=pl.lit(severity), sentence=sentence)


def _by_number(invoices: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """`invoice_id, po_id` of the orders that invoices name, whole or among other words.

    An order of the invoice's supplier comes before another one's; digits alone name only orders of the supplier. Two
    that fit alike are none.
    """
    # A source that counts its orders for itself has its name before them, which no supplier knows.
    number = pl.col("po_id").str.split(":").list.last()
    written = [_number_keys(heads.select("po_id", "supplier_id"), one) for one in (number, pl.col("po_id"))]
    known = pl.concat([one for ways in written for one in ways]).unique(maintain_order=True)
    named = invoices.filter(pl.col("order_number").is_not_null())
    asked = named.select("invoice_id", "supplier_id", text=pl.col("order_number"))
    parts = (
        asked.with_columns(pl.col("text").str.split(" "))
        .explode("text")
        .filter(pl.col("text").str.contains("[0-9]"))
    )
    texts = pl.concat([asked.with_columns(is_part=False), parts.with_columns(is_part=True)])
    wanted = pl.concat(_number_keys(texts, pl.col("text")))
    found = wanted.join(known, on=["rank", "key"], suffix="_of_order").with_columns(
        is_other=pl.col("supplier_id_of_order").ne_missing(pl.col("supplier_id")),
        differs=pl.col("text") != pl.col("po_id"),
    )
    found = found.filter(~pl.col("is_other") | (pl.col("rank") < _DIGITS_ONLY))
    found = found.with_columns(is_guess=pl.col("rank") == _DIGITS_ONLY)
    for sign in ("is_guess", "is_other", "rank", "is_part", "differs"):
        found = found.filter(pl.col(sign) == pl.col(sign).min().over("invoice_id"))
    alone = pl.col("po_id").n_unique().over("invoice_id") == 1
    return found.filter(alone).unique("invoice_id", keep="any").select("invoice_id", "po_id")


_DIGITS_ONLY = 2


def _number_keys(frame: pl.DataFrame, number: pl.Expr) -> list[pl.DataFrame]:
    """A row per way to compare a number, the surest with the least rank."""
    digits = number.str.replace_all(r"[^0-9]", "")
    ways = (
        normalised.groups(number),
        normalised.code(number),
        pl.when(digits.str.len_chars() >= FEWEST_DIGITS).then(digits.str.strip_chars_start("0")),
    )
    return [
        frame.with_columns(rank=pl.lit(rank, pl.Int32), key=way).drop_nulls("key")
        for rank, way in enumerate(ways)
    ]


def _by_rows(
    invoices: pl.DataFrame,
    rows: pl.DataFrame,
    lines: pl.DataFrame,
    left: pl.DataFrame,
    codes: pl.DataFrame,
    names: pl.DataFrame,
) -> pl.DataFrame:
    """`invoice_id, po_id` of the supplier's orders on which most of an invoice's rows are.

    Of several the one with the most rows of which something is left to bill, then with the quantities and prices, then
    the oldest. Invoices that want the same one get it as they came, while something is left of it.
    """
    waiting = invoices.sort("position")
    asked = rows.join(waiting.select("invoice_id", "supplier_id", "date"), on="invoice_id")
    mine = lines.filter("is_billable").join(
        asked.select("supplier_id").unique(), on="supplier_id", how="semi"
    )
    candidates = _candidates(asked, mine, codes, names)
    counts = asked.group_by("invoice_id").agg(rows=pl.len())
    taken = []
    for nth in range(ROUNDS):
        best = _best_orders(candidates, left, counts)
        if best.is_empty():
            break
        ordered = waiting.join(best, on="invoice_id", maintain_order="left").select("invoice_id", "po_id")
        first = ordered if nth == ROUNDS - 1 else ordered.unique("po_id", keep="first", maintain_order=True)
        taken.append(first)
        left = _less(left, candidates.join(first, on=["invoice_id", "po_id"]))
        candidates = candidates.join(first, on="invoice_id", how="anti")
    return pl.concat([pl.DataFrame(schema={"invoice_id": pl.String, "po_id": pl.String}), *taken])


def _left(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.group_by("po_id", "product_id").agg(pl.col("left").cast(pl.Float64).sum())


def _billed(rows: pl.DataFrame, invoices: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """`po_id, product_id, quantity` of rows whose order is known."""
    mine = rows.join(invoices.select("invoice_id", "supplier_id"), on="invoice_id")
    products = products_by_code(mine, codes).unique(["invoice_id", "line"], keep="first", maintain_order=True)
    return products.join(mine, on=["invoice_id", "line"]).select("po_id", "product_id", "quantity")


def _less(left: pl.DataFrame, billed: pl.DataFrame) -> pl.DataFrame:
    """What is left of orders when that is billed too."""
    key = ["po_id", "product_id"]
    taken = billed.group_by(key).agg(taken=pl.col("quantity").cast(pl.Float64).sum())
    return left.join(taken, on=key, how="left").select(
        *key, left=pl.col("left") - pl.col("taken").fill_null(0)
    )


def _candidates(
    asked: pl.DataFrame, lines: pl.DataFrame, codes: pl.DataFrame, names: pl.DataFrame
) -> pl.DataFrame:
    """Each row with the orders of its supplier that have its product."""
    row = ["invoice_id", "line"]
    coded = products_by_code(asked, codes).select(*row, "product_id")
    rest = asked.join(coded, on=row, how="anti")
    ordered = (
        lines.select("supplier_id", "product_id").unique(maintain_order=True).join(names, on="product_id")
    )
    described = products_by_description(rest, ordered, "supplier_id").select(*row, "product_id")
    age = (pl.col("date") - pl.col("ordered_on")).dt.total_days()
    return (
        pl.concat([coded, described])
        .join(asked.select(*row, "supplier_id", "date", "quantity", "price"), on=row)
        .join(lines, on=["supplier_id", "product_id"], suffix="_ordered")
        .filter(age.is_between(0, OLDEST_DAYS))
        .select(
            *row,
            "po_id",
            "product_id",
            "ordered_on",
            quantity=pl.col("quantity").cast(pl.Float64).fill_null(0),
            same_quantity=(pl.col("quantity").abs() == pl.col("quantity_ordered")).fill_null(False),
            same_price=is_price(pl.col("price"), pl.col("unit_cost")),
        )
    )


def _best_orders(candidates: pl.DataFrame, left: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """`invoice_id, po_id` of the best order of each invoice."""
    line, is_credit = pl.col("line"), pl.col("quantity") < 0
    return (
        candidates.join(left, on=["po_id", "product_id"])
        # What is credited was billed before, and lately.
        .filter((pl.col("left") > 0) | is_credit)
        .group_by("invoice_id", "po_id")
        .agg(
            found=line.n_unique(),
            quantities=line.filter("same_quantity").n_unique(),
            prices=line.filter("same_price").n_unique(),
            ordered_on=pl.when(is_credit.any())
            .then(-pl.col("ordered_on").max().to_physical())
            .otherwise(pl.col("ordered_on").min().to_physical()),
        )
        .join(counts, on="invoice_id")
        .filter(pl.col("found") >= pl.col("rows") * LEAST_SHARE)
        .sort(
            "invoice_id", "found", "quantities", "prices", "ordered_on", "po_id",
            descending=[False, True, True, True, False, False],
        )
        .unique("invoice_id", keep="first", maintain_order=True)
        .select("invoice_id", "po_id")
    )  # fmt: skip
