"""Numbers, dates, lines and tables from words."""

from decimal import Decimal

import pytest

from ml.documents.extraction.dates import dates, day_comes_first
from ml.documents.extraction.extract import extract
from ml.documents.extraction.layout import layout
from ml.documents.extraction.numbers import decimal_sign, numbers, parse
from ml.documents.reading.evidence import is_text
from tests.unit.documents.sheets import Text, page


@pytest.mark.parametrize(
    ("text", "sign", "value"),
    [
        ("1.234,56", ",", "1234.56"),
        ("1,234.56", ".", "1234.56"),
        ("1'234.50", ".", "1234.50"),
        ("1 234,50", ",", "1234.50"),
        ("1,234", ".", "1234"),
        ("1,234", ",", "1.234"),
        ("-5,00", ",", "-5.00"),
        ("5.00-", ".", "-5.00"),
        ("(5.00)", ".", "-5.00"),
        ("0,0520", ",", "0.0520"),
    ],
)
def test_amounts_in_all_writings(text: str, sign: str, value: str) -> None:
    found = parse(text, sign)
    assert found is not None
    assert found[0] == Decimal(value)


@pytest.mark.parametrize("text", ["12.03.2024", "ABC", "1.2.3", "", "RE-7"])
def test_what_is_no_amount(text: str) -> None:
    assert parse(text, ",") is None


def test_blanks_divide_thousands_only_where_they_are_narrow() -> None:
    words = page((50, 50, "2 200,00"), (300, 50, "2"), (330, 50, "200,00"))
    found = numbers(layout([words]).lines[0], ",")
    assert [number.value for number in found] == [Decimal("2200.00"), Decimal(2), Decimal("200.00")]


def test_currencies_and_percents() -> None:
    line = layout([page((50, 50, "Total RM10.60 19 % $ 5.00 7%"))]).lines[0]
    found = numbers(line, ".")
    assert [(str(one.value), one.currency, one.percent) for one in found] == [
        ("10.60", "MYR", False),
        ("19", None, True),
        ("5.00", "USD", False),
        ("7", None, True),
    ]


def test_the_decimal_sign_is_the_pages() -> None:
    assert decimal_sign(["Summe 1.200,00", "3,50"]) == ","
    assert decimal_sign(["Total 1,200.00", "3.50"]) == "."


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("14.03.2024", "2024-03-14"),
        ("2024-03-14", "2024-03-14"),
        ("14/03/24", "2024-03-14"),
        ("March 14, 2024", "2024-03-14"),
        ("14. März 2024", "2024-03-14"),
        ("14 mars 2024", "2024-03-14"),
        ("14-MAR-2024", "2024-03-14"),
        ("Date:14/O3/2024", "2024-03-14"),
        ("August 3 , 2014", "2014-08-03"),
    ],
)
def test_dates_in_all_writings(text: str, iso: str) -> None:
    found = list(dates(text))
    assert len(found) == 1
    value = found[0].value(True)
    assert value is not None
    assert value.isoformat() == iso


@pytest.mark.parametrize("text", ["31.02.2024", "192.168.1.10", "tel 03-41424540", "1.2.3", "4012345001235"])
def test_what_is_no_date(text: str) -> None:
    assert list(dates(text)) == []


def test_day_or_month_first_is_told_by_other_dates() -> None:
    ambiguous = list(dates("03/04/2024"))
    assert day_comes_first([*ambiguous, *dates("25/04/2024")], "")
    assert not day_comes_first([*ambiguous, *dates("04/25/2024")], "")
    assert not day_comes_first(ambiguous, "Total $ 5.00 Austin, TX 78701")
    assert day_comes_first(ambiguous, "Total RM 5.00 SDN BHD")


def test_garbage_is_no_text() -> None:
    assert is_text(page((50, 50, "Rechnung Datum 14.03.2024 Betrag")).words)
    assert is_text(page((50, 50, "Bhfakt Wrtmen Alnofe lodi ware")).words)
    assert not is_text(page((50, 50, "\ue012\ue013\ue020 \ue011\ue012 \ue013\ue014 \ue015")).words)
    assert not is_text(page((50, 50, "5HFKQXQJ 'DWXP %HWUDJ QXPPHU XWPK GVBL")).words)
    assert not is_text(())


HEAD = (
    (50, 100, "No. Description"),
    (250, 100, "Qty"),
    (320, 100, "Unit price"),
    (440, 100, "VAT"),
    (500, 100, "Amount"),
)


def test_descriptions_that_go_on_below_their_numbers() -> None:
    rows = extract(
        [
            page(
                *HEAD,
                (50, 120, "1. White marble coffee table top"),
                (255, 120, "2"),
                (325, 120, "100.00"),
                (440, 120, "10%"),
                (500, 120, "200.00"),
                (62, 132, "handmade with floral inlay art"),
                (50, 150, "2. Chair"),
                (255, 150, "4"),
                (325, 150, "25.50"),
                (440, 150, "10%"),
                (500, 150, "102.00"),
                (440, 180, "Subtotal"),
                (500, 180, "302.00"),
            )
        ]
    ).lines
    assert [(row.quantity, row.unit_price, row.tax_rate, row.amount) for row in rows] == [
        (2, 100, 10, 200),
        (4, Decimal("25.50"), 10, 102),
    ]
    assert rows[0].description == "White marble coffee table top handmade with floral inlay art"
    assert rows[1].description == "Chair"


def test_text_that_stands_around_its_numbers() -> None:
    rows = extract(
        [
            page(
                (50, 100, "Beschreibung"),
                (300, 100, "Menge"),
                (380, 100, "Preis"),
                (500, 100, "Betrag"),
                (50, 118, "Wartung der Anlage in der ersten"),
                (305, 124, "2,00"),
                (380, 124, "80,00"),
                (500, 124, "160,00"),
                (50, 130, "Woche des Monats Januar"),
                (50, 160, "Anfahrt mit dem großen Wagen der"),
                (305, 166, "1,00"),
                (380, 166, "35,00"),
                (500, 166, "35,00"),
                (50, 172, "Firma aus Hamburg"),
            )
        ]
    ).lines
    assert [row.description for row in rows] == [
        "Wartung der Anlage in der ersten Woche des Monats Januar",
        "Anfahrt mit dem großen Wagen der Firma aus Hamburg",
    ]


def test_a_line_of_very_many_numbers_is_no_row() -> None:
    """To try which of them multiply takes a time that grows with their third power."""
    few = [str(1000 + number) for number in range(10)]
    sold = ["Papier", "2", "3,00", "6,00"]
    for more, rows in ((few, 1), (few * 2, 0)):
        texts: list[Text] = [(40.0 * place, 100, text) for place, text in enumerate([*more, *sold])]
        assert len(extract([page(*texts)]).lines) == rows


def test_a_long_line_is_read_once_for_its_decimal_sign() -> None:
    """Not once more from each of its numbers on, which are as many as whoever wrote it likes."""
    assert decimal_sign(["1'" * 100_000 + "1,00"]) == ","
