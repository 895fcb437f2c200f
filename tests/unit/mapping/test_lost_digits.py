"""Digits that a program has lost, in what expressions make of them, in integers and in floats of single precision."""

from decimal import Decimal
from typing import Any

import polars as pl
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
MAPPING = """
    source: till
    match: {{folder: sales, files: "*"}}
    {more}
    targets:
      - feed: sales
        same_names: true
        columns: {{{columns}}}
"""


def mapping(columns: str, more: str = "") -> str:
    return MAPPING.format(columns=columns, more=more)


def ids(result: Any, column: str = "product_id") -> list[str]:
    """What each record became: its id, or the rule that refused it."""
    found = {row["order_id"]: row[column] for row in result.rows()}
    found |= {f"o{record}": rule for record, rule, _, _ in result.refused}
    return [found[f"o{number}"] for number in range(1, len(found) + 1)]


MAKING = {
    "sku": "{}",
    "upper(sku)": "{}",
    "'X-' || sku": "X-{}",
    "concat('X-', sku)": "X-{}",
    "store_id || '-' || coalesce(sku, ean)": "s-{}",
    "'X-' || case when quantity > 0 then sku else ean end": "X-{}",
    "lpad(sku, 3, '0')": "{}",
    "cast(sku as varchar) || '/1'": "{}/1",
    "if(sku = '1.0', 'A', 'B') || '-' || trim(sku)": "B-{}",
}
TEXTS = {
    "4.00638E+12": "digits_lost",
    "4,00638E+12": "digits_lost",
    "4.00638E12": "digits_lost",
    "7656119800375355401.0": "digits_lost",
    "4.006381333931E12": "4006381333931",
    "17850.0": "17850",
    "17850": "17850",
    "v1.00": "v1.00",
    "12E4": "12E4",
}


@pytest.mark.parametrize("made", MAKING)
def test_texts_that_an_expression_makes_an_id_of(map_file: MapFile, made: str) -> None:
    rows = sales(*({"sku": text, "ean": "E"} for text in TEXTS))
    result = map_file(mapping(f'product_id: {{sql: "{made}"}}'), as_csv(rows))
    expected = {text: read if "_" in read else MAKING[made].format(read) for text, read in TEXTS.items()}
    expected = {
        text: read.upper() if "upper" in made and "_" not in read else read for text, read in expected.items()
    }
    assert dict(zip(TEXTS, ids(result), strict=True)) == expected


NUMBERS = {
    17850: "17850",
    5.0: "5",
    2.5: "2.5",
    4006381333931: "4006381333931",
    9007199254740994.0: "digits_lost",
    7.656119800375355e18: "digits_lost",
    1e22: "digits_lost",
}


@pytest.mark.parametrize(
    "made", ["sku", "'X-' || sku", "upper(sku)", "lpad(sku, 1, '0')", "concat_ws('-', 'X', sku)"]
)
@pytest.mark.parametrize("name", ["x.xlsx", "x.json", "x.ndjson", "x.parquet"])
def test_numbers_that_an_expression_makes_an_id_of(map_file: MapFile, name: str, made: str) -> None:
    rows = sales(*({"sku": number} for number in NUMBERS))
    if name == "x.parquet":
        rows = [row | {"sku": float(row["sku"])} for row in rows]
    result = map_file(mapping(f'product_id: {{sql: "{made}"}}'), FORMATS[name](rows), name)
    before = "X-" if "X" in made else ""
    assert ids(result) == [read if "_" in read else f"{before}{read}" for read in NUMBERS.values()]
    assert {column for _, _, column, _ in result.refused} == {"sku"}


def test_a_receipt_whose_digits_a_workbook_lost(map_file: MapFile) -> None:
    order = "order_id: {sql: \"store_id || '-' || strftime(day, '%Y%m%d') || '-' || bon\"}"
    rows = sales({"bon": 1234567890123456789, "day": "2024-09-08"}, {"bon": 4711, "day": "2024-09-08"})
    result = map_file(mapping(order, "parse: {day: date}"), as_excel(rows), "x.xlsx")
    assert result.column("order_id") == ["s-20240908-4711"]
    assert [(rule, column) for _, rule, column, _ in result.refused] == [("digits_lost", "bon")]


@pytest.mark.parametrize("name", ["x.xlsx", "x.json", "x.parquet"])
def test_a_declared_text_knows_no_more_digits(map_file: MapFile, name: str) -> None:
    rows = sales({"product_id": 1e22}, {"product_id": 17850.0})
    result = map_file(mapping("", "parse: {product_id: text}"), FORMATS[name](rows), name)
    assert ids(result) == ["digits_lost", "17850"]


def test_a_declared_text_is_meant_as_it_stands(map_file: MapFile) -> None:
    rows = sales({"sku": "4.00638E+12"}, {"sku": "1.0"})
    made = mapping("product_id: {sql: \"'X-' || sku\"}", "parse: {sku: text}")
    assert ids(map_file(made, as_csv(rows))) == ["X-4.00638E+12", "X-1.0"]


def test_texts_of_which_no_id_is_made_stay_as_they_are(map_file: MapFile) -> None:
    more = "leave_out: [{name: test, when: note = '2.0'}]"
    made = mapping("description: {sql: \"note || '!'\"}", more)
    texts = ["8.7E+12", "1.0", "None", "2.0"]
    result = map_file(made, as_csv(sales(*({"note": text} for text in texts))))
    assert result.column("description") == [f"{text}!" for text in texts[:3]]


def test_no_id_is_cut(map_rows: MapRows) -> None:
    made = mapping("product_id: {sql: \"lpad(sku, 6, '0')\"}, customer_id: {sql: \"rpad(sku, 6, '0')\"}")
    texts = ["1234567", "1234568", "12", "17850.0", "123456", "äöüäöüä"]
    rows = [{k: str(v) for k, v in row.items()} for row in sales(*({"sku": text} for text in texts))]
    result = map_rows(made, rows)
    assert result.column("product_id") == ["1234567", "1234568", "000012", "017850", "123456", "äöüäöüä"]
    assert result.column("customer_id") == ["1234567", "1234568", "120000", "178500", "123456", "äöüäöüä"]


LINES = {
    "4,24239E+13": "digits_lost",
    "4,24239E13": "digits_lost",
    "1e3": "digits_lost",
    " 1E+05 ": "digits_lost",
    "4,24239E5": 424239,
    "42423912345678": 42423912345678,
    "7,0": 7,
}


def test_integers_with_an_exponent(map_file: MapFile) -> None:
    rows = sales(*({"line_number": text, "unit_price": 2} for text in LINES))
    for more in ("values: {decimal: ','}", "values: {decimal: ',', thousands: '.', null_words: '-'}"):
        assert ids(map_file(mapping("", more), as_csv(rows)), "line_number") == list(LINES.values())
    made = mapping('line_number: {sql: "cast(pos as bigint)"}')
    rows = sales({"pos": "4.24239E+13"}, {"pos": "7"})
    assert ids(map_file(made, as_csv(rows)), "line_number") == ["digits_lost", 7]


def test_a_word_with_an_e_is_no_exponent(map_file: MapFile) -> None:
    more = "values: {translate: {eins: '1', 1e Position: '2'}, replace: {'e)': ''}}"
    rows = sales({"line_number": "eins"}, {"line_number": "1e Position"}, {"line_number": "3e)"})
    assert ids(map_file(mapping("", more), as_csv(rows)), "line_number") == [1, 2, 3]


@pytest.mark.parametrize("name", ["x.xlsx", "x.json", "x.parquet"])
def test_integers_from_numbers_beyond_what_is_exact(map_file: MapFile, name: str) -> None:
    numbers = [9007199254740994.0, 1e17, 42423912345678.0, 7.0]
    rows = sales(*({"line_number": number} for number in numbers))
    found = ids(map_file("sales", FORMATS[name](rows), name), "line_number")
    assert found == ["digits_lost", "digits_lost", 42423912345678, 7]


def test_floats_of_single_precision(map_rows: MapRows) -> None:
    frame = pl.DataFrame(sales(*({"sku": number, "ref": 5.0} for number in (1234.56, 16777216.0, 17850.0))))
    frame = frame.with_columns(pl.col("sku", "ref").cast(pl.Float32))
    price = mapping(
        "unit_price: sku, net_amount: {sql: sku * 2}, product_id: {constant: P}", "file: {format: parquet}"
    )
    found = map_rows(price, frame.with_columns(quantity=2), file_format="parquet")
    assert found.column("unit_price") == [Decimal(n) for n in ("1234.56", "16777216", "17850")]
    assert found.column("net_amount") == [Decimal(n) for n in ("2469.12", "33554432", "35700")]
    for made in ("product_id: sku", "product_id: {sql: \"'' || sku\"}", "product_id: {sql: sku}"):
        assert ids(map_rows(mapping(made), frame, file_format="parquet")) == [
            "1234.56",
            "digits_lost",
            "17850",
        ]
    assert ids(
        map_rows(
            mapping("line_number: sku"),
            frame[1:].with_columns(order_id=pl.Series(["o1", "o2"])),
            file_format="parquet",
        ),
        "line_number",
    ) == ["digits_lost", 17850]


def test_nothing_is_no_part_of_an_id(map_file: MapFile) -> None:
    rows = sales({"sku": float("nan")}, {"sku": 5.0})
    result = map_file(mapping("product_id: {sql: \"'X-' || sku\"}"), as_parquet(rows), "x.parquet")
    assert ids(result) == ["required", "X-5"]
