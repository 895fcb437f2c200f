"""`unpivot`: a column for each shop or day, and columns that are none."""

import io

import openpyxl
import pytest

from retail_assets.errors import MappingError
from tests.unit.mapping.conftest import MapFile


def counts(step: str, more: str = "") -> str:
    return (
        f'source: wms\nmatch: {{folder: stock_counts, files: "*"}}\n{more}reshape: {{unpivot: {step}}}\n'
        "targets:\n  - feed: stock_counts\n    columns: {store_id: store, product_id: sku, "
        "counted_at: {constant: '2026-05-30'}, quantity: qty}\n"
    )


def matrix(which: str) -> str:
    return counts(f"{{{which}, name: store, value: qty}}")


def as_csv(lines: list[list]) -> bytes:
    return "".join(f"{';'.join(map(str, line))}\n" for line in lines).encode()


def as_excel(lines: list[list]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for line in lines:
        book.worksheets[0].append(line)
    book.save(out)
    return out.getvalue()


WRITERS = {"drop.csv": as_csv, "drop.xlsx": as_excel}
either = pytest.mark.parametrize("which", ["except: sku", "columns: '*', except: sku"])
TOTALS = [
    *(
        "Total",
        "TOTAL ",
        "Grand Total",
        "Subtotal",
        "Total qty",
        "Sum of qty",
        "SumQty",
        "Overall",
        "All stores",
    ),
    *(
        "Gesamt",
        "Gesamt:",
        "Gesamtsumme",
        "Gesamtbestand",
        "Insgesamt",
        "Summe Filialen",
        "Alle Filialen",
        "Ø",
    ),
    *("Total général", "Totaux", "Totale", "Totaal", "Eindtotaal", "Totalt", "I alt", "Yhteensä", "Suma"),
    *("Razem", "Łącznie", "Celkem", "Összesen", "Ukupno", "Toplam", "Σύνολο", "Итого", "Всего"),
    *("∑", "Σ", "合计", "المجموع"),
]


LIKE_A_SUM = r"looks like the sum of the others, .*; name it under `except`"


@pytest.mark.parametrize("total", TOTALS)
def test_a_column_of_totals_in_any_language(map_file: MapFile, total: str) -> None:
    content = as_csv([["sku", "Nord", "Süd", total], ["P1", 1, 2, 3]])
    with pytest.raises(MappingError, match=LIKE_A_SUM):
        map_file(matrix("except: sku"), content)


@either
@pytest.mark.parametrize("total", ["Total", "Ø", "Итого"])
def test_a_column_of_totals_that_is_named(map_file: MapFile, total: str, which: str) -> None:
    content = as_csv([["sku", "Nord", "Süd", total], ["P1", 1, 2, 3]])
    with pytest.raises(MappingError, match=LIKE_A_SUM):
        map_file(matrix(which), content)
    named = map_file(matrix(which.replace("sku", f"[sku, '{total}']")), content)
    assert named.column("store_id", "stock_counts") == ["Nord", "Süd"]
    a_shop = map_file(matrix(f"columns: ['*', '{total}'], except: sku"), content)
    assert a_shop.column("quantity", "stock_counts") == [1, 2, 3]


@pytest.mark.parametrize(
    "name", ["Nord", "Konsum", "Summer Store", "Filiale Alt", "Allee 5", "Gesundbrunnen"]
)
def test_a_shop_is_no_total(map_file: MapFile, name: str) -> None:
    result = map_file(matrix("except: sku"), as_csv([["sku", name], ["P1", 1]]))
    assert result.column("store_id", "stock_counts") == [name]


def test_columns_that_are_all_sums_are_meant(map_file: MapFile) -> None:
    content = as_csv([["sku", "Nord", "Summe Nord", "Summe West"], ["P1", 1, 2, 3]])
    assert map_file(matrix("columns: 'Summe *'"), content).column("quantity", "stock_counts") == [2, 3]


@either
@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    ("header", "message"),
    [
        (["Nord", "", "West"], "`column_3` has no name in the file"),
        (["Nord", " ", "West"], "`column_3` has no name in the file"),
        (["Nord", "West", "\u200b"], "`column_4` has no name in the file"),
        (["Nord", "Nord", "West"], "`Nord_2` is another `Nord` in the file"),
        (["Nord", "West", "nord "], "`nord` is another `Nord` in the file"),
        (["Shop  A", "Shop A", "West"], "`Shop A_2` is another `Shop A` in the file"),
    ],
)
def test_a_shop_has_a_name_of_its_own(
    map_file: MapFile, header: list[str], message: str, which: str, name: str
) -> None:
    content = WRITERS[name]([["sku", *header], ["P1", 1, 2, 3]])
    with pytest.raises(MappingError, match=message):
        map_file(matrix(which), content, name)


@pytest.mark.parametrize("name", WRITERS)
def test_a_column_without_a_name_and_values_is_none(map_file: MapFile, name: str) -> None:
    lines = [["sku", "Nord", "", "West", ""], ["P1", 1, "", 3, ""], ["P2", "", " ", 4, ""]]
    result = map_file(matrix("except: sku"), WRITERS[name](lines), name)
    assert result.column("store_id", "stock_counts") == ["Nord", "West", "West"]


def test_columns_that_all_have_no_name(map_file: MapFile) -> None:
    mapping = matrix("columns: 'column_*', except: column_1").replace(
        "product_id: sku", "product_id: column_1"
    )
    mapping = mapping.replace("reshape:", "file: {header_row: 0}\nreshape:")
    result = map_file(mapping, as_csv([["P1", 1, 2], ["P2", 3, 4]]))
    assert result.column("quantity", "stock_counts") == [1, 2, 3, 4]
