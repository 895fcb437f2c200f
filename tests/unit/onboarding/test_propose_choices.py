"""Which of two columns `propose` takes, and what it says of those that look right and are not."""

import re

import pytest
import yaml

from tests.unit.onboarding.measuring import is_marked

HEADER = "order no;pos;store;sku;sale date;qty;net price;currency"


def _columns(text: str) -> dict:
    return yaml.safe_load(text)["targets"][0]["columns"]


@pytest.mark.parametrize(
    ("header", "net"),
    [
        ("price_incl_tax;price", "price"), ("Preis (Brutto);Preis (Netto)", "Preis (Netto)"),
        ("Bruttopreis;Nettopreis", "Nettopreis"), ("prix ttc;prix ht", "prix ht"),
        ("price gross;price net", "price net"), ("Cena brutto;Cena netto", "Cena netto"),
    ],
)  # fmt: skip
def test_of_a_net_and_a_gross_price_the_net_one_is_taken(propose, header: str, net: str) -> None:
    for names in (header.split(";"), header.split(";")[::-1]):
        text = propose(f"order no;sku;qty;{';'.join(names)}\nB-1;A;1;2,50;3,00\n")
        assert _columns(text)["unit_price"] == net


def test_the_id_of_a_line_is_no_product_where_another_column_repeats(propose) -> None:
    rows = "".join(f"B-{n};{5000 + n};A-{n % 3};1\n" for n in range(8))
    text = propose(f"order no;item_id;sku;qty\n{rows}")
    assert _columns(text)["product_id"] == "sku" and "or is it item_id?" in text


def test_of_two_ids_of_products_the_other_is_named(propose) -> None:
    text = propose("Sale ID;Item ID;System ID;Qty\nB-1;70;2100;1\nB-2;71;2101;1\n")
    assert re.search("product_id: Item ID  # CHECK: or is it System ID", text)


def test_money_is_nobodys_number(propose) -> None:
    text = propose("receipt no;sku;qty;Card\nB-1;A;1;$11.00\nB-2;A;1;$12.00\n")
    assert "customer_id" not in _columns(text)


def test_the_signs_of_currencies_become_their_codes(propose) -> None:
    text = propose("receipt no;sku;qty;Währung\nB-1;A;1;€\nB-2;A;1;£\n")
    assert _columns(text)["currency"] == {"column": "Währung", "replace": {"£": "GBP", "€": "EUR"}}
    other = propose("receipt no;sku;qty;Währung\nB-1;A;1;$\nB-2;A;1;€\n")
    assert _columns(other)["currency"] == {"constant": None}, "a dollar of which country?"


def test_a_store_that_the_first_line_names_only_is_one_store(propose) -> None:
    text = propose(f"{HEADER}\nB-1;1;S1;A;26.11.2026;1;2,50;EUR\nB-1;2;;B;26.11.2026;1;2,50;EUR\n")
    assert "in several stores" not in text


def test_the_zone_that_a_column_names_is_told(propose) -> None:
    text = propose("receipt no;sku;qty;sale date;Time Zone\nB-1;A;1;2026-11-26 10:00;Eastern Time\n")
    assert re.search("time_zone: .*# CHECK: .*; Time Zone names one", text)


def test_a_channel_that_is_not_called_so_is_marked(propose) -> None:
    assert is_marked(propose("receipt no;sku;qty;Source\nB-1;A;1;web\n"), "channel")
    assert not is_marked(propose("receipt no;sku;qty;Sales Channel\nB-1;A;1;web\n"), "channel")


def test_prices_by_quantity_are_named(propose) -> None:
    columns = "Artikel-Nr;ab 1;ab 10;ab 50;Lieferzeit\nX0;1,37;1,30;1,23;7\n"
    assert "# CHECK: ab 1, ab 10, ab 50 look like a column for each quantity" in propose(
        columns, feed="supplier_products"
    )
    rows = "Artikel-Nr;Staffel ab;Staffelpreis;Währung;PE\nX0;1;1,37;EUR;100\nX0;10;1,30;EUR;100\n"
    text = propose(rows, feed="supplier_products")
    assert re.search("unit_cost:  # CHECK: .*as many units as PE says.*one row for each Staffel ab", text)
