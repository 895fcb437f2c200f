"""`propose` on quantities that are not in pieces, and on those whose sign is the other way round."""

import re

import pytest

from tests.unit.onboarding.measuring import is_marked


def _rows(head: str, *ends: str) -> str:
    return f"{head}\n" + "".join(end + "\n" for end in ends)


def _said(text: str, column: str) -> str:
    return re.search(rf"^      {column}: .*", text, re.MULTILINE)[0]  # ty: ignore[not-subscriptable]


@pytest.mark.parametrize(
    ("called", "units", "shown"),
    [
        ("Einheit", ("KAR", "ST"), "KAR, ST"), ("UOM", ("CASE", "EA"), "CASE, EA"),
        ("ME", ("Karton", "Stück"), "Karton, Stück"),
        ("Unité", ("colis", "pièce"), "colis, pièce"), ("Unidad", ("caja", "ud"), "caja, ud"),
        ("UM", ("CF", "PZ"), "CF, PZ"),
        ("Unit of Measure Code", ("PALLET", "PCS"), "PALLET, PCS"), ("MJ", ("krabice", "ks"), "krabice, ks"),
        ("jednostka", ("opak", "szt"), "opak, szt"), ("Mengeneinheit", ("VPE", "VPE"), "VPE"),
        ("Eenheid", ("doos", "stuks"), "doos, stuks"),
        ("unit", ("g", "kg"), "g, kg"), ("stock_uom", ("Box", "Each"), "Box, Each"),
        ("MEINS", ("KI", "ST"), "KI, ST"),
    ],
)  # fmt: skip
def test_units_that_are_no_pieces_are_asked_about_with_their_words(
    propose, called: str, units: tuple[str, str], shown: str
) -> None:
    rows = (f"S1;A1;2026-11-17 20:00;2;{units[0]}", f"S1;A2;2026-11-17 20:00;5;{units[1]}")
    text = propose(_rows(f"Filiale;Artikel;Datum;Bestand;{called}", *rows), feed="stock_counts")
    assert is_marked(text, "quantity") and f"in {called} stands {shown}" in _said(text, "quantity"), text


@pytest.mark.parametrize(
    "called",
    ["Stk je Einheit", "Qty per UOM", "VPE", "Units per Case", "Qty. per Unit of Measure", "Umrechnungsfaktor",
     "Pcs/Carton", "Colisage", "Uds. por caja", "Pezzi per confezione",
     "Aantal per doos", "Szt. w opakowaniu", "Ks v balení", "pack_size",
     "conversion_factor",
     "Inhalt", "case qty", "Stück pro Karton"],
)  # fmt: skip
def test_what_says_how_many_are_in_one_makes_pieces_of_packs(propose, called: str) -> None:
    rows = ("B1;1;A1;2;12;24,00", "B1;2;A2;5;1;2,50")
    head = f"Bestellung;Pos;Artikel;Menge;{called};Nettopreis"
    text = propose(_rows(head, *rows), feed="purchase_order_lines")
    assert f"""`{{sql: '"Menge" * "{called}"'}}`, both declared in `parse`""" in _said(text, "quantity"), text
    assert f"""`{{sql: '"Nettopreis" / "{called}"'}}`""" in _said(text, "unit_cost")
    ones = propose(_rows(head, *(row.replace(";12;", ";1;") for row in rows)), feed="purchase_order_lines")
    assert not is_marked(ones, "quantity")


@pytest.mark.parametrize("called", ["Preis je VPE", "case cost", "Prix par carton", "price per pack"])
def test_the_price_of_a_pack_has_a_place_and_is_asked_about(propose, called: str) -> None:
    rows = ("B1;1;A1;2;12;24,00", "B2;1;A2;5;12;12,50")
    text = propose(_rows(f"Bestellnr;Pos;Artikelnr;Menge;VPE;{called}", *rows), feed="purchase_order_lines")
    assert f"""`{{sql: '"{called}" / "VPE"'}}`""" in _said(text, "unit_cost"), text


@pytest.mark.parametrize(
    ("called", "units"),
    [("Einheit", ("ST", "ST")), ("UOM", ("EA", "kg")), ("Gewichtseinheit", ("g", "g")),
    ("Business Unit", ("North", "South")),
     ("Preiseinheit", ("ST", "KAR")), ("Stück", ("1", "2"))],
)  # fmt: skip
def test_what_is_sold_in_pieces_or_by_weight_is_not_asked_about(
    propose, called: str, units: tuple[str, str]
) -> None:
    rows = (f"S1;A1;2026-11-17 20:00;2;{units[0]}", f"S1;A2;2026-11-17 20:00;5;{units[1]}")
    text = propose(_rows(f"Filiale;Artikel;Datum;Menge;{called}", *rows), feed="stock_counts")
    assert "count pieces" not in text


def test_a_price_list_in_several_units_is_asked_about(propose) -> None:
    head = "Artikelnr;Lieferant;EK netto;Währung;Lieferzeit;ME;gültig ab"
    rows = ("K0;L1;12,50;EUR;2;ST;01.01.2027", "K1;L1;120,00;EUR;2;KAR;01.01.2027")
    text = propose(_rows(head, *rows), feed="supplier_products")
    assert "the price of one piece? Beside it, in ME stands KAR, ST." in _said(text, "unit_cost"), text


SALES = "Beleg;Pos;Filiale;Artikel;Datum;Menge;Einzelpreis netto;Währung{}"


def _sold(*quantities: str) -> list[str]:
    return [f"V{n};1;S1;A{n};01.11.2026 10:00;{q};9,78;EUR" for n, q in enumerate(quantities)]


@pytest.mark.parametrize(
    "quantities",
    [("-2", "-3", "1"), ("2-", "3-", "1"), ("(2)", "(3)", "(1)"), ("-2,0", "-1,5", "1,0"), ("−2", "−3", "1")],
)
def test_mostly_negative_quantities_are_asked_about_with_the_expression(propose, quantities) -> None:
    text = propose(_rows(SALES.format(""), *_sold(*quantities)))
    assert "are negative" in _said(text, "quantity"), text
    assert """`{sql: '-"Menge"'}`, the column declared in `parse`""" in _said(text, "quantity")


def test_some_returns_are_no_wonder(propose) -> None:
    assert not is_marked(propose(_rows(SALES.format(""), *_sold("2", "-3", "1", "4"))), "quantity")


def test_the_amounts_of_lines_that_are_negative_too_are_asked_about(propose) -> None:
    rows = [f"{row};-19,56" for row in _sold("-2", "-3", "-2")]
    text = propose(_rows(SALES.format(";Gesamt netto"), *rows))
    assert """`{sql: '-"Gesamt netto"'}`""" in _said(text, "net_amount"), text


@pytest.mark.parametrize("feed", ["stock_counts", "purchase_order_lines", "stock_movements"])
def test_so_they_are_in_other_feeds(propose, feed: str) -> None:
    rows = ("B1;1;S1;A1;2026-11-17 20:00;-2", "B1;2;S1;A2;2026-11-17 20:00;-5")
    text = propose(_rows("Bestellung;Pos;Filiale;Artikel;Datum;Menge", *rows), feed=feed)
    assert "2 of 2 are negative" in _said(text, "quantity"), text


TERMS = "Lieferant;Artikel;EK netto;Währung;Lieferzeit Tage;{}"
DATED = ("L0;K0;3,01;EUR;7;01.01.2027;31.12.2027", "L1;K1;2,21;EUR;7;01.02.2027;31.12.2027")


@pytest.mark.parametrize(
    ("start", "end"),
    [("Gültigkeit von", "Gültigkeit bis"), ("Date début", "Date fin"), ("valid from date", "valid to date"),
     ("Desde", "Hasta"),
     ("Gültig von", "Gültig bis"), ("Starting Date", "Ending Date"), ("von", "bis"), ("DATAB", "DATBI"),
     ("Data inizio", "Data fine"),
     ("Geldig van", "Geldig tot"), ("Data od", "Data do"), ("Platnost od", "Platnost do"),
     ("effective_from", "effective_to"),
     ("Dal", "Al"), ("Valid From", "Valid Until"), ("Fecha desde", "Fecha hasta")],
)  # fmt: skip
def test_the_day_from_which_terms_hold_has_its_place_and_their_end_is_told(
    propose, start: str, end: str
) -> None:
    text = propose(_rows(TERMS.format(f"{start};{end}"), *DATED), feed="supplier_products")
    assert f"valid_from: {start} " in text and f"no place for {end}" in _said(text, "valid_from"), text


def test_a_day_in_terms_that_has_no_place_is_asked_about(propose) -> None:
    text = propose(_rows(TERMS.format("Termin X;Geändert am"), *DATED), feed="supplier_products")
    assert "does it hold from Termin X? Then that is `valid_from`" in _said(text, "unit_cost"), text
    head = "Artikelnr;Bezeichnung;VK netto;Währung;MwSt;Gültig ab;Geändert am"
    text = propose(_rows(head, "K0;Tee;3,01;EUR;19;01.01.2027;01.11.2026"), feed="products")
    assert "from or until Gültig ab?" in text, text
