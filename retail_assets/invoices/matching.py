"""What the books know of invoices: the supplier of each, its twin, its purchase order and the lines that its rows bill.

Frames in, frames out: nothing is read or written here.

    invoices    a row per invoice of INVOICE_EXTRACTIONS, corrected values in place, with `state`, `name` of its file
                and, of those that were judged before, `supplier_id`
    judged      the invoices among them that are to be judged
"""

from dataclasses import dataclass

import polars as pl

from ml.documents.checks import duplicates, order_lines, orders, suppliers

COUNTING = ("preview", "confirmed")
"""States of invoices that one may repeat."""
CONFIRMED = "confirmed"
NOT_BILLABLE = ("draft", "cancelled")
"""States of orders that nobody bills."""
ORDER_DAYS = 800
"""An order that an invoice names is no older than this."""


@dataclass(frozen=True)
class Books:
    """What is known of suppliers, products and orders."""

    suppliers: pl.DataFrame
    """supplier_id, name, tax_id, iban"""
    products: pl.DataFrame
    """product_id, name, barcode"""
    articles: pl.DataFrame
    """supplier_id, product_id, supplier_sku"""
    lines: pl.DataFrame
    """po_id, line_number, supplier_id, product_id, ordered_quantity, unit_cost, ordered_on, status"""


@dataclass(frozen=True)
class Judged:
    """Rows of INVOICE_CHECKS and of INVOICE_ORDER_LINES, but for what belongs to the documents."""

    checks: pl.DataFrame
    order_lines: pl.DataFrame


def judge(judged: pl.DataFrame, *, invoices: pl.DataFrame, billed: pl.DataFrame, books: Books) -> Judged:
    """Match invoices against the books and all other invoices.

    `billed` (`po_id, po_line_number, billed_quantity`) is what other invoices that are confirmed have billed.
    """
    matched = suppliers.match(judged, books.suppliers)
    of_supplier = judged.drop("supplier_id", strict=False).join(
        matched.select("invoice_id", "supplier_id"), on="invoice_id", maintain_order="left"
    )
    repeated = _twins(of_supplier, invoices)
    rows = rows_of(judged)
    found, lines = _orders(of_supplier, rows, _with_left(books.lines, billed), books)
    findings = pl.concat(
        [
            suppliers.findings(judged, matched),
            duplicates.findings(repeated, invoices.select("invoice_id", "name")),
            orders.findings(of_supplier, found, lines),
        ]
    )
    checks = (
        judged.select("invoice_id", "superseded_by")
        .join(matched, on="invoice_id", how="left", maintain_order="left")
        .join(found, on="invoice_id", how="left", maintain_order="left")
        .join(repeated, on="invoice_id", how="left", maintain_order="left")
        .join(_as_lists(findings), on="invoice_id", how="left", maintain_order="left")
        .with_columns(pl.col("findings").fill_null([]))
    )
    return Judged(
        checks=checks.select(
            "invoice_id",
            "supplier_id",
            "po_id",
            "order_found_by",
            "twin_invoice_id",
            "duplicate_by",
            "findings",
            supplier_matched_by="matched_by",
            supplier_similarity="similarity",
            may_auto_confirm=_nothing_asks_for_a_person(),
        ),
        order_lines=rows.select("invoice_id", "line", "billed_quantity").join(
            lines, on=["invoice_id", "line"], how="left", maintain_order="left"
        ),
    )


def _nothing_asks_for_a_person() -> pl.Expr:
    severities = pl.col("findings").list.eval(pl.element().struct.field("severity"))
    return (
        pl.col("twin_invoice_id").is_null()
        & pl.col("superseded_by").is_null()
        & ~severities.list.contains("error")
    )


def _as_lists(findings: pl.DataFrame) -> pl.DataFrame:
    """Findings of each invoice as one list, the worst first."""
    order = pl.col("severity").replace_strict(["error", "warning", "note"], [0, 1, 2], return_dtype=pl.Int32)
    return (
        findings.sort("invoice_id", order, maintain_order=True)
        .group_by("invoice_id", maintain_order=True)
        .agg(findings=pl.struct("check", "severity", "sentence"))
    )


def _twins(judged: pl.DataFrame, invoices: pl.DataFrame) -> pl.DataFrame:
    """Which of them repeat another invoice that counts."""
    others = invoices.join(judged, on="invoice_id", how="anti")
    count = pl.concat([judged, others], how="diagonal_relaxed").filter(
        pl.col("state").is_in(COUNTING), pl.col("superseded_by").is_null()
    )
    return duplicates.twins(
        count.select(
            "invoice_id", "supplier_id", "vendor", "vendor_tax_id", "number",
            is_confirmed=pl.col("state") == CONFIRMED,
            position=pl.struct("sequence", "place"),
            content=pl.format("{}/{}", "sha256", "place"),
            year=pl.coalesce("date", "admitted_on").dt.year(),
        ),
        judged["invoice_id"],
    )  # fmt: skip


def rows_of(invoices: pl.DataFrame) -> pl.DataFrame:
    """`invoice_id, line, description, sku, quantity, price, billed_quantity` of all rows of invoices.

    The price is net, of one unit, with what the row itself is reduced by. The billed quantity has a sign: what a
    credit note gives back, in whichever sign it is written, and what is taken off an invoice is negative.
    """
    rows = (
        invoices.select("invoice_id", "document_type", "total", "lines")
        .explode("lines")
        .filter(pl.col("lines").is_not_null())
        .unnest("lines")
    )
    number = {name: pl.col(name).cast(pl.Float64) for name in ("quantity", "unit_price", "amount")}
    base = pl.col("price_base_quantity").cast(pl.Float64).fill_null(1)
    sum_of_rows = pl.col("amount").cast(pl.Float64).sum().over("invoice_id")
    written = pl.when(sum_of_rows != 0).then(sum_of_rows).otherwise(pl.col("total").cast(pl.Float64))
    is_credit = (pl.col("document_type") == "credit_note").fill_null(False)
    sign = pl.when(is_credit & (written.fill_null(1) >= 0)).then(-1).otherwise(1)
    is_less = pl.coalesce(pl.when(pl.col("amount") != 0).then("amount"), "quantity") < 0
    quantity = pl.col("quantity").abs()
    return rows.select(
        "invoice_id",
        "line",
        "description",
        "sku",
        quantity=number["quantity"],
        price=pl.when(number["quantity"] != 0, number["amount"].is_not_null())
        .then((number["amount"] / number["quantity"]).abs())
        .otherwise(number["unit_price"] / pl.when(base != 0).then(base)),
        billed_quantity=pl.when(is_less == (sign < 0)).then(quantity).otherwise(-quantity),
    )


def _with_left(lines: pl.DataFrame, billed: pl.DataFrame) -> pl.DataFrame:
    """Lines of orders as `ml.documents.checks` takes them."""
    taken = billed.group_by("po_id", "po_line_number").agg(
        billed=pl.col("billed_quantity").cast(pl.Float64).sum()
    )
    ordered = pl.col("ordered_quantity").cast(pl.Float64)
    return lines.join(
        taken,
        left_on=["po_id", "line_number"],
        right_on=["po_id", "po_line_number"],
        how="left",
        maintain_order="left",
    ).select(
        "po_id", "line_number", "supplier_id", "product_id", "ordered_on",
        quantity=ordered,
        unit_cost=pl.col("unit_cost").cast(pl.Float64),
        is_billable=~pl.col("status").is_in(NOT_BILLABLE),
        left=ordered - pl.col("billed").fill_null(0),
    )  # fmt: skip


def _orders(
    judged: pl.DataFrame, rows: pl.DataFrame, lines: pl.DataFrame, books: Books
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The order of each invoice, and the line of each of its rows."""
    names = books.products.select("product_id", "name")
    codes = order_lines.codes_of(books.products, books.articles)
    asked = judged.select(
        "invoice_id", "supplier_id", "order_number", "date", position=pl.struct("sequence", "place")
    )
    plain = rows.with_columns(quantity=pl.col("billed_quantity").cast(pl.Float64)).drop("billed_quantity")
    found = orders.orders_of(asked, plain, lines, codes, names)
    of_orders = plain.join(
        found.select("invoice_id", "po_id").drop_nulls(), on="invoice_id", maintain_order="left"
    )
    return found, order_lines.lines_of(of_orders, lines, codes, names)
