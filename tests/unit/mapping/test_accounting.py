"""Every record has one end: rules, leaving out, sending, duplicates, contracts, and the sum of it all."""

from datetime import UTC, datetime
from decimal import Decimal

import polars as pl

from retail_assets.intake.row_counts import RowCounts
from tests.unit.mapping.conftest import MapRows

MAPPING = """
    source: till
    match: {folder: sales, files: "*.csv"}
    values: {time_zone: Europe/Berlin}
    leave_out:
      - {name: total, when: "starts_with(Bon, 'Summe')"}
    targets:
      - feed: sales
        rules:
          - {name: training, when: Bon like 'T%', reject: true}
          - {name: broken_goods, when: Menge < 0 and Preis = 0, send_to: stock_movements}
          - {name: by_phone, when: Kunde = 'TEL', set: {channel: {constant: phone}}}
        columns:
          order_id: Bon
          line_number: Pos
          store_id: {constant: S1}
          product_id: Artikel
          sold_at: Zeit
          quantity: Menge
          unit_price: Preis
          currency: {constant: EUR}
          customer_id: Kunde
          channel: {constant: store}
        sent:
          stock_movements:
            columns:
              movement_id: {sql: Bon || '-' || Pos}
              store_id: {constant: S1}
              product_id: Artikel
              moved_at: Zeit
              quantity: Menge
              kind: {constant: damage}
"""


def line(**values: object) -> dict[str, object]:
    row = {
        "Bon": "B1",
        "Pos": "1",
        "Artikel": "P1",
        "Zeit": "2026-11-20 10:00",
        "Menge": "1",
        "Preis": "2",
        "Kunde": "",
    }
    return row | values


def test_every_end(map_rows: MapRows) -> None:
    header = {name: name for name in line()}
    blank = dict.fromkeys(line(), " ")
    rows = [
        line(),
        blank,
        header,
        line(Bon="Summe 1", Menge="x"),
        line(Bon="T1", Menge="x"),
        line(Bon="B2", Menge="-1", Preis="0"),
        line(Bon="B3", Menge="-2", Preis="0", Artikel=""),
        line(Bon="B4", Menge="viel"),
        line(Bon="B5", Kunde="TEL"),
        line(),
        line(Bon="B5", Menge="3"),
        dict.fromkeys(line()),
    ]
    result = map_rows(MAPPING, rows, malformed={12: "B9;1"})
    assert result.ends == [
        (1, "duplicate", "repeat"),
        (2, "left_out", "blank"),
        (3, "left_out", "repeated_header"),
        (4, "left_out", "total"),
        (5, "rejected", "training"),
        (6, "routed", "broken_goods"),
        (7, "rejected", "required"),
        (8, "rejected", "not_a_number"),
        (9, "duplicate", "superseded"),
        (12, "rejected", "malformed_record"),
    ]
    assert result.counts == [
        RowCounts(
            target="sales",
            records=12,
            admitted=2,
            routed=1,
            filtered=3,
            duplicate=2,
            rejected=4,
            routed_to={"stock_movements": 1},
            by_rule={
                "duplicate/repeat": 1,
                "duplicate/superseded": 1,
                "left_out/blank": 1,
                "left_out/repeated_header": 1,
                "left_out/total": 1,
                "rejected/malformed_record": 1,
                "rejected/not_a_number": 1,
                "rejected/required": 1,
                "rejected/training": 1,
                "routed/broken_goods": 1,
            },
        )
    ]
    assert [(r["order_id"], r["quantity"], r["channel"]) for r in result.rows()] == [
        ("B1", Decimal(1), "store"),
        ("B5", Decimal(3), "store"),
    ]
    assert [(r["movement_id"], r["quantity"]) for r in result.rows("stock_movements")] == [
        ("B2-1", Decimal(-1))
    ]


def test_rejects_name_feed_record_rule_column_value_and_the_raw_record(map_rows: MapRows) -> None:
    rows = [line(Menge="viel"), line(Bon="B3", Menge="-2", Preis="0", Artikel="")]
    first, second = map_rows(MAPPING, rows).rejects
    assert (first["feed"], first["record"], first["rule"], first["column"], first["value"]) == (
        "sales",
        1,
        "not_a_number",
        "quantity",
        "viel",
    )
    assert '"Menge":"viel"' in first["raw"]
    assert (second["feed"], second["record"], second["rule"], second["column"]) == (
        "stock_movements",
        2,
        "required",
        "product_id",
    )


def test_a_malformed_record_shows_its_line(map_rows: MapRows) -> None:
    result = map_rows(MAPPING, [dict.fromkeys(line())], malformed={1: "B1;1;P1"})
    assert [(r["rule"], r["raw"]) for r in result.rejects] == [("malformed_record", "B1;1;P1")]


def test_rules_that_set_the_last_one_wins(map_rows: MapRows) -> None:
    mapping = MAPPING.replace(
        "          - {name: by_phone",
        "          - {name: any, when: Pos = 1, set: {channel: {sql: lower(Kunde)}}}\n          - {name: by_phone",
    )
    result = map_rows(mapping, [line(Kunde="TEL"), line(Bon="B2", Kunde="WEB"), line(Pos="2")])
    assert result.column("channel") == ["phone", "web", "store"]


def test_a_rule_that_cannot_be_computed_rejects(map_rows: MapRows) -> None:
    mapping = MAPPING.replace("when: Bon like 'T%'", "when: cast(Kunde as integer) > 5")
    result = map_rows(mapping, [line(Kunde="7"), line(Bon="B2", Kunde="3"), line(Bon="B3", Kunde="x")])
    assert result.ends == [(1, "rejected", "training"), (3, "rejected", "expression_failed")]


def test_a_column_that_cannot_be_computed_rejects(map_rows: MapRows) -> None:
    mapping = MAPPING.replace("unit_price: Preis", "unit_price: {sql: cast(Kunde as integer) + 1}").replace(
        "    leave_out:", "    parse: {Preis: number}\n    leave_out:"
    )
    result = map_rows(mapping, [line(Kunde="7"), line(Bon="B2", Kunde="x")])
    assert result.column("unit_price") == [Decimal(8)]
    assert [(r["rule"], r["column"]) for r in result.rejects] == [("expression_failed", "unit_price")]


def test_a_parsed_column_that_only_a_rule_reads_rejects_too(map_rows: MapRows) -> None:
    mapping = MAPPING.replace("    leave_out:", "    parse: {Kunde: number}\n    leave_out:").replace(
        "Kunde = 'TEL'", "Kunde > 5"
    )
    result = map_rows(mapping, [line(Kunde="7"), line(Bon="B2", Kunde="x"), line(Bon="B3")])
    assert result.column("channel") == ["phone", "store"]
    assert result.column("customer_id") == ["7", None]
    assert [(r["rule"], r["column"], r["value"]) for r in result.rejects] == [
        ("not_a_number", "customer_id", "x")
    ]


def test_division_by_zero_is_no_number(map_rows: MapRows) -> None:
    mapping = MAPPING.replace("unit_price: Preis", "unit_price: {sql: Preis / Menge}").replace(
        "    leave_out:", "    parse: {Preis: number}\n    leave_out:"
    )
    result = map_rows(mapping, [line(Menge="0"), line(Bon="B2", Menge="3", Preis="10")])
    assert [(r["rule"], r["column"]) for r in result.rejects] == [("not_a_number", "unit_price")]
    assert result.column("unit_price") == [Decimal("3.333333")]


def test_contract_rules_name_themselves(map_rows: MapRows) -> None:
    good = {
        "order_id": "B1",
        "line_number": "1",
        "store_id": "S1",
        "product_id": "P1",
        "sold_at": "2026-11-20",
        "quantity": "1",
        "unit_price": "1",
        "currency": "EUR",
        "tax_rate": "0.19",
    }
    broken = {
        "required": {"store_id": " "},
        "minimum": {"unit_price": "-0.01"},
        "maximum": {"tax_rate": "19"},
        "pattern": {"currency": "eur"},
        "too_long": {"customer_id": "x" * 201},
    }
    rows = [
        good | {"line_number": str(n), "customer_id": ""} | bad
        for n, bad in enumerate(broken.values(), start=2)
    ]
    result = map_rows("sales", [good | {"customer_id": ""}, *rows])
    assert [r["rule"] for r in result.rejects] == list(broken)
    movement = {
        "movement_id": "M1",
        "store_id": "S1",
        "product_id": "P1",
        "moved_at": "2026-11-20",
        "quantity": "1",
        "kind": "receipt",
        "transfer_id": "",
    }
    rows = [movement, movement | {"kind": "magic"}, movement | {"kind": "transfer_out"}]
    result = map_rows("stock_movements", rows)
    assert [r["rule"] for r in result.rejects] == ["allowed_values", "transfer_has_id"]


def test_personal_feeds_are_masked(map_rows: MapRows) -> None:
    rows = [{"customer_id": "", "name": "Ada", "email": "ada@example.com"}]
    (reject,) = map_rows("customers", rows).rejects
    assert (reject["rule"], reject["value"], reject["raw"]) == ("required", "***", "***")


def test_unknown_columns_are_kept_and_reported(map_rows: MapRows) -> None:
    result = map_rows(MAPPING, [line(Land="DE", Notiz=None), line(Bon="B2", Land=None, Notiz=None)])
    assert result.mapped.unknown_columns == ["Land", "Notiz"]
    assert result.column("_extra") == ['{"Land":"DE","Notiz":null}', None]


def test_rows_carry_what_staging_needs(map_rows: MapRows) -> None:
    (row,) = map_rows(MAPPING, [line()]).rows()
    assert list(row)[-6:] == ["_record", "_content_key", "_source", "_document", "_version", "_extra"]
    assert (row["_record"], row["_source"], row["_document"], row["_version"]) == (1, "till", None, None)
    assert row["sold_at"] == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_types_are_the_contracts(map_rows: MapRows) -> None:
    schema = pl.read_parquet_schema(map_rows(MAPPING, [line()]).mapped.rows["sales"])
    assert schema["sold_at"] == pl.Datetime("us", "UTC")
    assert schema["unit_price"] == pl.Decimal(18, 6)
    assert schema["line_number"] == pl.Int64
    assert schema["is_promotion"] == pl.Boolean


VERSIONED = """
    source: pim
    match: {folder: products, files: "*.csv"}
    targets:
      - feed: products
        version: Stand
        columns: {product_id: Nr, name: Name, category: {constant: all}}
"""


def test_within_a_file_the_highest_version_wins(map_rows: MapRows) -> None:
    rows = [
        {"Nr": "1", "Name": "new", "Stand": "2026-02-01 10:00"},
        {"Nr": "1", "Name": "old", "Stand": "2026-01-01"},
        {"Nr": "2", "Name": "first", "Stand": "2026-01-01"},
        {"Nr": "2", "Name": "last", "Stand": "2026-01-01"},
        {"Nr": "3", "Name": "bad", "Stand": "soon"},
    ]
    result = map_rows(VERSIONED, rows)
    assert [(r["product_id"], r["name"]) for r in result.rows("products")] == [("1", "new"), ("2", "last")]
    assert result.ends == [
        (2, "duplicate", "superseded"),
        (3, "duplicate", "superseded"),
        (5, "rejected", "not_a_version"),
    ]
    assert result.column("_version", "products")[0] == int(
        datetime(2026, 2, 1, 10, tzinfo=UTC).timestamp() * 1e6
    )


def test_versions_may_be_numbers(map_rows: MapRows) -> None:
    rows = [{"Nr": "1", "Name": "a", "Stand": "20261120101530123"}, {"Nr": "2", "Name": "b", "Stand": "1.5"}]
    assert map_rows(VERSIONED, rows).column("_version", "products") == [2026112010153012300, 150]


def test_two_targets_account_each_for_itself(map_rows: MapRows) -> None:
    mapping = """
        source: erp
        match: {folder: purchase_orders, files: "*.csv"}
        targets:
          - feed: purchase_orders
            leave_out: [{name: lines, when: Art <> 'K'}]
            columns: {po_id: Nr, supplier_id: L, store_id: {constant: S1}, ordered_at: Am, currency: {constant: EUR}}
          - feed: purchase_order_lines
            leave_out: [{name: heads, when: Art <> 'P'}]
            columns: {po_id: Nr, line_number: Pos, product_id: A, quantity: M, unit_cost: P}
    """
    head = {"Art": "K", "Nr": "7", "L": "X", "Am": "2026-11-20", "Pos": "", "A": "", "M": "", "P": ""}
    row = {"Art": "P", "Nr": "7", "L": "", "Am": "", "Pos": "1", "A": "P1", "M": "5", "P": "1"}
    result = map_rows(mapping, [head, row, row | {"Pos": "2", "M": "0"}])
    assert [(a.target, a.admitted, a.filtered, a.rejected) for a in result.counts] == [
        ("purchase_orders", 1, 2, 0),
        ("purchase_order_lines", 1, 1, 1),
    ]


def test_no_records(map_rows: MapRows) -> None:
    result = map_rows(MAPPING, pl.DataFrame(schema=dict.fromkeys(line(), pl.String)))
    assert result.counts == [RowCounts("sales", 0, 0, 0, 0, 0, 0)]
    assert result.rows() == []
