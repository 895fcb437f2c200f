"""What a cell is in the file it stays on its way through an expression: the number 1.234, the 7th of June."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from retail_assets.errors import MappingError
from retail_assets.feeds.mapping.model import SourceMapping
from tests.unit.mapping.conftest import MapFile
from tests.unit.mapping.exports import as_csv, as_excel, as_json, as_ndjson, as_parquet, sales

TILL = """
    source: till
    match: {folder: sales, files: "*"}
    values: {decimal: ",", thousands: "."}
    TOP
    targets:
      - feed: sales
        columns:
          order_id: order_id
          line_number: line_number
          store_id: store_id
          product_id: product_id
          sold_at: sold_at
          quantity: {sql: "QUANTITY"}
          unit_price: unit_price
          currency: currency
          description: {sql: "DESCRIPTION"}
"""
OF_TEXTS = ("case when qty = '' then '0' else qty end", "replace(replace(qty, '.', ''), ',', '.')::double")
PLAIN = "coalesce(qty, '0')"
WRITERS = [(as_excel, "a.xlsx"), (as_json, "a.json"), (as_ndjson, "a.ndjson"), (as_parquet, "a.parquet")]


def till(quantity: str = "qty", description: str = "'x'", top: str = "") -> str:
    return TILL.replace("QUANTITY", quantity).replace("DESCRIPTION", description).replace("TOP", top)


@pytest.mark.parametrize(("write", "name"), WRITERS)
@pytest.mark.parametrize(
    "sql",
    [
        PLAIN,
        "if(qty is null, '0', qty)",
        "case when qty = '' then '0' else qty end",
        "nullif(qty, '0')",
        "trim(qty)",
        "concat(qty, '')",
        "qty::text",
        "replace(replace(qty, '.', ''), ',', '.')::double",
        "cast(replace(qty::text, ',', '.') as decimal(18, 3))",
    ],
)
def test_numbers(map_file: MapFile, write: Callable[[Any], bytes], name: str, sql: str) -> None:
    if name == "a.parquet" and sql in OF_TEXTS:
        return  # there it is a number, and refused
    rows = [
        row | {"unit_price": 1}
        for row in sales({"qty": 1.234}, {"qty": 12.5}, {"qty": 3.0}, {"qty": -1234.567})
    ]
    result = map_file(till(sql), write(rows), name)
    assert (result.ends, [float(q) for q in result.column("quantity")]) == ([], [1.234, 12.5, 3, -1234.567])


@pytest.mark.parametrize("sql", [PLAIN, "trim(qty)", "replace(qty, ' Stk', '')"])
def test_texts_beside_them_are_read_as_in_csv(map_file: MapFile, sql: str) -> None:
    rows = [row | {"unit_price": 1} for row in sales({"qty": "1.234"}, {"qty": 1.234}, {"qty": "1.234,5"})]
    for write, name in WRITERS[:3]:
        assert [float(q) for q in map_file(till(sql), write(rows), name).column("quantity")] == [
            1234,
            1.234,
            1234.5,
        ]


@pytest.mark.parametrize(
    "top",
    [
        "parse: {qty: text}",
        "reshape: {fill_down: {columns: qty, per: store_id}}",
        "parse: {qty: text}\n    reshape: {fill_down: qty}",
    ],
)
@pytest.mark.parametrize("quantity", [PLAIN, "column"])
def test_declared_or_filled_down(map_file: MapFile, top: str, quantity: str) -> None:
    mapping = till(quantity, top=top).replace('{sql: "column"}', "qty")
    mapping = (
        mapping.replace("targets:", "leave_out: [{name: none, when: qty = 'none'}]\n    targets:")
        if "text" in top
        else mapping
    )
    rows = [row | {"unit_price": 1} for row in sales({"qty": 1.234}, {"qty": None})]
    wanted = [1.234, 1.234] if "fill_down" in top else [1.234] if quantity == "column" else [1.234, 0]
    assert [float(q) for q in map_file(mapping, as_excel(rows), "a.xlsx").column("quantity")] == wanted


def test_as_a_text_it_is_as_it_stands(map_file: MapFile) -> None:
    rows = [row | {"unit_price": 1} for row in sales({"qty": 1.5})]
    for sql in ("'Size ' || qty", "if(qty = '1.5', 'Size ' || qty, 'other')"):
        assert map_file(till(PLAIN, sql), as_excel(rows), "a.xlsx").column("description") == ["Size 1.5"]


@pytest.mark.parametrize("day", [date(2026, 6, 7), datetime(2026, 6, 7, 10, 30)])
@pytest.mark.parametrize("dates", ['"%Y-%d-%m"', '["%d.%m.%Y", "%Y-%d-%m %H:%M:%S", "%Y-%d-%m"]'])
@pytest.mark.parametrize(
    "sql", ["sold_at", "{sql: 'coalesce(seen, seen)'}", "{sql: \"if(order_id = 'x', null, seen)\"}"]
)
def test_dates(map_file: MapFile, day: date, dates: str, sql: str) -> None:
    mapping = (
        till(PLAIN)
        .replace('thousands: "."', f"dates: {dates}, time_zone: Europe/Berlin")
        .replace("sold_at: sold_at", f"sold_at: {sql}")
    )
    rows = [
        row | {"unit_price": 1}
        for row in sales(
            {"qty": 1, "sold_at": day, "seen": day}, {"qty": 1, "sold_at": "2026-07-06", "seen": "2026-07-06"}
        )
    ]
    found = [
        at.strftime("%d.%m. %H:%M") for at in map_file(mapping, as_excel(rows), "a.xlsx").column("sold_at")
    ]
    assert found == [["06.06. 22:00", "07.06. 08:30"][isinstance(day, datetime)], "06.06. 22:00"]


@pytest.mark.parametrize(
    "sql",
    [
        "cast(x as double)",
        "x::decimal(10, 2)",
        "coalesce(try_cast(x as double), 0)",
        "trim(x)::int",
        "coalesce(x, '0')::double",
        "nullif(x, '-')::double",
        "case when x = '-' then '0' else x end::double",
        "replace(x, ' EUR', '')::double",
    ],
)
@pytest.mark.parametrize("values", ['decimal: ",", thousands: "."', 'decimal: ","', "thousands: ','"])
def test_a_cast_of_a_text_does_not_know_the_marks(
    mapping_file: Callable[[str], SourceMapping], sql: str, values: str
) -> None:
    with pytest.raises(MappingError, match=r"parse`: \{x: number\}"):
        mapping_file(till(sql).replace('decimal: ",", thousands: "."', values))


@pytest.mark.parametrize(
    "sql", ["substr(x, 1, 4)::int", "replace(replace(x, '.', ''), ',', '.')::double", "x::date::text"]
)
def test_what_minds_them_is_cast(mapping_file: Callable[[str], SourceMapping], sql: str) -> None:
    assert mapping_file(till(sql))


def test_without_marks_a_cast_reads_what_it_did(map_file: MapFile) -> None:
    mapping = till("x::double").replace('{decimal: ",", thousands: "."}', "{time_zone: UTC}")
    assert [float(q) for q in map_file(mapping, as_csv(sales({"x": "1.234"}))).column("quantity")] == [1.234]
