"""Cells of OpenDocument spreadsheets: what they hold, and what they are."""

from pathlib import Path

import pytest

from retail_assets.errors import Unreadable
from tests.unit.readers.conftest import Reader
from tests.unit.readers.test_sheets import open_document, open_document_bytes

_LONG_FORMULA = "of:=IF([.A1]=&quot;x&quot;;1;2)"


def cell(attributes: str, *lines: str) -> str:
    return f"<table:table-cell {attributes}>{''.join(f'<text:p>{line}</text:p>' for line in lines)}</table:table-cell>"


def typed(kind: str, value: str, shown: str) -> str:
    name = {"date": "date-value", "time": "time-value", "boolean": "boolean-value"}.get(kind, "value")
    return cell(f'office:value-type="{kind}" office:{name}="{value}"', shown)


ERROR = 'office:value-type="string" office:string-value="" calcext:value-type="error"'


@pytest.mark.parametrize(
    ("written", "text", "kind"),
    [
        (typed("float", "3", "3"), "3", "n"),
        (typed("float", "2.50", "2,50"), "2.5", "n"),
        (typed("float", "-0", "0"), "0", "n"),
        (typed("float", "1E3", "1000"), "1000", "n"),
        (typed("float", "1.5E-12", "0"), "1.5e-12", "n"),
        (typed("float", "100", "100"), "100", "n"),
        (typed("float", "1234567890123456789", "1,23E18"), "1234567890123456789", "l"),
        (typed("float", "123", "00123"), "00123", "n"),
        (typed("float", "1.5", "01,5"), "1.5", "n"),
        (typed("percentage", "0.19", "19 %"), "0.19", "n"),
        (typed("currency", "12.3", "12,30 €"), "12.3", "n"),
        (typed("boolean", "true", "WAHR"), "true", " "),
        (typed("date", "2026-05-03", "03.05.26"), "2026-05-03 00:00:00", "d"),
        (typed("date", "2026-05-03T14:05:00", "x"), "2026-05-03 14:05:00", "m"),
        (typed("date", "2026-05-03T14:05:00.500000000", "x"), "2026-05-03 14:05:00.5", "m"),
        (typed("time", "PT26H05M00S", "26:05"), "26:05:00", "t"),
        (typed("time", "PT09H05M07.25S", "9:05"), "09:05:07.25", "t"),
        (typed("time", "P1DT2H", "26:00"), "26:00:00", "t"),
        (typed("time", "PT90M", "1:30"), "01:30:00", "t"),
        (cell('office:value-type="string"', "007"), "007", " "),
        (cell('office:value-type="string"', "A<text:tab/>B"), "A\tB", " "),
        (cell('office:value-type="string"', "A<text:line-break/>B"), "A\nB", " "),
        (cell('office:value-type="string"', "A", "B"), "A\nB", " "),
        (cell('office:value-type="string"', "A", "", "B"), "A\n\nB", " "),
        (cell('office:value-type="string"', '<text:s/>A<text:s text:c="3"/>B'), " A   B", " "),
        (cell('office:value-type="string"', "<text:span>A</text:span>\n  <text:a>B &amp; C</text:a>"), "A B & C", " "),
        (cell('office:value-type="string" office:string-value="A"', "shown"), "A", " "),
        (cell(""), "", " "),
        (cell('table:formula="of:=[.A1]*2"'), "=[.A1]*2", "f"),
        (cell(f'table:formula="{_LONG_FORMULA}"'), '=IF([.A1]="x";1;2)', "f"),
        (cell('table:formula="of:=[.A1]" office:value-type="float"'), "=[.A1]", "f"),
        (cell('table:formula="of:=[.A1]" office:value-type="float" office:value=""'), "=[.A1]", "f"),
        (cell('table:formula="=A1"'), "=A1", "f"),
        (cell('table:formula="of:=2" office:value-type="float" office:value="2"', "2"), "2", "n"),
        (cell('table:formula="of:=&quot;&quot;" office:value-type="string"', ""), "", " "),
        (cell(f'table:formula="of:=1/0" {ERROR}', "#DIV/0!"), "#DIV/0!", " "),
        (cell(f'table:formula="of:=X" {ERROR}', "Err:508"), "#VALUE!", " "),
        (cell('table:formula="of:=1/0" office:value-type="float" office:value="0"', "#DIV/0!"), "#DIV/0!", " "),
        (cell('table:formula="oooc:=A" office:value-type="float" office:value="0"', "#NAME?"), "#NAME?", " "),
        (
            '<table:table-cell office:value-type="string"><office:annotation><text:p>by me</text:p></office:annotation>'
            "<text:p>A</text:p></table:table-cell>",
            "A",
            " ",
        ),
    ],
)  # fmt: skip
def test_a_cell_and_what_it_is(read: Reader, tmp_path: Path, written: str, text: str, kind: str) -> None:
    path = open_document(tmp_path / "b.ods", S=[["id", "v"], ["a", written], ["b", "x"]])

    found = read(path, "b.ods")

    assert found.rows == [("a", text), ("b", "x")]
    assert found.frame["_cells"].to_list() == [f" {kind}", "  "]


def test_a_column_with_one_time_of_day_has_no_dates_alone(read: Reader, tmp_path: Path) -> None:
    days = [[typed("date", "2026-05-03", "x")], [typed("date", "2026-05-03T10:00:00", "x")]]

    found = read(open_document(tmp_path / "b.ods", S=[["at"], *days]), "b.ods")

    assert found.frame["_cells"].to_list() == ["m", "m"]


def test_what_repeats_is_there_as_often(read: Reader, tmp_path: Path) -> None:
    twice = '<table:table-cell table:number-columns-repeated="2" office:value-type="float" office:value="7"/>'
    blank = '<table:table-cell table:number-columns-repeated="2"/>'
    data = open_document_bytes(S=[["a", "b", "c"], [twice, 3], [blank, 4], [], [1, 2, 3]])
    path = tmp_path / "b.ods"
    path.write_bytes(data)

    assert read(path, "b.ods").rows == [("7", "7", "3"), ("", "", "4"), ("", "", ""), ("1", "2", "3")]


def test_covered_cells_are_blank(read: Reader, tmp_path: Path) -> None:
    covered = "<table:covered-table-cell><text:p>x</text:p></table:covered-table-cell>"

    assert read(open_document(tmp_path / "b.ods", S=[["a", "b"], [1, covered]]), "b.ods").rows == [("1", "")]


@pytest.mark.parametrize(
    ("repeated", "reason"),
    [("table:number-columns-repeated", "too_many_columns"), ("number-rows-repeated", "sparse_sheet")],
)
def test_what_repeats_too_often_is_refused(read: Reader, tmp_path: Path, repeated: str, reason: str) -> None:
    path = tmp_path / "b.ods"
    wide = '<table:table-cell table:number-columns-repeated="99999999" office:value-type="float" office:value="7"/>'
    data = [["a"], [wide]] if reason == "too_many_columns" else [["a"], [1]]
    open_document(path, S=data)
    if reason == "sparse_sheet":
        import zipfile

        with zipfile.ZipFile(path) as book:
            parts = {name: book.read(name).decode() for name in book.namelist()}
        row = '<table:table-row><table:table-cell office:value-type="float"'
        assert row in parts["content.xml"]
        long = row.replace("row>", 'row table:number-rows-repeated="99999999">')
        parts["content.xml"] = parts["content.xml"].replace(row, long)
        with zipfile.ZipFile(path, "w") as book:
            for name, text in parts.items():
                book.writestr(name, text)

    with pytest.raises(Unreadable) as error:
        read(path, "b.ods")

    assert error.value.reason == reason
