"""How values are read: every dialect key, on its own."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from retail_assets.errors import MappingError
from tests.unit.mapping.conftest import MapRows

MAPPING = """
    source: till
    match: {{folder: sales, files: "*.csv"}}
    {values}
    targets:
      - feed: sales
        columns:
          order_id: Bon
          line_number: Zeile
          store_id: {{constant: S1}}
          product_id: Artikel
          sold_at: {sold_at}
          quantity: {quantity}
          unit_price: {{constant: 1}}
          currency: {{constant: EUR}}
          is_promotion: {promotion}
          channel: {channel}
"""


def mapping(values: str = "", **columns: str) -> str:
    defaults = {"sold_at": "Zeit", "quantity": "Menge", "promotion": "Aktion", "channel": "Kanal"}
    block = f"values: {{{values}}}" if values else ""
    return MAPPING.format(values=block, **(defaults | columns))


def line(**values: str) -> dict[str, str]:
    row = {
        "Bon": "B1",
        "Zeile": "1",
        "Artikel": "P1",
        "Zeit": "2026-11-20 10:00",
        "Menge": "1",
        "Aktion": "",
        "Kanal": "",
    }
    return row | values


NUMBERS = [
    ("", "1.5", "1.5"),
    ("", " 1.5 ", "1.5"),
    ("", "-1.5", "-1.5"),
    ("", "+2", "2"),
    ("", "1e2", "100"),
    ("", "−3", "-3"),
    ("", "1,5", None),
    ("", "1.234,5", None),
    ("", "(3)", None),
    ("", "3-", None),
    ("", "3 €", None),
    ("", "x", None),
    ("", "NaN", None),
    ("", "inf", None),
    ("decimal: ','", "1,5", "1.5"),
    ("decimal: ','", "7", "7"),
    ("decimal: ','", "1.5", None),
    ("decimal: ','", "1.234,5", None),
    ("decimal: ',', thousands: '.'", "1.234,5", "1234.5"),
    ("decimal: ',', thousands: '.'", "1.234.567", "1234567"),
    ("decimal: ',', thousands: '.'", "-1.234", "-1234"),
    ("decimal: ',', thousands: '.'", "1.5", None),
    ("decimal: ',', thousands: '.'", "12.34,5", None),
    ("thousands: ','", "1,234.5", "1234.5"),
    ("thousands: ','", "12,34,567", "1234567"),
    ("thousands: ','", "1,2", None),
    ("decimal: ',', thousands: ' '", "1 234,5", "1234.5"),
    ("decimal: ',', thousands: ' '", "1\u00a0234,5", "1234.5"),
    ("decimal: ',', thousands: ' '", "1\u202f234,5", "1234.5"),
    ('thousands: "\'"', "1'234.5", "1234.5"),
    ('thousands: "\'"', "1’234.5", "1234.5"),
    ("strip: '€'", "3.5 €", "3.5"),
    ("strip: ['€', EUR]", "EUR 3.5", "3.5"),
    ("strip: '€'", "-€3.5", "-3.5"),
    ("strip: '€'", "- € 3.5", "-3.5"),
    *(
        ("decimal: ',', thousands: [' ', '.'], strip: ['€', kg, x, $, EUR, Stk, m2]", text, None)
        for text in (
            *(
                "3€50",
                "1kg500",
                "2x6",
                "20$00",
                "1€ 500",
                "1 €500",
                "1.234€50",
                "- 3€50",
                "1EUR234 EUR",
                "(3€5)",
            ),
            *(
                "€ 1€50",
                "3,€50",
                "3€,50",
                "5 Stk 10",
                "1\u00a0€\u00a0500",
                "3\n€50",
                "1.000€000",
                "3€5-",
                "5 m2 3",
            ),
        )
    ),
    *(
        (
            f"decimal: ',', thousands: ['.', ' '], negatives: [parentheses, trailing_minus], strip: {marks}",
            text,
            number,
        )
        for marks in ("['€', EUR, Stk, m2]",)
        for text, number in (
            *(
                ("€3,50", "3.5"),
                ("3,50€", "3.5"),
                ("€ 3,50 EUR", "3.5"),
                ("€-3,5", "-3.5"),
                ("-€ 3,5", "-3.5"),
            ),
            *(
                ("3,5-€", "-3.5"),
                ("3,5 €-", "-3.5"),
                ("(€ 3,5)", "-3.5"),
                ("€(3,5)", "-3.5"),
                ("1 234 €", "1234"),
            ),
            *(
                ("\u00a0EUR\u00a01.234,5", "1234.5"),
                ("3 Stk\n", "3"),
                ("\u2212€3", "-3"),
                ("€,5", "0.5"),
                ("7 m2", "7"),
            ),
        )
    ),
    ("negatives: parentheses", "(3.5)", "-3.5"),
    ("negatives: parentheses, strip: $", "($3.5)", "-3.5"),
    ("negatives: trailing_minus", "3.5-", "-3.5"),
    ("negatives: trailing_minus", "3.5 -", "-3.5"),
    ("negatives: [parentheses, trailing_minus]", "(3)", "-3"),
    ("negatives: trailing_minus", "-3-", None),
    ("negatives: trailing_minus, decimal: ',', thousands: '.'", "1.234,50-", "-1234.5"),
    *(
        (f'decimal: "{decimal}", thousands: "{thousands}"', text, None)
        for decimal, thousands in (",.", ".,", ", ", ".'")
        for text in (
            one.replace("_", thousands)
            for one in ("0_234", "0_500", "01_234", "-0_234", "+0_234", "00_123", "0_234_567", "000_000")
        )
    ),
    *(
        (f"decimal: '{decimal}', negatives: [trailing_minus, parentheses], strip: ['€', '%']", text, None)
        for decimal in ",."
        for text in (f"12{decimal}-", f"12{decimal} -", f"12{decimal}- €", f"€ 12{decimal}-", f"1{decimal}--")
    ),
    ("decimal: ',', thousands: '.', negatives: trailing_minus", "1.234,-", None),
    ("decimal: ',', negatives: trailing_minus", "12,50-", "-12.5"),
    ("decimal: ',', negatives: trailing_minus", "12-", "-12"),
    ("decimal: ',', negatives: trailing_minus", "12,", "12"),
    ("decimal: ',', thousands: '.', percent: true", "0.234 %", None),
    ("decimal: ',', thousands: '.'", "100.234", "100234"),
    ("percent: true", "19%", "0.19"),
    ("percent: true", "19 %", "0.19"),
    ("percent: true", "0.19", "0.19"),
    ("percent: true, decimal: ','", "7,5 %", "0.075"),
    ("percent: true", "1%9", None),
    ("null_words: n/a", "n/a", "null"),
    ("null_words: n/a", "N/A", "null"),
    ("null_words: '-1'", "-1", "null"),
    *(("", text, None) for text in ('"', '""', "=", '="', " = ", '" "', '"\u00a0')),
    *(("", text, "null") for text in ('=""', ' =""', "\u00a0", '="" ')),
    *((f"null_words: '{mark}'", mark, "null") for mark in ('"', "=")),
    ("replace: {o: '0'}", "1o", "10"),
    *(
        (values, text, None)
        for text in ("1_000", "1_0.5", "1e1_0", "inf", "-Infinity", "nan", "0x10", "１２", "١٢", "²")
        for values in ("decimal: '.'", "decimal: ',', thousands: '.'", "percent: true")
    ),
]


@pytest.mark.parametrize(("values", "text", "expected"), NUMBERS)
def test_numbers(map_rows: MapRows, values: str, text: str, expected: str | None) -> None:
    result = map_rows(mapping(values, quantity="{column: Menge, default: 99}"), [line(Menge=text)])
    if expected is None:
        assert [(r["rule"], r["column"], r["value"]) for r in result.rejects] == [
            ("not_a_number", "quantity", text)
        ]
    else:
        assert result.column("quantity") == [Decimal(99) if expected == "null" else Decimal(expected)]


@pytest.mark.parametrize(
    ("sql_type", "value", "scale", "expected"),
    [
        (pl.Int64, 1250, "0.01", "12.5"),
        (pl.Float64, 2.55, None, "2.55"),
        (pl.Decimal(10, 4), Decimal("1.25"), None, "1.25"),
    ],
)
def test_typed_numbers_have_no_dialect(
    map_rows: MapRows, sql_type: pl.DataType, value: object, scale: str | None, expected: str
) -> None:
    cell = f"{{column: Menge, scale: {scale}}}" if scale else "Menge"
    rows = pl.DataFrame([line() | {"Menge": value}], schema_overrides={"Menge": sql_type})
    result = map_rows(mapping("decimal: ',', thousands: '.'", quantity=cell), rows, file_format="parquet")
    assert result.column("quantity") == [Decimal(expected)]


def test_missing_floats_are_nothing(map_rows: MapRows) -> None:
    rows = pl.DataFrame([line() | {"Menge": float("nan")}])
    assert [r["rule"] for r in map_rows(mapping(), rows, file_format="parquet").rejects] == ["required"]


def test_numbers_of_a_spreadsheet_need_no_dialect(map_rows: MapRows) -> None:
    rows = [line(Menge="1.5"), line(Menge="1.234,5", Zeile="2"), line(Menge="2,5", Zeile="3")]
    rows.append(line(Menge="1.234", Zeile="4"))
    cells = [" " * 4 + kind + " " * 2 for kind in "n  n"]
    result = map_rows(mapping("decimal: ',', thousands: '.'"), rows, file_format="excel", cells=cells)
    assert result.column("quantity") == [Decimal(text) for text in ("1.5", "1234.5", "2.5", "1.234")]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("3.0", 3),
        (" 3 ", 3),
        ("4.24239E5", 424239),
        ("3.5", None),
        ("3x", None),
        ("3e", None),
        ("", None),
    ],
)
def test_whole_numbers(map_rows: MapRows, text: str, number: int | None) -> None:
    result = map_rows(mapping(), [line(Zeile=text)])
    if number is None:
        assert [r["rule"] for r in result.rejects] == ["not_an_integer" if text else "required"]
    else:
        assert result.column("line_number") == [number]


TIMES = [
    ("", "2026-11-20", "2026-11-20 00:00"),
    ("", "2026-11-20 10:15", "2026-11-20 10:15"),
    ("", "2026-11-20T10:15:30Z", "2026-11-20 10:15:30"),
    ("", "2026-11-20T10:15:30.250+02:00", "2026-11-20 08:15:30.250"),
    ("", "20.11.2026", None),
    ("", "infinity", None),
    ("", "0026-11-20", None),
    ("time_zone: Europe/Berlin", "2026-07-01 10:00", "2026-07-01 08:00"),
    ("time_zone: Europe/Berlin", "2026-11-20 10:00", "2026-11-20 09:00"),
    ("time_zone: Europe/Berlin", "2026-11-20T10:00:00Z", "2026-11-20 10:00"),
    ("time_zone: Europe/Berlin", "2026-11-20 10:00:00-05:00", "2026-11-20 15:00"),
    ("time_zone: Europe/Berlin", "2026-10-25 02:30", "2026-10-25 00:30"),
    ("time_zone: Europe/Berlin", "2026-03-29 02:30", "2026-03-29 01:30"),
    ("dates: '%d.%m.%Y %H:%M'", "20.11.2026 10:15", "2026-11-20 10:15"),
    ("dates: '%d.%m.%Y %H:%M'", " 20.11.2026 10:15 ", "2026-11-20 10:15"),
    ("dates: '%d.%m.%Y'", "5.1.2026", "2026-01-05 00:00"),
    ("dates: '%d.%m.%Y'", "31.02.2026", None),
    ("dates: '%d.%m.%Y'", "2026-11-20", "2026-11-20 00:00"),
    ("dates: ['%d.%m.%Y', '%d.%m.%y']", "20.11.26", "2026-11-20 00:00"),
    *(
        (f"dates: '{format}'", text, read)
        for format, text, read in (
            *(
                ("%Y%j", "2026366", None),
                ("%Y%j", "2028366", "2028-12-31 00:00"),
                ("%Y%j", "2026365", "2026-12-31 00:00"),
            ),
            *(
                ("%j.%Y", "366.2026", None),
                ("%j.%Y", "001.2026", "2026-01-01 00:00"),
                ("%y%j", "35366", None),
            ),
            *(("%Y-%j", "2026-366", None), ("%Y-%j %H:%M", "2026-1 10:15", "2026-01-01 10:15")),
            *(
                ("%Y-%j", "2026-0", None),
                ("%Y%j%H%M", "20263661015", None),
                ("%y/%j", "28/366", "2028-12-31 00:00"),
            ),
        )
    ),
    *(
        (values, text, None)
        for values in ("", "time_zone: Europe/Berlin", "dates: '%d.%m.%Y'")
        for text in (
            *(
                "2026-11-20 10:0",
                "2026-11-20T10:00:",
                "2026-11-20 10:00:2",
                "2026-11-20 10:00:00 2",
                "2026-11-20 10:",
            ),
            *("2026-11-20T10:00:00 2UTC", "2026-11-20 10:0Z", "2026-11-20 10:0 UTC", "2026-11-20 10:00 2 "),
            *("2026-11-20 10:00:2+01:00"[:-3], "2026-11-20 10:00: CET", "2026-11-20 10:0  "),
        )
    ),
    *(
        (values, text, read)
        for values in ("", "time_zone: UTC", "dates: '%d.%m.%Y'")
        for text, read in (
            ("2026-11-20 10:00:02.5", "2026-11-20 10:00:02.5"),
            ("2026-11-20 9:05", "2026-11-20 09:05"),
            ("2026-11-20 10:00+01", "2026-11-20 09:00"),
            ("2026-11-20 10:00-0130", "2026-11-20 11:30"),
            ("2026-11-20T10:00:00.000Z", "2026-11-20 10:00"),
            ("2026-11-20 10:00 ", "2026-11-20 10:00"),
            ("2026-11-20 ", "2026-11-20 00:00"),
        )
    ),
    ("dates: '%d.%m.%Y %H:%M %z', time_zone: Europe/Berlin", "20.11.2026 10:15 +0000", "2026-11-20 10:15"),
    ("dates: '%d. %B %Y', replace: {März: March}", "3. März 2026", "2026-03-03 00:00"),
    ("dates: '%I:%M %p %d %b %Y'", "02:05 PM 3 Mar 2026", "2026-03-03 14:05"),
    ("dates: '%Y%m%d%H%M%S'", "20261120101530", "2026-11-20 10:15:30"),
    ("dates: '%Y%m%dT%H%M%S%z'", "20261120T101530Z", "2026-11-20 10:15:30"),
    ("time_zone: Europe/Berlin", "2026-11-20 10:00 UTC", "2026-11-20 10:00"),
    ("time_zone: Europe/Berlin", "2026-11-20 10:00:00 America/New_York", "2026-11-20 15:00"),
    ("epoch: seconds", "1764580530", "2025-12-01 09:15:30"),
    ("epoch: seconds", "1764580530.5", "2025-12-01 09:15:30.5"),
    ("epoch: milliseconds, time_zone: Europe/Berlin", "1764580530250", "2025-12-01 09:15:30.250"),
    ("epoch: seconds", "x", None),
    ("null_words: '00.00.0000', dates: '%d.%m.%Y'", "00.00.0000", "null"),
]


@pytest.mark.parametrize(("values", "text", "expected"), TIMES)
def test_times(map_rows: MapRows, values: str, text: str, expected: str | None) -> None:
    cell = "{column: Zeit, default: '2000-01-01'}"
    result = map_rows(mapping(values, sold_at=cell), [line(Zeit=text)])
    if expected is None:
        assert [(r["rule"], r["column"], r["value"]) for r in result.rejects] == [
            ("not_a_time", "sold_at", text)
        ]
    else:
        moment = "2000-01-01" if expected == "null" else expected
        assert result.column("sold_at") == [datetime.fromisoformat(moment).replace(tzinfo=UTC)]


@pytest.mark.parametrize(
    ("values", "day", "time", "expected"),
    [
        ("", "2026-11-20", "10:15", "2026-11-20 10:15"),
        ("time_zone: Europe/Berlin, dates: '%d.%m.%Y'", "20.11.2026", "10:15:30", "2026-11-20 09:15:30"),
        ("dates: '%d.%m.%Y', times: '%H%M'", "20.11.2026", "1015", "2026-11-20 10:15"),
        ("times: '%I:%M %p'", "2026-11-20", "10:15 PM", "2026-11-20 22:15"),
        ("", "2026-11-20 00:00:00", "1899-12-31 10:15:00", "2026-11-20 10:15"),
        ("", "2026-11-20", "25:00", None),
        *(
            ("", "2026-11-20", time, None)
            for time in ("10:0", "10:00:", "10:00:2", "10:00:00 2UTC", "10:", "10:0Z", "10:0 PM")
        ),
        *(
            ("", f"2026-11-20{clock}", "10:00", None)
            for clock in (" 08:00", "T08:00:00+01:00", "T08:00:00Z", " 22:00")
        ),
        *(("", f"2026-11-20{clock}", "10:00+02:00", None) for clock in (" 08:00", "T08:30:00+02:00")),
        *(
            ("", f"2026-11-20{clock}", "10:00", "2026-11-20 10:00")
            for clock in (" 00:00", "T10:00:37", "T10:00Z", "")
        ),
        ("", "2026-11-20T10:00:00+02:00", "10:00+02:00", "2026-11-20 08:00"),
        ("", "2026-11-20T08:00:00Z", "10:00+02:00", "2026-11-20 08:00"),
        ("", "2026-11-20 10:15:00", "10:15:42", "2026-11-20 10:15:42"),
        ("dates: '%d.%m.%Y %H:%M'", "20.11.2026 08:00", "10:00", None),
        (
            "dates: '%d.%m.%Y %H:%M', time_zone: Europe/Berlin",
            "20.11.2026 10:00",
            "10:00",
            "2026-11-20 09:00",
        ),
        ("", "x", "10:15", None),
    ],
)
def test_date_and_time_in_two_columns(
    map_rows: MapRows, values: str, day: str, time: str, expected: str | None
) -> None:
    result = map_rows(mapping(values, sold_at="{date: Zeit, time: Uhr}"), [line(Zeit=day) | {"Uhr": time}])
    if expected is None:
        assert [(r["rule"], r["value"]) for r in result.rejects] == [("not_a_time", f"{day} {time}")]
    else:
        assert result.column("sold_at") == [datetime.fromisoformat(expected).replace(tzinfo=UTC)]


@pytest.mark.parametrize(
    ("formats", "is_refused"),
    [
        (["%d/%m/%Y", "%m/%d/%Y"], True),
        (["%d.%m.%y", "%d.%m.%Y", "%m.%d.%y"], True),
        (["%Y%m%d", "%Y%d%m"], True),
        (["%d%m%y", "%y%m%d"], True),
        (["%m/%d/%Y %H:%M", "%-d/%-m/%Y %H:%M"], True),
        (["%D", "%d/%m/%y"], True),
        (["%d/%m/%Y", "%d/%m/%Y %H:%M", "%-d/%m/%Y", "%d/%m/%y"], False),
        (["%d.%m.%Y", "%m/%d/%Y", "%Y-%m-%d"], False),
        (["%d/%m/%Y", "%Y/%m/%d"], False),
        (["%d %b %Y", "%b %d %Y"], False),
    ],
)
def test_two_formats_read_no_text_as_different_days(
    mapping_file: Callable, formats: list[str], is_refused: bool
) -> None:
    if not is_refused:
        mapping_file(mapping(f"dates: {formats}"))
        return
    with pytest.raises(MappingError, match="read one text as different days"):
        mapping_file(mapping(f"dates: {formats}"))


def test_typed_times(map_rows: MapRows) -> None:
    local = datetime(2026, 7, 1, 10)
    rows = pl.DataFrame(
        [line() | {"Zeit": local}, line(Zeile="2") | {"Zeit": None}],
    )
    result = map_rows(mapping("time_zone: Europe/London"), rows, file_format="parquet")
    assert result.column("sold_at") == [datetime(2026, 7, 1, 9, tzinfo=UTC)]
    aware = rows.with_columns(pl.col("Zeit").dt.replace_time_zone("UTC"))
    result = map_rows(mapping("time_zone: Europe/London"), aware, file_format="parquet")
    assert result.column("sold_at") == [datetime(2026, 7, 1, 10, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("values", "text", "expected"),
    [
        ("", "true", True),
        ("", "No", False),
        ("", "1", True),
        ("", "ja", "not_a_boolean"),
        ("true_words: [ja, wahr], false_words: [nein]", "JA", True),
        ("true_words: [ja, wahr], false_words: [nein]", "nein", False),
        ("true_words: [ja, wahr], false_words: [nein]", "1", "not_a_boolean"),
        ("", "", None),
    ],
)
def test_booleans(map_rows: MapRows, values: str, text: str, expected: object) -> None:
    result = map_rows(mapping(values), [line(Aktion=text)])
    if isinstance(expected, str):
        assert [r["rule"] for r in result.rejects] == [expected]
    else:
        assert result.column("is_promotion") == [expected]


@pytest.mark.parametrize(
    ("values", "text", "expected"),
    [
        ("", "  web\t", "web"),
        ("", "\u00a0web\u00a0", "web"),
        ("", " \u00a0 ", None),
        ("", "two words", "two words"),
        ("", "007", "007"),
        ("null_words: ['-', k.A.]", "K.a.", None),
        ("translate: {Laden: store, Netz: web}", " netz ", "web"),
        ("translate: {Laden: store}", "Telefon", "Telefon"),
        ("translate: {Laden: store}, null_words: store", "Laden", None),
        ("replace: {ß: ss}", "Straße", "Strasse"),
    ],
)
def test_texts(map_rows: MapRows, values: str, text: str, expected: str | None) -> None:
    assert map_rows(mapping(values), [line(Kanal=text)]).column("channel") == [expected]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (17850.0, "17850"),
        (17850.5, "17850.5"),
        (17850, "17850"),
        (Decimal("17850.50"), "17850.5"),
        (True, "true"),
        (date(2026, 1, 2), "2026-01-02"),
    ],
)
def test_typed_values_as_texts(map_rows: MapRows, value: object, expected: str) -> None:
    rows = pl.DataFrame([line() | {"Kanal": value}])
    assert map_rows(mapping(), rows, file_format="parquet").column("channel") == [expected]


def test_a_column_overrides_the_values_of_all(map_rows: MapRows) -> None:
    result = map_rows(
        mapping("decimal: ',', time_zone: Europe/Berlin", quantity="{column: Menge, decimal: '.'}"),
        [line(Menge="1.5", Zeit="2026-11-20 10:00")],
    )
    assert result.column("quantity") == [Decimal("1.5")]
    assert result.column("sold_at") == [datetime(2026, 11, 20, 9, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("SKU\u200b-1", "SKU-1"),
        ("\ufeffSKU-1", "SKU-1"),
        ("SKU-1\u200d", "SKU-1"),
        ("SK\u200cU-1", "SKU-1"),
        ("SKU\u00ad-1", "SKU-1"),
        ("SKU\u2060-1", "SKU-1"),
        ("\u200eSKU-1\u200f", "SKU-1"),
        ("\u00a0SKU-1\u202f", "SKU-1"),
        ("\u3000SKU-1\u2003", "SKU-1"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("a\u0308\u200bb", "\u00e4b"),
        ("SKU\u00a01", "SKU 1"),
        ("\U0001f469\u200d\U0001f467", "\U0001f469\u200d\U0001f467"),
        ("\u0645\u06cc\u200c\u0634\u0648\u062f", "\u0645\u06cc\u200c\u0634\u0648\u062f"),
        ("x y", "x y"),
    ],
)
def test_what_looks_the_same_is_the_same_id(map_rows: MapRows, written: str, read: str) -> None:
    mapped = map_rows(mapping(), [line(Artikel=written)])

    assert mapped.column("product_id") == [read]


def test_a_text_of_invisible_characters_is_nothing(map_rows: MapRows) -> None:
    assert map_rows(mapping(), [line(Kanal="\u200b\u00a0\ufeff")]).column("channel") == [None]


@pytest.mark.parametrize(
    "number", ["\u200b7", "7\u200b", "\ufeff7", "7\u2060", "\u200e7\u200f", "\u00a07\u3000"]
)
def test_numbers_lose_invisible_characters_at_their_ends(map_rows: MapRows, number: str) -> None:
    assert map_rows(mapping(), [line(Menge=number)]).column("quantity") == [Decimal(7)]
