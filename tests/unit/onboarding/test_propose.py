"""`propose`: whatever dialect a file is in, the proposal loads once its marked places are filled, and reads it."""

import csv
import io
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retail_assets.feeds.mapping.load import load_mapping
from retail_assets.feeds.onboarding.proposing.evidence import is_gtin
from retail_assets.feeds.onboarding.proposing.names import likeness
from retail_assets.feeds.onboarding.proposing.shapes import shape_of
from tests.unit.onboarding.conftest import FEEDS, Run


@dataclass(frozen=True)
class Dialect:
    """A file of some source, and what reading it has to give."""

    name: str
    content: bytes
    sums: dict[str, str]
    feed: str = "sales"
    fill: dict[str, str] = field(default_factory=dict)
    """Constants that no file can tell."""
    admitted: int = 3
    first: dict[str, object] = field(default_factory=dict)


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Nord"
    book.create_sheet("Süd")
    for number, sheet in enumerate(book.worksheets):
        for row in [
            ["Inventurliste"],
            [None],
            ["Filiale", "Artikel", "Gezählt", "Zeitpunkt"],
            [sheet.title, "A1", 12, "20.11.2026 07:00"],
            [sheet.title, f"A{number + 2}", 3.5, "20.11.2026 07:30"],
            ["Summe", None, 15.5, None],
        ]:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _parquet() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(
        {
            "receipt": [11, 11, 12],
            "line": [1, 2, 1],
            "shop": ["S1", "S1", "S1"],
            "sku": ["A", "B", "A"],
            "ts_ms": [1795099192000, 1795099192000, 1795104375000],
            "qty": [1, 2, -1],
            "unit_price_cents": [1999, 250, 1999],
            "vat_percent": [19, 7, 19],
            "currency": ["EUR"] * 3,
        }
    ).write_parquet(buffer)
    return buffer.getvalue()


def _orders() -> bytes:
    lines = [{"sku": "A", "qty": 2, "unitPrice": 9.99}, {"sku": "B", "qty": 1, "unitPrice": 0.5}]
    orders = [
        {
            "orderNumber": f"W-{n}",
            "placedAt": "2026-11-20T14:05:00+01:00",
            "customer": {"number": f"C{n}"},
            "currency": "EUR",
            "lines": lines[: 3 - n],
            "history": [{"status": "paid", "at": "2026-11-20T14:06:00+01:00"}],
        }
        for n in (1, 2)
    ]
    return json.dumps({"exportedAt": "2026-11-21", "orders": orders}).encode()


DIALECTS = [
    Dialect(
        "kasse_S01_20261120.csv",
        "Datum;Uhrzeit;Bon;Pos;Artikel;Menge;Betrag;MwSt;Aktion\r\n"
        "20.11.2026;09:15:00;1;1;P1;2;1.019,98;19 %;J\r\n20.11.2026;09:15:00;1;2;P2;1-;5,00-;7 %;N\r\n"
        "21.11.2026;10:00:00;2;1;P1;1;509,99;19 %;N\r\n;;;;;;;;\r\nSumme;;;;;2;1.524,97;;\r\n".encode(
            "cp1252"
        ),
        {"quantity": "2", "unit_price": "1024.98", "tax_rate": "0.45"},
        fill={"store_id": "S01", "currency": "EUR"},
        first={"sold_at": "2026-11-20T08:15:00Z", "is_promotion": True},
    ),
    Dialect(
        "ventes.csv",
        "N° ticket;Ligne;Magasin;Article;Désignation;Date;Qté;Prix unitaire;Devise\n"
        "T1;1;Lyon;A1;Chaise;01/02/2026 09:05;2;1 234,50 €;EUR\n"
        "T1;2;Lyon;A2;Été;01/02/2026 09:05;1;2,00 €;EUR\nT2;1;Lyon;A1;Chaise;21/02/2026 10:00;1;n/a;EUR\n".encode(
            "cp1252"
        ),
        {"quantity": "3", "unit_price": "1236.5"},
        admitted=2,
        first={"description": "Chaise", "product_id": "A1", "sold_at": "2026-02-01T08:05:00Z"},
    ),
    Dialect(
        "us-export.txt",
        b'"Order No"|"Line"|"Store #"|"SKU"|"Sale Date"|"Units"|"Unit Price"|"Currency"\n'
        b"1001|1|12|A|11/20/2026 2:05 PM|1,200|$1,234.50|USD\n1001|2|12|B|11/20/2026 2:05 PM|(1)|$0.50|USD\n"
        b"1002|1|12|A|1/2/2026 11:30 AM|1|$2.00|USD\n",
        {"quantity": "1200", "unit_price": "1237"},
        first={"sold_at": "2026-11-20T13:05:00Z", "store_id": "12"},
    ),
    Dialect(
        "sprzedaz 2026-11.tsv",
        "Numer paragonu\tPozycja\tSklep\tKod produktu\tData sprzedaży\tIlość\tCena\tWaluta\n"
        "1\t1\tW1\tA\t2026-11-20 09:00\t1\t10,00\tPLN\n1\t2\tW1\tB\t2026-11-20 09:00\t2\t5,50\tPLN\n"
        "2\t1\tW1\tA\t2026-11-20 09:30\t1\t10,00\tPLN\n".encode("utf-16"),
        {"quantity": "4", "unit_price": "25.5"},
    ),
    Dialect(
        "ventas.csv",
        "Núm. factura,Línea,Tienda,Artículo,Fecha,Cantidad,Precio unitario\n"
        '1,1,M1,A,20261120,1,"10,00 €"\n1,2,M1,B,20261120,2,"5,50 €"\n2,1,M1,A,20261121,1,"10,00 €"\n'.encode(),
        {"quantity": "4", "unit_price": "25.5"},
        first={"currency": "EUR", "sold_at": "2026-11-19T23:00:00Z"},
    ),
    Dialect(
        "scontrini.csv",
        "Scontrino;Negozio;Codice articolo;Data vendita;Quantità;Prezzo unitario;Valuta\n"
        "1;R1;A;20-NOV-26;1;10,00;EUR\n1;R1;A;20-NOV-26;1;10,00;EUR\n2;R1;B;21-NOV-26;3;1,50;EUR\n".encode(),
        {"quantity": "5", "unit_price": "21.5"},
        first={"line_number": 1, "product_id": "A"},
    ),
    Dialect("tillpoint.parquet", _parquet(), {"quantity": "2", "unit_price": "42.48", "tax_rate": "0.45"}),
    Dialect(
        "erp_20261120.json",
        _orders(),
        {"quantity": "5", "unit_price": "20.48"},
        fill={"store_id": "WEB"},
        first={"order_id": "W-1", "customer_id": "C1", "line_number": 1},
    ),
    Dialect("Inventur.xlsx", _workbook(), {"quantity": "31"}, feed="stock_counts", admitted=4),
    Dialect(
        "artikelstamm.csv",
        "Artikelnr;Bezeichnung;Warengruppe;Code;EK;VK;Aktiv\n"
        "A1;Stuhl;Möbel;4006381333931;1,00;2,00;ja\nA2;Tisch;Möbel;4006381333948;3,00;4,00;nein\n"
        "A3;Bank;Möbel;73513537;5,00;6,00;ja\n".encode(),
        {"cost_price": "9", "selling_price": "12"},
        feed="products",
        first={"barcode": "4006381333931", "name": "Stuhl", "is_active": True},
    ),
    Dialect(
        "bare.csv",
        b"1,1,S1,2026-11-20 10:00:00\n1,2,S1,2026-11-20 10:00:00\n2,1,S1,2026-11-20 11:00:00\n",
        {},
        fill=dict.fromkeys(
            ("order_id", "line_number", "store_id", "product_id", "quantity", "unit_price"), "1"
        )
        | {"currency": "EUR", "sold_at": "2026-11-20"},
        admitted=1,
    ),
]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
def test_a_proposal_reads_its_file(run: Run, tmp_path: Path, dialect: Dialect) -> None:
    path, mapping = tmp_path / dialect.name, tmp_path / "proposed.yaml"
    path.write_bytes(dialect.content)
    said = run("propose", path, "--feed", dialect.feed, "--out", mapping)
    assert said.code == 0, said.err
    text = mapping.read_text()
    open_places = re.findall(r"(\w+): \{constant: \}", text)
    assert set(open_places) == set(dialect.fill), text
    for name, value in dialect.fill.items():
        text = text.replace(f"{name}: {{constant: }}", f"{name}: {{constant: {value}}}")
    mapping.write_text(text)
    tried = run("try", path, "--feed", dialect.feed, "--source", mapping, "--json")
    assert tried.code == 0, tried.out + tried.err
    [file] = tried.document["files"]
    [admitted] = file["admitted"]
    assert admitted["rows"] == dialect.admitted, tried.out
    assert {name: admitted["sums"].get(name) for name in dialect.sums} == dialect.sums, text
    assert {name: admitted["first"][0][name] for name in dialect.first} == dialect.first, text


def test_a_first_mapping_names_no_persons(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_text(
        "order_id,quantity,customer_id,customer_name,phone\nO1,1,erika@example.com,Erika,+49 151 5550123\n"
    )
    said = run("propose", path, "--feed", "sales")
    assert "order_id  # O1" in said.out and "customer_name: text" in said.out
    assert not any(planted in said.out for planted in ("erika@", "Erika", "5550123"))


def test_open_places_are_named_and_refused(run: Run, tmp_path: Path) -> None:
    path, mapping = tmp_path / "ventes.csv", tmp_path / "ventes.yaml"
    path.write_text("Ticket;Article;Qté;Prix;Date;Inconnu\nT1;A;1;2,50;01/12/2026;?\n")
    said = run("propose", path, "--feed", "sales", "--out", mapping)
    assert said.code == 0
    numbers = [int(number) for number in re.findall(r"line (\d+): store_id", said.out)]
    assert numbers and "FILL IN" in mapping.read_text().splitlines()[numbers[0] - 1]
    assert said.out.rstrip().endswith(f"--feed sales --source {mapping}")
    refused = run("try", path, "--feed", "sales", "--source", mapping)
    assert refused.code == 2
    assert f"ventes.yaml:{numbers[0]}" in refused.err
    assert "Inconnu" in mapping.read_text().split("without a place")[1]
    assert "CHECK: does the day stand before the month?" in mapping.read_text()


def test_it_prints_and_never_overwrites(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("order_id,quantity\n1,2\n")
    printed = run("propose", path, "--feed", "sales")
    assert printed.out.startswith("# A first mapping for a.csv") and "try " in printed.out.splitlines()[-1]
    there = tmp_path / "there.yaml"
    there.write_text("mine")
    assert run("propose", path, "--feed", "sales", "--out", there).code == 2
    assert there.read_text() == "mine"


def test_personal_data_does_not_travel_in_a_mapping(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "kunden.csv"
    path.write_text("Kundennr;Name;E-Mail;Notiz\nK1;Erika;erika@example.com;ruft gern an\n")
    said = run("propose", path, "--feed", "customers")
    assert "email: E-Mail" in said.out
    assert not any(secret in said.out for secret in ("Erika", "example.com", "ruft"))


def test_hostile_names_stay_data(run: Run, tmp_path: Path) -> None:
    path, mapping = tmp_path / "x: [#].csv", tmp_path / "m.yaml"
    path.write_text('order_id,"a: {b} # c","- \'x\' ""y""",\u202e,select\n1,2,3,4,5\n')
    assert run("propose", path, "--feed", "sales", "--out", mapping).code == 0
    text = mapping.read_text()
    assert "\u202e" not in text
    fill = {"store_id": "S", "product_id": "P", "sold_at": "2026-11-20", "currency": "EUR"}
    for name in FEEDS["sales"].required:
        text = text.replace(f"{name}: {{constant: }}", f"{name}: {{constant: {fill.get(name, '1')}}}")
    mapping.write_text(text)
    assert load_mapping(mapping, tuple(FEEDS.values())).folder == "sales"


@pytest.mark.parametrize("feed", FEEDS)
def test_a_file_in_the_contracts_names_is_placed_whole(run: Run, tmp_path: Path, feed: str) -> None:
    """Each contract column finds itself, whatever its neighbours are called."""
    for name in FEEDS[feed].columns:
        rivals = {other: likeness(name, feed=feed, column=other) for other in FEEDS[feed].columns}
        assert max(rivals, key=lambda other: rivals[other]) == name


@pytest.mark.parametrize(
    ("texts", "kind", "settings"),
    [
        (
            ["1.234,56", "7,00-"],
            "number",
            {"decimal": ",", "thousands": ["."], "negatives": ["trailing_minus"]},
        ),
        (
            ["1,234.56", "(7.00)"],
            "number",
            {"decimal": ".", "thousands": [","], "negatives": ["parentheses"]},
        ),
        (["1'234.50", "7.25"], "number", {"decimal": ".", "thousands": ["'"]}),
        (["1\u202f234,5 €", "7,25 €"], "number", {"decimal": ",", "thousands": [" "], "strip": ["€"]}),
        (["1.234", "5.678.901"], "integer", {"thousands": ["."]}),
        (["19 %", "7 %"], "number", {"percent": "true"}),
        (["1", "2", "n/a"], "integer", {"null_words": ["n/a"]}),
        (["00123", "00124"], "text", {}),
        (["4006381333931", "A1"], "text", {}),
        (["J", "N"], "boolean", {"true_words": ["J"], "false_words": ["N"]}),
        (["true", "false"], "boolean", {}),
        (["20.11.2026", "1.2.2026"], "date", {"dates": ["%d.%m.%Y"]}),
        (["11/20/2026", "1/2/2026"], "date", {"dates": ["%m/%d/%Y"]}),
        (["11/01/2026 9:05 AM", "11/02/2026 1:15 PM"], "datetime", {"dates": ["%m/%d/%Y %I:%M %p"]}),
        (["20/11/26 9:05", "1/2/26 10:15"], "datetime", {"dates": ["%d/%m/%y %H:%M"]}),
        (["2026-11-20", "2026-11-20 10:00:00"], "datetime", {}),
        (["20 Nov 2026", "1 Dec 2026"], "date", {"dates": ["%d %b %Y"]}),
        (["09:15", "10:00:30"], "time", {}),
        (["2:15 PM", "10:00 AM"], "time", {"times": ["%I:%M %p"]}),
    ],
)
def test_shapes(texts: list[str], kind: str, settings: dict) -> None:
    shape = shape_of(dict.fromkeys(texts, 1))
    assert (shape.kind, shape.settings) == (kind, settings)


def _german(cents: int) -> str:
    return f"{cents / 100:,.2f}".translate(str.maketrans(",.", ".,"))


def _swiss(cents: int) -> str:
    return f"{cents / 100:,.2f}".replace(",", "'")


@pytest.mark.parametrize(
    ("write", "mark"), [(_german, ","), (_swiss, "."), (lambda cents: f"{cents / 100:,.2f}", ".")]
)
@given(amounts=st.lists(st.integers(-(10**9), 10**9), min_size=1))
def test_the_decimal_mark_is_found(write: Callable[[int], str], mark: str, amounts: list[int]) -> None:
    shape = shape_of(dict.fromkeys(map(write, amounts), 1))
    assert (shape.kind, shape.settings["decimal"]) == ("number", mark)


@given(texts=st.dictionaries(st.text(min_size=1), st.integers(1, 9)))
def test_any_text_has_a_shape(texts: dict[str, int]) -> None:
    assert shape_of(texts).kind


def test_moments_in_digits() -> None:
    for digits, written in (
        ("1795099192", {"epoch": "seconds"}),
        ("1795099192000", {"epoch": "milliseconds"}),
        ("20261120", {"dates": ["%Y%m%d"]}),
        ("20112026", {"dates": ["%d%m%Y"]}),
        ("1261120", {"dates": ["1%y%m%d"]}),
    ):
        moment = shape_of({digits: 1}).as_time
        assert moment and moment.settings == written
    assert shape_of({"12": 1}).as_time is None


def test_check_digits() -> None:
    assert is_gtin("4006381333931") and is_gtin("73513537")
    assert not is_gtin("4006381333932") and not is_gtin("123")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("InvoiceNo", "order_id"), ("StockCode", "product_id"), ("CustomerID", "customer_id"),
        ("Belegnummer", "order_id"), ("Kd-Nr", "customer_id"), ("Prix unitaire HT", "unit_price"),
        ("Código artículo", "product_id"), ("aantal", "quantity"), ("Ilość", "quantity"),
        ("lines.unitPrice", "unit_price"), ("customer.number", "customer_id"), ("DATA_SPRZEDAŻY", "sold_at"),
    ],
)  # fmt: skip
def test_names_in_many_languages(name: str, column: str) -> None:
    rivals = {other: likeness(name, feed="sales", column=other) for other in FEEDS["sales"].columns}
    assert max(rivals, key=lambda other: rivals[other]) == column and rivals[column] > 0.55


_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), min_size=1, max_size=12)
_VALUES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=8),
    st.sampled_from(
        ["1,5", "2.50 €", "20.11.2026", "11/20/26 9:05 AM", "Summe", "n/a", "J", "EUR", "1795099192"]
    ),
)
_FILL = {"store_id": "S", "product_id": "P", "sold_at": "2026-11-20", "currency": "EUR"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(
        st.one_of(_NAMES, st.sampled_from(["Bon", "Menge", "Betrag", "Datum", "Uhrzeit"])), min_size=2
    ),
    data=st.data(),
)
def test_every_proposal_loads_once_filled(
    run: Run, tmp_path: Path, names: list[str], data: st.DataObject
) -> None:
    path, mapping = tmp_path / "any.csv", tmp_path / "any.yaml"
    row = st.lists(_VALUES, min_size=len(names), max_size=len(names))
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([names, *data.draw(st.lists(row, min_size=1, max_size=6))])
    said = run("propose", path, "--feed", "sales")
    if said.code == 1:  # some of these are no tables
        return
    text = said.out
    for name in FEEDS["sales"].required:
        text = text.replace(f"{name}: {{constant: }}", f"{name}: {{constant: {_FILL.get(name, '1')}}}")
    mapping.write_text(text, encoding="utf-8")
    tried = run("try", path, "--feed", "sales", "--source", mapping, "--json")
    quarantined = json.loads(tried.out)["files"][0]["quarantined"] if tried.out else None
    fits = tried.code == 0 or (quarantined and quarantined["reason"] == "mostly_rejected")
    assert fits, text + tried.err + tried.out


def test_a_thousand_long_names_are_compared_in_seconds(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    names = [f"{number} {'menge preis artikel ' * 9}" for number in range(1_000)]
    path.write_text("\n".join(",".join(row) for row in (names, [f"{n}" for n in range(1_000)])) + "\n")
    began = time.monotonic()
    assert run("propose", path, "--feed", "sales").code == 0
    assert time.monotonic() - began < 15  # a minute if each were


def test_of_several_lists_or_sheets_the_one_that_fits_is_proposed(run: Run, tmp_path: Path) -> None:
    stores = [{"store_id": "S1", "name": "North"}, {"store_id": "S2", "name": "South"}]
    lists, book = tmp_path / "lists.json", tmp_path / "book.xlsx"
    lists.write_text(json.dumps({"pages": [{"page": 1}], "stores": stores}))
    workbook = openpyxl.Workbook()
    for title, rows in {"Stores": [list(s.values()) for s in stores], "Notes": [["x"]]}.items():
        sheet = workbook.create_sheet(title)
        for row in [["store_id", "name"] if title == "Stores" else ["Remark"], *rows]:
            sheet.append(row)
    workbook.remove(workbook.worksheets[0])
    workbook.save(book)
    for file, said in ((lists, "unfold: stores"), (book, "sheet: Stores")):
        mapping = file.with_suffix(".yaml")
        assert run("propose", file, "--feed", "stores", "--out", mapping).code == 0
        assert said in mapping.read_text()
        tried = run("try", file, "--feed", "stores", "--source", mapping, "--json").document["files"][0]
        assert [(a["feed"], a["rows"]) for a in tried["admitted"]] == [("stores", 2)]
