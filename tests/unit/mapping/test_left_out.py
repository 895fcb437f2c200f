"""A record that is left out is none: never one whose value could not be read, and looked blank to the condition."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.mapping.conftest import MapFile, MapRows
from tests.unit.mapping.exports import as_csv, as_excel, as_json, as_nested, sales

TILL = """
    source: till
    match: {folder: sales, files: "*"}
    parse: {tip: number}
    TOP
    targets:
      - feed: sales
        TARGET
        columns:
          order_id: order_id
          line_number: line_number
          store_id: store_id
          product_id: product_id
          sold_at: sold_at
          quantity: quantity
          unit_price: unit_price
          currency: currency
"""


def till(rule: str = "", *, top: str = "") -> str:
    return TILL.replace("TOP", top).replace("TARGET", rule)


ODD = sales({"quantity": "2,0"}, {"quantity": None}, {"quantity": "3"})


@pytest.mark.parametrize(
    "when", ["quantity is null", "coalesce(quantity, 0) <= 0", "not coalesce(quantity > 0, false)"]
)
@pytest.mark.parametrize("place", ["top", "target", "reshape"])
@pytest.mark.parametrize(("write", "name"), [(as_csv, "a.csv"), (as_excel, "a.xlsx"), (as_json, "a.json")])
def test_what_cannot_be_read_is_not_blank(
    map_file: MapFile, when: str, place: str, write: Callable[[Any], bytes], name: str
) -> None:
    rule = f"leave_out: [{{name: none_sold, when: '{when}'}}]"
    fill = "\n    reshape: {fill_down: {columns: tip, per: order_id}}" if place == "reshape" else ""
    rows = [row | {"tip": 1} for row in ODD]
    result = map_file(till(rule) if place == "target" else till(top=rule + fill), write(rows), name)
    assert result.ends == [(1, "rejected", "not_a_number"), (2, "left_out", "none_sold")]
    assert result.refused == [(1, "not_a_number", "quantity", "2,0")]
    assert result.column("order_id") == ["o3"]


@pytest.mark.parametrize("tip", ["1'234.50", "4,50 EUR", "#N/A"])
def test_declared_columns_that_nothing_takes_too(map_rows: MapRows, tip: str) -> None:
    rule = "leave_out: [{name: no_tip, when: tip is null or tip = 0}]"
    result = map_rows(till(rule), sales({"tip": tip}, {"tip": "0"}, {"tip": "1"}))
    assert [(number, end) for number, end, _ in result.ends] == [(1, "rejected"), (2, "left_out")]


def test_lines_of_a_list_too(map_file: MapFile) -> None:
    mapping = till("unfold: lines\n        leave_out: [{name: none_sold, when: lines.quantity is null}]")
    for name in (
        "order_id",
        "line_number",
        "store_id",
        "product_id",
        "sold_at",
        "quantity",
        "unit_price",
        "currency",
    ):
        mapping = mapping.replace(f"{name}: {name}", f"{name}: lines.{name}")
    assert map_file(mapping, as_nested(ODD), "a.json").ends == [
        (1, "rejected", "not_a_number"),
        (2, "left_out", "none_sold"),
    ]


def test_conditions_of_what_can_be_read_leave_out(map_rows: MapRows) -> None:
    rules = (
        "leave_out: [{name: none_sold, when: quantity is null}, {name: total, when: \"order_id = 'Total'\"}]"
    )
    rows = sales({"order_id": "Total", "sold_at": "Total", "quantity": "3 sales"}, {"quantity": "3"})
    assert map_rows(till(rules), rows).ends == [(1, "left_out", "total")]


def test_a_text_is_read_as_a_text(map_rows: MapRows) -> None:
    mapping = till("leave_out: [{name: total, when: \"sold_at = 'Total'\"}]").replace(
        "tip: number", "sold_at: text"
    )
    assert map_rows(mapping, sales({"sold_at": "Total"}, {})).ends == [(1, "left_out", "total")]


def test_nor_is_it_sent_elsewhere_as_blank(map_rows: MapRows) -> None:
    rule = """rules: [{name: lost, when: quantity is null, send_to: stock_movements}]
        sent:
          stock_movements:
            columns:
              movement_id: order_id
              store_id: store_id
              product_id: product_id
              moved_at: sold_at
              quantity: {constant: -1}
              kind: {constant: adjustment}"""
    assert map_rows(till(rule), ODD).ends == [(1, "rejected", "not_a_number"), (2, "routed", "lost")]
