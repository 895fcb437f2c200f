"""The names of the columns again, at the top of each page of a list."""

import io

import openpyxl
import pytest

from tests.unit.mapping.conftest import MapFile

LAYOUTS = {
    "plain": [["Werk", "Material", "Bestand"], ["1000", "P{n}", "5"]],
    "nothing before the first mark": [["", "Werk", "Material", "Bestand", ""], ["", "1000", "P{n}", "5", ""]],
    "a gap": [["Werk", "", "Material", "Bestand"], ["1000", "x", "P{n}", "5"]],
    "two gaps": [["", "", "Werk", "Material", "Bestand"], ["", "", "1000", "P{n}", "5"]],
    "one name twice": [["Werk", "Material", "Text", "Text", "Bestand"], ["1000", "P{n}", "a", "b", "5"]],
    "the first name twice": [["Werk", "werk", "Material", "Bestand"], ["1000", "b", "P{n}", "5"]],
    "a name that looks made": [["column_1", "Werk", "Material", "Bestand"], ["x", "1000", "P{n}", "5"]],
    "names that end like it": [["Werk", "Werk_2", "Material", "Bestand"], ["1000", "x", "P{n}", "5"]],
    "several lines": [["Werk", "Lager\n Ort", "Material", "Bestand"], ["1000", "x", "P{n}", "5"]],
}
MAPPING = """
source: sap
match: {folder: stock_counts, files: "*"}
targets:
  - feed: stock_counts
    columns: {store_id: Werk, product_id: Material, counted_at: {constant: '2026-05-30'},
      quantity: Bestand}
"""


def as_list(lines: list[list[str]]) -> bytes:
    quoted = [['"' + cell + '"' if "\n" in cell else cell for cell in line] for line in lines]
    return "\n".join("|".join(line) for line in quoted).encode()


def as_excel(lines: list[list[str]]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for line in lines:
        book.worksheets[0].append([cell or None for cell in line])
    book.save(out)
    return out.getvalue()


WRITERS = {"list.txt": as_list, "list.xlsx": as_excel}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_header_of_another_page_is_no_record(map_file: MapFile, layout: str, name: str) -> None:
    header, line = LAYOUTS[layout]
    pages = [[cell.format(n=n) for cell in line] for n in (1, 2)]
    content = WRITERS[name]([header, pages[0], header, pages[1]])
    mapping = (
        MAPPING if name.endswith("xlsx") else MAPPING.replace("targets:", 'file: {delimiter: "|"}\ntargets:')
    )
    result = map_file(mapping, content, name)
    assert result.ends == [(2, "left_out", "repeated_header")]
    assert result.column("product_id", "stock_counts") == ["P1", "P2"]
