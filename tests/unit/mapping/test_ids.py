"""Texts that name something: what only a number's way through a program has left in them is mended, or refused."""

from typing import Any

import pytest

from tests.unit.mapping.conftest import MapFile, MapRows
from tests.unit.mapping.exports import as_csv, as_excel, as_json, as_ndjson, as_parquet, sales

FORMATS = {
    "x.csv": as_csv,
    "x.xlsx": as_excel,
    "x.json": as_json,
    "x.ndjson": as_ndjson,
    "x.parquet": as_parquet,
}


TEXTS: dict[str, str | None] = {
    "17850.0": "17850",
    "17850.00": "17850",
    "007.0": "007",
    "4006381333931.0": "4006381333931",
    '="00123"': "00123",
    ' ="00123" ': "00123",
    '=""': None,
    "85123A": "85123A",
    "00123": "00123",
    "#1001": "#1001",
    "1E5": "1E5",
    "12E4": "12E4",
    "A+B/2": "A+B/2",
    "17850.5": "17850.5",
    "v1.0": "v1.0",
    "[A] B": "[A] B",
    "nancy": "nancy",
    "12345678901234567890123": "12345678901234567890123",
    "8.71234E+12": "digits_lost",
    "8,71234E+12": "digits_lost",
    "1e+05": "digits_lost",
    "7656119800375355401.0": "digits_lost",
    "#N/A": "error_value",
    "#BEZUG!": "error_value",
    "#¿NOMBRE?": "error_value",
    "4.00638E12": "digits_lost",
    "4.00638e12": "digits_lost",
    "1.5E3": "digits_lost",
    "1.2E-5": "digits_lost",
    "871.2E+10": "digits_lost",
    "1.2345678E7": "12345678",
    "4.006381333931E12": "4006381333931",
    "4,006381333931E+12": "4006381333931",
    "-1.2345678e7": "-12345678",
    "1.2345678901234567E16": "digits_lost",
    "17850.000": "17850",
    "1234567890123456.0": "1234567890123456",
    "'00123": "00123",
    "'4006381333931": "4006381333931",
    "'17850.0": "17850",
    "'s-Hertogenbosch": "'s-Hertogenbosch",
    "'P1'": "'P1'",
    "P\u00a01": "P 1",
    "P\u202f1": "P 1",
    "P\u30001": "P 1",
    "\u202aP1\u202c": "P1",
    "P\u2066-\u20691": "P-1",
    "P\u061c1": "P1",
    "P\u20281": "not_an_id",
    "NaN": "not_an_id",
    "nan": "not_an_id",
    "None": "not_an_id",
    "NULL": "not_an_id",
    "<NA>": "not_an_id",
    "=A1&B1": "not_an_id",
    '["A"]': "not_an_id",
    '{"a": 1}': "not_an_id",
    "Null": "not_an_id",
    "<na>": "not_an_id",
}
RULES = ("digits_lost", "error_value", "not_an_id")


@pytest.mark.parametrize(
    ("name", "column"),
    [*((name, "product_id") for name in FORMATS), ("x.csv", "customer_id"), ("x.csv", "store_id")],
)
def test_texts(map_file: MapFile, name: str, column: str) -> None:
    # In a workbook a text that begins with = is written as a formula.
    texts = {text: read for text, read in TEXTS.items() if name != "x.xlsx" or not text.startswith("=")}
    result = map_file("sales", FORMATS[name](sales(*({column: text} for text in texts))), name)
    found = {row["order_id"]: row[column] for row in result.rows()}
    found |= {f"o{record}": rule for record, rule, _, _ in result.refused}
    assert {text: found[f"o{number}"] for number, text in enumerate(texts, start=1)} == {
        text: "required" if read is None and column != "customer_id" else read for text, read in texts.items()
    }
    assert {(column_of, value) for _, _, column_of, value in result.refused} <= {
        (column, text) for text in texts
    }


@pytest.mark.parametrize("name", ["x.csv", "x.json", "x.parquet"])
@pytest.mark.parametrize("between", ["\r", "\n", "\t", "\x01", "\x07", "\x1a", "\x1f", "\x7f"])
def test_a_control_character_is_no_part_of_a_name(map_file: MapFile, name: str, between: str) -> None:
    ids = [f"S0{between}3", f"S03{between}", f"{between}S05 {between}", "S04"]
    result = map_file("sales", FORMATS[name](sales(*({"product_id": one} for one in ids))), name)
    assert result.column("product_id") == ["S03", "S05", "S04"]
    assert {(rule, column) for _, rule, column, _ in result.refused} == {("not_an_id", "product_id")}


@pytest.mark.parametrize("name", ["x.json", "x.parquet"])
def test_a_nul_ends_no_name(map_file: MapFile, name: str) -> None:
    ends = ["GRÜN\0", "GRU\u0308N\0\0", "Ä \0"]
    within = [f"{word}\0{rest}" for word in ("GRÜN", "U\u0308", "A", "\u00a0é") for rest in ("1", "2", "É")]
    mapping = (
        'source: till\nmatch: {folder: sales, files: "*"}\ntargets:\n  - feed: sales\n    same_names: true\n'
        "    columns: {%s}\n"
    )
    columns = (
        "order_id: order_id, line_number: line_number, store_id: store_id, product_id: %s, sold_at: sold_at, "
        "quantity: quantity, unit_price: unit_price, currency: currency"
    )
    for made, before in (("product_id", ""), ("{sql: \"'N-' || product_id\"}", "N-")):
        rows = sales(*({"product_id": one} for one in ends + within))
        result = map_file(mapping % (columns % made), FORMATS[name](rows), name)
        assert result.column("product_id") == [f"{before}{one}" for one in ("GRÜN", "GRÜN", "Ä")]
        assert {rule for _, rule, _, _ in result.refused} == {"not_an_id"}
        assert len(result.refused) == len(within)


@pytest.mark.parametrize("name", ["x.json", "x.parquet"])
def test_a_nul_ends_no_number(map_file: MapFile, name: str) -> None:
    texts = ["12\0" + "5\u00a0", "12\0" + "5", "\u00a012\0" + "5"]
    result = map_file("sales", FORMATS[name](sales(*({"quantity": one} for one in texts))), name)
    assert {rule for _, rule, _, _ in result.refused} == {"not_a_number"}
    assert not result.rows()


NUMBERS: list[tuple[Any, str]] = [
    (17850, "17850"),
    (17850.0, "17850"),
    (1e5, "100000"),
    (-3.0, "-3"),
    (2.50, "2.5"),
    (4006381333931.0, "4006381333931"),
    (999999999999999.0, "999999999999999"),
    (9007199254740994.0, "digits_lost"),
    (7.656119800375355e18, "digits_lost"),
    (1e22, "digits_lost"),
]


@pytest.mark.parametrize("name", ["x.xlsx", "x.json", "x.ndjson", "x.parquet"])
def test_numbers(map_file: MapFile, name: str) -> None:
    result = map_file("sales", FORMATS[name](sales(*({"product_id": number} for number, _ in NUMBERS))), name)
    found = {row["order_id"]: row["product_id"] for row in result.rows()}
    found |= {f"o{record}": rule for record, rule, _, _ in result.refused}
    assert found == {f"o{number}": read for number, (_, read) in enumerate(NUMBERS, start=1)}


def test_json_knows_all_digits_of_a_whole_number(map_file: MapFile) -> None:
    numbers = [12345678901234567890123, 7656119800375355401, 1234567890123450, 18446744073709551616]
    result = map_file("sales", as_json(sales(*({"product_id": number} for number in numbers))), "x.json")
    assert result.column("product_id") == [str(number) for number in numbers]


def test_excel_makes_the_last_digits_zeros(map_file: MapFile) -> None:
    numbers = [1234567890123450, 1234567890123456, 4006381333931]
    rows = sales(*({"product_id": number, "description": str(number)} for number in numbers))
    result = map_file("sales", as_excel(rows), "x.xlsx")
    assert result.column("product_id") == ["1234567890123456", "4006381333931"]
    assert result.refused == [(1, "digits_lost", "product_id", "1234567890123450")]


MAPPING = """
    source: till
    match: {folder: sales, files: "*"}
    parse: {product_id: text}
    targets:
      - feed: sales
        same_names: true
        columns: {order_id: {sql: "upper(order_id)"}}
"""


def test_a_declared_text_stays_and_what_an_expression_makes_is_an_id(map_rows: MapRows) -> None:
    [row] = [
        {k: str(v) for k, v in row.items()} for row in sales({"order_id": "17850.0", "product_id": "1.0"})
    ]
    result = map_rows(MAPPING, [row, row | {"order_id": "nan"}, row | {"product_id": "#REF!"}])
    assert [(r["order_id"], r["product_id"]) for r in result.rows()] == [("17850", "1.0")]
    assert [r["rule"] for r in result.rejects] == ["not_an_id", "error_value"]


def test_other_texts_stay_as_they_are(map_file: MapFile) -> None:
    texts = ["17850.0", "NaN", "=)", "8.7E+12", "null", "#sale!"]
    result = map_file("sales", as_csv(sales(*({"description": text} for text in texts))))
    assert result.column("description") == texts
