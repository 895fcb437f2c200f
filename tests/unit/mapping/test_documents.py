"""Documents: derived line numbers, what a later file replaces, nested records."""

import json
from decimal import Decimal

import pytest

from retail_assets.errors import Unreadable
from tests.unit.mapping.conftest import MapRows

RECEIPTS = """
    source: till
    match: {folder: sales, files: "*.csv"}
    leave_out: [{name: total, when: Artikel = 'SUMME'}]
    targets:
      - feed: sales
        document: {sql: "'R' || Bon"}
        replaces: document
        rules:
          - {name: lost, when: Menge < 0, send_to: stock_movements}
        columns:
          order_id: Bon
          line_number: {line_number: derived}
          store_id: {constant: S1}
          product_id: Artikel
          sold_at: {constant: '2026-11-20'}
          quantity: Menge
          unit_price: {constant: 1}
          currency: {constant: EUR}
        sent:
          stock_movements:
            columns:
              movement_id: {sql: Bon || '-' || line_number}
              store_id: {constant: S1}
              product_id: Artikel
              moved_at: {constant: '2026-11-20'}
              quantity: Menge
              kind: {constant: adjustment}
"""


def test_derived_line_numbers_count_every_record_of_the_document(map_rows: MapRows) -> None:
    lines = [
        ("1", "A", "1"),
        ("2", "A", "1"),
        ("1", "A", "1"),
        ("1", "B", "-1"),
        ("1", "SUMME", "0"),
        ("1", "C", "x"),
        ("1", "D", "2"),
    ]
    result = map_rows(RECEIPTS, [{"Bon": b, "Artikel": a, "Menge": m} for b, a, m in lines])
    assert [(r["order_id"], r["line_number"], r["product_id"]) for r in result.rows()] == [
        ("1", 1, "A"),
        ("2", 1, "A"),
        ("1", 2, "A"),
        ("1", 6, "D"),
    ]
    assert result.column("movement_id", "stock_movements") == ["1-3"]
    assert result.column("_document") == ["R1", "R2", "R1", "R1"]
    assert result.column("_document", "stock_movements") == ["R1"]


def test_documents_of_every_source_record(map_rows: MapRows) -> None:
    lines = [("1", "A", "x"), ("2", "A", "-1"), ("3", "SUMME", "1"), ("", "A", "1")]
    result = map_rows(RECEIPTS, [{"Bon": b, "Artikel": a, "Menge": m} for b, a, m in lines])
    assert [(d["kind"], d["_source"], d["_document"]) for d in result.documents] == [
        ("document", "till", "R1"),
        ("document", "till", "R2"),
        ("document", "till", "R3"),
    ]
    assert [r["rule"] for r in result.rejects] == ["not_a_number", "required"]


def test_a_record_without_its_document_is_rejected(map_rows: MapRows) -> None:
    mapping = RECEIPTS.replace("""{sql: "'R' || Bon"}""", "Beleg")
    result = map_rows(mapping, [{"Bon": "1", "Beleg": "", "Artikel": "A", "Menge": "1"}])
    assert [(r["rule"], r["column"]) for r in result.rejects] == [("no_document", "document")]


VERSIONED = RECEIPTS.replace("replaces: document", "replaces: document\n        version: Fassung")


def test_an_earlier_version_of_a_document_in_the_same_file_is_superseded_whole(map_rows: MapRows) -> None:
    lines = [
        ("1", "A", "1", "1"),
        ("1", "B", "1", "1"),
        ("1", "C", "-1", "1"),
        ("2", "A", "1", ""),
        ("1", "A", "5", "3"),
        ("1", "B", "4", "2"),
        ("1", "D", "6", "3"),
    ]
    names = ("Bon", "Artikel", "Menge", "Fassung")
    result = map_rows(VERSIONED, [dict(zip(names, line, strict=True)) for line in lines])
    assert [(r["order_id"], r["line_number"], r["product_id"]) for r in result.rows()] == [
        ("2", 1, "A"),
        ("1", 1, "A"),
        ("1", 2, "D"),
    ]
    assert result.column("movement_id", "stock_movements") == []
    assert result.ends == [(record, "duplicate", "superseded") for record in (1, 2, 3, 6)]


def test_an_earlier_version_of_a_day_in_the_same_file_is_superseded_whole(map_rows: MapRows) -> None:
    rows = [
        {"Bon": bon, "Filiale": "S1", "Zeit": "2026-11-20 12:00", "Menge": "1", "Lauf": run}
        for bon, run in (("1", "2"), ("2", "1"), ("3", "2"))
    ]
    result = map_rows(DAYS, rows)
    assert result.column("order_id") == ["1", "3"]
    assert result.ends == [(2, "duplicate", "superseded")]


DAYS = """
    source: till
    match: {folder: sales, files: "*.csv"}
    values: {time_zone: Europe/Berlin}
    targets:
      - feed: sales
        replaces: day
        version: Lauf
        rules:
          - {name: lost, when: Menge < 0, send_to: stock_movements}
        columns:
          order_id: Bon
          line_number: {constant: 1}
          store_id: Filiale
          product_id: {constant: P}
          sold_at: Zeit
          quantity: Menge
          unit_price: {constant: 1}
          currency: {constant: EUR}
        sent:
          stock_movements:
            columns:
              movement_id: Bon
              store_id: {constant: LAGER}
              product_id: {constant: P}
              moved_at: {constant: '2026-01-01'}
              quantity: Menge
              kind: {constant: adjustment}
"""


def test_a_stores_day_is_the_day_of_its_clock(map_rows: MapRows) -> None:
    rows = [
        {"Bon": "1", "Filiale": "S1", "Zeit": "2026-11-20 00:30", "Menge": "1", "Lauf": "1"},
        {"Bon": "2", "Filiale": "S1", "Zeit": "2026-11-20T23:30:00Z", "Menge": "1", "Lauf": "2"},
        {"Bon": "3", "Filiale": "S2", "Zeit": "2026-11-20 12:00", "Menge": "-1", "Lauf": "3"},
        {"Bon": "4", "Filiale": "S3", "Zeit": "x", "Menge": "1", "Lauf": "3"},
    ]
    result = map_rows(DAYS, rows)
    assert result.column("_document") == ["S1|2026-11-20", "S1|2026-11-21"]
    assert result.column("_document", "stock_movements") == ["S2|2026-11-20"]
    assert [(d["kind"], d["_document"], d["_version"]) for d in result.documents] == [
        ("day", "S1|2026-11-20", 100),
        ("day", "S1|2026-11-21", 200),
        ("day", "S2|2026-11-20", 300),
    ]


ORDERS = """
    source: shop
    match: {folder: sales, files: "*.json"}
    parse: {lines.qty: number}
    targets:
      - feed: sales
        unfold: lines
        document: id
        replaces: document
        columns:
          order_id: id
          line_number: {line_number: derived}
          store_id: {constant: WEB}
          product_id: lines.sku
          sold_at: at
          quantity: {sql: lines.qty * 2}
          unit_price: lines.price.net
          currency: {column: currency, default: EUR}
          customer_id: customer.id
          channel: {sql: lower(customer.kind)}
"""


def orders(*records: dict) -> list[dict]:
    texts = [{k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in r.items()} for r in records]
    names = dict.fromkeys(name for record in texts for name in record)
    return [{name: record.get(name) for name in names} for record in texts]


def test_nested_lines_are_unfolded(map_rows: MapRows) -> None:
    line = {"sku": "A", "qty": 1, "price": {"net": "1.50"}}
    rows = orders(
        {
            "id": "1",
            "at": "2026-11-20",
            "customer": {"id": 7, "kind": "B2B"},
            "lines": [line, line | {"sku": "B", "note": "!"}],
        },
        {"id": "2", "at": "2026-11-20", "lines": []},
        {"id": "3", "at": "2026-11-20", "lines": None},
        {"id": "4", "at": "2026-11-20", "customer": {"vip": True}, "lines": line},
        {"id": "5", "at": "2026-11-20", "lines": [line | {"qty": "many"}]},
    )
    rows.append(rows[0] | {"id": "6", "lines": "[{"})
    result = map_rows(ORDERS, rows, file_format="json")
    assert [
        (r["order_id"], r["line_number"], r["product_id"], r["quantity"], r["customer_id"], r["channel"])
        for r in result.rows()
    ] == [
        ("1", 1, "A", Decimal(2), "7", "b2b"),
        ("1", 2, "B", Decimal(2), "7", "b2b"),
        ("4", 1, "A", Decimal(2), None, None),
    ]
    assert [(end, rule) for _, end, rule in result.ends] == [
        ("left_out", "no_lines"),
        ("left_out", "no_lines"),
        ("rejected", "not_a_number"),
        ("rejected", "malformed_record"),
    ]
    assert [r["place"] for r in result.rejects] == ["record 5: lines[1]", "record 6: lines"]
    assert result.mapped.unknown_columns == ["customer.vip", "lines.note"]
    assert [json.loads(extra) if extra else None for extra in result.column("_extra")] == [
        None,
        {"customer.vip": None, "lines.note": "!"},
        {"customer.vip": "true", "lines.note": None},
    ]


def test_lists_within_lists(map_rows: MapRows) -> None:
    mapping = ORDERS.replace("unfold: lines", "unfold: parcels.lines").replace("lines.", "parcels.lines.")
    mapping = mapping.replace("customer.id", "parcels.number")
    line = {"sku": "A", "qty": 1, "price": {"net": 1}}
    record = {
        "id": "1",
        "at": "2026-11-20",
        "parcels": [
            {"number": 8, "lines": [line, line]},
            {"number": 9, "lines": []},
            {"number": 10, "lines": [line]},
        ],
        "customer": {"kind": "x"},
    }
    result = map_rows(mapping, orders(record), file_format="json")
    assert [(r["line_number"], r["customer_id"]) for r in result.rows()] == [(1, "8"), (2, "8"), (4, "10")]
    assert result.ends == [(3, "left_out", "no_lines")]


def test_a_list_of_plain_values(map_rows: MapRows) -> None:
    mapping = """
        source: tags
        match: {folder: stores, files: "*.json"}
        targets:
          - feed: stores
            unfold: stores
            columns: {store_id: stores, name: region}
    """
    result = map_rows(mapping, orders({"region": "north", "stores": ["S1", "S2"]}), file_format="json")
    assert result.column("store_id", "stores") == ["S1", "S2"]


def test_keys_with_points_in_them(map_rows: MapRows) -> None:
    line = {"sku": "A", "qty": 1, "price.net": "1.50", "price.list": "2.50"}
    customer = {"id.old": "6", "id": "7", "kind": "B2B"}
    rows = orders({"id": "1", "at": "2026-11-20", "customer": customer, "lines": [line]})
    [row] = map_rows(ORDERS, rows, file_format="json").rows()
    assert (row["unit_price"], row["customer_id"]) == (Decimal("1.5"), "7")
    assert json.loads(row["_extra"]) == {"customer.id.old": "6", "lines.price.list": "2.50"}


def test_a_missing_list_is_named(map_rows: MapRows) -> None:
    with pytest.raises(Unreadable, match=r"Expected a list `lines` to unfold \(is it `Line`\?\)"):
        map_rows(ORDERS, [{"id": "1", "Line": "[]"}], file_format="json")


@pytest.mark.parametrize("unfold", ["        unfold: lines\n", ""])
def test_an_empty_list_of_records(map_rows: MapRows, unfold: str) -> None:
    result = map_rows(ORDERS.replace("        unfold: lines\n", unfold), [], file_format="json")
    assert result.counts[0].records == 0
