"""One sale a row, with some values of its own, as the formats write it."""

import io
import json
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import polars as pl

SALE: dict[str, Any] = {
    "order_id": "o",
    "line_number": 1,
    "store_id": "s",
    "product_id": "p",
    "sold_at": "2024-09-08 10:00",
    "quantity": 1,
    "unit_price": 2.5,
    "currency": "EUR",
}
FORMATS = {
    date: "yyyy-mm-dd",
    datetime: "yyyy-mm-dd hh:mm:ss",
    time: "hh:mm",
    timedelta: "[h]:mm:ss",
}


def sales(*own: dict[str, Any]) -> list[dict[str, Any]]:
    """Sales that differ in their order and in these values."""
    names = dict.fromkeys(name for values in own for name in values)
    return [
        SALE | names | SALE | {"order_id": f"o{number}"} | values
        for number, values in enumerate(own, start=1)
    ]


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    out = pl.DataFrame(rows, infer_schema_length=None, strict=False, schema=dict.fromkeys(rows[0], pl.String))
    return out.write_csv().encode()


def as_excel(rows: list[dict[str, Any]], *, left: int = 0, above: int = 0) -> bytes:
    """A workbook whose cells have the types of the values; `left` columns and `above` rows are blank."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for _ in range(above):
        sheet.append([])
    for row in [list(rows[0]), *(row.values() for row in rows)]:
        sheet.append([None] * left + list(row))
    for line in sheet.iter_rows():
        for cell in line:
            if type(cell.value) in FORMATS:
                cell.number_format = FORMATS[type(cell.value)]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_json(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps(rows).encode()


def as_ndjson(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def as_nested(rows: list[dict[str, Any]]) -> bytes:
    """Each sale as the only line of a list in its record."""
    return json.dumps([{"head": 1, "lines": [row]} for row in rows]).encode()


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(out)
    return out.getvalue()
