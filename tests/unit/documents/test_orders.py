"""Invoices find their purchase order by its number, else by their rows."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from ml.documents.checks.order_lines import codes_of, lines_of
from ml.documents.checks.orders import findings, orders_of

PRODUCTS = pl.DataFrame(
    {"product_id": ["P1", "P2", "P3"], "name": ["Fjell Jacket", "Kranich Kite", "Möwe Bowl"]}
).with_columns(barcode=pl.lit(None, pl.String))
ARTICLES = pl.DataFrame(
    {"supplier_id": ["S1", "S1"], "product_id": ["P1", "P2"], "supplier_sku": ["A-100", "A-200"]}
)
LINES = pl.DataFrame(
    [
        ("PO-S01-261001-01", "S1", "P1", 10.0, 5.0, 10.0, date(2026, 10, 1), True),
        ("PO-S01-261001-01", "S1", "P2", 4.0, 9.0, 4.0, date(2026, 10, 1), True),
        ("PO-S02-261008-01", "S1", "P1", 10.0, 5.0, 10.0, date(2026, 10, 8), True),
        ("PO-S02-261015-01", "S1", "P1", 20.0, 6.0, 20.0, date(2026, 10, 15), True),
        ("PO-S02-261016-01", "S1", "P3", 1.0, 6.0, 1.0, date(2026, 10, 16), False),
        ("erp:4711", "S2", "P1", 10.0, 5.0, 10.0, date(2026, 10, 1), True),
        ("K-4712", "S2", "P1", 10.0, 5.0, 0.0, date(2026, 10, 2), True),
        ("L-4712", "S3", "P3", 10.0, 5.0, 10.0, date(2026, 10, 2), True),
    ],
    schema=[
        "po_id", "supplier_id", "product_id", "quantity", "unit_cost", "left", "ordered_on", "is_billable",
    ],
    orient="row",
).with_columns(line_number=pl.int_range(pl.len()).over("po_id") + 1)  # fmt: skip
ROW = {"description": None, "sku": "A-100", "quantity": 10.0, "price": 5.0}
CODES, NAMES = codes_of(PRODUCTS, ARTICLES), PRODUCTS.select("product_id", "name")


def frames(*invoices: dict[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    heads, rows = [], []
    for place, invoice in enumerate(invoices, 1):
        head: dict[str, Any] = {
            "supplier_id": "S1",
            "order_number": None,
            "date": date(2026, 10, 20),
        } | invoice
        heads.append({"invoice_id": f"{place}-1", "position": place} | head)
        for line, row in enumerate(head.pop("rows", [{}]), 1):
            rows.append({"invoice_id": f"{place}-1", "line": line} | ROW | row)
    schema = {
        "invoice_id": pl.String, "position": pl.Int64, "supplier_id": pl.String, "order_number": pl.String,
        "date": pl.Date,
    }  # fmt: skip
    row_schema = {
        "invoice_id": pl.String, "line": pl.Int32, "description": pl.String, "sku": pl.String,
        "quantity": pl.Float64, "price": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(heads, schema=schema), pl.DataFrame(rows, schema=row_schema)


def found(*invoices: dict[str, Any]) -> list[tuple[str | None, str | None]]:
    heads, rows = frames(*invoices)
    return list(orders_of(heads, rows, LINES, CODES, NAMES).select("po_id", "order_found_by").iter_rows())


@pytest.mark.parametrize(
    ("number", "supplier", "order"),
    [
        ("PO-S01-261001-01", "S1", "PO-S01-261001-01"),
        ("po s01 / 261001 / 1", "S1", "PO-S01-261001-01"),
        ("Order PO-S01-261001-01 of 1 October", "S1", "PO-S01-261001-01"),
        ("4711", "S2", "erp:4711"),
        ("04711", None, "erp:4711"),
        ("Bestellung 4712", "S2", "K-4712"),
        ("4712", "S3", "L-4712"),
        ("K-4712", "S3", "K-4712"),
    ],
)
def test_an_order_is_found_by_its_number(number: str, supplier: str | None, order: str) -> None:
    assert found({"order_number": number, "supplier_id": supplier, "rows": []}) == [(order, "number")]


@pytest.mark.parametrize("number", ["4712", "PO-S01-261001-02", "17"])
def test_digits_of_nobodys_order_name_none(number: str) -> None:
    assert found({"order_number": number, "supplier_id": None}) == [(None, None)]


@pytest.mark.parametrize(
    ("invoice", "order"),
    [
        ({"rows": [{}, {"sku": "A-200"}]}, "PO-S01-261001-01"),  # both rows
        ({"rows": [{"quantity": 20.0, "price": 6.0}]}, "PO-S02-261015-01"),  # quantity and price
        ({"rows": [{}]}, "PO-S01-261001-01"),  # the oldest
        ({"rows": [{"sku": None, "description": "FJELL JACKET"}]}, "PO-S01-261001-01"),
        ({"date": date(2026, 9, 30)}, None),  # before it was ordered
        ({"rows": [{}, {"sku": "X"}, {"sku": "Y"}]}, None),  # most rows are of something else
        ({"rows": [{"sku": "P3"}]}, None),  # cancelled
        ({"supplier_id": "S2"}, "erp:4711"),  # of the other nothing is left
        ({"supplier_id": "S2", "rows": [{"quantity": -10.0}]}, "K-4712"),  # and so it may be credited
        ({"supplier_id": None}, None),
        ({"order_number": "no such order"}, "PO-S01-261001-01"),
    ],
)
def test_an_order_is_found_by_rows(invoice: dict[str, Any], order: str | None) -> None:
    sku = {"sku": "P1"} if invoice.get("supplier_id", "S1") != "S1" else {}
    invoice = invoice | {"rows": [sku | row for row in invoice.get("rows", [{}])]}
    assert found(invoice) == [(order, "rows" if order else None)]


def test_equal_invoices_take_equal_orders_as_they_came() -> None:
    assert [order for order, _ in found({}, {}, {})] == [
        "PO-S01-261001-01",
        "PO-S02-261008-01",
        "PO-S02-261015-01",
    ]


def test_what_is_told() -> None:
    heads, rows = frames(
        {"order_number": "PO-S01-261001-01", "rows": [{}, {"sku": "X"}]},
        {"order_number": "99"},
        {},
        {"order_number": "erp:4711", "rows": [{"sku": "P1"}]},
        {"order_number": "98", "supplier_id": None},
        {"rows": [{"sku": "X"}]},
    )
    orders = orders_of(heads, rows, LINES, CODES, NAMES)
    matched = lines_of(rows.join(orders, on="invoice_id"), LINES, CODES, NAMES)
    said = findings(heads, orders, matched).select("invoice_id", "severity", "sentence")
    assert list(said.iter_rows()) == [
        ("1-1", "warning", "Not on the order PO-S01-261001-01: row 2"),
        ("2-1", "warning", "No order is called 99; its rows are of PO-S02-261008-01"),
        ("3-1", "note", "It names no order; its rows are of PO-S02-261015-01"),
        ("4-1", "warning", "The order erp:4711 is of supplier S2, the invoice is not"),
        ("5-1", "warning", "No order is called 98"),
        ("6-1", "note", "It names no order, and its rows are of none"),
    ]
