"""Files that are no list of rows: `propose` says which shape it sees, and what makes rows of it."""

import io
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from tests.unit.onboarding.conftest import Run
from tests.unit.onboarding.measuring import is_marked


def _book(sheets: dict[str, list[list[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


TABLE = [["Filiale", "Artikel", "Bestand"], ["S1", "P1", 5], ["S1", "P2", 6], ["S2", "P1", 7]]
TITLED = [["Bestand"], ["Stand: 30.05.2026"], [None], *TABLE]
LEGEND = [["- = nicht gelistet"]]
LONG_LEGEND = [["Kürzel", "Bedeutung"], *([str(n), "x"] for n in range(20))]


@pytest.mark.parametrize(
    "sheets",
    [
        {"Bestand": TITLED, "Legende": LEGEND},
        {"Bestand": TABLE, "Legende": LEGEND},
        {"Bestand": TITLED, "Legende": LONG_LEGEND},
        {"Deckblatt": LEGEND, "Bestand": TITLED},
        {"Legende": LONG_LEGEND, "Bestand": TITLED, "Kontakt": [["Fragen an", "x@example.org"]]},
    ],
    ids=["small", "no title", "long", "cover first", "between"],
)  # fmt: skip
def test_of_several_sheets_the_one_with_data_is_taken(run: Run, tmp_path: Path, sheets: dict) -> None:
    path, mapping = tmp_path / "stock.xlsx", tmp_path / "stock.yaml"
    path.write_bytes(_book(sheets))
    said = run("propose", path, "--feed", "stock_counts")
    assert said.code == 0, said.err
    assert yaml.safe_load(said.out)["file"]["sheet"] == "Bestand"
    assert all(name in said.out for name in sheets)
    mapping.write_text(
        said.out.replace("counted_at: {constant: }", "counted_at: {constant: 2026-05-30T18:00:00Z}")
    )
    tried = run("try", path, "--feed", "stock_counts", "--source", mapping, "--json")
    assert tried.code == 0, tried.err + tried.out
    assert tried.document["files"][0]["admitted"][0]["sums"] == {"quantity": "18"}


MATRICES = {
    "sku;name;Shop Nord;Shop Süd;Total\nP1;Tea;1;2;3\nP2;Cup;4;;4\n": ["sku", "name", "Total"],
    "Warengruppe;Art.-Nr.;101 Kiel;102 Lübeck;Summe\nTee;P1;1;2;3\n": ["Warengruppe", "Art.-Nr.", "Summe"],
    "Artikel;S01;S02;S03\nP1;1;2;3\n": "Artikel",
    "Article,Lyon,Paris\nP1,1,2\n": "Article",
    "Artikel;Kiel;Hamburg\nP1;1.234,5;2\nP2;1;12,5\n": "Artikel",
}  # fmt: skip


@pytest.mark.parametrize("text", MATRICES)
def test_a_column_for_each_shop_is_seen(run: Run, tmp_path: Path, text: str) -> None:
    path, mapping = tmp_path / "matrix.csv", tmp_path / "matrix.yaml"
    path.write_text(text)
    said = run("propose", path, "--feed", "stock_counts").out
    assert "look like a column for each shop" in said and '"A column for each shop"' in said
    step = yaml.safe_load(re.findall(r"^#   (unpivot: .*)", said, re.MULTILINE)[0])["unpivot"]
    assert step["except"] == MATRICES[text]
    done = re.sub(r"^# (reshape:|  unpivot:)", r"\1", said, flags=re.MULTILINE)
    for column, cell in (
        ("store_id", "shop"),
        ("quantity", "qty"),
        ("counted_at", "{constant: 2026-05-30T18:00:00Z}"),
    ):
        done = re.sub(rf"({column}): {{constant: }}", rf"\1: {cell}", done)
    mapping.write_text(done)
    tried = run("try", path, "--feed", "stock_counts", "--source", mapping, "--json")
    assert tried.code == 0, tried.err + tried.out + done
    [file] = tried.document["files"]
    assert not [s for s in file["samples"] if s["end"] == "rejected"]


def test_a_list_is_no_matrix(propose) -> None:
    assert "look like" not in propose("Werk;Material;Bestand;Gesperrt;Wert\n1;P;1;2;3\n", feed="stock_counts")
    assert "look like" not in propose("Bon;Artikel;Menge;Preis;Rabatt\n1;P;1;2;3\n")


PAIRS = [
    (
        "order-id\tsku\tamount-type\tamount-description\tamount\tqty\n",
        "{}\tP1\tItemPrice\tPrincipal\t20,00\t1\n{}\tP1\tItemFees\tCommission\t-3,00\t\n",
        {"per": ["order-id", "sku"], "name": ["amount-type", "amount-description"], "value": "amount"},
    ),
    (
        "Bestellung\tArtikel\tKennzahl\tWert\n",
        "{}\tP1\tMenge\t2\n{}\tP1\tPreis\t3,5\n",
        {"per": ["Bestellung", "Artikel"], "name": "Kennzahl", "value": "Wert"},
    ),
    (
        "order id\tsku\tattribute\tvalue\n",
        "{}\tP1\tqty\t2\n{}\tP1\tprice\t3.5\n",
        {"per": ["order id", "sku"], "name": "attribute", "value": "value"},
    ),
]


@pytest.mark.parametrize(("header", "rows", "step"), PAIRS, ids=["settlement", "Kennzahl", "attribute"])
def test_names_and_values_are_seen(propose, header: str, rows: str, step: dict) -> None:
    text = propose(header + "".join(rows.format(*[f"A-{n}"] * 2) for n in range(5)), name="pairs.tsv")
    assert '"Names and values"' in text
    [found] = re.findall(r"^#   (pivot: .*)", text, re.MULTILINE)
    assert yaml.safe_load(found)["pivot"] == step


ORDER = {"created_at": "2026-11-04T09:28:00Z", "line_items": [{"sku": "P1", "qty": 2, "price": 1.5}]}


@pytest.mark.parametrize(
    ("document", "records"),
    [
        ({"5009": [ORDER], "5010": [ORDER]}, "*"),
        ({"5009": ORDER, "5010": ORDER}, "*"),
        ({"orders": {"W-1": ORDER, "W-2": ORDER}}, "orders.*"),
        ({"meta": {"at": "x"}, "data": {"orders": {"7": ORDER, "8": ORDER}}}, "data.orders.*"),
        ({"alpha": ORDER, "beta": ORDER, "gamma": ORDER}, "*"),
    ],
)
def test_json_keyed_by_id_is_read_by_its_members(
    run: Run, tmp_path: Path, document: dict, records: str
) -> None:
    path, mapping = tmp_path / "web.json", tmp_path / "web.yaml"
    path.write_text(json.dumps(document))
    text = run("propose", path, "--feed", "sales").out
    said = yaml.safe_load(text)
    assert said["file"]["records"] == records and said["targets"][0]["unfold"] == "line_items", text
    assert not re.search(r"\b(5009|W-1|alpha)\b", text), "ids are no names of columns"
    fill = {
        "order_id": "key",
        "line_number": "{line_number: derived}",
        "store_id": "{constant: W}",
        "currency": "{constant: EUR}",
    }
    for column, cell in fill.items():
        text = re.sub(rf"({column}): {{constant: }}", rf"\1: {cell}", text)
    mapping.write_text(
        text.replace("    columns:", "    document: key\n    replaces: document\n    columns:")
    )
    tried = run("try", path, "--feed", "sales", "--source", mapping, "--json")
    assert tried.code == 0, tried.err + tried.out
    assert tried.document["files"][0]["admitted"][0]["rows"] >= 2


def test_members_that_cannot_be_unfolded_are_told(propose) -> None:
    lines = {"1": {"sku": "A", "qty": 1}, "2": {"sku": "B", "qty": 1}}
    text = propose(json.dumps([{"id": 1, "lines": lines}, {"id": 2, "lines": lines}]), name="web.json")
    assert "# CHECK: the members of lines are keyed by id" in text and "lines.1" not in text
    plain = propose(
        json.dumps({"id": 1, "billing": {"city": "x"}, "shipping": {"city": "y"}}), name="one.json"
    )
    assert "keyed by id" not in plain and "records:" not in plain


def test_a_header_of_two_rows_is_told(propose) -> None:
    rows = [
        ["Bestand je Filiale"],
        [None, None, "Kiel", None, "Lübeck"],
        ["Artikel", "Text", *["Bestand", "Reserviert"] * 2],
    ]
    text = propose(
        _book({"Sheet": [*rows, ["P1", "Tee", 5, 1, 7, 0]]}), name="stock.xlsx", feed="stock_counts"
    )
    assert "Kiel, Lübeck: a header of two rows" in text and '"A header of two rows"' in text
    assert is_marked(text, "quantity")
    flat = propose(
        ";;Kiel;;Lübeck;\nArtikel;Text;Bestand;Reserviert;Bestand;Reserviert\nP1;Tee;5;1;7;0\n",
        feed="stock_counts",
    )
    assert "Kiel, Lübeck: a header of two rows" in flat


def test_how_numbers_are_written_is_said_though_none_is_read_yet(propose) -> None:
    page = "|Werk|Material|In Prüfung|Gesperrt|\n"
    text = propose(
        f"Seite 1\n\n{page}|1000|P1|19.384,000|10,000-|\n{page}|1000|P2|200,000|1,000|\n", feed="stock_counts"
    )
    values = yaml.safe_load(text)["values"]
    assert values == {"decimal": ",", "thousands": ".", "negatives": "trailing_minus"}


def test_numbers_of_a_workbook_say_nothing_of_its_texts(propose) -> None:
    rows = [
        ["Artikel", "Bezeichnung", "Warengruppe", "EK"],
        *([f"P{n}", "a", "b", 0.185] for n in range(5)),
        ["P9", "a", "b", "1.234,50 €"],
    ]
    text = propose(_book({"Sheet": rows}), name="products.xlsx", feed="products")
    assert yaml.safe_load(text)["values"] == {"decimal": ",", "thousands": ".", "strip": "€"}


def test_two_candidates_for_a_product_are_both_named(propose) -> None:
    header = "Lieferant;Artikel-Nr.;Ihre Art.-Nr.;gültig ab;Preis EUR;Lieferzeit\n70;NH-1;040000;01.07.2026;2,50;7\n"
    text = propose(header, feed="supplier_products")
    columns = yaml.safe_load(text)["targets"][0]["columns"]
    assert (columns["product_id"], columns["supplier_sku"]) == ("Ihre Art.-Nr.", "Artikel-Nr.")
    assert re.search('product_id: "Ihre Art.-Nr."  # CHECK: .*Artikel-Nr.', text)
    assert columns["unit_cost"] == "Preis EUR" and columns["currency"] == {"constant": "EUR"}
    alone = propose(header.replace("Ihre Art.-Nr.", "Text"), feed="supplier_products")
    assert re.search("product_id: .*# CHECK: .*your own number, or the supplier's", alone)
    scales = propose(header.replace("Lieferzeit", "ab Menge"), feed="supplier_products")
    assert re.search("unit_cost: .*# CHECK: .*ab Menge.* take the first scale", scales)


def test_what_is_filled_down_says_how_and_a_line_takes_no_product_from_above(propose) -> None:
    text = propose(
        "Order No;SKU;Sale Date;Qty;Price;Currency\n#1;A;2026-11-20;1;2.50;EUR\n#1;;2026-11-20;1;1.00;\n"
    )
    assert "Then `reshape: {fill_down: {columns: Currency, per: Order No}}`." in text
    [product] = re.findall("^      product_id: .*", text, re.MULTILINE)
    assert "CHECK: it is empty in 1 of 2 records, which are rejected" in product and "above" not in product
    merged = propose("Filiale;Artikel;Bestand\nS1;P1;5\n;P2;6\n", feed="stock_counts")
    assert "Then `reshape: {fill_down: Filiale}`." in merged


def test_columns_that_are_computed_are_no_longer_wanted(propose) -> None:
    text = propose("Bon;Pos;Filiale;Artikel;Datum;Menge;Betrag\nR-1;1;S;P;25.10.2026;1;1,00\n")
    assert "net_amount: Betrag" in text
    assert "net_amount" not in re.findall("# Optional columns without a source: .*", text)[0]
