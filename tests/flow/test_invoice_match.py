"""A purchase order, its receipt and what suppliers bill: what matches, and what does not, as analysts see it."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from retail_assets.invoices.checking import CheckReport, check_invoices
from retail_assets.invoices.tables import INVOICE_CHECKS
from tests.lake_builder import LakeBuilder
from tests.warehouse import AS_OF, Rows, Warehouse

NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
ACCOUNT, OTHER_ACCOUNT = "DE88200800000970375700", "DE02120300000000202051"
BOOKS = ("+purchase_orders", "+products", "+supplier_products", "+suppliers")


def line(sku: str, quantity: int, unit_price: str, number: int = 1) -> dict[str, Any]:
    return {"line": number, "sku": sku, "quantity": quantity, "unit_price": unit_price}


INVOICES: list[dict[str, Any]] = [
    # Everything as ordered; the line of the jacket is billed by two invoices.
    {"number": "R-1", "order_number": "PO 1", "lines": [line("A-1", 6, "5.00"), line("P2", 4, "9.00", 2)]},
    {"number": "R-2", "order_number": "PO-1", "lines": [line("A-1", 4, "5.50")]},  # dearer
    {"number": "R-3", "order_number": "PO-1", "lines": [line("A-1", 3, "5.00")]},  # more than ordered and received
    {"number": "R-4", "order_number": "PO-1", "iban": OTHER_ACCOUNT, "lines": [line("X-9", 1, "1.00")]},
    {"number": "R1", "order_number": "PO-1", "vendor": "NORDLICHT GMBH", "lines": [line("A-1", 6, "5.00")]},
    {"number": "77", "vendor": "Sunny Foods Ltd", "vendor_tax_id": None, "iban": OTHER_ACCOUNT, "lines": [
        line("A-1", 1, "5.00")]},
    {"number": "C-1", "order_number": "PO-1", "document_type": "credit_note", "lines": [line("A-1", 3, "5.00")]},
]  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return Warehouse(tmp_path_factory.mktemp("invoices"))


@pytest.fixture(scope="module")
def report(warehouse: Warehouse) -> CheckReport:
    """The books, seven invoices, and the night that judges them and leaves all to people."""
    lake = LakeBuilder(warehouse.settings.data_dir)
    lake.load(
        "suppliers",
        [
            {
                "supplier_id": "S1",
                "name": "Nordlicht GmbH",
                "tax_id": "DE136695976",
                "iban": ACCOUNT,
                "country": "DE",
            }
        ],
    )
    lake.load("products", [
        {"product_id": "P1", "name": "Fjell Jacket", "category": "Clothing"},
        {"product_id": "P2", "name": "Kranich Kite", "category": "Toys"},
    ])  # fmt: skip
    terms = {"valid_from": date(2026, 1, 1), "unit_cost": 5, "currency": "EUR", "lead_time_days": 3}
    lake.load("supplier_products", [{"supplier_id": "S1", "product_id": "P1", "supplier_sku": "A-1"} | terms])
    head = {"po_id": "PO-1", "supplier_id": "S1", "store_id": "W", "currency": "EUR"}
    lake.load("purchase_orders", [head | {"ordered_at": "2026-11-02 08:00:00+00"}])
    lake.load("purchase_order_lines", [
        {"po_id": "PO-1", "line_number": 10, "product_id": "P1", "quantity": 10, "unit_cost": 5},
        {"po_id": "PO-1", "line_number": 20, "product_id": "P2", "quantity": 4, "unit_cost": 9},
    ])  # fmt: skip
    receipt = {"store_id": "W", "moved_at": "2026-11-06 08:00:00+00", "kind": "receipt", "po_id": "PO-1"}
    lake.load("stock_movements", [
        receipt | {"movement_id": "m1", "product_id": "P1", "quantity": 10, "po_line_number": 10},
        receipt | {"movement_id": "m2", "product_id": "P2", "quantity": 3, "po_line_number": 20},
    ])  # fmt: skip
    _read(lake)
    lake.write_ledger()
    warehouse.build(*BOOKS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RETAIL_INVOICE_AUTO_CONFIRM", "false")
        done = check_invoices(LakeBuilder(warehouse.settings.data_dir).platform, as_of=AS_OF, now=NOW)
    warehouse.build("int_invoices", "invoices", "invoice_lines", "invoice_match")
    return done


def _read(lake: LakeBuilder) -> None:
    """The documents, and what was read of them."""
    night = AS_OF.isoformat()
    drops = [lake.drop({}, folder="invoices") for _ in INVOICES]
    documents = [
        {"sequence": n, "name": f"{i}.pdf", "kind": "pdf", "sha256": str(n), "admitted_on": AS_OF}
        for i, n in enumerate(drops, 1)
    ]
    lake.part("invoice_documents", night, documents)
    table = lake.platform.tables["invoice_extractions"]
    rows = [
        {
            "invoice_id": f"{n}-1",
            "sequence": n,
            "place": 1,
            "sha256": str(n),
            "admitted_on": AS_OF,
            "status": "auto_confirmable",
            "method": "text",
            "vendor": "Nordlicht",
            "vendor_tax_id": "DE 136 695 976",
            "iban": ACCOUNT,
            "date": date(2026, 11, 10),
            "currency": "EUR",
            "document_type": "invoice",
            "findings": [],
            "fields": [],
        }
        | invoice
        for n, invoice in zip(drops, INVOICES, strict=True)
    ]
    table.write(lake.lake, night, pl.DataFrame(rows, schema=table.schema))


def test_what_is_known_of_each_invoice(report: CheckReport) -> None:
    errors = pl.col("findings").list.eval(
        pl.element().filter(pl.element().struct.field("severity") == "error").struct.field("check")
    )
    found = report.checks.sort("admitted_on", maintain_order=True).select(
        "supplier_id", "supplier_matched_by", "po_id", errors, has_twin=pl.col("twin_invoice_id").is_not_null(),
        may="may_auto_confirm",
    )  # fmt: skip
    known = ("S1", "tax_id", "PO-1")
    assert found.rows() == [
        (*known, [], False, True),
        (*known, [], False, True),
        (*known, [], False, True),
        (*known, ["supplier_iban"], False, False),
        (*known, [], True, False),
        (None, None, None, [], False, True),
        (*known, [], False, True),
    ]
    first, twin = report.checks["invoice_id"][0], report.checks["twin_invoice_id"][4]
    assert first == twin


def test_the_three_way_match(report: CheckReport, warehouse: Warehouse) -> None:
    found: Rows = warehouse.rows(
        "select invoice_number, line_number, po_line_number, quantity, invoiced_quantity, ordered_quantity, "
        "received_quantity, amount_above_order, verdict from marts.invoice_match "
        "order by string_split(invoice_id, '-')[1]::integer, line_number"
    )
    shown = [tuple(float(one) if hasattr(one, "as_tuple") else one for one in row) for row in found]
    assert shown == [
        ("R-1", 1, 10, 6, 6, 10, 10, 0, "matched"),
        ("R-1", 2, 20, 4, 4, 4, 3, 0, "quantity_above_received"),
        ("R-2", 1, 10, 4, 10, 10, 10, 2, "price_above"),
        ("R-3", 1, 10, 3, 13, 10, 10, 0, "quantity_above_ordered"),
        ("R-4", 1, None, 1, None, None, None, None, "unknown_line"),
        ("R1", 1, 10, 6, 16, 10, 10, 0, "quantity_above_ordered"),  # beside all that counts
        ("77", 1, None, 1, None, None, None, None, "no_order"),
        ("C-1", 1, 10, -3, 10, 10, 10, None, "matched"),
    ]


def test_a_second_night_changes_nothing(report: CheckReport, warehouse: Warehouse) -> None:
    platform = LakeBuilder(warehouse.settings.data_dir).platform
    part = INVOICE_CHECKS.part(platform.lake, AS_OF.isoformat())
    before = part.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RETAIL_INVOICE_AUTO_CONFIRM", "false")
        again = check_invoices(platform, as_of=date(2026, 11, 21), now=NOW)
    assert again.judged == 7, "all of them wait for a person"
    assert part.read_bytes() == before
