"""How sources write: German numbers and dates, JSON, workbooks and Parquet, always the same bytes."""

import io
import re
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import polars as pl

from retail_assets.samples.plan import ZONE, Plan

_STAMP = (2000, 1, 1, 0, 0, 0)
"""The time of every member of a workbook; a real one would change the bytes from run to run."""


def at(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """A local moment of the retailer."""
    return datetime.combine(day, time(hour, minute, second), tzinfo=ZONE)


def days_as_text(plan: Plan, days: pl.Series, pattern: str) -> pl.Series:
    """Day indices as text; each day is formatted once."""
    texts = pl.Series([plan.day(i).strftime(pattern) for i in range(plan.days + 200)], dtype=pl.String)
    return texts.gather(days)


def instants(plan: Plan, days: pl.Series, seconds: pl.Series) -> pl.Series:
    """Day index and local second of the day as an instant."""
    first = datetime.combine(plan.first_day, time())
    frame = pl.DataFrame({"day": days, "second": seconds})
    local = pl.lit(first) + pl.duration(days=pl.col("day"), seconds=pl.col("second"))
    return frame.select(
        local.dt.replace_time_zone(str(ZONE), ambiguous="earliest", non_existent="null")
    ).to_series()


_CLOCK = pl.Series([str(timedelta(seconds=s)).zfill(8) for s in range(86_400)])


def clock(seconds: pl.Series) -> pl.Series:
    """Seconds of the day as HH:MM:SS."""
    return _CLOCK.gather(seconds)


def german(cents: pl.Series) -> pl.Series:
    """1.234,56- for -123456."""
    size = pl.col("cents").abs()
    euros, rest = size // 100, (size % 100).cast(pl.String).str.zfill(2)
    grouped = (
        pl.when(euros >= 1000)
        .then((euros // 1000).cast(pl.String) + "." + (euros % 1000).cast(pl.String).str.zfill(3))
        .otherwise(euros.cast(pl.String))
    )
    sign = pl.when(pl.col("cents") < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return cents.to_frame("cents").select(grouped + "," + rest + sign).to_series()


def trailing_minus(numbers: pl.Series) -> pl.Series:
    """3- for -3."""
    sign = pl.when(pl.col("n") < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return numbers.to_frame("n").select(pl.col("n").abs().cast(pl.String) + sign).to_series()


def by_number(texts: list[str], numbers: pl.Series) -> pl.Series:
    """InboxSnapshot numbers up in a list of ids; null stays null."""
    return pl.Series(texts, dtype=pl.String).gather(numbers)


def csv(frame: pl.DataFrame, **options: Any) -> bytes:
    return frame.write_csv(None, **options).encode()


def json_document(key: str, records: pl.DataFrame, **head: str) -> bytes:
    """One JSON object with a few fields and the records, nested as the frame is, one a line."""
    lines = records.write_ndjson().strip().replace("\n", ",\n")
    fields = "".join(f'"{name}": "{value}", ' for name, value in head.items())
    return f'{{{fields}"{key}": [\n{lines}\n]}}\n'.encode()


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    """An Excel workbook of rows per sheet."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    raw, result = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb">\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ<", b">2000-01-01T00:00:00Z<", content)
            target.writestr(zipfile.ZipInfo(name, _STAMP), content, compress_type=zipfile.ZIP_DEFLATED)
    return result.getvalue()


def workbook_rows(content: bytes) -> dict[str, list[list[Any]]]:
    """A workbook back as rows per sheet."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def as_int(values: np.ndarray) -> list[int]:
    return [int(value) for value in values]
