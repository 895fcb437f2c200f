"""A date is no id: a spreadsheet makes one of codes like 7-6, and nobody knows the code any more."""

import io
from datetime import date, datetime, time
from typing import Any

import polars as pl
import pytest

from tests.unit.mapping.conftest import MapFile
from tests.unit.mapping.exports import as_excel, as_parquet, sales
from tests.unit.mapping.test_days import as_ods
from tests.unit.mapping.test_lost_digits import ids, mapping


def as_ods_of(rows: list[dict[str, Any]]) -> bytes:
    def cell(value: object) -> object:
        dated = f'<table:table-cell office:value-type="date" office:date-value="{value}"/>'
        return dated if isinstance(value, date) else value

    return as_ods([list(rows[0]), *(list(map(cell, row.values())) for row in rows)])


BOOKS = {"x.xlsx": as_excel, "x.ods": as_ods_of}
CODES = [date(2026, 6, 7), "7-6", "P1", "2026-06-07"]
every_book = pytest.mark.parametrize("name", BOOKS)


@every_book
@pytest.mark.parametrize(
    ("made", "read"),
    [
        ("sku", "{}"),
        ("{sql: \"'A-' || sku\"}", "A-{}"),
        ("{sql: upper(sku)}", "{}"),
        ("{sql: \"concat('A-', SKU)\"}", "A-{}"),
        ("{sql: 'coalesce(sku, ean)'}", "{}"),
    ],
)
def test_a_date_cell_is_no_id(map_file: MapFile, name: str, made: str, read: str) -> None:
    rows = sales(*({"sku": code, "ean": "4"} for code in CODES))
    result = map_file(mapping(f"product_id: {made}"), BOOKS[name](rows), name)
    assert ids(result) == ["not_an_id", *(read.format(code) for code in CODES[1:])]
    [(_, _, column, value)] = result.refused
    assert column == "product_id"
    assert "2026-06-07" in value


@pytest.mark.parametrize("code", [datetime(2026, 6, 7, 12, 30), time(7, 6), date(2001, 7, 1)])
@pytest.mark.parametrize("made", ["sku", "{sql: \"'A-' || sku\"}"])
def test_nor_is_a_time(map_file: MapFile, code: object, made: str) -> None:
    result = map_file(mapping(f"product_id: {made}"), as_excel(sales({"sku": code}, {"sku": "P1"})), "x.xlsx")
    assert ids(result)[0] == "not_an_id"
    assert len(result.rows()) == 1


@pytest.mark.parametrize("column", ["order_id", "store_id", "customer_id"])
def test_other_ids(map_file: MapFile, column: str) -> None:
    content = as_excel(sales({column: date(2026, 6, 7)}, {column: "x"}))
    result = map_file("sales", content, "x.xlsx")
    assert [(record, rule, of) for record, rule, of, _ in result.refused] == [(1, "not_an_id", column)]


@pytest.mark.parametrize(
    "code", [date(2026, 6, 7), datetime(2026, 6, 7), datetime(2026, 6, 7, 1, 2), time(7, 6)]
)
def test_a_column_of_parquet(map_file: MapFile, code: object) -> None:
    table = pl.DataFrame(sales({"sku": code})).cast({"sku": pl.Time} if isinstance(code, time) else {})
    out = io.BytesIO()
    table.write_parquet(out)
    assert ids(map_file(mapping("product_id: sku"), out.getvalue(), "x.parquet")) == ["not_an_id"]


@pytest.mark.parametrize(
    ("made", "more", "read"),
    [
        ("{sql: \"strftime(day, '%Y%m%d') || '-' || sku\"}", "parse: {day: date}", "20260607-P1"),
        ("{sql: \"'A-' || day\"}", "parse: {day: date}", "A-2026-06-07"),
        ("{sql: day}", "parse: {day: date}", "2026-06-07"),
    ],
)
@pytest.mark.parametrize("name", ["x.xlsx", "x.ods", "x.parquet"])
def test_a_date_that_is_meant(map_file: MapFile, name: str, made: str, more: str, read: str) -> None:
    rows = sales({"sku": "P1", "day": date(2026, 6, 7)})
    content = (BOOKS | {"x.parquet": as_parquet})[name](rows)
    assert ids(map_file(mapping(f"product_id: {made}", more), content, name)) == [read]


def test_a_declared_text_is_meant(map_file: MapFile) -> None:
    content = as_excel(sales({"sku": date(2026, 6, 7)}))
    result = map_file(mapping("product_id: sku", "parse: {sku: text}"), content, "x.xlsx")
    assert ids(result) == ["2026-06-07 00:00:00"]


def test_the_day_of_the_sale_in_its_number(map_file: MapFile) -> None:
    columns = "sold_at: {date: day, time: at}, product_id: {sql: \"left(day, 10) || '-' || sku\"}"
    content = as_excel(sales({"sku": "P1", "day": date(2026, 6, 7), "at": time(10)}))
    assert ids(map_file(mapping(columns), content, "x.xlsx")) == ["2026-06-07-P1"]
    columns = "sold_at: day, product_id: {sql: \"strftime(day, '%Y%m%d') || '-' || sku\"}"
    assert ids(map_file(mapping(columns), content, "x.xlsx")) == ["20260607-P1"]


def test_what_counts_days_is_no_id(map_file: MapFile) -> None:
    columns = "line_number: {sql: \"date_diff('day', cast(a as date), cast(b as date))\"}, product_id: sku"
    content = as_excel(sales({"sku": "P1", "a": date(2026, 6, 7), "b": date(2026, 6, 9)}))
    assert map_file(mapping(columns), content, "x.xlsx").column("line_number") == [2]
