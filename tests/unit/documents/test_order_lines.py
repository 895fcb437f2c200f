"""Rows of invoices find their lines of an order by code, else by what they are called."""

from typing import Any

import polars as pl
import pytest

from ml.documents.checks.order_lines import codes_of, lines_of

PRODUCTS = pl.DataFrame(
    [
        ("P0001", "Möwe T-Shirt navy", "4006381333931"),
        ("P0002", "Möwe T-Shirt sand", "4006381333948"),
        ("P0003", "Fjell Jacket white 38", None),
        ("P0004", "Fjell Jacket white 40", None),
        ("P0005", "Kranich Kite", None),
        ("P0006", "Grünholz Pan", None),
    ],
    schema=["product_id", "name", "barcode"],
    orient="row",
)
ARTICLES = pl.DataFrame(
    [("S1", "P0001", "SUP-01/4726"), ("S2", "P0006", "SUP-01/4726"), ("S1", "P0005", "0815")],
    schema=["supplier_id", "product_id", "supplier_sku"],
    orient="row",
)
LINES = pl.DataFrame(
    [
        ("PO1", 10, "P0001", 10, 5.0),
        ("PO1", 20, "P0002", 10, 5.0),
        ("PO1", 30, "P0003", 4, 60.0),
        ("PO1", 40, "P0004", 4, 60.0),
        ("PO1", 50, "P0005", 6, 9.0),
        ("PO1", 60, "P0005", 8, 9.0),
        ("PO2", 10, "P0006", 8, 9.0),
    ],
    schema=["po_id", "line_number", "product_id", "quantity", "unit_cost"],
    orient="row",
).with_columns(supplier_id=pl.lit("S1"))
ROW = {"invoice_id": "1-1", "po_id": "PO1", "description": None, "sku": None, "quantity": 10.0, "price": 5.0}
SCHEMA = {
    "invoice_id": pl.String, "line": pl.Int32, "po_id": pl.String, "description": pl.String, "sku": pl.String,
    "quantity": pl.Float64, "price": pl.Float64,
}  # fmt: skip


def found(*rows: dict[str, Any]) -> list[tuple[int | None, str | None]]:
    """Number of the line and by what it was found, of each row."""
    frame = pl.DataFrame([ROW | {"line": n} | row for n, row in enumerate(rows, 1)], schema=SCHEMA)
    answer = lines_of(frame, LINES, codes_of(PRODUCTS, ARTICLES), PRODUCTS.select("product_id", "name"))
    return list(answer.sort("line").select("po_line_number", "matched_by").iter_rows())


@pytest.mark.parametrize(
    ("row", "line", "by"),
    [
        ({"sku": "sup-01 4726"}, 10, "supplier_sku"),
        ({"sku": "P0002"}, 20, "product_id"),
        ({"sku": "04006381333948"}, 20, "barcode"),
        ({"description": "T-shirt, article SUP-01/4726"}, 10, "supplier_sku"),
        ({"description": "P0002 shirt"}, 20, "product_id"),
        ({"sku": "P0002", "description": "4006381333931"}, 20, "product_id"),
        ({"description": "MÖWE T-SHIRT NAVY"}, 10, "description"),
        ({"description": "Mowe T-Shirt nawy, 100 % cotton"}, 10, "description"),
        ({"description": "Fjell Jacket, white, 40", "price": 66.0}, 40, "description"),
        ({"description": "Kranich Kite"}, 50, "description"),
    ],
)
def test_a_row_finds_its_line(row: dict[str, Any], line: int, by: str) -> None:
    assert found(row) == [(line, by)]


@pytest.mark.parametrize(
    "row",
    [
        {"sku": "P0006"},  # of another order
        {"sku": "0816"},
        {"description": "Möwe T-Shirt moss"},  # another colour at the same price
        {"description": "Möwe T-Shirt"},  # one of two
        {"description": "Fjell Jacket white 42", "price": 60.0},
        {"description": "Freight"},
        {},
    ],
)
def test_what_was_not_ordered_has_no_line(row: dict[str, Any]) -> None:
    assert found(row) == [(None, None)]


def test_lines_of_one_product_are_told_apart_by_quantity_and_order() -> None:
    kite = {"sku": "0815", "price": 9.0}
    assert found(kite | {"quantity": 8.0}) == [(60, "supplier_sku")]
    assert found(kite | {"quantity": 1.0}, kite | {"quantity": 1.0}) == [
        (50, "supplier_sku"),
        (60, "supplier_sku"),
    ]


def test_a_line_is_billed_in_several_rows_and_by_several_invoices() -> None:
    part = {"sku": "P0001", "quantity": 3.0}
    assert found(part, part, part | {"invoice_id": "2-1"}) == [(10, "product_id")] * 3


def test_price_tells_what_the_text_does_not() -> None:
    """Two products are called alike; only one costs this."""
    lines = pl.DataFrame(
        [("PO1", 1, "P0003", 4, 60.0), ("PO1", 2, "P0004", 4, 70.0)],
        schema=["po_id", "line_number", "product_id", "quantity", "unit_cost"],
        orient="row",
    ).with_columns(supplier_id=pl.lit("S1"))
    row = ROW | {"line": 1, "description": "Fjell Jacket white", "price": 70.0, "quantity": 4.0}
    names = PRODUCTS.select("product_id", "name")
    answer = lines_of(pl.DataFrame([row], schema=SCHEMA), lines, codes_of(PRODUCTS, ARTICLES), names)
    assert answer["po_line_number"].to_list() == [2]


def test_no_rows_and_no_lines() -> None:
    codes, names = codes_of(PRODUCTS, ARTICLES), PRODUCTS.select("product_id", "name")
    assert lines_of(pl.DataFrame(schema=SCHEMA), LINES, codes, names).is_empty()
    row = pl.DataFrame([ROW | {"line": 1}], schema=SCHEMA)
    assert lines_of(row, LINES.clear(), codes, names)["po_line_number"].to_list() == [None]
