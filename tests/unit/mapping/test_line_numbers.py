"""Line numbers that are made: of a count where documents come whole, of what a line says where they come in parts."""

import hashlib
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from retail_assets.errors import MappingError
from retail_assets.feeds.mapping.keys.replacing import replaced_in_words
from retail_assets.feeds.mapping.model import SourceMapping
from tests.unit.mapping.conftest import MapRows, Result

ORDERS = """
    source: shop
    match: {folder: sales, files: "*.csv"}
    targets:
      - feed: sales
        document: nr
        replaces: row
        columns:
          order_id: nr
          line_number: {line_number: derived}
          store_id: {constant: WEB}
          product_id: art
          sold_at: at
          quantity: qty
          unit_price: price
          currency: {constant: EUR}
"""
WHOLE = ORDERS.replace("replaces: row", "replaces: document")


def lines(*said: str, **more: str) -> list[dict[str, Any]]:
    """`A2 P1 3` is 3 of P1 in the order A2."""
    names = ("nr", "art", "qty")
    told = [dict(zip(names, one.split(), strict=True)) for one in said]
    return [{**one, "at": "2026-11-20 10:00", "price": "10", **more} for one in told]


def keys(result: Result) -> list[tuple[str, int]]:
    return [(row["order_id"], row["line_number"]) for row in result.rows()]


def ends(result: Result) -> list[tuple[int, str]]:
    return [(record, f"{end}/{rule}") for record, end, rule in result.ends]


def test_an_order_in_two_files_keeps_both_parts(map_rows: MapRows) -> None:
    """The same line of two files has one number, another line another; whatever else is in the files."""
    first = map_rows(ORDERS, lines("A1 P1 1", "A2 P1 1", "A2 P2 2"))
    assert first.documents == []
    parts = dict(zip(["A1 P1", "A2 P1", "A2 P2"], keys(first), strict=True))
    second = keys(map_rows(ORDERS, lines("A2 P3 3", "A3 P1 1", "A2 P2 2")))
    assert len({*parts.values(), *second}) == 5
    assert second[2] == parts["A2 P2"], "a page that overlaps brings it again"
    assert all(0 <= number < 2**53 for _, number in second)


def test_numbers_of_lines_stay_what_they_are(map_rows: MapRows) -> None:
    """They are keys: the next version of the platform, and a mapping whose columns stand in another order, has to make
    the same of a file that comes again."""
    reordered = ORDERS.replace("          product_id: art\n", "") + "          product_id: art\n"
    said = '["P1","2026-11-20 10:00:00","A1","10.000000","1.000000"]'
    expected = [("A1", int(hashlib.md5(f"{said} {n}".encode()).hexdigest()[:13], 16)) for n in (1, 2)]
    for mapping in (ORDERS, reordered):
        assert keys(map_rows(mapping, lines("A1 P1 1", "A1 P1 1"))) == expected


def test_equal_lines_of_one_file_are_several_and_again_the_same_ones(map_rows: MapRows) -> None:
    once = keys(map_rows(ORDERS, lines("A1 P1 1", "A1 P1 1", "A1 P2 1")))
    assert len(set(once)) == 3
    assert keys(map_rows(ORDERS, lines("A1 P2 1", "A1 P1 1", "A1 P1 1"))) == [once[2], once[0], once[1]]


@pytest.mark.parametrize("more", [{"exported_at": "2026-11-21"}, {"note": "x"}, {"art": "P1 "}])
def test_what_the_mapping_does_not_take_makes_no_other_line(map_rows: MapRows, more: dict[str, str]) -> None:
    assert keys(map_rows(ORDERS, lines("A1 P1 1", **more))) == keys(map_rows(ORDERS, lines("A1 P1 1")))


def test_a_version_makes_no_other_line(map_rows: MapRows) -> None:
    versioned = ORDERS.replace("replaces: row", "replaces: row\n        version: v")
    [one] = map_rows(versioned, lines("A1 P1 1", v="1")).rows()
    [two] = map_rows(versioned, lines("A1 P1 1", v="2")).rows()
    assert one["line_number"] == two["line_number"]
    assert (one["_version"], two["_version"]) == (100, 200)


@pytest.mark.parametrize("rule", ["flag: true", "reject: true", "send_to: stock_movements"])
def test_what_a_rule_asks_about_makes_no_other_line(map_rows: MapRows, rule: str) -> None:
    """An order is pending, then paid; its lines are the same."""
    row = "movement_id: nr, kind: {constant: receipt}, store_id: art, product_id: art, moved_at: at, quantity: qty"
    sent = f"\n        sent: {{stock_movements: {{columns: {{{row}}}}}}}" if "send_to" in rule else ""
    rules = f"\n        rules: [{{name: voided, when: state = 'voided', {rule}}}]" + sent
    mapping = ORDERS.replace("replaces: row", f"replaces: row{rules}")
    before, after = (keys(map_rows(mapping, lines("A1 P1 1", state=state))) for state in ("pending", "paid"))
    assert before == after
    everywhere = ORDERS.replace(
        "targets:", "leave_out: [{name: voided, when: state = 'voided'}]\n    targets:", 1
    )
    assert keys(map_rows(everywhere, lines("A1 P1 1", state="paid"))) == keys(
        map_rows(ORDERS, lines("A1 P1 1"))
    )


@pytest.mark.parametrize("lines_by", ["", "lines_by: [art, price, at]"])
@pytest.mark.parametrize(
    "again",
    [
        {"price": "10.50"},
        {"price": "10.5 "},
        {"price": "+10.5"},
        {"at": "2026-11-20T10:00:00"},
        {"art": '="P1"'},
    ],
)
def test_a_line_that_is_spelt_otherwise_is_the_same(
    map_rows: MapRows, again: dict[str, str], lines_by: str
) -> None:
    mapping = ORDERS.replace("replaces: row", f"replaces: row\n        {lines_by}")
    one = {"price": "10.5"}
    assert keys(map_rows(mapping, lines("A1 P1 1", **one))) == keys(
        map_rows(mapping, lines("A1 P1 1", **{**one, **again}))
    )
    assert keys(map_rows(mapping, lines("A1 P1 1", price="10.51"))) != keys(
        map_rows(mapping, lines("A1 P1 1", **one))
    )


def test_a_line_can_be_known_by_some_columns(map_rows: MapRows) -> None:
    """So that one whose quantity is corrected replaces itself."""
    mapping = ORDERS.replace("replaces: row", "replaces: row\n        lines_by: [art]")
    before, after = (keys(map_rows(mapping, lines(f"A1 P1 {quantity}", "A1 P2 1"))) for quantity in (1, 5))
    assert before == after
    twice = map_rows(mapping, lines("A1 P1 1", "A1 P1 4"))
    assert len(set(keys(twice))) == 2, "two lines of one article are two"


@pytest.mark.parametrize("mapping", [ORDERS, WHOLE])
def test_exact_repeats_can_be_dropped(map_rows: MapRows, mapping: str) -> None:
    dropping = mapping.replace("document: nr", "document: nr\n        repeats: drop")
    result = map_rows(dropping, lines("A1 P1 1", "A1 P2 1", "A1 P1 1", "A2 P1 1", "A1 P1 2"))
    assert [rule for _, rule in ends(result)] == ["duplicate/repeat"]
    assert len(set(keys(result))) == 4
    assert len(map_rows(mapping, lines("A1 P1 1", "A1 P1 1")).rows()) == 2, "they are kept unless it says so"


def test_what_differs_in_any_column_is_no_exact_repeat(map_rows: MapRows) -> None:
    dropping = WHOLE.replace("document: nr", "document: nr\n        repeats: drop")
    rows = lines("A1 P1 1", "A1 P1 1")
    rows[1]["line_id"], rows[0]["line_id"] = "2", "1"
    assert keys(map_rows(dropping, rows)) == [("A1", 1), ("A1", 2)]


@pytest.mark.parametrize("more", ["", "\n        repeats: drop"])
@pytest.mark.parametrize("mapping", [ORDERS, WHOLE])
def test_texts_that_share_a_hash_are_different_lines(map_rows: MapRows, mapping: str, more: str) -> None:
    """DuckDB's hash of HOODIE-3-BLACK-0 is that of HOODIE-8-BLACK-5, and these ids of receipts are as near."""
    said = [
        "A1 HOODIE-3-BLACK-0 1",
        "B1 MUG 1",
        "A1 HOODIE-8-BLACK-5 1",
        "kasse:K2-0000010 P1 1",
        "kasse:K5-0000015 P1 1",
    ]
    result = map_rows(mapping.replace("document: nr", f"document: nr{more}"), lines(*said))
    assert len(set(keys(result))) == len(said) and not result.ends


@pytest.mark.parametrize("mapping", [ORDERS, WHOLE])
@pytest.mark.parametrize("count", [2, 3])
def test_a_document_that_stands_in_a_file_twice_counts_once(
    map_rows: MapRows, mapping: str, count: int
) -> None:
    order = ["A1 P1 1", "A1 P1 1", "A1 P2 2"]
    said = [*order, "B1 P1 1"] * count
    result = map_rows(mapping, lines(*said))
    assert len(keys(result)) == len(set(keys(result))) == 4
    assert {rule for _, rule in ends(result)} == {"duplicate/repeat"}


@pytest.mark.parametrize(
    "said",
    [
        ["A1 P1 1", "B1 P1 1", "A1 P2 1"],
        ["A1 P1 1", "A1 P1 1", "B1 P1 1"],
        ["A1 P1 1", "A1 P2 1", "B1 P1 1", "A1 P1 1"],
        ["A1 P1 1", "A1 P2 1", "B1 P1 1", "A1 P2 1", "A1 P1 1"],
        ["A1 P1 1", "B1 P1 1", "A1 P1 2"],
    ],
)
def test_a_document_that_goes_on_further_below_is_no_copy(map_rows: MapRows, said: list[str]) -> None:
    assert len(map_rows(WHOLE, lines(*said)).rows()) == len(said)


def test_copies_are_kept_where_the_mapping_says_so(map_rows: MapRows) -> None:
    """A journal of several tills, whose receipts interleave."""
    keeping = WHOLE.replace("document: nr", "document: nr\n        repeats: keep")
    assert keys(map_rows(keeping, lines("A1 P1 1", "B1 P1 1", "A1 P1 1"))) == [
        ("A1", 1),
        ("B1", 1),
        ("A1", 2),
    ]


def test_of_two_versions_of_a_document_none_is_a_copy(map_rows: MapRows) -> None:
    versioned = WHOLE.replace("replaces: document", "replaces: document\n        version: v")
    rows = [
        *lines("A1 P1 1", v="1"),
        *lines("B1 P1 1", v="1"),
        *lines("A1 P1 1", v="2"),
        *lines("A1 P1 1", v="2"),
    ]
    result = map_rows(versioned, rows)
    assert keys(result) == [("B1", 1), ("A1", 1), ("A1", 2)]
    assert ends(result) == [(1, "duplicate/superseded")]


NESTED = """
    source: shop
    match: {folder: sales, files: "*.json"}
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
          sold_at: {constant: "2026-11-20"}
          quantity: lines.qty
          unit_price: {constant: 1}
          currency: {constant: EUR}
"""


def test_a_nested_order_that_stands_in_a_file_twice_counts_once(map_rows: MapRows) -> None:
    """Side by side as well: each record is the whole order."""
    order = {"id": "1", "lines": '[{"sku": "A", "qty": 1}, {"sku": "A", "qty": 1}]'}
    other = {"id": "1", "lines": '[{"sku": "A", "qty": 1}, {"sku": "A", "qty": 2}]'}
    result = map_rows(NESTED, [order, order, {**order, "id": "2"}], file_format="json")
    assert keys(result) == [("1", 1), ("1", 2), ("2", 1), ("2", 2)]
    assert [rule for _, rule in ends(result)] == ["duplicate/repeat"] * 2
    two = map_rows(NESTED, [order, other, {**order, "id": "2"}], file_format="json")
    assert keys(two) == [("2", 1), ("2", 2)], "of two that differ none is added to the other"
    assert ends(two) == [(record, "rejected/several_rows_one_key") for record in (1, 2, 3, 4)]
    assert {(r["column"], r["value"]) for r in two.rejects} == {("document", "1")}
    newer = NESTED.replace("document: id", "document: id\n        version: v")
    versions = [{**order, "v": "1"}, {**other, "v": "2"}]
    assert [row["quantity"] for row in map_rows(newer, versions, file_format="json").rows()] == [1, 2]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("replaces: row", "version: at", "derived line numbers need `document`, and `replaces`"),
        ("document: nr", "", "derived line numbers need `document`, and `replaces`"),
        ("replaces: row", "replaces: none", "choose `row` or `document` or `day`"),
        ("replaces: row", "replaces: document\n        lines_by: [art]", "lines are counted"),
        ("replaces: row", "replaces: row\n        at_least: 0.5", "belongs to `replaces: document`"),
        (
            "{line_number: derived}",
            "pos\n        repeats: drop".replace("\n        ", "\n        "),
            "repeats",
        ),
    ],
)
def test_what_has_to_be_said(map_rows: MapRows, right: str, wrong: str, said: str) -> None:
    text = ORDERS.replace(right, wrong, 1)
    if "repeats" in wrong:
        text = ORDERS.replace(right, "pos").replace("document: nr", "document: nr\n        repeats: drop")
    with pytest.raises(MappingError, match=said):
        map_rows(text, lines("A1 P1 1"))


def test_a_line_without_its_document_is_rejected(map_rows: MapRows) -> None:
    rows = lines("A1 P1 1", "A2 P1 1")
    rows[1]["nr"] = ""
    result = map_rows(ORDERS.replace("order_id: nr", "order_id: {column: nr, default: X}"), rows)
    assert [r["rule"] for r in result.rejects] == ["no_document"]


def test_a_million_lines_take_no_longer_than_counting_them(map_rows: MapRows) -> None:
    """Nothing is compared line by line."""
    number = pl.int_range(0, 200_000, eager=True) // 4
    rows = pl.DataFrame({"nr": number, "art": "P1", "at": "2026-11-20", "qty": "1", "price": "1"})
    assert len(map_rows(ORDERS, rows).rows()) == 200_000


def test_what_is_removed_is_said_by_feed(mapping_file: Callable[[str], SourceMapping]) -> None:
    events = """
      - feed: order_events
        columns:
          event_id: nr
          order_kind: {constant: sales}
          order_id: nr
          at: at
          status: {constant: paid}
    """
    assert replaced_in_words(mapping_file(ORDERS).targets) is None
    said = replaced_in_words(mapping_file(WHOLE + events.lstrip("\n")).targets)
    assert said == (
        "When it is dropped, each document in it removes the source's earlier rows of that document from sales; "
        "rows of order_events replace those with their keys only. How many that are is in input_files then."
    )
