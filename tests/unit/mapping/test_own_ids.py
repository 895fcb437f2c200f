"""Ids that a source counts for itself get its name before them, in every feed that it fills."""

import pytest

from retail_assets.errors import MappingError
from tests.unit.mapping.conftest import MapRows

TILL = """
    source: kasse
    match: {folder: sales, files: "*.csv"}
    own_ids: true
    targets:
      - feed: sales
        rules:
          - {name: phone, when: Menge > 5, set: {order_id: {column: Bestellung}}}
          - {name: back, when: Menge < 0, send_to: stock_movements}
        columns: &line
          order_id: Bon
          line_number: Pos
          store_id: Filiale
          product_id: Artikel
          sold_at: {constant: '2026-11-20'}
          quantity: Menge
          unit_price: {constant: 1}
          currency: {constant: EUR}
          customer_id: Kunde
          credited_order_id: Zu
        sent:
          stock_movements:
            columns:
              movement_id: {sql: Bon || '-' || Pos}
              order_id: Bon
              store_id: Filiale
              product_id: Artikel
              moved_at: {constant: '2026-11-20'}
              quantity: {sql: -CAST(Menge AS INTEGER)}
              kind: {constant: customer_return}
      - feed: order_events
        columns:
          event_id: {sql: Bon || '/' || Pos}
          order_kind: {constant: sales}
          order_id: Bon
          at: {constant: '2026-11-20'}
          status: {constant: paid}
"""
ROWS = [
    {
        "Bon": "1",
        "Pos": "1",
        "Filiale": "S1",
        "Artikel": "A",
        "Menge": "1",
        "Kunde": "7",
        "Bestellung": "",
        "Zu": "",
    },
    {
        "Bon": "1",
        "Pos": "2",
        "Filiale": "S1",
        "Artikel": "A",
        "Menge": "-1",
        "Kunde": "7",
        "Bestellung": "",
        "Zu": "",
    },
    {
        "Bon": "2",
        "Pos": "1",
        "Filiale": "S1",
        "Artikel": "A",
        "Menge": "6",
        "Kunde": "",
        "Bestellung": "99",
        "Zu": "1",
    },
]


def test_references_between_facts_still_meet(map_rows: MapRows) -> None:
    result = map_rows(TILL, ROWS)
    assert result.column("order_id") == ["kasse:1", "kasse:99"]
    assert [(r["movement_id"], r["order_id"]) for r in result.rows("stock_movements")] == [
        ("kasse:1-2", "kasse:1")
    ]
    assert result.column("credited_order_id") == [None, "kasse:1"]
    events = [(r["event_id"], r["order_id"]) for r in result.rows("order_events")]
    assert events == [("kasse:1/1", "kasse:1"), ("kasse:1/2", "kasse:1"), ("kasse:2/1", "kasse:2")]
    assert result.column("store_id") == ["S1", "S1"], "whose ids are the retailer's"
    assert result.column("customer_id") == ["7", None]


@pytest.mark.parametrize(
    ("named", "order", "customer"),
    [
        ("[order_id, customer_id]", "kasse:1", "kasse:7"),
        ("customer_id", "1", "kasse:7"),
        ("false", "1", "7"),
    ],
)
def test_a_list_says_which_columns(map_rows: MapRows, named: str, order: str, customer: str) -> None:
    [row, _] = map_rows(TILL.replace("own_ids: true", f"own_ids: {named}"), ROWS).rows()
    assert (row["order_id"], row["customer_id"]) == (order, customer)


def test_nothing_stays_nothing_and_what_is_too_long_is_rejected(map_rows: MapRows) -> None:
    rows = [{**ROWS[0], "Bon": ""}, {**ROWS[0], "Bon": "x" * 195}, {**ROWS[0], "Bon": "x" * 194}]
    result = map_rows(TILL, rows)
    assert [r["rule"] for r in result.rejects if r["feed"] == "sales"] == ["required", "too_long"]
    assert result.column("order_id") == [f"kasse:{'x' * 194}"]


def test_a_default_is_the_sources_too(map_rows: MapRows) -> None:
    text = TILL.replace(
        "order_id: Bon\n          line", "order_id: {column: Bon, default: walk-in}\n          line"
    )
    assert map_rows(text, [{**ROWS[0], "Bon": ""}]).column("order_id") == ["kasse:walk-in"]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("[oder_id]", r"kasse|`oder_id` is no column of texts in its feeds \(did you mean `order_id`\?\)"),
        ("[quantity]", "`quantity` is no column of texts"),
        ("yes", "`yes` is no column of texts"),
    ],
)
def test_what_is_no_id_is_refused(map_rows: MapRows, named: str, said: str) -> None:
    with pytest.raises(MappingError, match=said):
        map_rows(TILL.replace("own_ids: true", f"own_ids: {named}"), ROWS)


def test_a_feed_without_ids_of_its_own_is_told(map_rows: MapRows) -> None:
    text = """
        source: places
        match: {folder: stores, files: "*.csv"}
        own_ids: true
        targets:
          - feed: stores
            columns: {store_id: a, name: b}
    """
    with pytest.raises(MappingError, match="name the columns"):
        map_rows(text, [{"a": "1", "b": "x"}])
