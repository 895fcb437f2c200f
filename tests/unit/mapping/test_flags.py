"""Flags: a bad value of a column that only describes is left out and told of, and rules may admit and flag."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import dataframely as dy
import pytest

from retail_assets.contract import ContractError, Feed, identifier
from retail_assets.errors import MappingError
from retail_assets.feeds.mapping.contract_sql import contract_version
from retail_assets.feeds.mapping.model import SourceMapping
from tests.unit.mapping.conftest import FEEDS, MapRows

PRODUCT = {"product_id": "p", "name": "n", "category": "c"}
ODD_BARCODES = {
    "36000291452": "pattern",  # UPC that lost its zero
    "0306406152": "pattern",  # ISBN-10
    "030640615X": "pattern",
    "X001ABCDE1": "pattern",  # FNSKU
    "400-6381-333931": "pattern",
    "8.71234E+12": "digits_lost",
    "4006381333930": "barcode_check_digit",
    "12345671": "barcode_check_digit",
    "9" * 300: "pattern",
}
GOOD_BARCODES = ["036000291452", "4006381333931", " 4006381333931 ", "12345670", ""]


def flags_of(result: Any) -> list[tuple[int, str, str | None, str | None]]:
    return [(f["record"], f["rule"], f["column"], f["value"]) for f in result.flags]


def test_a_product_keeps_its_row_without_an_odd_barcode(map_rows: MapRows) -> None:
    codes = [*ODD_BARCODES, *GOOD_BARCODES]
    rows = [PRODUCT | {"product_id": f"p{n}", "barcode": code} for n, code in enumerate(codes)]
    result = map_rows("products", rows)
    [counts] = result.counts
    assert (counts.admitted, counts.rejected, counts.flagged) == (len(rows), 0, len(ODD_BARCODES))
    assert counts.by_rule == {
        f"flagged/{rule}": list(ODD_BARCODES.values()).count(rule)
        for rule in sorted(set(ODD_BARCODES.values()))
    }
    assert flags_of(result) == [
        (number, rule, "barcode", code) for number, (code, rule) in enumerate(ODD_BARCODES.items(), start=1)
    ]
    kept = [None] * len(ODD_BARCODES) + [code.strip() or None for code in GOOD_BARCODES]
    assert result.column("barcode", "products") == kept
    assert {row["feed"] for row in result.flags} == {"products"} and result.rejects == []


BAD = {
    "a day": ("stores", {"store_id": "S", "name": "n"}, "opened_on", "gestern", "not_a_date"),
    "a day out of this world": ("stores", {"store_id": "S", "name": "n"}, "opened_on", "0026-01-01", "not_a_date"),
    "a long name": ("products", PRODUCT, "brand", "ä" * 201, "too_long"),
    "a country": ("suppliers", {"supplier_id": "X", "name": "n"}, "country", "Deutschland", "pattern"),
    "a label": (
        "promotions",
        {"promotion_id": "1", "product_id": "P", "store_id": "*", "starts_on": "2026-11-01", "ends_on": "2026-11-02"},
        "label",
        "x" * 4_001,
        "too_long",
    ),
    "who counted": (
        "stock_counts",
        {"store_id": "S", "product_id": "P", "counted_at": "2026-11-01", "quantity": "1"},
        "counted_by",
        "x" * 201,
        "too_long",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("feed", "good", "column", "value", "rule"), BAD.values(), ids=BAD)
def test_what_only_describes_never_takes_its_row_along(
    map_rows: MapRows, feed: str, good: dict[str, str], column: str, value: str, rule: str
) -> None:
    result = map_rows(feed, [good | {column: value}])
    assert result.column(column, feed) == [None] and result.counts[0].rejected == 0
    [flag] = result.flags
    assert (flag["rule"], flag["column"]) == (rule, column) and flag["value"][:50] in (value[:50], "***")


MONEY = {
    "discount": "ten",
    "tax_rate": "19",
    "customer_id": "x" * 201,
    "is_promotion": "perhaps",
}
SALE = {
    "order_id": "B1",
    "line_number": "1",
    "store_id": "S1",
    "product_id": "P1",
    "sold_at": "2026-11-20",
    "quantity": "1",
    "unit_price": "1",
    "currency": "EUR",
}


@pytest.mark.parametrize(("column", "value"), MONEY.items())
def test_money_references_and_states_reject_as_they_did(map_rows: MapRows, column: str, value: str) -> None:
    result = map_rows("sales", [SALE | {column: value}])
    assert (result.counts[0].rejected, result.counts[0].flagged) == (1, 0)
    assert [r["column"] for r in result.rejects] == [column]


def test_a_row_may_have_several_flags_and_counts_once(map_rows: MapRows) -> None:
    rows = [PRODUCT | {"barcode": "1", "brand": "x" * 201, "subcategory": "y" * 201}]
    result = map_rows("products", rows)
    [counts] = result.counts
    assert (counts.admitted, counts.flagged) == (1, 1)
    assert counts.by_rule == {"flagged/pattern": 1, "flagged/too_long": 1}
    assert {(f["rule"], f["column"]) for f in result.flags} == {
        ("pattern", "barcode"),
        ("too_long", "brand"),
        ("too_long", "subcategory"),
    }


def test_a_rejected_row_has_no_flag(map_rows: MapRows) -> None:
    result = map_rows("products", [PRODUCT | {"barcode": "1", "tax_rate": "19"}])
    assert (result.counts[0].flagged, result.flags, len(result.rejects)) == (0, [], 1)


@pytest.mark.parametrize("flagged_first", [True, False])
def test_the_last_row_of_a_key_wins_flagged_or_not(map_rows: MapRows, flagged_first: bool) -> None:
    odd, good = PRODUCT | {"name": "odd", "barcode": "1"}, PRODUCT | {"name": "good", "barcode": "12345670"}
    result = map_rows("products", [odd, good] if flagged_first else [good, odd])
    assert result.column("name", "products") == (["good"] if flagged_first else ["odd"])
    [counts] = result.counts
    assert (counts.admitted, counts.duplicate, counts.flagged) == (1, 1, int(not flagged_first))
    assert len(result.flags) == counts.flagged


def test_persons_are_masked(map_rows: MapRows) -> None:
    [flag] = map_rows("customers", [{"customer_id": "C", "name": "Ann", "email": f"{'a' * 330}@x.de"}]).flags
    assert (flag["column"], flag["value"]) == ("email", "***")


PIM = """
    source: pim
    match: {folder: products, files: "*.csv"}
    targets:
      - feed: products
        columns:
          product_id: Nr
          name: Name
          category: {constant: all}
          barcode: {column: EAN, bad_values: reject}
          cost_price: {column: EK, decimal: ",", bad_values: flag}
          subcategory: {sql: "cast(cast(Gruppe as integer) + 1 as varchar)"}
          pack_size: {sql: "Stk * 2", bad_values: flag}
    parse: {Stk: integer}
"""
ARTICLE = {"Nr": "1", "Name": "n", "EAN": "12345670", "EK": "1,5", "Gruppe": "1", "Stk": "1"}


def test_a_mapping_chooses_per_column(map_rows: MapRows) -> None:
    rows = [ARTICLE, ARTICLE | {"Nr": "2", "EAN": "1"}, ARTICLE | {"Nr": "3", "EK": "n/a"}]
    result = map_rows(PIM, rows)
    assert [(r["record"], r["rule"], r["column"]) for r in result.rejects] == [(2, "pattern", "barcode")]
    assert flags_of(result) == [(3, "not_a_number", "cost_price", "n/a")]
    assert result.column("cost_price", "products") == [Decimal("1.5"), None]


def test_what_an_expression_cannot_compute_is_flagged_too(map_rows: MapRows) -> None:
    result = map_rows(PIM, [ARTICLE | {"Gruppe": "x"}, ARTICLE | {"Nr": "2", "Stk": "viele"}])
    assert result.column("subcategory", "products") == [None, "2"]
    assert result.column("pack_size", "products") == [Decimal(2), None]
    (first, second) = result.flags
    assert (first["rule"], first["column"]) == ("expression_failed", "subcategory")
    assert "with Gruppe = 'x': Conversion Error" in first["value"]
    assert (second["rule"], second["column"], second["value"]) == ("not_an_integer", "Stk", "viele")


WRONG = {
    "required": ("name: Name", "name: {column: Name, bad_values: flag}", "cannot do without `name`"),
    "key": ("product_id: Nr", "product_id: {column: Nr, bad_values: flag}", "cannot do without `product_id`"),
    "other word": ("bad_values: reject", "bad_values: drop", "choose `flag` or `reject`"),
    "of a version": (
        "        columns:",
        "        version: {column: Nr, bad_values: flag}\n        columns:",
        "where `columns` lists the column",
    ),
    "of a rule": (
        "        columns:",
        "        rules: [{name: a, when: Nr = '1', set: {brand: {column: Nr, bad_values: flag}}}]\n        columns:",
        "where `columns` lists the column",
    ),
    "no rule rejects and flags": (
        "        columns:",
        "        rules: [{name: a, when: Nr = '1', reject: true, flag: true}]\n        columns:",
        "a rule does one thing",
    ),
    "nobody leaves out and flags": (
        "        columns:",
        "        leave_out: [{name: a, when: Nr = '1', flag: true}]\n        columns:",
        "unknown key `flag`",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_flagged_is_refused_with_its_line(
    mapping_file: Callable[[str], SourceMapping], old: str, new: str, said: str
) -> None:
    with pytest.raises(MappingError, match=r"mapping\.yaml:\d+: ") as refused:
        mapping_file(PIM.replace(old, new, 1))
    assert said in str(refused.value)


TILL = """
    source: till
    match: {folder: sales, files: "*.csv"}
    parse: {Menge: number}
    targets:
      - feed: sales
        rules:
          - {name: dear, when: Preis > 100, flag: true}
          - {name: phone, when: Weg = 'tel', set: {channel: {constant: phone}}, flag: true}
          - {name: broken, when: Menge < 0, send_to: stock_movements}
          - {name: free, when: Preis = 0, flag: true}
          - {name: training, when: Weg = 'test', reject: true}
        columns:
          order_id: Bon
          line_number: {constant: 1}
          store_id: {constant: S1}
          product_id: {constant: P1}
          sold_at: {constant: 2026-11-20}
          quantity: Menge
          unit_price: Preis
          currency: {constant: EUR}
        sent:
          stock_movements:
            columns:
              movement_id: Bon
              store_id: {constant: S1}
              product_id: {constant: P1}
              moved_at: {constant: 2026-11-20}
              quantity: Menge
              kind: {constant: damage}
              reason: Grund
"""


def receipt(number: int, **values: str) -> dict[str, str]:
    return {"Bon": f"B{number}", "Menge": "1", "Preis": "5", "Weg": "", "Grund": ""} | values


def test_rules_admit_and_flag(map_rows: MapRows) -> None:
    rows = [
        receipt(1),
        receipt(2, Preis="101"),
        receipt(3, Weg="tel"),
        receipt(4, Preis="0"),
        receipt(5, Preis="200", Weg="tel"),
        receipt(6, Preis="200", Weg="test"),
    ]
    result = map_rows(TILL, rows)
    [counts] = result.counts
    assert (counts.admitted, counts.rejected, counts.flagged) == (5, 1, 4)
    assert counts.by_rule == {
        "flagged/dear": 2,
        "flagged/free": 1,
        "flagged/phone": 2,
        "rejected/training": 1,
    }
    assert sorted((f["record"], f["rule"]) for f in result.flags) == [
        (2, "dear"), (3, "phone"), (4, "free"), (5, "dear"), (5, "phone"),
    ]  # fmt: skip
    assert result.column("channel") == [None, None, "phone", None, "phone"]
    assert [row["order_id"] for row in result.rows()] == ["B1", "B2", "B3", "B4", "B5"]


def test_what_is_sent_elsewhere_is_flagged_there_by_rules_that_were_asked(map_rows: MapRows) -> None:
    rows = [receipt(1, Menge="-1", Preis="200"), receipt(2, Menge="-1", Preis="0", Grund="x" * 4_001)]
    result = map_rows(TILL, rows)
    [counts] = result.counts
    assert (counts.admitted, counts.routed, counts.flagged) == (0, 2, 2)
    assert [(f["feed"], f["record"], f["rule"]) for f in result.flags] == [
        ("stock_movements", 1, "dear"),
        ("stock_movements", 2, "too_long"),
    ]
    assert result.column("reason", "stock_movements") == [None, None]


def test_a_rule_that_sets_never_loses_a_value_without_a_word(map_rows: MapRows) -> None:
    mapping = TILL.replace(
        "set: {channel: {constant: phone}}, flag: true", "set: {discount: {sql: Rabatt / 2}}"
    )
    mapping = mapping.replace("{Menge: number}", "{Menge: number, Rabatt: number}")
    rows = [receipt(1, Rabatt="x"), receipt(2, Weg="tel", Rabatt="x"), receipt(3, Weg="tel", Rabatt="4")]
    result = map_rows(mapping, rows)
    assert [(r["record"], r["rule"], r["column"]) for r in result.rejects] == [(2, "not_a_number", "Rabatt")]
    assert result.column("discount") == [None, Decimal(2)]


class Visits(dy.Schema):
    store_id = identifier("Store id.", primary_key=True)
    visitors = dy.Int32(description="Visitors.")
    day = dy.Date(nullable=True, description="Day.")
    note = identifier("Note.", nullable=True)


@pytest.mark.parametrize("column", ["store_id", "visitors", "day", "notes"])
def test_a_contract_cannot_call_descriptive_what_it_needs(column: str) -> None:
    with pytest.raises(ContractError, match=f"calls `{column}` descriptive"):
        Feed("visits", Visits, "Visits.", "day", descriptive=frozenset({column}))


def test_what_is_flagged_is_part_of_the_contracts_version() -> None:
    plain, flagging = (
        Feed("visits", Visits, "Visits.", "day", descriptive=frozenset(names)) for names in ([], ["note"])
    )
    assert contract_version(plain) != contract_version(flagging)


def test_nothing_the_platform_calls_descriptive_carries_money() -> None:
    for feed in FEEDS.values():
        for name in feed.descriptive:
            assert not isinstance(feed.columns[name], dy.Decimal | dy.Integer | dy.Bool), (feed.name, name)
            assert name not in feed.parents
