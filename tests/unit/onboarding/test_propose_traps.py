"""What would be read wrongly without a word: prices of many units, columns of one name, days of counts, zones."""

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.unit.onboarding.conftest import Run
from tests.unit.onboarding.measuring import is_marked

PRICES = [
    ("purchase_order_lines", "unit_cost", "Bestellung;Pos;Artikel;Menge;Nettopreis;{};Nettowert",
     "4711;10;P2;1.000;18,50;{};185,00", "18.5"),
    ("supplier_products", "unit_cost", "Lieferant;Art.-Nr.;Gültig ab;Währung;Lieferzeit;Preis;{}",
     "70;P2;01.07.2026;EUR;7;18,50;{}", "18.5"),
    ("products", "cost_price", "Artikel;Bezeichnung;Warengruppe;EK;{}", "P2;Tee;Tee;18,50;{}", "18.5"),
    ("sales", "unit_price", "Bon;Pos;Filiale;Artikel;Datum;Menge;Währung;Einzelpreis netto;{}",
     "R-1;1;S;P2;01.07.2026;1;EUR;18,50;{}", "18.5"),
]  # fmt: skip


def _another(row: str) -> str:
    return row.replace("P2", "P3").replace("4711", "4712").replace("R-1", "R-2")


CALLED = ["Preiseinheit", "PE", "per", "Price Unit", "Preis pro", "Einheit je", "PEINH"]
EACH = [(*PRICES[0], called) for called in CALLED] + [(*price, CALLED[0]) for price in PRICES[1:]]


@pytest.mark.parametrize(
    ("feed", "column", "header", "row", "price", "called"), EACH, ids=lambda v: str(v)[:12]
)
def test_a_price_of_many_units_is_divided(
    run: Run, tmp_path: Path, feed: str, column: str, header: str, row: str, price: str, called: str
) -> None:
    path, mapping = tmp_path / "list.csv", tmp_path / "list.yaml"
    path.write_text(f"{header.format(called)}\n{row.format(100)}\n{_another(row.format(1))}\n")
    text = run("propose", path, "--feed", feed).out
    assert is_marked(text, column) and f"as many units as {called} says" in text
    assert f"#   {called}:" not in text, "it has a place"
    mapping.write_text(text)

    tried = run("try", path, "--feed", feed, "--source", mapping, "--json")

    [file] = tried.document["files"]
    rows = {row["product_id"]: row[column] for row in file["admitted"][0]["first"]}
    assert rows.get("P3", price) == price and rows.get("P2", "0.185") == "0.185", text


def test_a_price_unit_that_is_always_one_is_told(propose) -> None:
    text = propose(
        "Bestellung;Pos;Artikel;Menge;Nettopreis;Preiseinheit\n4711;10;P2;1;18,50;1\n",
        feed="purchase_order_lines",
    )
    assert yaml.safe_load(text)["targets"][0]["columns"]["unit_cost"] == "Nettopreis"
    assert is_marked(text, "unit_cost") and "Preiseinheit is 1 here" in text


@pytest.mark.parametrize(
    "called",
    [
        "Preis pro 100",
        "Preis/100 Stk",
        "price per 100",
        "Prix d'achat par 100",
        "Prijs per 100",
        "prezzo a 100 pz",
    ],
)
def test_a_price_whose_name_says_for_how_many_is_scaled(propose, called: str) -> None:
    text = propose(
        f"Bestellung;Pos;Artikel;Menge;{called}\n4711;10;P2;1;18,50\n", feed="purchase_order_lines"
    )
    cell = yaml.safe_load(text)["targets"][0]["columns"]["unit_cost"]
    assert cell["column"] == called and cell["scale"] == 0.01 and is_marked(text, "unit_cost"), text


@pytest.mark.parametrize("called", ["Preis pro VPE", "Preis je Karton", "price per case", "cost price pack"])
def test_a_price_of_a_pack_is_told(propose, called: str) -> None:
    text = propose(
        f"Bestellung;Pos;Artikel;Menge;{called}\n4711;10;P2;1;18,50\n", feed="purchase_order_lines"
    )
    assert "unit_cost:" not in text or is_marked(text, "unit_cost"), text


@pytest.mark.parametrize("called", ["Preis pro Stück", "price per unit", "Stückpreis", "Einheitspreis netto"])
def test_a_price_of_one_unit_is_not(propose, called: str) -> None:
    text = propose(
        f"Bestellung;Pos;Artikel;Menge;{called}\n4711;10;P2;1;18,50\n", feed="purchase_order_lines"
    )
    cell = yaml.safe_load(text)["targets"][0]["columns"].get("unit_cost", called)
    assert cell == called, text


TWICE = "Bon;Pos;Filiale;Artikel;Datum;Menge;Betrag;{}\nR-1;1;S;P1;25.10.2026;1;1,00;1,19\n"
TWICE += "R-2;1;S;P2;25.10.2026;2;2,00;2,38\n"
READS_BETRAG = """
source: twice
match: {folder: sales, files: "*"}
values: {decimal: ",", dates: "%d.%m.%Y"}
parse: {BETRAG: number}
targets:
  - feed: sales
    columns: {order_id: Bon, line_number: Pos, store_id: Filiale, product_id: Artikel, sold_at: Datum, quantity: Menge,
              net_amount: NET, unit_price: {sql: BETRAG / Menge}, currency: {constant: EUR}}
"""


@pytest.mark.parametrize("second", ["Betrag", "betrag", " Betrag ", "Betrag.1", "Betrag (2)"])
def test_columns_of_one_name_are_told(run: Run, propose, tmp_path: Path, second: str) -> None:
    text = propose(TWICE.format(second), name="twice.csv")
    assert is_marked(text, "unit_price") and is_marked(text, "net_amount")
    assert len(re.findall("several columns are called so: Betrag, [Bb]etrag", text)) == 2
    mapping = tmp_path / "twice.yaml"
    mapping.write_text(READS_BETRAG.replace("BETRAG", "Betrag").replace("NET", "Betrag"))
    [file] = run("try", tmp_path / "twice.csv", "--feed", "sales", "--source", mapping, "--json").document[
        "files"
    ]
    assert any("several columns called Betrag" in note and "reads Betrag:" in note for note in file["notes"])


def test_a_quantity_of_one_name_is_told_and_a_name_with_a_number_is_not(propose) -> None:
    counts = propose("Filiale;Artikel;Bestand;Bestand\nS;P1;1;2\n", feed="stock_counts")
    assert "quantity: Bestand  # CHECK: several columns are called so: Bestand, Bestand_2" in counts
    assert "several" not in propose("receipt no;qty;tax 1;tax 2;line_2\nA;1;2;3;4\n")


def test_whoever_reads_every_column_of_a_name_is_not_told(run: Run, tmp_path: Path) -> None:
    path, mapping = tmp_path / "twice.csv", tmp_path / "twice.yaml"
    path.write_text(TWICE.format("Betrag"))
    mapping.write_text(READS_BETRAG.replace("BETRAG", "Betrag").replace("NET", "Betrag_2"))
    [file] = run("try", path, "--feed", "sales", "--source", mapping, "--json").document["files"]
    assert not any("several columns" in note for note in file["notes"])


@pytest.mark.parametrize("called", ["datum", "Stichtag", "count date"])
def test_a_count_of_a_day_is_marked_and_its_evening_can_be_said(
    run: Run, tmp_path: Path, called: str
) -> None:
    path, mapping = tmp_path / "stock.csv", tmp_path / "stock.yaml"
    path.write_text(f"store;sku;bestand;{called}\nA1;P1;5;30.05.2026\nA2;P1;5;30.05.2026\n")
    text = run("propose", path, "--feed", "stock_counts").out
    [line] = re.findall("^      counted_at: .*", text, re.MULTILINE)
    assert "CHECK" in line and "a day alone is its beginning" in line
    [cell] = re.findall("`({sql: .*?})`", line)
    text = text.replace(line, f"      counted_at: {cell}").replace(
        "targets:", f"parse: {{{called}: date}}\ntargets:"
    )
    mapping.write_text(text)

    [file] = run("try", path, "--feed", "stock_counts", "--source", mapping, "--json").document["files"]

    [admitted] = file["admitted"]
    assert admitted["first"][0]["counted_at"] == "2026-05-30T18:00:00Z"
    assert admitted["business_dates"] == ["2026-05-30", "2026-05-30"]


def test_a_count_with_its_time_is_not_marked(propose) -> None:
    text = propose(
        "store;sku;bestand;gezaehlt am\nA1;P1;5;30.05.2026 18:30\nA2;P1;5;30.05.2026 18:40\n",
        feed="stock_counts",
    )
    assert not is_marked(text, "counted_at")
    apart = propose(
        "store;sku;bestand;datum;uhrzeit\nA1;P1;5;30.05.2026;18:30\nA2;P1;5;30.05.2026;18:31\n",
        feed="stock_counts",
    )
    assert not is_marked(apart, "counted_at")


SALE = "receipt no;line no;store no;sku;sale date;qty;net price;currency\nK-1;1;S1;A1;{};2;2,50;EUR\n"


@pytest.mark.parametrize("zone", [" UTC", " GMT", " (UTC)", " UT", " Z"])
@pytest.mark.parametrize("day", ["26.11.2026 13:13:00", "26.11.2026 13:13", "11/26/2026 01:13:00 PM"])
def test_times_that_say_utc_are_utc(run: Run, tmp_path: Path, day: str, zone: str) -> None:
    path, mapping = tmp_path / "utc.csv", tmp_path / "utc.yaml"
    path.write_text(SALE.format(day + zone))
    text = run("propose", path, "--feed", "sales").out
    assert not re.search("time_zone:.*CHECK", text) and not is_marked(text, "sold_at"), text
    mapping.write_text(text)
    [file] = run("try", path, "--feed", "sales", "--source", mapping, "--json").document["files"]
    assert file["admitted"][0]["first"][0]["sold_at"] == "2026-11-26T13:13:00Z", text


@pytest.mark.parametrize("zone", [" BST", " CET", " MSK"])
def test_times_of_other_zones_are_marked(propose, zone: str) -> None:
    text = propose(SALE.format("26.11.2026 13:13:00" + zone))
    assert re.search("time_zone:.*CHECK", text) and is_marked(text, "sold_at"), text


LINES = [
    {"id": f"x{n}", "position": n, "quantity": n, "unitPrice": 2.5, "payload": {"productNumber": f"P-{n}"},
     "price": {"unitPrice": 2.5, "quantity": n}} for n in (1, 2)
]  # fmt: skip
ORDERS = [
    {"orderNumber": f"W{n}", "store": "S", "orderDate": "2026-11-02T00:00:00.000+00:00",
     "orderDateTime": f"2026-11-02T0{n}:17:04.432+00:00", "currency": {"isoCode": "EUR", "symbol": "€"},
     "lineItems": LINES} for n in range(4)
]  # fmt: skip


def test_a_nested_order_is_read_by_its_lines_products_moments_and_prices(
    run: Run, propose, tmp_path: Path
) -> None:
    text = propose(json.dumps(ORDERS), name="orders.json")
    columns = yaml.safe_load(text)["targets"][0]["columns"]
    assert columns["product_id"] == "lineItems.payload.productNumber"
    assert columns["sold_at"] == "orderDateTime" and not is_marked(text, "sold_at")
    assert columns["unit_price"] == "lineItems.unitPrice"
    assert re.search(r"^    # CHECK: does a document always come whole\?", text, re.MULTILINE)
    mapping = tmp_path / "orders.yaml"
    mapping.write_text(text.replace("    # document:", "    document:").replace("    # repl", "    repl"))
    tried = run("try", tmp_path / "orders.json", "--feed", "sales", "--source", mapping, "--json")
    [file] = tried.document["files"]
    assert file["admitted"][0]["sums"]["quantity"] == "12", tried.out


@pytest.mark.parametrize(
    ("day", "moment", "same"),
    [
        ("order date", "order date time", True), ("order date", "order timestamp", True),
        ("Belegdatum", "Beleg Uhrzeit", False), ("sale date", "sale time", True), ("order date", "paid time", False),
        ("Verkauf Datum", "Verkauf Zeitpunkt", True), ("posted-date", "posted-date-time", True),
    ],
)  # fmt: skip
def test_a_moment_is_better_than_its_day(propose, day: str, moment: str, same: bool) -> None:
    rows = "".join(f"B-{n};1;S;A;2026-11-2{n};2026-11-2{n} 10:1{n}:05;1\n" for n in range(3))
    columns = yaml.safe_load(propose(f"order no;pos;store;sku;{day};{moment};qty\n{rows}"))["targets"][0][
        "columns"
    ]
    assert (columns["sold_at"] == moment) == same


def test_what_is_the_same_in_every_record_and_a_sign_are_no_products(propose) -> None:
    rows = "".join(f"B-{n};1;S;X9;€;P{n % 4};2026-11-2{n};1\n" for n in range(8))
    text = propose(f"order no;pos;store;product code;symbol;sku;sale date;qty\n{rows}")
    assert yaml.safe_load(text)["targets"][0]["columns"]["product_id"] == "sku"
    alone = propose(f"order no;pos;store;product code;symbol;text;sale date;qty\n{rows}")
    assert re.search("product_id: product code  # CHECK: .*it is the same in every record", alone)
    sign = propose(f"order no;pos;store;text;symbol;words;sale date;qty\n{rows}")
    assert yaml.safe_load(sign)["targets"][0]["columns"]["product_id"] == {"constant": None}


def test_a_number_beside_a_price_that_is_always_the_quantity_is_no_price_unit(propose) -> None:
    header = "Bon;Pos;Filiale;Artikel;Datum;Menge;Währung;Einzelpreis netto;Preismenge\n"
    equal = propose(f"{header}R-1;1;S;P2;01.07.2026;3;EUR;18,50;3\nR-2;1;S;P2;01.07.2026;1;EUR;18,50;1\n")
    assert "unit_price: Einzelpreis netto" in equal
    other = propose(f"{header}R-1;1;S;P2;01.07.2026;3;EUR;18,50;100\nR-2;1;S;P2;01.07.2026;1;EUR;18,50;1\n")
    assert '"Einzelpreis netto" / "Preismenge"' in other


def test_words_of_kinds_are_shown_beside_the_question_about_returns(propose) -> None:
    text = propose("receipt no;sku;qty;type\nR1;A;1;product\nR2;A;1;promotion\nR3;A;1;Ann Example\n")
    assert "does type (product, promotion, …) tell them?" in text
