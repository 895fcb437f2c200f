"""Several rows of one file that share a key: corrections, repeats, or parts of one whole."""

from decimal import Decimal

import polars as pl
import pytest

from retail_assets.feeds.mapping.mostly_rejected import why_mostly_rejected
from tests.unit.mapping.conftest import MapRows

COUNTS = """
    source: wms
    match: {folder: stock_counts, files: "*.csv"}
    targets:
      - feed: stock_counts
        columns: {store_id: store, product_id: sku, counted_at: day, quantity: qty}
"""
SEVERAL = "several_rows_one_key"


def counted(*lots: tuple[str, str, str]) -> list[dict[str, str]]:
    return [
        {"store": "A1", "sku": sku, "lot": lot, "qty": qty, "day": "2026-05-30"} for sku, lot, qty in lots
    ]


def test_stock_by_lot_is_not_the_last_lot(map_rows: MapRows) -> None:
    rows = counted(
        ("P1", "L1", "19384"), ("P1", "L2", "200"), ("P1", "L3", "16"), ("P2", "L1", "5"), ("P3", "L1", "7")
    )
    result = map_rows(COUNTS, rows)
    assert result.ends == [(number, "rejected", SEVERAL) for number in (1, 2, 3)]
    assert result.column("quantity", "stock_counts") == [Decimal(5), Decimal(7)]
    assert [(r["rule"], r["column"], r["value"]) for r in result.rejects] == [
        (SEVERAL, "quantity", "19384.000"),
        (SEVERAL, "quantity", "200.000"),
        (SEVERAL, "quantity", "16.000"),
    ]
    assert result.mapped.rejects
    rejects = pl.scan_parquet(result.mapped.rejects)
    refusal = why_mostly_rejected(result.counts, rejects, at_most=0.5)
    assert refusal is not None and "reshape: {sum:" in refusal.message


def test_lots_of_equal_size_are_parts_too(map_rows: MapRows) -> None:
    result = map_rows(COUNTS, counted(("P2", "L1", "5"), ("P2", "L2", "5"), ("P3", "L1", "1")))
    assert result.ends == [(1, "rejected", SEVERAL), (2, "rejected", SEVERAL)]


def test_a_row_that_came_twice_is_a_repeat(map_rows: MapRows) -> None:
    result = map_rows(COUNTS, counted(("P2", "L1", "5"), ("P2", "L1", "5.0"), ("P3", "L1", "1")))
    assert result.ends == [(1, "duplicate", "repeat")]


@pytest.mark.parametrize(
    ("versions", "ends", "kept"),
    [
        (("1", "2"), [(1, "duplicate", "superseded")], [Decimal(200)]),
        (("2", "2"), [(1, "rejected", SEVERAL), (2, "rejected", SEVERAL)], []),
        (("2", ""), [(2, "duplicate", "superseded")], [Decimal(19)]),
    ],
    ids=["newer", "equal", "one without"],
)
def test_a_version_tells_corrections_from_parts(
    map_rows: MapRows, versions: tuple[str, str], ends: list, kept: list[Decimal]
) -> None:
    rows = counted(("P1", "L1", "19"), ("P1", "L1", "200"))
    rows = [row | {"v": version} for row, version in zip(rows, versions, strict=True)]
    result = map_rows(f"{COUNTS}        version: v\n", rows)
    assert result.ends == ends
    assert result.column("quantity", "stock_counts") == kept


MOVEMENTS = """
    source: erp
    match: {folder: stock_movements, files: "*.csv"}
    targets:
      - feed: stock_movements
        columns: {movement_id: doc, store_id: s, product_id: sku, moved_at: day, quantity: qty,
          kind: {constant: receipt}}
"""


@pytest.mark.parametrize("differs", ["sku", "s", "qty", "bin"])
def test_a_document_number_is_no_movement_id(map_rows: MapRows, differs: str) -> None:
    row = {"doc": "D1", "s": "S1", "sku": "P1", "day": "2026-05-30", "qty": "3", "bin": "B1"}
    result = map_rows(MOVEMENTS, [row, row | {differs: "4"}])
    assert result.ends == [(1, "rejected", SEVERAL), (2, "rejected", SEVERAL)]


SALES = """
    source: tills
    match: {folder: sales, files: "*.csv"}
    targets:
      - feed: sales
        columns: {order_id: bon, line_number: pos, store_id: shop, product_id: sku, sold_at: day, quantity: qty,
          unit_price: price, currency: {constant: EUR}}
"""


@pytest.mark.parametrize(
    ("differs", "end"),
    [
        ("shop", ("rejected", SEVERAL)),
        ("sku", ("rejected", SEVERAL)),
        ("qty", ("duplicate", "superseded")),
        ("price", ("duplicate", "superseded")),
    ],
)
def test_two_tills_that_number_alike_do_not_correct_each_other(
    map_rows: MapRows, differs: str, end: tuple[str, str]
) -> None:
    row = {"bon": "1", "pos": "1", "shop": "S1", "sku": "P1", "day": "2026-05-30", "qty": "1", "price": "2"}
    result = map_rows(SALES, [row, row | {differs: "3"}, row | {"bon": "2"}])
    assert (1, *end) in result.ends
    assert len(result.rows()) == (1 if end[0] == "rejected" else 2)


def test_what_was_routed_and_is_a_part_there_is_rejected_there(map_rows: MapRows) -> None:
    mapping = """
        source: till
        match: {folder: sales, files: "*.csv"}
        targets:
          - feed: sales
            rules: [{name: broken, when: qty < 0, send_to: stock_movements}]
            columns: {order_id: bon, line_number: pos, store_id: {constant: S1}, product_id: sku, sold_at: day,
              quantity: qty, unit_price: {constant: 1}, currency: {constant: EUR}}
            sent:
              stock_movements:
                columns: {movement_id: bon, store_id: {constant: S1}, product_id: sku, moved_at: day, quantity: qty,
                  kind: {constant: damage}}
    """
    rows = [
        {"bon": "1", "pos": str(pos), "sku": f"P{pos}", "day": "2026-05-30", "qty": "-1"} for pos in (1, 2)
    ]
    result = map_rows(mapping, [*rows, rows[0] | {"qty": "1"}])
    assert result.ends == [(1, "rejected", SEVERAL), (2, "rejected", SEVERAL)]
    [counts] = result.counts
    assert (counts.admitted, counts.routed, counts.rejected) == (1, 0, 2)


REFUNDS = """
    source: shop
    match: {folder: sales, files: "*.csv"}
    targets:
      - feed: sales
        columns:
          {order_id: nr, line_number: pos, store_id: {constant: S1}, product_id: sku, quantity: qty,
           sold_at: {constant: "2026-05-30"}, unit_price: {constant: 10}, currency: {constant: EUR}}
"""


@pytest.mark.parametrize(
    ("quantities", "kept"), [(("3", "-1"), []), (("3", "2"), [2]), (("3", "0"), [0]), (("-3", "-1"), [-1])]
)
def test_a_refund_is_no_correction_of_its_sale(
    map_rows: MapRows, quantities: tuple[str, str], kept: list[int]
) -> None:
    result = map_rows(REFUNDS, [{"nr": "X1", "pos": "1", "sku": "P", "qty": qty} for qty in quantities])
    assert result.column("quantity") == kept
    assert {rule for _, _, rule in result.ends} == ({SEVERAL} if not kept else {"superseded"})


TERMS = """
    source: list
    match: {folder: supplier_products, files: "*.csv"}
    targets:
      - feed: supplier_products
        columns: {supplier_id: {constant: L1}, product_id: sku, unit_cost: price, lead_time_days: {constant: 5},
                  currency: {constant: EUR}, valid_from: day, supplier_sku: nr}
"""


def test_scale_prices_are_not_the_last_scale(map_rows: MapRows) -> None:
    rows = [
        {"sku": sku, "price": price, "day": day, "nr": nr}
        for sku, price, day, nr in [
            ("P1", "12.50", "2026-07-01", "7"),
            ("P1", "11.90", "2026-07-01", "7"),
            ("P1", "13", "2026-08-01", "7"),
            ("P2", "3", "", "8"),
            ("P2", "2", "", "8"),
            ("P3", "4", "", "9"),
            ("P3", "4", "", "10"),
        ]
    ]
    result = map_rows(TERMS, rows)
    assert [(r["product_id"], r["unit_cost"]) for r in result.rows("supplier_products")] == [
        ("P1", 13),
        ("P3", 4),
    ]
    ends = {record: (end, rule) for record, end, rule in result.ends}
    assert ends == {**dict.fromkeys((1, 2, 4, 5), ("rejected", SEVERAL)), 6: ("duplicate", "superseded")}
