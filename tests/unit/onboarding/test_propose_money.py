"""`propose` on what makes revenue wrong without a word: discounts in percent, returns without a sign, cents."""

import json
import re
from pathlib import Path

import pytest

from tests.unit.onboarding.conftest import Run
from tests.unit.onboarding.measuring import is_marked

SALES = "Belegnr;Pos;Datum;Filialnr;Artikelnr;Menge;Einzelpreis netto;{};Währung\n"
LINES = "B-1;1;01.11.2026;F1;A1;4;2,50;{};EUR\nB-1;2;01.11.2026;F1;A2;-2;2,50;{};EUR\n"
LINES += "B-2;1;02.11.2026;F1;A1;1;2,50;{};EUR\n"


def _sums(run: Run, folder: Path, name: str) -> dict[str, str]:
    """Of what is admitted with the proposal as it is."""
    mapping = folder / "proposed.yaml"
    mapping.write_text(run("propose", folder / name, "--feed", "sales").out)
    tried = run("try", folder / name, "--feed", "sales", "--source", mapping, "--json")
    [file] = tried.document["files"]
    assert not file["quarantined"], tried.out
    return file["admitted"][0]["sums"]


@pytest.mark.parametrize(
    ("called", "values"),
    [
        ("Rabatt %", ("10", "10", "0")), ("Rabatt in %", ("10,00", "10,00", "0,00")),
        ("Rabattsatz", ("0,1", "0,1", "0")),
        ("Rabattsatz", ("10", "10", "0")), ("discount_percent", ("10", "10", "")), ("Disc%", ("10", "10", "0")),
        ("discount_rate", ("0,1", "0,1", "0")), ("discount", ("10%", "10%", "0%")), ("Remise (%)", ("10", "10", "0")),
        ("Dto. %", ("10", "10", "0")), ("Sconto %", ("10", "10", "0")), ("kortingspercentage", ("10", "10", "0")),
        ("Rabat [%]", ("10 %", "10 %", "0 %")), ("Sleva v %", ("10", "10", "0")),
        ("Nachlass-Prozent", ("10", "10", "0")),
        ("taux de remise", ("0,1", "0,1", "0")), ("disc_pct", ("10", "10", "0")),
    ],
)  # fmt: skip
def test_a_discount_in_percent_becomes_the_amount_of_the_line(
    run: Run, tmp_path: Path, called: str, values: tuple[str, ...]
) -> None:
    (tmp_path / "till.csv").write_text(SALES.format(called) + LINES.format(*values))
    text = run("propose", tmp_path / "till.csv", "--feed", "sales").out
    assert is_marked(text, "discount") and "a percentage of the price before discount?" in text
    assert f"#   {called}:" not in text, "it has a place"
    assert _sums(run, tmp_path, "till.csv")["discount"] == "0.5", text


def test_it_is_computed_of_cents_and_of_prices_of_many_units_too(run: Run, tmp_path: Path) -> None:
    line = {"order_id": "B-1", "line": 1, "store": "S", "sku": "A", "sold_at": "2026-11-01T10:00:00Z", "qty": 4,
            "currency": "EUR", "discount_percent": 10}  # fmt: skip
    (tmp_path / "till.json").write_text(json.dumps([line | {"unit_price_cents": 250}]))
    assert _sums(run, tmp_path, "till.json")["discount"] == "1"
    (tmp_path / "list.csv").write_text(
        SALES.format("Preiseinheit;Rabatt %") + LINES.format("100;10", "100;0", "1;0")
    )
    assert _sums(run, tmp_path, "list.csv")["discount"] == "0.01"


def test_without_a_price_or_with_two_percentages_it_is_told(propose) -> None:
    amounts = propose(
        "Bon;Pos;Filiale;Artikel;Datum;Menge;Betrag;Rabatt %\nB-1;1;F1;A1;01.11.2026;4;9,00;10\n"
    )
    assert re.search(r"^      # discount: .*CHECK: is Rabatt % a percentage", amounts, re.MULTILINE)
    two = propose(SALES.format("Rabatt %;Zusatzrabatt %") + LINES.format("10;1", "0;0", "0;2"))
    assert is_marked(two, "discount") and "And what is Zusatzrabatt %?" in two


def test_an_amount_beside_a_percentage_is_the_discount(propose) -> None:
    text = propose(SALES.format("Rabatt %;Rabatt Betrag") + LINES.format("10;1,00", "0;0,00", "0;0,00"))
    assert "discount: Rabatt Betrag" in text and "percentage of the price" not in text


@pytest.mark.parametrize(
    "called", ["Gesamt netto", "Nettobetrag", "net total", "Montant HT", "Importe neto", "Wartość netto"]
)
def test_the_net_amount_of_a_line_is_offered(propose, called: str) -> None:
    text = propose(SALES.format(called) + LINES.format("10,00", "-5,00", "2,50"))
    assert f"net_amount: {called}" in text and is_marked(text, "net_amount")


@pytest.mark.parametrize("called", ["Rabatt %", "discount_percent", "MwSt %", "Disc%"])
def test_no_percentage_is_offered_as_the_number_of_a_line(propose, called: str) -> None:
    text = propose(f"Bon;Filiale;Artikel;Menge;{called}\nB-1;F1;A1;4;0\nB-1;F1;A2;4;10\nB-2;F1;A2;4;10\n")
    assert "line_number: derived" in text and "or is it" not in text.split("line_number:")[1].split("\n")[0]


@pytest.mark.parametrize(
    ("called", "kinds"),
    [
        ("Storno", ("nein", "ja")), ("is_return", ("0", "1")), ("Type", ("Cash Sale", "Credit Memo")),
        ("Soll/Haben", ("H", "S")), ("doc_type", ("INV", "CRN")), ("Belegart", ("RE", "GS")), ("Typ", ("S", "R")),
        ("Storniert", ("N", "N")), ("Buchungstyp", ("1", "2")), ("Vorzeichen", ("+", "-")), ("sens", ("C", "D")),
        ("Fkart", ("F2", "RE")), ("refunded", ("false", "true")), ("tipo documento", ("FT", "NC")),
    ],
)  # fmt: skip
def test_what_tells_returns_from_sales_is_named_at_quantities_without_a_sign(
    propose, called: str, kinds: tuple[str, str]
) -> None:
    text = propose(SALES.format(called) + LINES.replace("-2", "2").format(kinds[0], kinds[1], kinds[0]))
    assert is_marked(text, "quantity") and f"does {called} (" in text, text
    signed = propose(SALES.format(called) + LINES.format(kinds[0], kinds[1], kinds[0]))
    assert not is_marked(signed, "quantity")


@pytest.mark.parametrize(
    ("called", "kinds"),
    [("Zahlungsart", ("bar", "Karte")), ("customer type", ("A", "B")), ("Versandart", ("DHL", "UPS"))],
)
def test_kinds_of_something_else_are_not(propose, called: str, kinds: tuple[str, str]) -> None:
    text = propose(SALES.format(called) + LINES.replace("-2", "2").format(kinds[0], kinds[1], kinds[0]))
    assert not is_marked(text, "quantity")


def test_words_of_a_kind_that_could_be_anything_are_not_quoted(propose) -> None:
    text = propose(SALES.format("Vorgangstyp") + LINES.replace("-2", "2").format("Anna", "GS", "Bernd"))
    assert "does Vorgangstyp (GS, …) tell" in text and "Anna" not in text


@pytest.mark.parametrize("prices", [("1999", "499", "12900"), ("250", "250", "250")])
def test_whole_numbers_that_may_be_cents_are_marked(propose, prices: tuple[str, ...]) -> None:
    sales = "id,line,shop,sku,created,qty,{},currency\n"
    rows = "".join(f"c{n},1,S,A,2026-11-01T10:00:00Z,1,{price},EUR\n" for n, price in enumerate(prices))
    for column in ("net price", "amount", "net amount"):
        text = propose(sales.format(column) + rows)
        assert is_marked(text, "unit_price") and "are they cents?" in text
    cents = propose(sales.format("amount_cents") + rows)
    assert "amount_cents: {type: number, scale: 0.01}" in cents and "are they cents?" not in cents
    assert "are they cents?" not in propose(sales.format("net price") + rows.replace(",EUR", ".50,EUR", 1))


def test_records_of_one_key_that_would_be_rejected_are_not_said_to_count(propose) -> None:
    sale = SALES.format("Kasse") + LINES.format(1, 1, 1).replace(";2;01", ";1;01")
    assert "1 of 3 records repeat the key (order_id, line_number), and differ: they are rejected" in propose(
        sale
    )
    again = sale.replace(";A2;-2", ";A1;3")
    assert "1 of 3 records repeat the key (order_id, line_number), of which the last counts" in propose(again)
    returned = sale.replace(";A2;-2", ";A1;-2")
    assert "and differ: they are rejected" in propose(returned)
    prices = "Lieferant;Artikelnr;EK netto;Währung;ab Menge\nV1;A;2,00;EUR;1\nV1;A;1,50;EUR;100\n"
    assert "those of one product are rejected" in propose(prices, feed="supplier_products")


def test_the_ids_of_orders_and_what_was_ordered_are_found_beside_others(propose) -> None:
    assert "order_id: increment_id" in propose("increment_id,name,sku,qty_ordered\n000010001,Bag,A1,2\n")
    ordered = propose(
        "Bestellnr;Pos;Artikel;Bestellmenge;gelieferte Menge;EK\nB1;1;A1;5;2;1,00\n",
        feed="purchase_order_lines",
    )
    assert "quantity: Bestellmenge" in ordered


THREE = "Bon;Pos;Filiale;Artikel;Datum;Menge;Einzelpreis netto;Währung\n"


@pytest.mark.parametrize(
    ("quantities", "prices", "summed"),
    [
        (("1.000", "2.000", "12.000"), ("8,90", "12,50", "1249,00"), "15"),
        (("1,000", "2,000", "12,000"), ("8.90", "12.50", "1,249.00"), "15"),
        (("1.000", "2.000", "12.000"), ("8,90", "12,50", "1.249,00"), "15"),
        (("1.250", "2.075", "12.000-"), ("8,90", "12,50", "1249,00"), "-8.675"),
        (("1.000 kg", "2.000 kg", "12.500 kg"), ("8,90", "12,50", "1249,00"), "15.5"),
        (("1.000", "2.000", "12000"), ("8,90", "12,50", "1249,00"), "12003"),
        (("1.000", "2.000", "12"), ("8,90", "12,50", "1249,00"), "3012"),
    ],
)  # fmt: skip
def test_three_digits_behind_the_only_mark_are_read_as_scales_write_them_and_asked_about(
    run: Run, tmp_path: Path, quantities: tuple[str, ...], prices: tuple[str, ...], summed: str
) -> None:
    rows = [f"B-{n};1;F1;A1;2026-11-01;{quantities[n]};{prices[n]};EUR\n" for n in range(3)]
    (tmp_path / "till.csv").write_text(THREE + "".join(rows))
    text = run("propose", tmp_path / "till.csv", "--feed", "sales").out
    assert is_marked(text, "quantity") and re.search(r"`1[.,]000` is 1", text) and "thousands" in text
    assert not is_marked(text, "unit_price")
    assert _sums(run, tmp_path, "till.csv")["quantity"] == summed, text


@pytest.mark.parametrize(
    ("quantities", "prices", "summed"),
    [
        (("1.000", "1.234.000", "1.000"), ("8,90", "12,50", "1,00"), "1236000"),
        (("1.000,00", "2.000", "3.000"), ("8,90", "12,50", "1,00"), "6000"),
        (("1.000", "2,5", "3.000"), ("8,90", "12,50", "1,00"), "4002.5"),
        (("1,000", "2,500", "3,000"), ("8,90", "12,50", "1,00"), "6.5"),
        (("1.000", "0.500", "3.000"), ("8,90", "12,50", "1,00"), "4.5"),
    ],
)  # fmt: skip
def test_what_a_value_of_the_column_or_the_file_proves_is_not_asked(
    run: Run, tmp_path: Path, quantities: tuple[str, ...], prices: tuple[str, ...], summed: str
) -> None:
    rows = [f"B-{n};1;F1;A1;2026-11-01;{quantities[n]};{prices[n]};EUR\n" for n in range(3)]
    (tmp_path / "till.csv").write_text(THREE + "".join(rows))
    text = run("propose", tmp_path / "till.csv", "--feed", "sales").out
    assert not is_marked(text, "quantity")
    assert _sums(run, tmp_path, "till.csv")["quantity"] == summed, text


def test_an_amount_that_a_price_comes_from_is_asked_about_too(propose) -> None:
    text = propose(
        "Bon;Pos;Filiale;Artikel;Datum;Menge;Betrag;MwSt %\nR-1;1;S;P;25.10.2026;1,5;1.000;19\n"
        "R-2;1;S;P;25.10.2026;2,5;2.000;19\n"
    )
    assert re.search(r"^      unit_price:  # CHECK: is `.` the decimal mark", text, re.MULTILINE)


def test_an_article_number_with_one_mark_is_no_number_to_ask_about(propose) -> None:
    text = propose(
        THREE + "B-1;1;F1;10.123;2026-11-01;1,5;2,50;EUR\nB-2;1;F1;10.124;2026-11-01;1,5;2,50;EUR\n"
    )
    assert not is_marked(text, "product_id") and not is_marked(text, "quantity")
