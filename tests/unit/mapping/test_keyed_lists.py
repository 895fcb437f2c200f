"""`unfold` of an object whose members are the lines, and of files without any line."""

import json
from typing import Any

import polars as pl
import pytest

from retail_assets.errors import MappingError
from retail_assets.feeds.mapping.mostly_rejected import why_mostly_rejected
from tests.unit.mapping.conftest import MapFile, Result

LINES = ' unfold: "lines.*"'
MAPPING = f"""
source: php
match: {{folder: sales, files: "*"}}
targets:
  - feed: sales
    {LINES.strip()}
    columns: {{order_id: id, line_number: lines.no, store_id: {{constant: WEB}}, product_id: lines.sku,
      sold_at: {{constant: '2026-05-30'}}, quantity: lines.qty, unit_price: lines.price.net,
      currency: {{constant: EUR}}, description: lines.key}}
"""


def line(number: int, **more: Any) -> dict[str, Any]:
    return {"no": number, "sku": f"P{number}", "qty": number, "price": {"net": "1.50"}} | more


def found(result: Result) -> list[tuple[str, int, str, str]]:
    return [(r["order_id"], r["line_number"], r["product_id"], r["description"]) for r in result.rows()]


def as_json(*records: dict[str, Any]) -> bytes:
    return json.dumps(list(records)).encode()


ORDERS = [
    {"id": "A", "lines": {"12": line(1), "7": line(2)}},
    {"id": "B", "lines": [line(1), line(2)]},
    {"id": "C", "lines": {'x/y~ "z"': line(1)}},
    {"id": "D", "lines": {}},
    {"id": "E", "lines": []},
    {"id": "F", "lines": None},
    {"id": "G"},
]


@pytest.mark.parametrize("spelled", ["lines.", "lines.*."])
def test_members_of_an_object_are_lines(map_file: MapFile, spelled: str) -> None:
    """PHP writes a list with the keys 0, 1, … as a list, and an empty one too."""
    mapping = MAPPING.replace(": lines.", f": {spelled}")
    result = map_file(mapping, as_json(*ORDERS), "x.json")
    assert found(result) == [
        ("A", 1, "P1", "12"),
        ("A", 2, "P2", "7"),
        ("B", 1, "P1", "0"),
        ("B", 2, "P2", "1"),
        ("C", 1, "P1", 'x/y~ "z"'),
    ]
    assert result.counts[0].by_rule == {"left_out/no_lines": 4}
    assert result.mapped.unknown_columns == []


def test_lines_of_csv_and_ndjson(map_file: MapFile) -> None:
    ndjson = "\n".join(json.dumps(order) for order in ORDERS[:2]).encode()
    assert len(found(map_file(MAPPING, ndjson, "x.ndjson"))) == 4
    rows = [{"id": order["id"], "lines": json.dumps(order["lines"])} for order in ORDERS[:2]]
    csv = pl.DataFrame(rows).write_csv().encode()
    assert len(found(map_file(MAPPING, csv, "x.csv"))) == 4


def test_objects_in_expressions_and_within_lists(map_file: MapFile) -> None:
    mapping = MAPPING.replace("lines.", "parcels.lines.").replace(
        "quantity: parcels.lines.qty", "quantity: {sql: parcels.lines.qty * 2}"
    )
    mapping = mapping.replace("source: php", "source: php\nparse: {parcels.lines.qty: number}")
    order = {"id": "A", "parcels": [{"lines": {"5": line(1)}}, {"lines": {"6": line(2), "7": line(3)}}]}
    result = map_file(mapping, as_json(order), "x.json")
    assert [(r["line_number"], r["quantity"], r["description"]) for r in result.rows()] == [
        (1, 2, "5"),
        (2, 4, "6"),
        (3, 6, "7"),
    ]
    keyed = mapping.replace("parcels.lines.*", "parcels.*.lines.*")
    order = {"id": "A", "parcels": {"a": order["parcels"][0], "b": order["parcels"][1]}}
    assert map_file(keyed, as_json(order), "x.json").column("quantity") == [2, 4, 6]


def test_a_key_beside_a_key_and_bare_values(map_file: MapFile) -> None:
    own = [{"id": "A", "lines": {"12": line(1, key="mine")}}]
    assert map_file(MAPPING, as_json(*own), "x.json").column("description") == ["mine"]
    named = MAPPING.replace("lines.key", "lines.key_of_object")
    assert map_file(named, as_json(*own), "x.json").column("description") == ["12"]
    bare = (
        MAPPING.replace("lines.no", "lines.value")
        .replace("lines.sku", "lines.key")
        .replace("lines.qty", "lines.value")
    )
    bare = bare.replace("lines.price.net", "{constant: 1}")
    result = map_file(bare, as_json({"id": "A", "lines": {"P1": 3, "P2": "4", "P3": None}}), "x.json")
    assert [(r["product_id"], r["quantity"]) for r in result.rows()] == [("P1", 3), ("P2", 4)]


def test_what_a_member_lacks_is_told(map_file: MapFile) -> None:
    result = map_file(MAPPING, as_json({"id": "A", "lines": line(1)}), "x.json")
    assert {row["rule"] for row in result.rejects} == {"required"}
    result = map_file(MAPPING, as_json({"id": "A", "lines": {"12": line(1, sku="")}}), "x.json")
    assert [row["place"] for row in result.rejects] == ["record 1: lines[12]"]


@pytest.mark.parametrize("path", ["lines.*.*", "*", "*.lines", "a.*.*.b"])
def test_a_star_stands_behind_a_name(map_file: MapFile, path: str) -> None:
    with pytest.raises(MappingError, match="stands behind the name of a list, once"):
        map_file(MAPPING.replace("lines.*", path), b"[]", "x.json")


HEADS = """
  - feed: order_events
    columns: {event_id: id, order_kind: {constant: sales}, order_id: id, at: {constant: '2026-05-30'},
      status: {constant: placed}}
"""
EMPTY = [{"id": "A", "lines": []}, {"id": "B", "lines": None}, {"id": "C", "lines": {}}]


@pytest.mark.parametrize(
    ("orders", "path", "heads", "is_refused"),
    [
        (EMPTY[:2], "lines", "", True),
        (EMPTY, "lines.*", HEADS, True),
        (EMPTY[:1], "lines", "", True),
        (EMPTY[:1], "lines", HEADS, False),
        ([{"id": "A", "lines": {"items": [line(1)]}}] * 2, "lines.itemz", HEADS, True),
        ([*EMPTY, ORDERS[0]], "lines.*", "", False),
    ],
)
def test_a_file_without_any_line(
    map_file: MapFile, orders: list[dict[str, Any]], path: str, heads: str, *, is_refused: bool
) -> None:
    mapping = MAPPING.replace('"lines.*"', path if "*" not in path else f'"{path}"') + heads
    counts = map_file(mapping, as_json(*orders), "x.json").counts
    refusal = why_mostly_rejected(counts, None, at_most=0.5)
    assert (refusal is not None) == is_refused
    assert refusal is None or (refusal.reason == "no_lines" and "`unfold` says for sales" in refusal.message)
    assert why_mostly_rejected(counts, None, at_most=1) is None
