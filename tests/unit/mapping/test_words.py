"""Texts and the words of a mapping are compared in NFC, and with every run of blanks as one space."""

import pytest

from tests.unit.mapping.conftest import MapRows
from tests.unit.mapping.exports import sales

TILL = """
    source: till
    match: {folder: sales, files: "*"}
    leave_out: [{name: out, when: "WHEN"}]
    targets:
      - feed: sales
        columns:
          order_id: order_id
          line_number: line_number
          store_id: store_id
          product_id: product_id
          sold_at: sold_at
          quantity: quantity
          unit_price: unit_price
          currency: currency
          description: {column: st, KEYS}
"""
IN_WORK = ("in Arbeit", "in\u00a0Arbeit", "in  Arbeit", "in\u202fArbeit", "in\tArbeit", " in \u00a0Arbeit ")
SOUTH, APART = "S\u00fcd", "Su\u0308d"


def till(when: str = "false", keys: str = "default: x") -> str:
    return TILL.replace("WHEN", when).replace("KEYS", keys)


@pytest.mark.parametrize(
    "when",
    [
        "st = 'in Arbeit'",
        "st = 'in\u00a0Arbeit'",
        "'in  Arbeit' = st",
        "st in ('x', 'in Arbeit')",
        "upper(trim(st)) = 'IN ARBEIT'",
        "st like 'in A%'",
        "starts_with(lower(st), 'in a')",
        "contains(coalesce(st, ''), 'n A')",
        "case st when 'in Arbeit' then true else false end",
        "not (st <> 'in Arbeit')",
    ],
)
def test_conditions(map_rows: MapRows, when: str) -> None:
    result = map_rows(
        till(when), sales(*({"st": text} for text in IN_WORK), {"st": "inArbeit"}, {"st": "in  b"})
    )
    assert [number for number, _, _ in result.ends] == [1, 2, 3, 4, 5, 6]
    assert result.column("description") == ["inArbeit", "in  b"], "what is stored keeps its blanks"


@pytest.mark.parametrize("word", [SOUTH, APART])
def test_letters_and_accents(map_rows: MapRows, word: str) -> None:
    rows = sales({"st": SOUTH}, {"st": APART}, {"st": "Sud"})
    assert [number for number, _, _ in map_rows(till(f"st = '{word}'"), rows).ends] == [1, 2]
    assert map_rows(till(keys=f'translate: {{"{word}": South}}'), rows).column("description") == [
        "South",
        "South",
        "Sud",
    ]
    assert map_rows(till(keys=f'null_words: "{word}"'), rows).column("description") == [None, None, "Sud"]
    assert map_rows(till(keys=f'replace: {{"{word[1:-1]}": ue}}'), rows).column("description") == [
        "Sued",
        "Sued",
        "Sud",
    ]


@pytest.mark.parametrize("word", ["in Arbeit", "in  Arbeit", "IN\u00a0ARBEIT"])
def test_word_lists(map_rows: MapRows, word: str) -> None:
    rows = sales(*({"st": text} for text in IN_WORK))
    assert map_rows(till(keys=f'translate: {{"{word}": W}}'), rows).column("description") == ["W"] * 6
    assert map_rows(till(keys=f'null_words: ["{word}"]'), rows).column("description") == [None] * 6


def test_parts_that_are_replaced(map_rows: MapRows) -> None:
    rows = sales(*({"st": text} for text in IN_WORK))
    assert (
        map_rows(till(keys='replace: {"n Ar": "n\\\\1w"}'), rows).column("description") == [r"in\1wbeit"] * 6
    )
    spaced = map_rows(till(keys='replace: {" ": "_"}'), sales({"st": "a\u00a0b  c\nd"})).column("description")
    assert spaced == ["a_b__c\nd"], "each space, of any kind"


def test_yes_and_no(map_rows: MapRows) -> None:
    mapping = till().replace(
        "description: {column: st, default: x}", "is_promotion: {column: st, true_words: ja  doch}"
    )
    assert map_rows(mapping, sales({"st": "Ja\u00a0doch"}, {"st": "no"})).column("is_promotion") == [
        True,
        False,
    ]
