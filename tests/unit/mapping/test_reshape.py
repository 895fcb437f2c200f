"""Records that are not rows yet: filled down, summed, unpivoted, pivoted, or by a select of the mapping's own."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from textwrap import dedent, indent

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retail_assets.errors import MappingError, Unreadable
from retail_assets.feeds.mapping.asking import mapping_duckdb
from retail_assets.feeds.mapping.check import CHECK_LIMITS
from retail_assets.feeds.mapping.engine import Content
from retail_assets.feeds.mapping.model import SourceMapping
from retail_assets.feeds.mapping.reshape.reshaping import reshaped
from retail_assets.feeds.mapping.table import records_table
from retail_assets.intake.row_counts import RowCounts
from tests.unit.mapping.conftest import KEY, MapRows


def table(text: str) -> list[dict[str, str]]:
    """Rows of a text with a header; fields are separated by `|`."""
    header, *lines = [[field.strip() for field in line.split("|")] for line in text.strip().splitlines()]
    return [dict(zip(header, line, strict=True)) for line in lines]


def products(step: str) -> str:
    return f"""
        source: shop
        match: {{folder: products, files: "*.csv"}}
        reshape: {step}
        targets:
          - feed: products
            columns: {{product_id: SKU, name: Title, category: {{constant: shirts}}, selling_price: Price,
              brand: Vendor, currency: {{constant: EUR}}}}
    """


def counts(steps: str, more: str = "") -> str:
    return (
        f'source: wms\nmatch: {{folder: stock_counts, files: "*.csv"}}\n{more}reshape:\n{indent(dedent(steps), "  ")}\n'
        "targets:\n  - feed: stock_counts\n    columns: {store_id: store, product_id: sku, "
        "counted_at: {constant: '2026-05-30'}, quantity: qty}\n"
    )


TEES = table("""
    Handle | Title     | Vendor | SKU  | Price
    tee    | White tee | Acme   | T-M  | 71.92
    tee    |           |        | T-L  | 71.92
    cap    | Cap       |        | C-1  | 9
    cap    |           |        | C-2  | 9
    mug    |           | Pots   | M-1  | 4
""")


@pytest.mark.parametrize("per", ["", "per: Handle"])
def test_a_blank_cell_takes_the_value_above_but_not_that_of_another_product(
    map_rows: MapRows, per: str
) -> None:
    result = map_rows(products(f"{{fill_down: {{columns: [Title, Vendor], {per}}}}}"), TEES)
    assert [(r["_record"], r["name"], r["brand"]) for r in result.rows("products")] == [
        (1, "White tee", "Acme"),
        (2, "White tee", "Acme"),
        (3, "Cap", None),
        (4, "Cap", None),
        *([] if per else [(5, "Cap", "Pots")]),
    ]
    assert result.ends == ([(5, "rejected", "required")] if per else [])
    assert result.mapped.unknown_columns == ([] if per else ["Handle"])


@pytest.mark.parametrize("blank", ["", "  ", "-", None])
def test_what_is_blank(map_rows: MapRows, blank: str | None) -> None:
    rows = [TEES[0], TEES[1] | {"Title": blank}]
    mapping = products("{fill_down: Title}").replace(
        "reshape:", "values: {null_words: ['-']}\n        reshape:"
    )
    assert map_rows(mapping, rows).column("name", "products") == ["White tee", "White tee"]


def test_merged_cells_within_merged_cells(map_rows: MapRows) -> None:
    rows = table("""
        store | shelf | sku | qty
        S1    | A     | P1  | 1
              |       | P2  | 2
              | B     | P3  | 3
        S2    |       | P4  | 4
              | A     | P5  | 5
    """)
    rows.insert(2, dict.fromkeys(rows[0], ""))
    mapping = counts("fill_down: [store, shelf]").replace("qty}", "qty, counted_by: shelf}")
    result = map_rows(mapping, rows)
    assert [(r["store_id"], r["counted_by"]) for r in result.rows("stock_counts")] == [
        ("S1", "A"),
        ("S1", "A"),
        ("S1", "B"),
        ("S2", None),
        ("S2", "A"),
    ]
    assert result.ends == [(3, "left_out", "blank")]


LOTS = table("""
    store | sku | lot | qty
    A1    | P1  | L1  | 19384
    A1    | P1  | L2  | 200
    A1    | P2  | L1  | 5
    A1    | P1  | L3  | 16
    A1    | P2  | L2  | 5
""")
SUM = "sum: {per: [store, sku], columns: qty}"


def test_stock_by_lot_is_summed(map_rows: MapRows) -> None:
    result = map_rows(counts(SUM), LOTS)
    rows = result.rows("stock_counts")
    assert [(r["_record"], r["product_id"], r["quantity"]) for r in rows] == [
        (1, "P1", Decimal(19600)),
        (3, "P2", Decimal(10)),
    ]
    by_rule = {"left_out/merged": 3}
    assert result.counts == [RowCounts("stock_counts", records=5, admitted=2, filtered=3, by_rule=by_rule)]
    assert result.mapped.unknown_columns == ["lot"]


@pytest.mark.parametrize("wrong", ["viel", "", "1.2.3", "1 2"])
def test_a_sum_without_one_of_its_parts_is_none(map_rows: MapRows, wrong: str) -> None:
    rows = [LOTS[0], LOTS[1] | {"qty": wrong}, *LOTS[2:]]
    result = map_rows(counts(SUM), rows)
    own = "not_a_number" if wrong else "required"
    assert result.ends == [
        (1, "rejected", "incomplete_group"),
        (2, "rejected", own),
        (4, "rejected", "incomplete_group"),
    ]
    assert result.column("quantity", "stock_counts") == [Decimal(10)]
    assert [(r["column"], r["value"]) for r in result.rejects][1] == ("qty", wrong or None)


def test_a_blank_in_what_no_contract_needs_is_nothing(map_rows: MapRows) -> None:
    mapping = counts("sum: {per: [store, sku], columns: [qty, extra]}")
    rows = [row | {"extra": ""} for row in LOTS]
    assert map_rows(mapping, rows).column("quantity", "stock_counts") == [Decimal(19600), Decimal(10)]


def test_what_a_sum_keeps_one_value_of_has_to_agree(map_rows: MapRows) -> None:
    rows = [row | {"by": by} for row, by in zip(LOTS, ["Ann", "", "Bob", "Ann", "Eve"], strict=True)]
    mapping = counts(SUM).replace("quantity: qty", "quantity: qty, counted_by: by")
    result = map_rows(mapping, rows)
    assert result.column("counted_by", "stock_counts") == ["Ann"]
    assert [(r["record"], r["rule"], r["column"], r["value"]) for r in result.rejects] == [
        (3, "different_in_group", "by", "Bob"),
        (5, "different_in_group", "by", "Eve"),
    ]
    first = mapping.replace("columns: qty", "columns: qty, first: by")
    assert map_rows(first, rows).column("counted_by", "stock_counts") == ["Ann", "Bob"]


def test_numbers_in_the_dialect_of_the_source(map_rows: MapRows) -> None:
    rows = [row | {"qty": "1.234,5"} for row in LOTS]
    dialect = "values: {decimal: ',', thousands: '.'}\n"
    result = map_rows(counts(SUM, dialect), rows)
    assert result.column("quantity", "stock_counts") == [Decimal("3703.5"), Decimal(2469)]


def test_records_that_are_none_are_in_no_sum(map_rows: MapRows) -> None:
    total = {"store": "Summe", "sku": "P1", "lot": "", "qty": "19610"}
    header, blank = {name: name for name in total}, dict.fromkeys(total, "")
    rows = [blank, header, *LOTS, total | {"store": "A1", "lot": "Summe"}, dict.fromkeys(total)]
    leave_out = "leave_out: [{name: total, when: lot = 'Summe'}]\n"
    result = map_rows(counts(SUM, leave_out), rows, malformed={9: "A1;P1"})
    assert result.column("quantity", "stock_counts") == [Decimal(19600), Decimal(10)]
    assert result.ends == [
        (1, "left_out", "blank"),
        (2, "left_out", "repeated_header"),
        (8, "left_out", "total"),
        (9, "rejected", "malformed_record"),
    ]
    [account] = result.counts
    assert (account.records, account.admitted, account.by_rule["left_out/merged"]) == (9, 2, 3)


MATRIX = table("""
    sku | name  | Shop North | Shop South | Shop West
    P1  | Tea   | 1          |            | 3
    P2  | Cup   |            |            |
    P3  | Spoon | 5          | viel       | 0
""")


@pytest.mark.parametrize(
    "which", ["columns: 'Shop *'", "columns: ['shop n*', 'SHOP S*', '*west']", "except: [sku, name]"]
)
def test_a_matrix_of_shops(map_rows: MapRows, which: str) -> None:
    result = map_rows(counts(f"unpivot: {{{which}, name: store, value: qty}}"), MATRIX)
    rows = result.rows("stock_counts")
    assert [(r["_record"], r["store_id"], r["product_id"], r["quantity"]) for r in rows] == [
        (1, "Shop North", "P1", 1),
        (2, "Shop West", "P1", 3),
        (3, "Shop North", "P3", 5),
        (5, "Shop West", "P3", 0),
    ]
    assert [(r["place"], r["rule"], r["value"]) for r in result.rejects] == [
        ("record 3", "not_a_number", "viel")
    ]
    assert ("left_out", "reshape") in [(end, rule) for _, end, rule in result.ends]
    assert result.counts[0].records == 6


def test_brackets_in_a_pattern_are_brackets(map_rows: MapRows) -> None:
    mapping = counts("unpivot: {columns: 'Qty [pcs] *', name: store, value: qty}")
    rows = [{"sku": "P1", "Qty [pcs] A": "1", "Qty [pcs] B": "2", "Qty p": "3"}]
    assert map_rows(mapping, rows).column("store_id", "stock_counts") == ["Qty [pcs] A", "Qty [pcs] B"]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("sum: {per: [store], columns: store}", "stands here twice"),
        ("sum: {per: [store]}", "`columns` is missing"),
        ("unpivot: {name: a, value: b}", "say which columns become rows"),
        ("unpivot: {columns: x, name: a, value: a}", "stands here twice"),
        ("{fill_down: a, sum: {per: b, columns: c}}", "a step does one thing"),
        ("summ: {per: [store], columns: qty}", r"unknown key `summ` \(did you mean `sum`"),
        ("sql: select record, from where", "syntax error"),
        (
            "sql: select record, qty + 1 as qty from records",
            "No function matches|Could not convert|Conversion",
        ),
        ("sql: select record, lpad(sku, 3) as sku from records", "lpad"),
    ],
)
def test_a_step_that_is_wrong_is_told_when_it_is_loaded(
    mapping_file: Callable[[str], SourceMapping], step: str, message: str
) -> None:
    with pytest.raises(MappingError, match=message) as refusal:
        mapping_file(counts(step))
    assert ": reshape" in str(refusal.value)


def test_lists_are_unfolded_after_the_records_are_reshaped(map_rows: MapRows) -> None:
    mapping = """
        source: web
        match: {folder: sales, files: "*.json"}
        reshape: {fill_down: shop}
        targets:
          - feed: sales
            unfold: lines
            columns: {order_id: id, line_number: lines.n, store_id: shop, product_id: lines.sku, quantity: lines.q,
              sold_at: {constant: '2026-05-30'}, unit_price: {constant: 1}, currency: {constant: EUR}}
    """
    rows = [
        {"id": "1", "shop": "S1", "lines": '[{"n": 1, "sku": "P", "q": 2}, {"n": 2, "sku": "Q", "q": 1}]'},
        {"id": "2", "shop": "", "lines": '[{"n": 1, "sku": "P", "q": 5}]'},
    ]
    result = map_rows(mapping, rows, file_format="ndjson")
    found = [(r["order_id"], r["store_id"], r["product_id"], r["quantity"]) for r in result.rows()]
    assert found == [("1", "S1", "P", 2), ("1", "S1", "Q", 1), ("2", "S1", "P", 5)]


def test_a_new_shop_is_a_new_column(map_rows: MapRows) -> None:
    mapping = counts("unpivot: {columns: 'Shop *', name: store, value: qty}")
    result = map_rows(mapping, [row | {"Shop East": "9"} for row in MATRIX[:1]])
    assert result.column("store_id", "stock_counts") == ["Shop North", "Shop West", "Shop East"]


def test_a_column_of_totals_is_no_shop(map_rows: MapRows) -> None:
    rows = [row | {"Total": "4"} for row in MATRIX]
    with pytest.raises(MappingError, match="`Total` looks like the sum of the others"):
        map_rows(counts("unpivot: {except: [sku, name], name: store, value: qty}"), rows)
    result = map_rows(counts("unpivot: {except: [sku, name, Total], name: store, value: qty}"), rows)
    assert result.counts[0].admitted == 4


def test_a_matrix_with_merged_cells_and_lots(map_rows: MapRows) -> None:
    rows = table("""
        sku | lot | S1 | S2
        P1  | L1  | 1  | 2
            | L2  | 10 |
        P2  | L1  |    | 7
    """)
    steps = """
        - fill_down: sku
        - unpivot: {except: [sku, lot], name: store, value: qty}
        - sum: {per: [store, sku], columns: qty}
    """
    result = map_rows(counts(steps), rows)
    assert [(r["store_id"], r["product_id"], r["quantity"]) for r in result.rows("stock_counts")] == [
        ("S1", "P1", 11),
        ("S2", "P1", 2),
        ("S2", "P2", 7),
    ]
    [account] = result.counts
    assert (account.records, account.admitted, account.by_rule) == (4, 3, {"left_out/merged": 1})


SETTLEMENT = table("""
    order | item | sku | posted     | type           | amount | pieces
    A     | 1    | P1  | 2026-05-30 | Principal      | 20,00  | 2
    A     | 1    | P1  | 2026-05-30 | Commission     | -3,00  |
    B     | 1    | P2  | 2026-05-30 | Principal      | 8,00   | 1
    B     | 1    | P2  | 2026-05-30 | ShippingCharge | 4,00   |
    B     | 1    | P2  | 2026-05-30 |                | 1,00   |
""")
ORDERS = """
    source: marketplace
    match: {folder: sales, files: "*.csv"}
    values: {decimal: ","}
    parse: {Principal: number, pieces: number}
    reshape:
      pivot: {per: [order, item, sku, posted], name: type, value: amount}
    targets:
      - feed: sales
        columns:
          order_id: order
          line_number: item
          store_id: {constant: AMZ}
          product_id: sku
          sold_at: posted
          quantity: pieces
          unit_price: {sql: Principal / pieces}
          discount: PromotionRebates
          currency: {constant: EUR}
"""


def test_names_and_values_become_columns(map_rows: MapRows) -> None:
    result = map_rows(ORDERS, SETTLEMENT)
    assert [(r["order_id"], r["quantity"], r["unit_price"], r["discount"]) for r in result.rows()] == [
        ("A", 2, 10, None),
        ("B", 1, 8, None),
    ]
    assert result.ends == [(5, "rejected", "no_name")]
    assert result.counts[0].by_rule["left_out/merged"] == 2
    assert result.mapped.unknown_columns == ["Commission", "ShippingCharge"]


def test_a_name_with_two_values_is_no_value(map_rows: MapRows) -> None:
    rows = [*SETTLEMENT[:4], SETTLEMENT[3] | {"amount": "5,00"}]
    result = map_rows(ORDERS, rows)
    assert result.ends == [(n, "rejected", "several_values") for n in (3, 4, 5)]
    added = map_rows(ORDERS.replace("value: amount", "value: amount, sum: true"), rows)
    assert added.column("unit_price") == [10, 8]
    principal = rows[2] | {"amount": "1,00", "pieces": ""}
    added = map_rows(ORDERS.replace("value: amount", "value: amount, sum: true"), [*rows, principal])
    assert added.column("unit_price") == [10, 9]


def test_names_of_two_columns(map_rows: MapRows) -> None:
    rows = [row | {"kind": "Item" if row["type"] == "Principal" else "Fee"} for row in SETTLEMENT[:4]]
    mapping = ORDERS.replace("name: type", "name: [kind, type]").replace("{Principal:", "{Item Principal:")
    mapping = mapping.replace("{sql: Principal / pieces}", """{sql: '"Item Principal" / pieces'}""")
    result = map_rows(mapping, rows)
    assert result.column("unit_price") == [10, 8]
    assert result.mapped.unknown_columns == ["Fee Commission", "Fee ShippingCharge"]


REBATES = table("""
    order | item | sku | posted     | type      | amount | pieces
    A     | 1    | P1  | 2026-05-30 | Principal | 20     | 2
    A     | 1    | P1  | 2026-05-30 | Rebate    | 1      |
    B     | 1    | P2  | 2026-05-30 | PRINCIPAL | 8      | 1
    B     | 1    | P2  | 2026-05-30 | REBATE    | 3      |
""")


@pytest.mark.parametrize("more", ["", ", sum: true"])
@pytest.mark.parametrize("asked", ["rebate", "Rebate", "REBATE"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Rebate", "REBATE"),
        ("Rebate", "rebate"),
        ("Rebate  EUR", "Rebate EUR"),
        ("R\u00e9bate", "Re\u0301bate"),
        ("Nachla\u00df", "NACHLASS"),
    ],
)
def test_names_in_other_letters_are_one_column(
    map_rows: MapRows, one: str, other: str, asked: str, more: str
) -> None:
    spelled = {"Rebate": one, "REBATE": other}
    rows = [row | {"type": spelled.get(row["type"], row["type"])} for row in REBATES]
    asked = asked if other in ("REBATE", "rebate") else one.lower()
    mapping = ORDERS.replace("PromotionRebates", asked).replace("value: amount", f"value: amount{more}")
    result = map_rows(mapping, rows)
    assert [(r["unit_price"], r["discount"]) for r in result.rows()] == [(10, 1), (8, 3)]
    assert result.mapped.unknown_columns == []


def test_one_name_in_two_spellings_has_two_values(map_rows: MapRows) -> None:
    rows = [*REBATES[:2], REBATES[1] | {"type": "REBATE", "amount": "0,5"}]
    mapping = ORDERS.replace("PromotionRebates", "rebate")
    assert {rule for _, _, rule in map_rows(mapping, rows).ends} == {"several_values"}
    added = map_rows(mapping.replace("value: amount", "value: amount, sum: true"), rows)
    assert added.column("discount") == [Decimal("1.5")]


def test_a_name_that_the_file_has_as_a_column_in_other_letters(map_rows: MapRows) -> None:
    rows = [row | {"REBATE": "1"} for row in REBATES]
    with pytest.raises(Unreadable, match=r"makes a column `R\w+`, and the file has one"):
        map_rows(ORDERS.replace("PromotionRebates", "rebate"), rows)


def test_a_settlement_with_none_of_the_names_is_another_file(map_rows: MapRows) -> None:
    with pytest.raises(Unreadable, match="Principal"):
        map_rows(ORDERS, [row | {"type": "Fee"} for row in SETTLEMENT])


def test_columns_that_are_missing_are_named(map_rows: MapRows) -> None:
    with pytest.raises(Unreadable, match=r"expected `sku` \(is it `SKU-Nr`\?\); found"):
        map_rows(counts(SUM), [{"store": "A", "SKU-Nr": "1", "qty": "1"}])


SQL = {
    "sum": "select list(record) as records, store, sku, sum(qty) as qty from records group by all",
    "unpivot": "select * from records unpivot (qty for store in (columns('Shop .*')))",
    "window": "select *, qty - lag(qty, 1, 0) over (partition by sku order by record) as step from records",
    "list": "select record, sku, unnest(string_split(stores, ',')) as store, qty from records",
    "last": "select list(record) as records, store, sku, arg_max(qty, record) as qty from records group by store, sku",
}


@pytest.mark.parametrize(
    ("name", "rows", "expected", "merged"),
    [
        ("sum", LOTS, [("A1", "P1", 19600), ("A1", "P2", 10)], 3),
        ("unpivot", MATRIX[:1], [("Shop North", "P1", 1), ("Shop West", "P1", 3)], 0),
        ("window", LOTS[1:3], [("A1", "P1", 200), ("A1", "P2", 5)], 0),
        ("list", [{"sku": "P1", "stores": "A,B", "qty": "2"}], [("A", "P1", 2), ("B", "P1", 2)], 0),
        ("last", LOTS, [("A1", "P1", 16), ("A1", "P2", 5)], 3),
    ],
)
def test_a_select(map_rows: MapRows, name: str, rows: list, expected: list, merged: int) -> None:
    result = map_rows(counts(f"sql: >-\n  {SQL[name]}", "parse: {qty: number}\n"), rows)
    found = [(r["store_id"], r["product_id"], r["quantity"]) for r in result.rows("stock_counts")]
    assert found == expected
    assert result.counts[0].by_rule.get("left_out/merged", 0) == merged


def test_what_a_select_leaves_out_is_listed(map_rows: MapRows) -> None:
    result = map_rows(counts("sql: select * from records where sku = 'P1' and lot <> 'L2'"), LOTS)
    left_out = [(number, rule) for number, _, rule in result.ends if rule == "reshape"]
    assert left_out == [(2, "reshape"), (3, "reshape"), (5, "reshape")]


def test_what_a_select_cannot_read_it_does_not_see(map_rows: MapRows) -> None:
    rows = [LOTS[0] | {"qty": "viel"}, *LOTS[1:]]
    result = map_rows(counts(f"sql: >-\n  {SQL['sum']}", "parse: {qty: number}\n"), rows)
    assert [(r["record"], r["rule"], r["column"], r["value"]) for r in result.rejects] == [
        (1, "not_a_number", "qty", "viel")
    ]


@pytest.mark.parametrize(
    ("select", "message"),
    [
        (
            "select record + 100 as record, store, sku, qty from records",
            "5 of its rows name a record that the file",
        ),
        (
            "select null::bigint as record, store, sku, qty from records",
            "name a record that the file does not have",
        ),
        (
            "select list(record + 9) as records, store, sku, min(qty) as qty from records group by all",
            "order",
        ),
        (
            "select list(record) filter (where lot = 'L9') as records, store, sku from records group by all",
            "or none",
        ),
        ("select sum(qty) as record, store, sku, min(qty) as qty from records group by all", "sum"),
    ],
)
def test_a_row_says_which_records_it_comes_from(map_rows: MapRows, select: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        map_rows(counts(f"sql: >-\n  {select}"), LOTS)


SOLD = [{"store": "S", "sku": "P", "qty": "12"}]


@pytest.mark.parametrize(
    "select",
    [
        "select *, qty / 2 as qty from records",
        "select *, qty / 2 as QTY from records",
        "select r.*, qty / 2 as qty from records as r",
        "select qty / 2 as qty, * from records",
        "select *, qty from records",
        "select *, sku as seller, store as seller from records",
        "select record, store, sku, qty, qty / 2 as qty from records",
        "select record, store, sku, qty from (select *, qty / 2 as qty from records)",
        "with halved as (select *, qty / 2 as qty from records) select * from halved",
        "with halved as (select * from records) select *, qty / 2 as Qty from halved",
        "select * from records join (select sku, 6 as qty from records) as other using (sku)",
        "select * exclude (store), store || 'x' as store, qty / 2 as qty from records",
        "select * replace (qty / 2 as qty), 6 as qty from records",
    ],
)
def test_a_select_that_names_a_column_twice_is_refused(map_rows: MapRows, select: str) -> None:
    with pytest.raises(MappingError, match=r'two columns "(?i:qty|seller)"; .* `select \* replace'):
        map_rows(counts(f"sql: {select}", "parse: {qty: number}\n"), SOLD)


@pytest.mark.parametrize(
    "select",
    [
        "select * replace (qty / 2 as qty) from records",
        "select * replace (qty / 2 as QTY) from records",
        "select * exclude (qty), qty / 2 as qty from records",
        "select record, store, sku, qty / 2 as qty from records",
        "select *, qty / 2 as half from records",
        "select record, * replace (qty / 2 as qty) from records",
        "with halved as (select * exclude (qty), qty / 2 as qty from records) select * from halved",
        "select * from (select record, store, sku, qty / 2 as qty, 1 as qty_1 from records)",
    ],
)
def test_a_select_that_says_which_column_is_meant(map_rows: MapRows, select: str) -> None:
    mapping = counts(f"sql: {select}", "parse: {qty: number}\n")
    mapping = mapping.replace("quantity: qty", "quantity: half") if " half " in select else mapping
    assert map_rows(mapping, SOLD).column("quantity", "stock_counts") == [6]


def test_a_select_behind_a_pivot_makes_what_a_file_lacks(map_rows: MapRows) -> None:
    pivot = "pivot: {per: [order, item, sku, posted], name: type, value: amount}"
    both = f"- {pivot}\n      - sql: select *, -Rebate / 2 as disc from records"
    mapping = ORDERS.replace(pivot, both).replace("discount: PromotionRebates", "discount: disc")
    mapping = mapping.replace("{Principal:", "{Rebate: number, Principal:")
    rows = [row | {"amount": "-3"} if row["type"] == "Rebate" else row for row in REBATES[:2]]
    assert map_rows(mapping, rows).column("discount") == [Decimal("1.5")]
    assert map_rows(mapping, rows[:1]).column("discount") == [None]
    with pytest.raises(MappingError, match='two columns "disc"'):
        map_rows(mapping, [*rows, rows[1] | {"type": "Disc"}])


def test_columns_called_record(map_rows: MapRows) -> None:
    rows = [row | {"record": f"R{number}", "Records": "x"} for number, row in enumerate(LOTS[:3:2])]
    mapping = counts("sql: select record, store, record_2 as sku, qty from records")
    assert map_rows(mapping, rows).column("product_id", "stock_counts") == ["R0", "R1"]


def test_names_as_people_spell_them(map_rows: MapRows) -> None:
    rows = [{"Lager  Ort": "A", "SKU": "P", "Menge": "1"}]
    mapping = counts('sql: select record, "lager ort" as store, sku, MENGE as qty from records')
    assert map_rows(mapping, rows).column("store_id", "stock_counts") == ["A"]


def test_parquet_keeps_its_types_and_its_numbers_are_exact(map_rows: MapRows) -> None:
    rows = pl.DataFrame({"store": ["A"] * 3, "sku": [1, 1, 2], "qty": [0.1, 0.2, 4.0]})
    for step in (SUM, f"sql: >-\n  {SQL['sum']}"):
        mapping = counts(step).replace("*.csv", "*.parquet")
        result = map_rows(mapping, rows, file_format="parquet")
        found = [(r["product_id"], r["quantity"]) for r in result.rows("stock_counts")]
        assert found == [("1", Decimal("0.3")), ("2", Decimal(4))]


def test_every_target_has_the_whole_account(map_rows: MapRows) -> None:
    mapping = counts(SUM) + (
        "  - feed: products\n    leave_out: [{name: tea, when: sku = 'P1'}]\n"
        "    columns: {product_id: sku, name: sku, category: {constant: x}, selling_price: {constant: 1},"
        " currency: {constant: EUR}}\n"
    )
    result = map_rows(mapping, LOTS)
    assert [(c.target, c.records, c.admitted, c.filtered) for c in result.counts] == [
        ("stock_counts", 5, 2, 3),
        ("products", 5, 1, 4),
    ]


def test_derived_line_numbers_over_reshaped_rows(map_rows: MapRows) -> None:
    mapping = """
        source: shop
        match: {folder: sales, files: "*.csv"}
        reshape: {unpivot: {columns: ["P*"], name: sku, value: qty}}
        targets:
          - feed: sales
            document: bon
            replaces: document
            columns: {order_id: bon, line_number: {line_number: derived}, store_id: {constant: S}, product_id: sku,
              sold_at: {constant: '2026-05-30'}, quantity: qty, unit_price: {constant: 1}, currency: {constant: EUR}}
    """
    rows = [
        {"bon": "1", "P1": "2", "P2": "3"},
        {"bon": "2", "P1": "", "P2": "4"},
        {"bon": "1", "P1": "9", "P2": ""},
    ]
    result = map_rows(mapping, rows)
    assert [(r["order_id"], r["line_number"], r["product_id"], r["quantity"]) for r in result.rows()] == [
        ("1", 1, "P1", 2),
        ("1", 2, "P2", 3),
        ("2", 1, "P2", 4),
        ("1", 3, "P1", 9),
    ]
    assert [d["_document"] for d in sorted(result.documents, key=lambda d: d["_document"])] == ["1", "2"]


def test_what_is_made_may_be_calculated_with(map_rows: MapRows) -> None:
    mapping = counts(SUM).replace("quantity: qty", "quantity: {sql: qty * 2}")
    assert map_rows(mapping, LOTS).column("quantity", "stock_counts") == [Decimal(39200), Decimal(20)]


def test_sheets_keep_to_themselves(map_rows: MapRows) -> None:
    mapping = counts("fill_down: sku").replace("store_id: store", "store_id: sheet_name")
    rows = [{"sku": "P1", "qty": "1"}, {"sku": "", "qty": "1"}, {"sku": "", "qty": "x"}]
    result = map_rows(mapping, rows, file_format="excel", place={1: "North", 2: "North", 3: "South"})
    assert [(r["store_id"], r["product_id"]) for r in result.rows("stock_counts")] == [("North", "P1")]
    assert result.ends == [(1, "duplicate", "repeat"), (3, "rejected", "not_a_number")]
    assert [r["place"] for r in result.rejects] == ["South"]


STEPS = {
    "sum": "sum: {per: [store, sku], columns: qty}",
    "fill_down": "fill_down: [store, lot]",
    "unpivot": "unpivot: {columns: [qty, more], name: lot_2, value: n}",
    "pivot": "pivot: {per: [store, sku], name: lot, value: qty, sum: true}",
    "sql": f"sql: >-\n  {SQL['sum']}",
    "sql that multiplies": "sql: select record, sku, qty, unnest(string_split(lot || ',A', ',')) as store from records",
}


@pytest.mark.parametrize("name", STEPS)
def test_the_same_file_gives_the_same_bytes_whatever_the_threads(
    tmp_path: Path, mapping_file: Callable[[str], SourceMapping], name: str
) -> None:
    rows = 300_000
    number = pl.int_range(1, rows + 1, dtype=pl.Int64)
    records = pl.select(
        number.alias("_record"),
        pl.lit(None, pl.String).alias("_place"),
        pl.lit(None, pl.String).alias("_malformed"),
        pl.when(number % 5 > 0).then("S" + (number * 7919 % 50).cast(pl.String)).alias("store"),
        ("P" + (number * 104_729 % 3_001).cast(pl.String)).alias("sku"),
        ("L" + (number % 7).cast(pl.String)).alias("lot"),
        (number % 11).cast(pl.String).alias("qty"),
        (number % 3).cast(pl.String).alias("more"),
    )
    text = counts(STEPS[name], "parse: {qty: number}\n")
    mapping = mapping_file(text.replace("quantity: qty", "quantity: L1") if name == "pivot" else text)
    hashes = set()
    for threads in (1, 4):
        folder = tmp_path / str(threads)
        folder.mkdir()
        records.write_parquet(folder / "records.parquet", row_group_size=10_000)
        content = Content(folder / "records.parquet", records.columns[3:], "csv", {}, KEY)
        with mapping_duckdb(folder, replace(CHECK_LIMITS, duckdb_threads=threads)) as engine:
            whole = records_table(engine, content.records, content.columns, content.format)
            made = reshaped(engine, mapping, whole, {}, folder, business_zone="UTC")
            engine.write(f"select * from {made.table.relation}", folder / "made.parquet")
            path = folder / "made.parquet"
            began = pl.read_parquet(path)["_record"]
        assert began.is_sorted() and began.n_unique() == len(began)
        hashes.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(hashes) == 1


NAMES = [
    "it's",
    'a "b"',
    "c]); drop",
    "_row",
    "_first",
    "_v0",
    "_k0",
    "c;--",
    "%s {x}",
    "Ä\tB",
    "select",
    "1",
]


@pytest.mark.parametrize("step", ["fill", "unpivot", "sum", "pivot", "sql"])
def test_names_that_mean_something_elsewhere(map_rows: MapRows, step: str) -> None:
    steps = {
        "fill": "fill_down: store",
        "unpivot": "unpivot: {except: [store, sku, qty], name: n, value: v}",
        "sum": "sum: {per: [store, sku], columns: qty}",
        "pivot": "pivot: {per: [store, sku, qty], name: title, value: worth}",
        "sql": "sql: select * from records",
    }
    own = {"store": "S", "sku": "P", "qty": "2"}
    others = {name: name for name in NAMES}
    rows = [own | {"title": name, "worth": "1"} for name in NAMES] if step == "pivot" else [own | others]
    mapping = counts(steps[step]).replace("quantity: qty", "quantity: qty, counted_by: 'select'")
    mapping = mapping.replace("counted_by: 'select'", "counted_by: v") if step == "unpivot" else mapping
    result = map_rows(mapping, rows[:1] if step == "fill" else rows)
    found = {row["counted_by"] for row in result.rows("stock_counts")}
    if step == "unpivot":
        assert result.counts[0].records == len(NAMES)
    else:
        assert found == {"1" if step == "pivot" else "select"}


LINES = st.tuples(
    st.sampled_from(["A", " A", "B", ""]),
    st.sampled_from(["P", "Q"]),
    st.sampled_from(["1", "2.5", "7", "", "x"]),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, min_size=1, max_size=12))
def test_no_record_and_no_unit_is_lost(map_rows: MapRows, lines: list[tuple[str, str, str]]) -> None:
    result = map_rows(counts(SUM), [{"store": store, "sku": sku, "qty": qty} for store, sku, qty in lines])
    groups: dict[tuple[str, str], list[str]] = {}
    for store, sku, qty in lines:
        groups.setdefault((store.strip(), sku), []).append(qty)
    whole = {key: parts for key, parts in groups.items() if not {"", "x"} & set(parts)}
    found = {(r["store_id"], r["product_id"]): r["quantity"] for r in result.rows("stock_counts")}
    assert found == {key: sum(map(Decimal, parts)) for key, parts in whole.items() if key[0]}
    [account] = result.counts
    assert account.records == len(lines)
    assert account.by_rule.get("left_out/merged", 0) == sum(len(parts) - 1 for parts in whole.values())
    refused = sum(len(parts) for key, parts in groups.items() if key not in whole)
    assert account.rejected == refused + sum(not store for store, _ in whole)
