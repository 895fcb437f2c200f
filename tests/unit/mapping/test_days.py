"""A date alone is the business date, wherever in a workbook it stands and whatever its rows are made by."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime
from textwrap import indent
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from tests.unit.mapping.conftest import MapFile, Result
from tests.unit.mapping.exports import FORMATS
from tests.unit.readers.test_sheets import open_document_bytes

DAY, MIDNIGHT, NIGHT = date(2026, 5, 3), datetime(2026, 5, 3), datetime(2026, 5, 4, 0, 30)
HELSINKI = "values: {time_zone: Europe/Helsinki}\n"
"""An hour before the retailer's: its midnights are of the day before."""


def counts(steps: str = "", more: str = HELSINKI) -> str:
    reshape = f"reshape:\n{indent(steps, '  ')}\n" if steps else ""
    return (
        f'source: wms\nmatch: {{folder: stock_counts, files: "*"}}\n{more}{reshape}'
        "targets:\n  - feed: stock_counts\n    columns: {store_id: store, product_id: sku, counted_at: day, "
        "quantity: qty}\n"
    )


def days_of(result: Result) -> list[str]:
    moments = result.column("counted_at", "stock_counts")
    return [f"{moment.astimezone(ZoneInfo('Europe/Berlin')):%m-%d}" for moment in moments]


def workbook(lines: list[list], formats: Mapping[Any, str] = FORMATS) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    for line in lines:
        sheet.append(line)
    for row in sheet.iter_rows():
        for cell in row:
            if type(cell.value) in formats:
                cell.number_format = formats[type(cell.value)]
    book.save(out)
    return out.getvalue()


def as_iso(lines: list[list]) -> bytes:
    """A workbook whose dates are written as ISO 8601 has them."""

    def cell(value: object) -> str:
        if isinstance(value, date):
            stamp = datetime(value.year, value.month, value.day) if type(value) is date else value
            return f'<c t="d"><v>{stamp:%Y-%m-%dT%H:%M:%S}</v></c>'
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    rows = "".join(f"<row>{''.join(map(cell, line))}</row>" for line in lines)
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook([[1]]))) as empty, zipfile.ZipFile(out, "w") as made:
        for name in empty.namelist():
            sheet = f"<worksheet {main}><sheetData>{rows}</sheetData></worksheet>".encode()
            made.writestr(name, sheet if name.endswith("sheet1.xml") else empty.read(name))
    return out.getvalue()


def as_ods(lines: list[list]) -> bytes:
    return open_document_bytes(Sheet=lines)


WRITERS: dict[str, Callable[[list[list]], bytes]] = {"x.xlsx": workbook, "iso.xlsx": as_iso, "x.ods": as_ods}
every_book = pytest.mark.parametrize("name", WRITERS)


@every_book
@pytest.mark.parametrize("more", [HELSINKI, HELSINKI.replace("}", ', dates: "%d.%m.%Y"}')])
def test_a_header_that_is_a_date_is_a_day(map_file: MapFile, name: str, more: str) -> None:
    step = "unpivot: {except: [store, sku], name: day, value: qty}"
    lines = [["store", "sku", DAY, date(2026, 5, 12), NIGHT], ["S1", "P1", 1, 2, 3]]
    assert days_of(map_file(counts(step, more), WRITERS[name](lines), name)) == ["05-03", "05-12", "05-03"]


@every_book
@pytest.mark.parametrize(
    "steps",
    [
        "",
        "fill_down: day",
        "sum: {per: [store, sku, day], columns: qty}",
        "sql: select * from records",
        "sql: select record, store, sku, coalesce(day, null) as day, qty from records",
    ],
)
@pytest.mark.parametrize("typed", ["", "parse: {day: datetime}\n", "parse: {day: date}\n"])
def test_cells_that_are_days_stay_days(map_file: MapFile, name: str, steps: str, typed: str) -> None:
    lines = [["store", "sku", "day", "qty"], ["S1", "P1", DAY, 1], ["S1", "P2", date(2026, 5, 12), 1]]
    result = map_file(counts(steps, HELSINKI + typed), WRITERS[name](lines), name)
    assert days_of(result) == ["05-03", "05-12"]


@pytest.mark.parametrize("typed", ["", "parse: {day: datetime}\n"])
@pytest.mark.parametrize("steps", ["", "fill_down: day", "sql: select * from records"])
@pytest.mark.parametrize(
    "shown", ["yyyy-mm-dd", 'd". "mmmm yyyy', "[$-407]d/m/yy;@", "mm-dd-yy", "dd\\.mm\\.yyyy"]
)
def test_a_day_in_a_column_with_a_time(map_file: MapFile, steps: str, shown: str, typed: str) -> None:
    lines = [["store", "sku", "day", "qty"], ["S1", "P1", NIGHT, 1], ["S1", "P2", DAY, 1]]
    content = workbook(lines, FORMATS | {date: shown})
    assert days_of(map_file(counts(steps, HELSINKI + typed), content, "x.xlsx")) == ["05-03", "05-03"]


def rewritten(content: bytes, part: str, pattern: str, new: str) -> bytes:
    """A workbook as another program may have written it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as made:
        for name in old.namelist():
            text = old.read(name)
            if name.endswith(part):
                assert re.search(pattern, text.decode())
                text = re.sub(pattern, new, text.decode()).encode()
            made.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("part", "pattern", "new"),
    [
        (
            "styles.xml",
            r'<numFmt numFmtId="(\d+)" formatCode="(.*?)"',
            r'<numFmt formatCode="\2" numFmtId="\1"',
        ),
        ("styles.xml", r'<numFmt numFmtId="(\d+)"', r"<numFmt numFmtId = '\1'"),
        ("styles.xml", r'numFmtId="(\d+)"', r"numFmtId='\1'"),
        ("sheet1.xml", r'<c r="([A-Z]+\d+)"', r"<c r='\1'"),
        ("sheet1.xml", r'(<c) r="[A-Z]+\d+"', r"\1"),
    ],
)
def test_a_day_as_other_programs_write_it(map_file: MapFile, part: str, pattern: str, new: str) -> None:
    lines = [["store", "sku", "day", "qty"], ["S1", "P1", NIGHT, 1], ["S1", "P2", DAY, 1]]
    content = rewritten(workbook(lines, FORMATS | {date: "yyyy-mm-dd"}), part, pattern, new)
    assert days_of(map_file(counts("", HELSINKI), content, "x.xlsx")) == ["05-03", "05-03"]


@pytest.mark.parametrize("steps", ["", "sql: select * from records"])
@pytest.mark.parametrize(
    "shown", ["yyyy-mm-dd hh:mm:ss", "m/d/yy h:mm", "dd.mm.yyyy hh:mm", "h:mm AM/PM d/m/yy"]
)
def test_midnight_that_is_shown_is_a_time(map_file: MapFile, steps: str, shown: str) -> None:
    lines = [["store", "sku", "day", "qty"], ["S1", "P1", NIGHT, 1], ["S1", "P2", MIDNIGHT, 1]]
    content = workbook(lines, FORMATS | {datetime: shown})
    assert days_of(map_file(counts(steps), content, "x.xlsx")) == ["05-03", "05-02"]


@pytest.mark.parametrize("steps", ["", "sql: select * from records"])
def test_a_day_and_a_moment_in_csv(map_file: MapFile, steps: str) -> None:
    more = HELSINKI.replace("}", ", dates: ['%d.%m.%Y', '%d.%m.%Y %H:%M']}") + "parse: {day: datetime}\n"
    content = b"store;sku;day;qty\nS1;P1;03.05.2026;1\nS1;P2;04.05.2026 00:30;1\n"
    assert days_of(map_file(counts(steps, more), content)) == ["05-03", "05-03"]
    written_out = b"store;sku;day;qty\nS1;P1;03.05.2026 00:00;1\n"
    assert days_of(map_file(counts(steps, more), written_out)) == ["05-02"]
