"""The shapes of exports that the guide shows, read with the mappings that stand beside them there."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import Workbook

from retail_assets.config import Settings
from retail_assets.errors import Unreadable
from retail_assets.feeds.loading import ToLoad, map_file
from retail_assets.feeds.mapping.load import chosen_match, load_mapping
from tests.unit.mapping.conftest import FEEDS, KEY
from tests.unit.mapping.test_guide import GUIDE

SECTION = (
    GUIDE.read_text(encoding="utf-8").partition("## Records that are not rows yet")[2].partition("\n## ")[0]
)
SHAPES = {
    title: (export, mapping)
    for title, export, mapping in re.findall(
        r"### ([^\n]*)\n.*?```(?:csv|json)\n(.*?)```\n\n```yaml\n(.*?)```", SECTION, flags=re.DOTALL
    )
}
SETTINGS = Settings()


def rows_of(
    tmp_path: Path, export: bytes, mapping: str, *, name: str, columns: list[str]
) -> tuple[list[tuple], dict]:
    """The rows of a file in the feed of its mapping, and how many records ended by which rule."""
    (tmp_path / "mapping.yaml").write_text(mapping, encoding="utf-8")
    (tmp_path / name).write_bytes(export)
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    loaded = load_mapping(tmp_path / "mapping.yaml", tuple(FEEDS.values()))
    _, mapped = map_file(ToLoad(tmp_path / name, name, chosen_match(loaded, name), KEY), work, SETTINGS)
    counts = mapped.counts[0]
    assert all(target.adds_up for target in mapped.counts)
    found = [
        row
        for file in mapped.rows.values()
        for row in pl.read_parquet(file).sort("_record").select(columns).rows()
    ]
    return found, counts.by_rule


CASES: dict[str, tuple[str, list[str], list[tuple[Any, ...]], dict[str, int]]] = {
    "A product's name stands once (Shopify)": (
        "products_export_1.csv",
        ["product_id", "name", "brand"],
        [
            ("T-M", "White tee", "Acme"),
            ("T-L", "White tee", "Acme"),
            ("T-XL", "White tee", "Acme"),
            ("MUG-1", "Mug", None),
        ],
        {},
    ),
    "Fields of fixed width": (
        "bestand_1.txt",
        ["store_id", "product_id", "quantity", "counted_at"],
        [("00012", "P77", 15, "2026-05-31 22:00"), ("9", "P8", 7, "2026-05-31 22:00")],
        {},
    ),
    "Merged cells, with a title above (Excel)": (
        "inventur_5.csv",
        ["store_id", "product_id", "quantity", "counted_by"],
        [("Nord", "P1", 3, "A"), ("Nord", "P2", 4, "A"), ("Nord", "P3", 5, "B"), ("Süd", "P1", 6, "A")],
        {},
    ),
    "A header of two rows": (
        "filialen.csv",
        ["store_id", "product_id", "quantity", "counted_at"],
        [
            ("Kiel", "P1", 5, "2026-05-30 18:00"),
            ("Lübeck", "P1", 7, "2026-05-30 18:00"),
            ("Kiel", "P2", 3, "2026-05-30 18:00"),
        ],
        {},
    ),
    "A column for each shop": (
        "matrix_20260530.csv",
        ["store_id", "product_id", "quantity"],
        [("Nord", "P1", 1), ("Neu", "P1", 3), ("Nord", "P2", 5), ("Süd", "P2", 2), ("Neu", "P2", 0)],
        {},
    ),
    "Names and values (a marketplace's settlement)": (
        "settlement.txt",
        ["order_id", "sold_at", "product_id", "quantity", "unit_price", "discount", "credited_order_id"],
        [
            ("A-1", "2026-05-29 22:00", "P1", 2, 10, None, None),
            ("A-2", "2026-05-29 22:00", "P2", 1, 8, Decimal("1.5"), None),
            ("A-1-R-7", "2026-05-29 22:00", "P1", -1, 10, None, "A-1"),
            ("A-2-R-8", "2026-06-01 22:00", "P2", -1, 8, Decimal("-1.5"), "A-2"),
            ("A-0-R-9", "2026-06-02 22:00", "P3", -1, 5, None, "A-0"),
        ],
        {"left_out/merged": 4, "left_out/summary": 1, "rejected/no_goods": 1},
    ),
    "An order's currency and discount stand once (Shopify orders)": (
        "orders_export_1.csv",
        ["order_id", "product_id", "quantity", "unit_price", "discount", "currency", "credited_order_id"],
        [
            ("#1", "T-M", 1, 10, 2, "EUR", None),
            ("#1-R", "REFUND", -1, 4, None, "EUR", "#1"),
            ("#1", "MUG-1", 2, 10, 4, "EUR", None),
            ("#2", "T-M", 1, 10, 0, "CHF", None),
        ],
        {},
    ),
    "Prices by quantity (a supplier's price list)": (
        "preisliste_2027.csv",
        ["product_id", "valid_from", "unit_cost", "supplier_sku", "min_order_quantity"],
        [
            ("P1", date(2026, 7, 1), Decimal("12.5"), "NH-1", 1),
            ("P1", date(2027, 1, 1), Decimal("12.9"), "NH-1", 1),
            ("P2", date(2026, 7, 1), Decimal("0.185"), "NH-2", 200),
        ],
        {"left_out/reshape": 3},
    ),
    "The year stands above (DATEV and other bookkeeping)": (
        "EXTF_1.csv",
        ["order_id", "sold_at", "quantity", "unit_price"],
        [("R-1", "2026-12-30 23:00", 2, 50), ("R-2", "2027-02-04 23:00", 1, 50)],
        {},
    ),
    "A list with titles and rules (SAP)": (
        "mb52_20260530.txt",
        ["store_id", "product_id", "quantity", "counted_at"],
        [("1000", "P1", 19377, "2026-05-30 18:00"), ("2000", "P2", 5, "2026-05-30 18:00")],
        {"left_out/merged": 1, "left_out/page": 6, "left_out/repeated_header": 1, "left_out/total": 1},
    ),
    "JSON keyed by id": (
        "web_20260530.json",
        ["order_id", "line_number", "product_id", "quantity", "unit_price"],
        [("W-1", 1, "P1", 2, Decimal("1.5")), ("W-1", 2, "P2", 1, 3), ("W-2", 1, "P1", 1, Decimal("1.5"))],
        {},
    ),
    "Stock by lot, bin or location": (
        "stock_by_lot.csv",
        ["store_id", "product_id", "quantity"],
        [("A1", "P1", 19600), ("A1", "P2", 10)],
        {"left_out/merged": 3},
    ),
}


def test_every_shape_of_the_guide_is_tried() -> None:
    assert list(SHAPES) == list(CASES)


@pytest.mark.parametrize("title", CASES)
def test_a_shape(tmp_path: Path, title: str) -> None:
    export, mapping = SHAPES[title]
    name, columns, expected, rules = CASES[title]
    rows, by_rule = rows_of(tmp_path, export.encode(), mapping, name=name, columns=columns)
    shown = [tuple(f"{v:%Y-%m-%d %H:%M}" if hasattr(v, "hour") else v for v in row) for row in rows]
    assert shown == expected
    assert by_rule == rules


def test_merged_cells_of_a_workbook(tmp_path: Path) -> None:
    _, mapping = SHAPES["Merged cells, with a title above (Excel)"]
    path = tmp_path / "built.xlsx"
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, shop in (("Mai", "Nord"), ("Juni", None)):
        sheet = workbook.create_sheet(name)
        for row in (["Inventur Gesamt"], ["Stand: 30.05.2026"], [], ["Filiale", "Regal", "Artikel", "Menge"]):
            sheet.append(row)
        for number in range(3):
            sheet.append([None if number else shop, None, f"P{number + 1}", number + 3])
        sheet.merge_cells("A1:D1")
        sheet.merge_cells("A5:A7")
    workbook.save(path)
    mapping = mapping.replace("file:\n", 'file:\n  sheet: "*"\n')
    columns = ["store_id", "product_id", "quantity"]
    rows, by_rule = rows_of(tmp_path, path.read_bytes(), mapping, name="inventur.xlsx", columns=columns)
    assert rows == [("Nord", "P1", 3), ("Nord", "P2", 4), ("Nord", "P3", 5)]
    assert by_rule == {"rejected/required": 3}, "what stands on one sheet is not carried into the next"


HEADED = """
source: till
match: {folder: stock_counts, files: "*"}
file: {header: [Artikel, "menge  gesamt"], above: 'Stand (?P<day>[0-9-]+)'}
targets:
  - feed: stock_counts
    columns: {store_id: {above: shop}, product_id: Artikel, counted_at: {sql: above.day}, quantity: Menge Gesamt}
""".replace("above: 'Stand", "above: ['Filiale: (?P<shop>.*)', 'Stand").replace("[0-9-]+)'}", "[0-9-]+)']}")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "title",
    ["Filiale: S1\nStand 2026-05-30\n", "\n\nx,y;z\nFiliale: S1\n\nDruck: a|b\nStand 2026-05-30, 10 Uhr\n\n"],
)
def test_a_header_is_found_by_its_names(tmp_path: Path, delimiter: str, title: str) -> None:
    table = "Nr_Artikel_MENGE Gesamt\n1_P1_3\n2_P2_4\n".replace("_", delimiter)
    columns = ["store_id", "product_id", "quantity"]
    rows, _ = rows_of(tmp_path, (title + table).encode(), HEADED, name="a.csv", columns=columns)
    assert rows == [("S1", "P1", 3), ("S1", "P2", 4)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Filiale: S1\nStand 2026-05-30\nArtikel;Anzahl\nP1;3\n", "no_header"),
        ("Filiale: S1\nStand heute\nArtikel;Menge Gesamt\nP1;3\n", "nothing_above"),
        ("Artikel;Menge Gesamt\nP1;3\nFiliale: S1;\nStand 2026-05-30;\n", "nothing_above"),
    ],
)
def test_a_file_without_its_title_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        rows_of(tmp_path, text.encode(), HEADED, name="a.csv", columns=[])
    assert refusal.value.reason == reason


def _sheets(path: Path, sheets: dict[str, list[list]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path.read_bytes()


def _headed(shop: str, day: str, *rows: list) -> list[list]:
    return [[f"Filiale: {shop}"], ["Stand", day], ["Artikel", "Menge Gesamt", "Fach"], *rows]


NORTH = _headed("S1", "2026-05-30", ["P1", 3, "A"], ["P2", 4, "A"])


@pytest.mark.parametrize(
    ("south", "said"),
    [
        (_headed("S2", "2026-05-30", ["P1", 5, "A"]), "shop S1, above the sheet South shop S2"),
        (_headed("S1", "2026-05-31", ["P1", 5, "A"]), "day 2026-05-30, above the sheet South day 2026-05-31"),
        (NORTH[2:], "shop S1, above the sheet South none"),
        (_headed("S1", "2026-05-30", ["P9", 5, "A"]), None),
    ],
)
def test_what_stands_above_one_sheet_is_not_taken_for_another(
    tmp_path: Path, south: list[list], said: str | None
) -> None:
    export = _sheets(tmp_path / "b.xlsx", {"North": NORTH, "South": south})
    mapping = HEADED.replace("file: {", 'file: {sheet: "*", ')
    columns = ["store_id", "product_id", "quantity"]
    if said is None:
        rows, _ = rows_of(tmp_path, export, mapping, name="a.xlsx", columns=columns)
        assert rows == [("S1", "P1", 3), ("S1", "P2", 4), ("S1", "P9", 5)]
        return
    with pytest.raises(Unreadable, match=said) as refusal:
        rows_of(tmp_path, export, mapping, name="a.xlsx", columns=columns)
    assert refusal.value.reason == "several_above"


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.xlsx"])
@pytest.mark.parametrize("gap", [0, 2])
@pytest.mark.parametrize(("shop", "day"), [("S2", "2026-05-30"), ("S1", "2026-05-31"), ("S1", "2026-05-30")])
def test_nor_what_stands_above_one_block_for_another(
    tmp_path: Path, name: str, gap: int, shop: str, day: str
) -> None:
    """The same lines again are the heading of a page."""
    blank: list[list] = [[]] * gap
    table = [*NORTH, *blank, *_headed(shop, day, ["P9", 5, "A"])]
    if name == "a.xlsx":
        export = _sheets(tmp_path / "b.xlsx", {"North": table})
    else:
        short = name == "a.txt"  # lines as people write them, or as Excel saves them
        lines = [";".join([*map(str, row), *([] if short else [""] * (3 - len(row)))]) for row in table]
        export = "\n".join(lines).replace("Stand;", "Stand ").encode()
    columns = ["store_id", "product_id", "quantity"]
    mapping = HEADED.replace("shop>.*", "shop>S[0-9]")
    if (shop, day) == ("S1", "2026-05-30"):
        rows, _ = rows_of(tmp_path, export, mapping, name=name, columns=columns)
        assert rows == [("S1", "P1", 3), ("S1", "P2", 4), ("S1", "P9", 5)]
        return
    with pytest.raises(Unreadable, match=r"above (the sheet North, )?record \d") as refusal:
        rows_of(tmp_path, export, mapping, name=name, columns=columns)
    assert refusal.value.reason == "several_above"


KEYED = """
source: web
match: {folder: stock_counts, files: "*"}
file: {records: "PATH"}
targets:
  - feed: stock_counts
    columns: {store_id: STORE, product_id: SKU, counted_at: {constant: '2026-05-30'}, quantity: QTY}
"""


@pytest.mark.parametrize(
    ("path", "store", "sku", "qty", "text"),
    [
        ("*", "key", "sku", "qty", '{"S1": {"sku": "P1", "qty": 1}, "S2": {"sku": "P1", "qty": 2}}'),
        ("a.*.*", "key", "key_2", "value", '{"a": {"S1": {"P1": 1}, "S2": {"P1": 2}}, "meta": {"a": 1}}'),
        ("a.*", "key", "sku", "q", '{"a": {"S1": [{"sku": "P1", "q": 1}], "S2": [{"sku": "P1", "q": 2}]}}'),
        ("*.l", "key", "sku", "q", '{"S1": {"l": [{"sku": "P1", "q": 1}]}, "S2": {"l": {"sku": "P1", "q": 2}}}'),
        ("*", "key_of_object", "key", "q", '{"S1": {"key": "P1", "q": 1}, "S2": {"key": "P1", "q": "2"}}'),
        ("*", "key", "sku", "q", r'{"S1": { "sku": "P1", "q": 1}, "S2": {"n": "\"key\": 1", "sku": "P1", "q": 2}}'),
    ],
)  # fmt: skip
def test_json_keyed_by_id(tmp_path: Path, path: str, store: str, sku: str, qty: str, text: str) -> None:
    mapping = KEYED.replace("PATH", path).replace("STORE", store).replace("SKU", sku).replace("QTY", qty)
    columns = ["store_id", "product_id", "quantity"]
    rows, _ = rows_of(tmp_path, text.encode(), mapping, name="a.json", columns=columns)
    assert rows == [("S1", "P1", 1), ("S2", "P1", 2)]
