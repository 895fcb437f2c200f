"""What the books know of an invoice: its supplier, its twin, its order and the lines that its rows bill."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from retail_assets.invoices.matching import Books, Judged, judge, rows_of
from retail_assets.invoices.tables import INVOICE_EXTRACTIONS

ACCOUNT, OTHER_ACCOUNT = "DE88200800000970375700", "DE02120300000000202051"
BOOKS = Books(
    suppliers=pl.DataFrame(
        {"supplier_id": ["S1"], "name": ["Nordlicht GmbH"], "tax_id": ["DE136695976"], "iban": [ACCOUNT]}
    ),
    products=pl.DataFrame(
        {"product_id": ["P1", "P2"], "name": ["Fjell Jacket", "Kranich Kite"], "barcode": [None, "4006381333931"]}
    ),
    articles=pl.DataFrame({"supplier_id": ["S1"], "product_id": ["P1"], "supplier_sku": ["A-1"]}),
    lines=pl.DataFrame(
        [
            ("PO-1", 10, "S1", "P1", Decimal(10), Decimal(5), date(2026, 11, 1), "received"),
            ("PO-1", 20, "S1", "P2", Decimal(4), Decimal(9), date(2026, 11, 1), "received"),
            ("PO-2", 10, "S1", "P1", Decimal(10), Decimal(5), date(2026, 11, 2), "sent"),
        ],
        schema=[
            "po_id", "line_number", "supplier_id", "product_id", "ordered_quantity", "unit_cost", "ordered_on",
            "status",
        ],
        orient="row",
    ),
)  # fmt: skip
NOTHING_BILLED = pl.DataFrame(
    schema={"po_id": pl.String, "po_line_number": pl.Int64, "billed_quantity": pl.Decimal(18, 6)}
)
SCHEMA = INVOICE_EXTRACTIONS.schema | {"state": pl.String, "name": pl.String, "supplier_id": pl.String}


def row(line: int = 1, **values: Any) -> dict[str, Any]:
    names = (
        "description",
        "sku",
        "quantity",
        "unit",
        "unit_price",
        "price_base_quantity",
        "tax_rate",
        "amount",
    )
    return {"line": line, **dict.fromkeys(names), **values}


def invoice(sequence: int, **values: Any) -> dict[str, Any]:
    """An invoice as it was read, in preview."""
    return {
        "invoice_id": f"{sequence}-1",
        "sequence": sequence,
        "place": 1,
        "sha256": str(sequence),
        "admitted_on": date(2026, 11, 20),
        "date": date(2026, 11, 19),
        "state": "preview",
        "name": f"{sequence}.pdf",
        "vendor": "Nordlicht",
        "number": f"R-{sequence}",
        "iban": ACCOUNT,
        "lines": [],
    } | values


def judged(
    *invoices: dict[str, Any], which: list[str] | None = None, billed: pl.DataFrame = NOTHING_BILLED
) -> Judged:
    everything = pl.DataFrame(invoices, schema=SCHEMA)
    wanted = everything if which is None else everything.filter(pl.col("invoice_id").is_in(which))
    return judge(wanted, invoices=everything, billed=billed, books=BOOKS)


def test_an_invoice_of_an_order() -> None:
    found = judged(
        invoice(
            7,
            order_number="PO-1",
            lines=[row(sku="A-1", quantity=3), row(2, description="Freight", amount=5)],
        )
    )
    [check] = found.checks.to_dicts()
    assert (check["supplier_id"], check["supplier_matched_by"], check["po_id"], check["order_found_by"]) == (
        "S1", "iban", "PO-1", "number",
    )  # fmt: skip
    assert check["findings"] == [
        {"check": "order_rows", "severity": "warning", "sentence": "Not on the order PO-1: row 2"}
    ]
    assert check["may_auto_confirm"]
    lines = found.order_lines.select("line", "po_id", "po_line_number", "product_id", "matched_by")
    assert lines.rows() == [(1, "PO-1", 10, "P1", "supplier_sku"), (2, "PO-1", None, None, None)]


@pytest.mark.parametrize(
    ("values", "may"),
    [
        ({}, True),
        (
            {"vendor": "Somebody", "iban": OTHER_ACCOUNT},
            True,
        ),  # an unknown supplier is for no person to confirm
        ({"iban": OTHER_ACCOUNT}, False),
        ({"number": "R-1"}, False),
        ({"superseded_by": "1-1"}, False),
    ],
)
def test_what_asks_for_a_person(values: dict[str, Any], may: bool) -> None:
    found = judged(invoice(1), invoice(2, **values), which=["2-1"])
    assert found.checks["may_auto_confirm"].to_list() == [may]


@pytest.mark.parametrize(
    ("other", "twin"),
    [
        ({"state": "confirmed"}, "2-1"),
        ({"state": "preview"}, None),  # the first of two that wait
        ({"state": "rejected"}, None),
        ({"state": "confirmed", "superseded_by": "9-1"}, None),
    ],
)
def test_a_twin_counts_that_is_confirmed_or_was_there_before(other: dict[str, Any], twin: str | None) -> None:
    found = judged(invoice(1, number="7"), invoice(2, number="7", supplier_id="S1", **other), which=["1-1"])
    assert found.checks["twin_invoice_id"].to_list() == [twin]


def test_what_others_billed_is_left_out_where_rows_find_the_order() -> None:
    mine = invoice(1, lines=[row(sku="A-1", quantity=10)])
    assert judged(mine).checks["po_id"].to_list() == ["PO-1"]
    billed = pl.DataFrame(
        {"po_id": ["PO-1"], "po_line_number": [10], "billed_quantity": [Decimal(10)]},
        schema=NOTHING_BILLED.schema,
    )
    assert judged(mine, billed=billed).checks["po_id"].to_list() == ["PO-2"]


@pytest.mark.parametrize(
    ("document_type", "quantity", "amount", "billed"),
    [
        ("invoice", 2, 10, 2),
        ("invoice", 2, -10, -2),  # taken off
        ("credit_note", 2, 10, -2),  # in whichever sign a credit note is written
        ("credit_note", -2, -10, -2),
        ("credit_note", 2, -10, -2),
        (None, 2, None, 2),
        ("credit_note", 2, None, -2),
        ("invoice", None, 10, None),
    ],
)
def test_what_is_billed_has_a_sign(
    document_type: str | None, quantity: int | None, amount: int | None, billed: int | None
) -> None:
    one = invoice(1, document_type=document_type, lines=[row(quantity=quantity, amount=amount)])
    assert rows_of(pl.DataFrame([one], schema=SCHEMA))["billed_quantity"].to_list() == [billed]


def test_prices_are_of_one_unit() -> None:
    rows = [
        row(1, quantity=10, unit_price=5, amount=45),  # less ten percent
        row(2, quantity=200, unit_price=3, price_base_quantity=100),
        row(3, quantity=0, unit_price=3),
        row(4, amount=3),
    ]
    found = rows_of(pl.DataFrame([invoice(1, lines=rows)], schema=SCHEMA))
    assert found["price"].to_list() == [4.5, 0.03, 3.0, None]


def test_equal_questions_have_equal_answers() -> None:
    some = [
        invoice(n, lines=[row(sku="A-1", quantity=1), row(2, description="Kite Kranich")])
        for n in range(1, 5)
    ]
    first, again = judged(*some), judged(*some)
    assert first.checks.equals(again.checks) and first.order_lines.equals(again.order_lines)
