"""What `propose` cannot be certain of carries CHECK, and nothing that speaks of a person gets into a mapping."""

import fnmatch
import json
import re
from pathlib import Path

import openpyxl
import pytest
import yaml

from retail_assets.feeds.onboarding.proposing.file_pattern import file_pattern
from tests.unit.onboarding.conftest import Run
from tests.unit.onboarding.measuring import is_marked

SALE = "receipt no;line no;store no;sku;sale date;qty;net price;currency\n"


@pytest.mark.parametrize(
    ("header", "rows", "column", "said"),
    [
        ("price", ["A1;2,50", "A2;1,00"], "unit_price", "net of tax"),
        ("prix ttc", ["A1;2,50"], "unit_price", "`ttc`"),
        ("Bruttopreis", ["A1;2,50"], "unit_price", "`brutto`"),
        ("discount", ["A1;0,50"], "discount", "whole line"),
        ("MwSt", ["A1;19", "A2;7"], "tax_rate", "a rate, or an amount?"),
        ("order date", ["A1;03/04/2026", "A2;05/06/2026"], "sold_at", "does the day stand before the month?"),
        ("order date", ["A1;03-04-2026"], "sold_at", "does the day stand before the month?"),
        ("order date", ["A1;26-11-25", "A2;26-11-26", "A3;26-11-27"], "sold_at", "year"),
        ("order date", ["A1;2026-07-01 10:00:00 BST", "A2;2026-07-01 10:00:00 CST"], "sold_at", "BST and CST"),
        ("order date", ["A1;26.11.2026", "A2;27.11.2026", "A3;soon"], "sold_at", "1 of 3 different values"),
        ("qty", ["A1;5", "A2;not stocked", "A3;7"], "quantity", "values are no numbers"),
        ("ship date", ["A1;2026-11-26"], "sold_at", "`ship"),
        ("Lieferdatum", ["A1;26.11.2026"], "sold_at", "`liefer`"),
        ("paid at", ["A1;2026-11-26"], "sold_at", "`paid`"),
        ("updated_at", ["A1;2026-11-26 10:00:00"], "sold_at", "`updated`"),
        ("qty", ["A1;1.234", "A2;5.678"], "quantity", "decimal mark"),
        ("qty", ["A1;1 kg", "A2;500 g"], "quantity", "several units"),
        ("customer", ["A1;Ann Example", "A2;Bob Sample"], "customer_id", "names"),
        ("shipped quantity", ["A1;1"], "quantity", "fits in part only"),
    ],
)  # fmt: skip
def test_what_is_uncertain_is_marked(propose, header: str, rows: list[str], column: str, said: str) -> None:
    text = propose("\n".join([f"receipt no;{header}", *rows]) + "\n")
    line = re.search(rf"^      {column}:.*", text, re.MULTILINE)
    assert line is None or "FILL IN" in line[0] or ("CHECK" in line[0] and said in line[0]), text
    assert line or column == "customer_id"


def test_what_is_certain_is_not(propose) -> None:
    text = propose(
        SALE + "K-1001;1;S1;A1;26.11.2026 10:00;2;2,50;EUR\nK-1002;1;S1;A2;13.11.2026 10:00;1;1,00;EUR\n"
    )
    marked = [name for name in yaml.safe_load(text)["targets"][0]["columns"] if is_marked(text, name)]
    assert marked == []
    assert "time_zone: Europe/Berlin  # CHECK" in text
    zoned = propose(SALE + "K-1;1;S1;A1;2026-11-26T10:00:00+01:00;2;2,50;EUR\n")
    assert "time_zone" not in zoned


@pytest.mark.parametrize(
    ("rows", "column", "said"),
    [
        (["1;1;S1;A;26.11.2026;1;2,50;EUR", "2;1;S1;A;26.11.2026;1;2,50;EUR"], "order_id", "number alike"),
        (["B-1;1;S1;A;26.11.2026;1;2,50;EUR", "B-1;2;S1;A;27.11.2026;1;2,50;EUR"], "order_id", "on several days"),
        (["B-1;1;S1;A;26.11.2026;1;2,50;EUR", "B-1;1;S2;A;26.11.2026;1;2,50;EUR"], "order_id", "in several stores"),
        (["B-1;1;S1;A;26.11.2026;1;2,50;EUR", "B-1;1;S1;B;26.11.2026;1;2,50;EUR"], "quantity", "repeat the key"),
        (["B-1;1;S1;A;26.11.2026;1;2,50;EUR", ";2;S1;B;26.11.2026;1;2,50;EUR"], "order_id", "empty in 1 of 2"),
    ],
)  # fmt: skip
def test_keys_that_are_none_are_marked(propose, rows: list[str], column: str, said: str) -> None:
    text = propose(SALE + "\n".join(rows) + "\n")
    [line] = re.findall(rf"^      {column}:.*", text, re.MULTILINE)
    assert "CHECK" in line and said in line


def test_a_key_that_repeats_and_stock_by_lot_are_marked(propose) -> None:
    products = propose("sku,name,category\nA,Tee,x\nA,Tee,x\nB,Cap,x\n", feed="products")
    assert is_marked(products, "product_id") and "it repeats" in products
    lots = propose(
        "store,sku,batch,qty,stock date\nS,A,L1,5,2026-11-26\nS,A,L2,7,2026-11-26\n", feed="stock_counts"
    )
    assert re.search(
        r"quantity: qty  # CHECK: 1 of 2 records repeat the key .* by batch, they have to be summed", lots
    )
    one = propose(
        "store,sku,batch,qty,stock date\nS,A,L1,5,2026-11-26\nS,B,L2,7,2026-11-26\n", feed="stock_counts"
    )
    assert "stated by batch?" in one


def test_the_date_of_another_event_is_marked(propose) -> None:
    counts = propose("store;sku;qty;order date\nS;A;5;26.11.2026\n", feed="stock_counts")
    assert is_marked(counts, "counted_at")
    orders = propose(
        "po no,vendor,ship to,invoice date,order date\n1,V,S,2026-11-27,2026-11-26\n", feed="purchase_orders"
    )
    assert "ordered_at: order date" in orders and "due_on:" not in orders


def test_returns_and_movements_without_a_sign_are_marked(propose) -> None:
    text = propose("receipt no;sku;qty;type\nR1;A;1;sale\nR2;A;1;refund\n")
    assert is_marked(text, "quantity") and "returns have to be negative" in text
    moved = propose(
        "id,store,sku,qty,type,date\n1,S,A,5,in,2026-11-26\n2,S,A,3,out,2026-11-26\n", feed="stock_movements"
    )
    assert is_marked(moved, "quantity") and is_marked(moved, "kind")


def test_a_document_is_replaced_only_where_somebody_says_so(propose) -> None:
    text = propose("order no;sku;qty;lfd\nA-1;A;1;1\nA-1;B;1;2\nA-2;C;1;1\n")
    assert re.search(r"^    replaces: document  # CHECK", text, re.MULTILINE)
    assert "or is it lfd?" in text


def test_an_amount_is_no_rate_and_a_rate_no_amount(propose) -> None:
    amounts = propose("receipt no;VAT\nA;1,37\nB;0,42\nC;12,05\n")
    assert "tax_rate:" not in amounts
    money = propose("receipt no;VAT rate\nA;$0.19\nB;$0.07\n")
    assert not re.search(r"^      tax_rate: [^#]*(?<!CHECK)$", money, re.MULTILINE)
    rates = propose("receipt no;Rabatt %\nA;10\nB;15\n")
    assert not re.search(r"^      discount:", rates, re.MULTILINE)


@pytest.mark.parametrize(
    "word",
    ["-", "n/a", "k.A.", "NULL", "#N/A", "none", "unbekannt", "brak", "néant", "n.v.t.", "neuvedeno", "\\N"],
)
def test_words_that_mean_null_are_found(propose, word: str) -> None:
    text = propose(
        f"sku;name;category;cost price;barcode\nA1;Tee;x;2,50;4006381333931\nA2;Cap;x;{word};{word}\n"
        "A3;Hat;x;1;73513537\n",
        feed="products",
    )
    nothing = yaml.load(text, yaml.BaseLoader)["values"]["null_words"]
    assert word in (nothing if isinstance(nothing, list) else [nothing])


def test_a_null_word_that_another_column_means_stands_at_its_own(propose) -> None:
    text = propose("sku;name;category;cost price\nA1;None;x;2,50\nA2;Cap;x;none\n", feed="products")
    columns = yaml.safe_load(text)["targets"][0]["columns"]
    assert (
        columns["cost_price"]["null_words"] == "none" and "null_words" not in yaml.safe_load(text)["values"]
    )


PERSONS = ["Ann Example", "Erika Müster", "ann@example.org", "+49 30 5550101", "0151 5550199", "Teststr. 1", "97301",
           "Hansetown", "rings twice", "1979-03-04", "DE02120300000000202051", "annex_79"]  # fmt: skip


@pytest.mark.parametrize(
    ("feed", "header"),
    [
        ("sales", "receipt,Buyer,Ship Name,E-Mail,Phone,Mobil,Ship Address1,Zip,City,Notes,Birthday,IBAN,Username"),
        ("sales", "bon,Kunde,Kundenname,Mail,Telefon,Handy,Straße,PLZ,Ort,Bemerkung,Geburtsdatum,Konto,Benutzer"),
        ("sales", "ticket,Client,Nom,Courriel,Tél,Portable,Adresse,Code postal,Ville,"
         "Commentaire,Date de naissance,Compte,Vendeur"),
        ("sales", "pedido,Cliente,Nombre,Correo,Teléfono,Móvil,Dirección,CP,"
         "Ciudad,Notas,Fecha nacimiento,Cuenta,Usuario"),
        ("sales", "ordine,Cliente,Cognome,Email,Telefono,Cellulare,Indirizzo,CAP,Città,Nota,Data nascita,Conto,Utente"),
        ("sales", "bonnummer,Klant,Achternaam,E-mail,Telefoon,Mobiel,Straat,Postcode,"
         "Plaats,Opmerking,Geboortedatum,Rekening,Gebruiker"),
        ("sales", "paragon,Klient,Nazwisko,E-mail,Telefon,Komórka,Ulica,Kod pocztowy,"
         "Miasto,Uwagi,Data urodzenia,Konto,Sprzedawca"),
        ("sales", "doklad,Zákazník,Jméno,E-mail,Telefon,Mobil,Ulice,PSČ,Město,Poznámka,Datum narození,Účet,Uživatel"),
        ("stock_counts", "sku,counted by,name,mail,phone,mobile,street,zip,city,comment,dob,account,user"),
        ("stock_movements", "movement id,store,reason,order id,transfer id,po id,"
         "counterpart,sku,kind,note,date,iban,from store"),
        ("order_events", "event id,actor,user,order id,status,reason,by,at,kind,note,time,account,employee"),
        ("products", "sku,name,brand,supplier,barcode,unit,category,subcategory,"
         "description,vendor,date,iban,manufacturer"),
    ],
)  # fmt: skip
def test_no_value_that_speaks_of_a_person_stands_in_a_mapping(propose, feed: str, header: str) -> None:
    """Under whatever names: what is quoted are numbers, dates and codes of things only."""
    rows = ["4711," + ",".join(PERSONS), "4712," + ",".join(reversed(PERSONS))]
    text = propose("\n".join([header, *rows]) + "\n", feed=feed)
    assert [person for person in PERSONS if person in text] == []


def test_neither_a_file_without_a_header_nor_json_by_person_names_them(
    run: Run, propose, tmp_path: Path
) -> None:
    bare = propose(
        "C1;Erika Müster;erika@example.org;2026-11-26\nC2;Otto Probe;otto@example.org;2026-11-27\n",
        feed="customers",
    )
    assert "header_row: 0" in bare and "Erika" not in bare and "otto@" not in bare
    keyed = json.dumps([{"id": 1, "buyers": {"erika@example.org": {"qty": 1}}}])
    assert "erika" not in propose(keyed, name="keyed.json")
    book = openpyxl.Workbook()
    for row in (["Filiale", "Artikel", "Menge", "Erfasst von"], ["S1", "A1", 5, "Erika Müster"]):
        book.active.append(row)
    book.save(tmp_path / "counts.xlsx")
    assert "Erika" not in run("propose", tmp_path / "counts.xlsx", "--feed", "stock_counts").out


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("orders_2026-11-26.csv", "orders_*.csv"), ("orders_20261126T140500Z.csv", "orders_*.csv"),
        ("orders_2026-11-26_lines.csv", "orders_*_lines.csv"), ("26.11.2026 Umsatz.xlsx", "* Umsatz.xlsx"),
        ("Umsatz_November_2026.csv", "Umsatz_*.csv"), ("umsätze märz 2026.csv", "umsätze *.csv"),
        ("export (3).csv", "export (*).csv"),
        ("2026-11-26.csv", "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].csv"), ("ventes.csv", "ventes.csv"),
        ("s1_26.csv", "s[0-9]_[0-9][0-9].csv"),
        ("B2B_shop_2026.csv", "B*B_shop_*.csv"),
        ("B2C_shop_2026.csv", "B*C_shop_*.csv"), ("till[1]?.csv", "till?*]?.csv"),
    ],
)  # fmt: skip
def test_a_pattern_is_the_name_without_its_dates_and_numbers(name: str, pattern: str) -> None:
    assert file_pattern(name) == pattern
    assert fnmatch.fnmatchcase(name.lower(), pattern.lower())


def test_exports_with_other_names_have_other_patterns() -> None:
    names = ["orders", "orders_lines", "orders_{}", "orders_{}_lines", "orders_eu_{}", "order_{}", "{}", "{}_orders",
             "stock_{}", "kasse_S_{}", "kasse_M_{}", "{}-{}-{}", "b{}b", "b{}c", "export", "export_{}"]  # fmt: skip
    patterns = [file_pattern(name.format(*["20261126"] * 3) + ".csv") for name in names]
    assert len(set(patterns)) == len(names) and "*.csv" not in patterns


def test_a_name_that_any_source_could_have_is_marked(propose) -> None:
    assert re.search(r"files: .*# CHECK", propose("receipt,qty\n1,2\n", name="export_2026-11-26.csv"))
    assert not re.search(r"files: .*# CHECK", propose("receipt,qty\n1,2\n", name="till_north_2026-11-26.csv"))


def test_a_name_that_is_taken_is_marked(run: Run, propose, tmp_path: Path) -> None:
    sources = tmp_path / "platform" / "sources"
    sources.mkdir(parents=True)
    columns = "store_id: s\n      name: n"
    (sources / "a.yaml").write_text(
        f"source: shop_north\nmatch: {{folder: stores, files: 'shop_*'}}\n"
        f"targets:\n  - feed: stores\n    columns:\n      {columns}\n"
    )
    assert re.search(r"^source: shop_north  # CHECK", propose("receipt,qty\n1,2\n"), re.MULTILINE)
    named = propose("store id,name\n1,North\n", feed="stores", name="shop_south.csv")
    assert "# CHECK: the mapping shop_north reads files that are called so." in named
