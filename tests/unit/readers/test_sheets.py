"""Which sheets of a workbook are read, what a refusal says of them, and what is no workbook at all."""

import io
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pytest

from retail_assets.errors import Unreadable
from tests.unit.readers.conftest import Reader
from tests.unit.readers.test_excel import workbook

_SPACES = {
    name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "style", "table", "text")
} | {"calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"}
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument.spreadsheet"


def hide(path: Path, *names: str, state: str = "hidden") -> Path:
    book = openpyxl.load_workbook(path)
    for name in names:
        book[name].sheet_state = state
    book.active = next(n for n, sheet in enumerate(book.worksheets) if sheet.sheet_state == "visible")
    book.save(path)
    return path


def open_document(path: Path, *, hidden: tuple[str, ...] = (), **sheets: list[list]) -> Path:
    path.write_bytes(open_document_bytes(hidden=hidden, **sheets))
    return path


def open_document_bytes(*, hidden: tuple[str, ...] = (), **sheets: list[list]) -> bytes:
    """An OpenDocument spreadsheet, as LibreOffice writes it: the rest of each sheet is one repeated empty row. Cells
    may be XML."""

    def cell(value: object) -> str:
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, str) and value.startswith("<table:"):
            return value
        if isinstance(value, int | float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        text = f"<text:p>{escape(str(value))}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'

    def table(name: str, rows: list[list]) -> str:
        lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
        rest = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
        rest += 'table:number-columns-repeated="16384"/></table:table-row>'
        style = "no" if name in hidden else "yes"
        return f'<table:table table:name="{name}" table:style-name="{style}">{lines}{rest}</table:table>'

    styles = "".join(
        f'<style:style style:name="{name}" style:family="table"><style:table-properties table:display="{shown}"/>'
        "</style:style>"
        for name, shown in (("yes", "true"), ("no", "false"))
    )
    spaces = " ".join(f'xmlns:{name}="{where}"' for name, where in _SPACES.items())
    body = "".join(table(name, rows) for name, rows in sheets.items())
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces}><office:automatic-styles>{styles}'
        f"</office:automatic-styles><office:body><office:spreadsheet>{body}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", _OPEN_DOCUMENT)
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_OPEN_DOCUMENT}"/></manifest:manifest>',
        )
    return out.getvalue()


SHEETS = {"Old": [["id", "qty"], [9, 9]], "Now": [["id", "qty"], [1, 2], [3, 4]], "Notes": [["x"]]}


def both(path: Path, state: str) -> Path:
    """The same workbook in both formats, its sheet Old hidden."""
    if state == "ods":
        return open_document(path, hidden=("Old",), **SHEETS)
    return hide(workbook(path, **SHEETS), "Old", state=state)


@pytest.mark.parametrize("state", ["hidden", "veryHidden", "ods"])
def test_a_hidden_sheet_is_not_read_unless_it_is_named(read: Reader, tmp_path: Path, state: str) -> None:
    path = both(tmp_path / ("book.ods" if state == "ods" else "book.xlsx"), state)

    found = read(path, path.name)

    assert found.rows == [("1", "2"), ("3", "4")]
    assert found.found.found_sheets == ("Old (2 rows, hidden)", "Now (3 rows)", "Notes (1 rows)")
    assert found.found.left_out == ("the sheet Old (2 rows, hidden)", "the sheet Notes (1 rows)")
    assert read(path, path.name, sheet="Old").rows == [("9", "9")]
    assert read(path, path.name, sheet=("Old", "Now")).found.record_count == 3
    assert read(path, path.name, sheet="*").found.sheets == ("Now", "Notes")


@pytest.mark.parametrize(
    "total",
    [
        *(
            "Gesamt",
            "GESAMT",
            "Gesamt Mai",
            "Gesamtübersicht",
            "Übersicht",
            "Summe",
            "Total",
            "Grand Total",
            "Summary",
        ),
        *("Totaal", "Razem", "Итого", "Σ", "Alle Filialen", "Résumé", "合计"),
    ],
)
@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_sheet_of_totals_is_not_read_unless_it_is_named(
    read: Reader, tmp_path: Path, total: str, kind: str
) -> None:
    sheets: dict[str, Any] = {
        "Nord": [["id", "qty"], [1, 2]],
        "Süd": [["id", "qty"], [1, 3]],
        total: [["id", "qty"], [1, 5]],
    }
    path = tmp_path / f"book.{kind}"
    workbook(path, **sheets) if kind == "xlsx" else open_document(path, **sheets)

    found = read(path, path.name, sheet="*")

    assert found.rows == [("1", "2"), ("1", "3")]
    assert found.found.left_out == (
        f"the sheet {total} (2 rows) that is called like the sum of the others: name it beside `*` if it is another",
    )
    assert read(path, path.name, sheet=("*", total)).found.record_count == 3
    assert read(path, path.name, sheet=(total, "Nord")).found.sheets == (total, "Nord")


def test_a_workbook_of_nothing_but_totals(read: Reader, tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", Summe=[["id", "qty"], [1, 5]])
    assert read(path, path.name, sheet="*").rows == [("1", "5")]


@pytest.mark.parametrize(
    "layout", [{"header_row": 9}, {"columns": ("a", "b", "c")}, {"sheet": "Notes", "header_row": 5}]
)
def test_a_refused_workbook_names_its_sheets(read: Reader, tmp_path: Path, layout: dict) -> None:
    path = both(tmp_path / "book.xlsx", "hidden")

    with pytest.raises(Unreadable) as error:
        read(path, "book.xlsx", **layout)

    assert "sheets: Old (2 rows, hidden), Now (3 rows), Notes (1 rows)." in error.value.message


def test_a_workbook_of_empty_sheets_names_them(read: Reader, tmp_path: Path) -> None:
    path = hide(workbook(tmp_path / "book.xlsx", Empty=[], Data=[["id"], [1]]), "Data")

    with pytest.raises(Unreadable, match=r"sheets: Empty \(0 rows\), Data \(2 rows, hidden\)"):
        read(path, "book.xlsx")


def test_an_open_document_is_read_whatever_it_is_called(read: Reader, tmp_path: Path) -> None:
    path = open_document(tmp_path / "b.ods", S=[["id", "name"], ["007", "Tüte"], [2.5, None]])

    for name in ("b.ods", "b.xlsx", "b.csv"):
        assert read(path, name).rows == [("007", "Tüte"), ("2.5", "")]


def test_an_encrypted_open_document(read: Reader, tmp_path: Path) -> None:
    path = tmp_path / "b.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", _OPEN_DOCUMENT)
        archive.writestr("content.xml", b"\x01\x02")
        archive.writestr("META-INF/manifest.xml", "<manifest:encryption-data/>")

    with pytest.raises(Unreadable, match="protected by a password"):
        read(path, "b.ods")


def _archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


_HTML = "<html><head><style>td {mso-number-format: General}</style></head><body><table><tr><td>1</td></tr></table>"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_HTML.encode(), "HTML page with a table"),
        (_HTML.encode("utf-16"), "HTML page with a table"),
        (b"<table border=1><tr><td>a</td></tr></table>", "HTML page with a table"),
        (b"<meta charset=utf-8>\n<table>", "HTML page with a table"),
        (b"<!DOCTYPE html><html><body>404 Not Found</body></html>", "error page of a download"),
        (
            b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook>',
            "XML format of Excel 2003",
        ),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "XML format of Excel 2003",
        ),
        (b"<?xml version='1.0'?><orders><order/></orders>", "XML document"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n", "MHTML"),
        (b"UNA:+.? '\r\nUNB+UNOC:3+4012345000009:14+4099999:14+261120:1200+1'", "EDIFACT"),
        (b"UNB+UNOA:1+a+b+261120:1200+1'UNH+1+INVRPT:D:96A:UN'", "EDIFACT"),
        (b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261120*", "X12"),
        (b"ISA|00|          |00|          |ZZ|SENDER         |ZZ|RECEIVER       |261120|", "X12"),
        (b"STX=ANA:1+5000000000000:SHOP+", "EDI message"),
        (b"EDI_DC40  40000000000001", "EDI message"),
        (b"%PDF-1.7\n", "PDF document"),
        (b"\x89PNG\r\n\x1a\n", "image"),
        (b"\xff\xd8\xff\xe0", "image"),
        (b"II*\0\x08\0\0\0", "image"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image"),
        (b"\0\0\0\x18ftypheic", "image or a video"),
        (_archive("word/document.xml"), "Word document"),
        (_archive("ppt/slides.xml"), "presentation"),
        (_archive("Index/Document.iwa"), "Apple Numbers"),
        (_archive("a.csv", "b.csv"), "ending .zip"),
    ],
)
@pytest.mark.parametrize("name", ["export.xls", "export.csv"])
def test_what_is_no_table_is_called_by_its_name(read: Reader, content: bytes, said: str, name: str) -> None:
    with pytest.raises(Unreadable) as error:
        read(content, name)

    assert error.value.reason in ("not_a_table", "not_excel")
    assert said in error.value.message


@pytest.mark.parametrize(
    "text", ["UNA,qty\n1,2\n", "ISA,qty\n1,2\n", "a,b\n<table>,2\n", "MM,qty\n1,2\n", "html;table\n1;2\n"]
)
def test_tables_that_begin_like_something_else(read: Reader, text: str) -> None:
    assert read(text.encode()).found.record_count == 1
