"""Columns that differ in nothing but capitals: the one that the mapping spells is read, and no other."""

import polars as pl
import pytest

from retail_assets.errors import Unreadable
from tests.unit.mapping.conftest import MapFile
from tests.unit.mapping.exports import SALE, as_csv, as_excel, as_json, as_ndjson, as_parquet, sales

WRITERS = {
    "x.csv": as_csv,
    "x.xlsx": as_excel,
    "x.json": as_json,
    "x.ndjson": as_ndjson,
    "x.parquet": as_parquet,
}
MAPPING = """
    source: till
    match: {folder: sales, files: "*"}
    targets: [{feed: sales, same_names: true, columns: {COLUMNS}}]
"""


def mapping(**columns: str) -> str:
    return MAPPING.replace("COLUMNS", ", ".join(f"{name}: {said}" for name, said in columns.items()))


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(("spelled", "quantity"), [("qty", 2), ("Qty", 9), ("QTY", 5)])
def test_the_exact_spelling_wins(map_file: MapFile, name: str, spelled: str, quantity: int) -> None:
    data = WRITERS[name](sales({"Qty": 9, "qty": 2, "QTY": 5, "qty_1": 7}))

    assert map_file(mapping(quantity=spelled), data, name).column("quantity") == [quantity]


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    "columns",
    [{"quantity": "qTy"}, {"quantity": "Qty", "discount": "qTy"}, {"quantity": {"sql": "trim(qTy)"}}],
)
def test_another_spelling_of_several_is_refused(map_file: MapFile, name: str, columns: dict) -> None:
    columns = {
        column: f"{{sql: {said['sql']}}}" if isinstance(said, dict) else said
        for column, said in columns.items()
    }
    data = WRITERS[name](sales({"Qty": 9, "qty": 2}))

    with pytest.raises(Unreadable, match="several fit: Qty, qty; write it exactly"):
        map_file(mapping(**columns), data, name)


@pytest.mark.parametrize("name", WRITERS)
def test_another_spelling_of_one_is_that_one(map_file: MapFile, name: str) -> None:
    data = WRITERS[name](sales({"Qty": 9}))

    assert map_file(mapping(quantity="qty"), data, name).column("quantity") == [9]


@pytest.mark.parametrize("name", WRITERS)
def test_an_expression_sees_each(map_file: MapFile, name: str) -> None:
    data = WRITERS[name](sales({"Qty": 9, "qty": 2}))

    result = map_file(mapping(quantity="{sql: cast(Qty as int) - cast(qty as int)}"), data, name)

    assert result.column("quantity") == [7]


@pytest.mark.parametrize("name", ["x.json", "x.ndjson"])
def test_a_record_that_has_another_only_has_none(map_file: MapFile, name: str) -> None:
    rows = [
        SALE | {"order_id": "o1", "Qty": 9, "qty": 2},
        SALE | {"order_id": "o2", "qty": 3},
        SALE | {"Qty": 4},
    ]
    for row in rows:
        row.pop("quantity", None)

    result = map_file(mapping(quantity="qty"), WRITERS[name](rows), name)

    assert result.column("quantity") == [2, 3]
    assert [(record, rule) for record, _, rule in result.ends] == [(3, "required")]


def test_fields_within_objects_are_told_apart_too(map_file: MapFile) -> None:
    rows = sales({"amount": {"Qty": 9, "qty": 2}})

    assert map_file(mapping(quantity="amount.qty"), as_json(rows), "x.json").column("quantity") == [2]
    alone = sales({"amount": {"Qty": 9}})
    assert map_file(mapping(quantity="amount.qty"), as_json(alone), "x.json").column("quantity") == [9]
    with pytest.raises(Unreadable, match="several fit"):
        map_file(mapping(quantity="amount.QTY"), as_json(rows), "x.json")


def test_sheets_share_columns_whatever_their_capitals(map_file: MapFile, tmp_path) -> None:
    from tests.unit.readers.test_excel import workbook

    first, second = (pl.DataFrame(sales({name: number})) for name, number in (("Qty", 9), ("QTY", 3)))
    both = pl.DataFrame(sales({"qty": 4, "Qty": 5}))
    sheets = {n: [f.columns, *map(list, f.rows())] for n, f in zip("ABC", (first, second, both), strict=True)}
    for number, rows in enumerate(sheets.values()):
        rows[1][0] = f"o{number}"
    text = mapping(quantity="Qty") + "    file: {sheet: '*'}\n"

    result = map_file(text, workbook(tmp_path / "b.xlsx", **sheets), "b.xlsx")

    assert result.column("quantity") == [9, 3, 5]
