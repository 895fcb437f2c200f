"""Workbooks: every cell as the text that says exactly what is in it."""

import datetime as dt
from pathlib import Path

import openpyxl
import openpyxl.chart
import pytest

from retail_assets.errors import Unreadable
from tests.unit.readers.conftest import Reader


def workbook(path: Path, **sheets: list[list]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (3, "3"),
        (12.5, "12.5"),
        (0.1, "0.1"),
        (2 / 3, "0.6666666666666666"),
        (99999999.99, "99999999.99"),
        (1e-12, "1e-12"),
        (-5.0, "-5"),
        (4006381333931, "4006381333931"),
        ("4006381333931", "4006381333931"),
        ("12345678901234567890", "12345678901234567890"),
        ("007", "007"),
        ("12.50", "12.50"),
        ("1e5", "1e5"),
        (" x ", " x "),
        ("a\nb", "a\nb"),
        ("n/a", "n/a"),
        ("#N/A", "#N/A"),
        ("#DIV/0!", "#DIV/0!"),
        (True, "true"),
        (dt.datetime(2026, 11, 20, 14, 5), "2026-11-20 14:05:00"),
        (dt.date(2026, 11, 20), "2026-11-20 00:00:00"),
        (dt.time(14, 5), "14:05:00"),
        (None, ""),
    ],
)
def test_a_cell_becomes_exact_text(read: Reader, tmp_path: Path, cell: object, text: str) -> None:
    path = workbook(tmp_path / "book.xlsx", S=[["id", "v"], [1, 1], [2, cell], [3, "text"], [4, 2.25]])

    assert [row[1] for row in read(path, "count.xlsx").rows] == ["1", text, "text", "2.25"]


def test_a_percentage_is_its_number(read: Reader, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["rate"])
    book.worksheets[0].append([0.19])
    book.worksheets[0]["A2"].number_format = "0%"
    book.save(tmp_path / "book.xlsx")

    assert read(tmp_path / "book.xlsx", "x.xlsx").rows == [("0.19",)]


@pytest.mark.parametrize(
    ("number", "shown_as", "text"),
    [
        (123, "00000", "00123"),
        (123456, "00000", "123456"),
        (4006381333931, "00000000000000", "04006381333931"),
        (0, "000", "000"),
        (1.5, "00000", "1.5"),
        (-5, "00000", "-5"),
        (123, "0", "123"),
        (123, "0.00", "123"),
        (123, "00-000", "123"),
        ("7", "00000", "7"),
        *(
            (12, shown_as, "0012")
            for shown_as in (
                *(
                    "0000;-0000",
                    "0000;[Red]-0000",
                    "0000_ ",
                    "[$-407]0000",
                    '"0"000',
                    "0000;;",
                    "[Blue]0000",
                    "#0000",
                ),
                *(
                    "0000_);(0000)",
                    "??0000",
                    '0000" Stk"',
                    '"Nr. "0000',
                    "\\P0000",
                    "* 0000",
                    '"00"0',
                    '"00"General',
                ),
                *(
                    "[$-409]0000;@",
                    "0000\\ ",
                    '"00"#',
                    "0000;[Red]-0000;0;@",
                    '"A0"000',
                    " 0000",
                    "[DBNum1]0000",
                ),
            )
        ),
        (12345, '"0"000', "012345"),
        (-12, "0000;-0000", "-12"),
        *(
            (12, shown_as, "12")
            for shown_as in (
                *(
                    "0000.00",
                    "0,000",
                    "0000%",
                    "0000E+00",
                    "00\\-00",
                    "[<100]0000;0",
                    '"4"000',
                    "0;0000",
                    '0"0"',
                ),
                *("0" * 21, '"' + "0" * 30 + '"0', "#", "General", '"Stk "0', "@", "[>=1000]0000;0"),
            )
        ),
    ],
)
@pytest.mark.parametrize("left", [0, 2])
def test_zeros_in_front_that_a_format_shows(
    read: Reader, tmp_path: Path, number: object, shown_as: str, text: str, left: int
) -> None:
    book = openpyxl.Workbook()
    blank = [None] * left
    for row in ([*blank, "sku", "qty"], [*blank, number, number], [*blank, "00123", 5]):
        book.worksheets[0].append(row)
    book.worksheets[0].cell(2, left + 1).number_format = shown_as
    book.save(tmp_path / "b.xlsx")

    found = read(tmp_path / "b.xlsx", "b.xlsx")

    assert found.rows == [(text, str(number)), ("00123", "5")]
    assert found.frame["_cells"][0][0] == ("n" if isinstance(number, int | float) else " ")


def test_the_first_sheet_unless_the_mapping_says_otherwise(read: Reader, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "b.xlsx", North=[["id", "qty"], [1, 2]], South=[["Id", "note"], [3, "x"]], Empty=[]
    )

    assert read(path, "b.xlsx").rows == [("1", "2")]
    assert read(path, "b.xlsx", sheet="South").found.columns == ["Id", "note"]
    both = read(path, "b.xlsx", sheet="*")
    assert both.found.sheets == ("North", "South")
    assert both.rows == [("1", "2", None), ("3", None, "x")]
    assert both.frame["_place"].to_list() == ["North", "South"]
    assert read(path, "b.xlsx", sheet=("South", "North")).found.sheets == ("South", "North")


def test_a_second_sheet_of_the_same_table_is_not_passed_over(read: Reader, tmp_path: Path) -> None:
    north, south = [["id", "qty"], [1, 2]], [["Note", "QTY", "Id"], ["x", 4, 3], [], [None, 6, 5]]
    path = workbook(tmp_path / "b.xlsx", North=north, South=south, Head=[["id", "qty"]], Notes=[["Done"]])

    with pytest.raises(Unreadable, match="South has the columns of North too") as error:
        read(path, "b.xlsx")
    assert error.value.reason == "several_sheets"
    assert read(path, "b.xlsx", sheet="North").found.left_out == (
        "the sheet South (3 rows)",
        "the sheet Head (1 rows)",
        "the sheet Notes (1 rows)",
    )
    assert read(path, "b.xlsx", sheet="*").found.left_out == ()


def test_a_sheet_of_something_else_is_left_out_by_name(read: Reader, tmp_path: Path) -> None:
    path = workbook(tmp_path / "b.xlsx", North=[["id", "qty"], [1, 2]], Notes=[["Dear all"], ["x"]], Empty=[])
    assert read(path, "b.xlsx").found.left_out == ("the sheet Notes (2 rows)",)


def test_a_chart_beside_the_table_is_no_loss(read: Reader, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["id"])
    book.worksheets[0].append([1])
    book.create_chartsheet("Chart").add_chart(openpyxl.chart.BarChart())
    book.save(tmp_path / "b.xlsx")
    assert read(tmp_path / "b.xlsx", "b.xlsx").rows == [("1",)]


def test_header_below_a_title_and_merged_cells(read: Reader, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in [
        [],
        ["Stock count"],
        [],
        [None, "id", "qty\n(pcs)", None],
        [None, "A", 1],
        [],
        [None, "B", 2],
    ]:
        sheet.append(row)
    sheet.merge_cells("A2:C2")
    sheet.merge_cells("C5:C6")
    book.save(tmp_path / "book.xlsx")

    result = read(tmp_path / "book.xlsx", "x.xlsx", header_row=4)
    assert result.found.columns == ["id", "qty (pcs)"]
    assert result.rows == [("A", "1"), ("", ""), ("B", "2")]


def test_no_header(read: Reader, tmp_path: Path) -> None:
    path = workbook(tmp_path / "b.xlsx", S=[[1, 2], [3, 4]])

    assert read(path, "b.xlsx", header_row=0).found.columns == ["column_1", "column_2"]
    assert read(path, "b.xlsx", columns=("id", "qty")).rows == [("1", "2"), ("3", "4")]


def test_a_sheet_that_is_not_there(read: Reader, tmp_path: Path) -> None:
    path = workbook(tmp_path / "b.xlsx", North=[["id"], [1]])

    with pytest.raises(Unreadable, match="expects the sheet South, but the workbook has North"):
        read(path, "b.xlsx", sheet="South")


def test_header_below_the_end(read: Reader, tmp_path: Path) -> None:
    path = workbook(tmp_path / "b.xlsx", S=[["id"], [1]])

    with pytest.raises(Unreadable, match="row 9 holds the column names, but the sheet ends with row 2"):
        read(path, "b.xlsx", header_row=9)


def test_an_empty_sheet(read: Reader, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as error:
        read(workbook(tmp_path / "b.xlsx", S=[]), "b.xlsx")

    assert error.value.reason == "empty"


NAMES = ["Bon", "Artikel", "Menge", "Zeit"]
SOLD = [7, "P1", 2, dt.datetime(2026, 6, 1, 10)]
NAMELESS = {
    "one row": [SOLD],
    "two rows": [SOLD, [8, "P2", 1, dt.datetime(2026, 6, 2)]],
    "texts": [["7", "P1", "2", "01.06.2026"], ["8", "P1", "2", "01.06.2026"]],
    "a blank cell": [[7, None, 2, "Berlin"], [8, None, 1, "Berlin"]],
    "other names": [["Produkt", "Lager"], ["P1", 5]],
}


@pytest.mark.parametrize("rows", NAMELESS.values(), ids=NAMELESS)
@pytest.mark.parametrize("first", [True, False])
def test_a_sheet_without_names_is_no_part_of_the_table(
    read: Reader, tmp_path: Path, rows: list[list], first: bool
) -> None:
    named = {name: [NAMES, [5, "P9", 1, dt.datetime(2026, 5, 1)]] for name in ("Januar", "März")}
    sheets = {"Februar": rows} | named if first else named | {"Februar": rows}
    path = workbook(tmp_path / "b.xlsx", **sheets)

    with pytest.raises(Unreadable, match="Februar has none that Januar, März has") as error:
        read(path, "b.xlsx", sheet="*")
    assert error.value.reason == "no_header"
    assert len(read(path, "b.xlsx", sheet=("Januar", "März")).rows) == 2
    assert read(path, "b.xlsx", sheet=("*", "Februar")).rows


def test_two_sheets_without_names_are_told_from_one_with_them(read: Reader, tmp_path: Path) -> None:
    path = workbook(tmp_path / "b.xlsx", Mai=[NAMES, SOLD], Juni=[SOLD])
    with pytest.raises(Unreadable, match="Juni has none that Mai has"):
        read(path, "b.xlsx", sheet="*")
    path = workbook(tmp_path / "b.xlsx", Mai=[NAMES, SOLD], Juni=[SOLD], Juli=[SOLD])
    with pytest.raises(Unreadable, match="Juni, Juli has none that Mai has"):
        read(path, "b.xlsx", sheet="*")


def test_sheets_with_some_name_in_common_are_one_table(read: Reader, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "b.xlsx",
        Mai=[["SKU", dt.date(2026, 5, 1)], ["P1", 1]],
        Juni=[["sku", dt.date(2026, 6, 1), "Notiz"], ["P1", 1, "x"]],
        Juli=[["Notiz", "Artikel"], ["y", "P1"]],
        Titel=[["Umsätze"]],
        Leer=[],
    )
    assert len(read(path, "b.xlsx", sheet="*").rows) == 3
    assert len(read(path, "b.xlsx", sheet="*", header_row=0).rows) == 7
