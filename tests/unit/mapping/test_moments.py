"""Dates alone, names of zones, formats without separators: what a time says, and what it does not."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest

from retail_assets.feeds.mapping.zones import ABBREVIATIONS, abbreviations
from tests.unit.mapping.conftest import MapFile, MapRows
from tests.unit.mapping.exports import as_csv, as_excel, as_json, as_parquet, sales

FORMATS = {"x.csv": as_csv, "x.xlsx": as_excel, "x.json": as_json, "x.parquet": as_parquet}
MAPPING = """
    source: till
    match: {{folder: sales, files: "*"}}
    values: {{{values}}}
    targets: [{{feed: sales, same_names: true{more}}}]
"""


def mapping(values: str, more: str = "") -> str:
    return MAPPING.format(values=values, more=more)


DAYS = {
    "": ["2024-09-08", " 2024-09-08 ", "2024-9-8"],
    "dates: '%d.%m.%Y'": ["08.09.2024", "8.9.2024", "2024-09-08"],
    "dates: ['%d.%m.%Y %H:%M', '%d.%m.%Y']": ["08.09.2024"],
    "dates: '%Y%m%d'": ["20240908"],
    "dates: ['%d.%m.%Y 00:00:00', '%d.%m.%Y %H:%M:%S']": ["08.09.2024 00:00:00"],
}


@pytest.mark.parametrize("source", ["Australia/Sydney", "America/New_York", "Europe/Berlin", "UTC"])
@pytest.mark.parametrize("retailer", ["Europe/Berlin", "America/Los_Angeles", "UTC"])
def test_a_date_alone_is_the_business_date_whatever_the_zone(
    map_file: MapFile, source: str, retailer: str
) -> None:
    for values, texts in DAYS.items():
        settings = ", ".join(filter(None, [values, f"time_zone: {source}"]))
        result = map_file(
            mapping(settings), as_csv(sales(*({"sold_at": text} for text in texts))), "x.csv", retailer
        )
        local = [moment.astimezone(ZoneInfo(retailer)) for moment in result.column("sold_at")]
        assert local == [datetime(2024, 9, 8, tzinfo=ZoneInfo(retailer))] * len(texts)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ("", "2024-09-08 00:00"),
        ("", "2024-09-08T00:00:00"),
        ("dates: '%d.%m.%Y %H:%M'", "08.09.2024 00:00"),
        ("dates: '%Y%m%d%H%M%S'", "20240908000000"),
        ("dates: ['%d.%m.%Y', '%d.%m.%Y %H:%M']", "08.09.2024 00:00"),
    ],
)
def test_midnight_is_a_time(map_file: MapFile, values: str, text: str) -> None:
    settings = ", ".join(filter(None, [values, "time_zone: Australia/Sydney"]))
    result = map_file(mapping(settings), as_csv(sales({"sold_at": text})))
    assert result.column("sold_at") == [datetime(2024, 9, 7, 14, tzinfo=UTC)]


@pytest.mark.parametrize("name", ["x.xlsx", "x.parquet"])
def test_a_column_of_times_without_any_time_of_day_is_one_of_dates(map_file: MapFile, name: str) -> None:
    at_sydneys = mapping("time_zone: Australia/Sydney")
    day, noon = datetime(2024, 9, 8), datetime(2024, 9, 8, 12)
    rows = FORMATS[name](sales({"sold_at": day}, {"sold_at": day}))
    assert map_file(at_sydneys, rows, name).column("sold_at") == [datetime(2024, 9, 7, 22, tzinfo=UTC)] * 2
    rows = FORMATS[name](sales({"sold_at": day}, {"sold_at": noon}))
    assert map_file(at_sydneys, rows, name).column("sold_at")[0] == datetime(2024, 9, 7, 14, tzinfo=UTC)
    rows = FORMATS[name](sales({"sold_at": date(2024, 9, 8)}))
    assert map_file(at_sydneys, rows, name).column("sold_at") == [datetime(2024, 9, 7, 22, tzinfo=UTC)]


def test_a_day_that_an_expression_makes_and_one_beside_a_time(map_file: MapFile) -> None:
    made = mapping(
        "time_zone: Australia/Sydney", ", columns: {sold_at: {sql: 'cast(left(sold_at, 10) as date)'}}"
    )
    rows = as_csv(sales({"sold_at": "2024-09-08 23:30", "day": "2024-09-08", "clock": "01:00"}))
    assert map_file(made, rows).column("sold_at") == [datetime(2024, 9, 7, 22, tzinfo=UTC)]
    both = mapping("time_zone: Australia/Sydney", ", columns: {sold_at: {date: day, time: clock}}")
    assert map_file(both, rows).column("sold_at") == [datetime(2024, 9, 7, 15, tzinfo=UTC)]


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Sydney"])
def test_the_stores_day_that_is_replaced_is_the_date(map_file: MapFile, zone: str) -> None:
    result = map_file(
        mapping(f"time_zone: {zone}", ", replaces: day"), as_csv(sales({"sold_at": "2024-09-08"}))
    )
    assert [row["_document"] for row in result.documents] == ["s|2024-09-08"]


NAMED = {
    "Europe/London": {
        "2024-07-01 10:00 BST": 9,
        "2024-07-01 10:00:00BST": 9,
        "2024-07-01T10:00 bst": 9,
        "2024-01-01 10:00 GMT": 10,
        "2024-01-01 10:00 BST": None,
        "2024-07-01 10:00 GMT": 10,
    },
    "Asia/Kolkata": {"2024-07-01 10:30 IST": 5},
    "Europe/Dublin": {"2024-07-01 10:00 IST": 9},
    "America/Chicago": {"2024-01-01 10:00 CST": 16, "2024-07-01 10:00 CDT": 15, "2024-07-01 10:00 CST": None},
    "Asia/Shanghai": {"2024-07-01 10:00 CST": 2},
    "Asia/Manila": {"2024-07-01 10:00 PST": 2},
    "Europe/Berlin": {
        "2024-07-01 10:00 CET": 9,
        "2024-07-01 10:00 CEST": 8,
        "2024-01-01 10:00 CET": 9,
        "2024-07-01 10:00 PST": 18,
        "2024-07-01 10:00 EST": 15,
        "2024-07-01 10:00 EDT": 14,
        "2024-07-01 10:00 MST": 17,
        "2024-07-01 10:00 JST ": 1,
        "2024-07-01 10:00 JST   ": 1,
        "2024-07-01 10:00 UTC": 10,
        "2024-07-01 10:00 Z": 10,
        "2024-07-01 10:00Z": 10,
        "2024-07-01 10:00+02": 8,
        "2024-07-01 10:00 America/New_York": 14,
        "2024-07-01 10:00 Etc/GMT+5": 15,
        **{
            f"2024-07-01 10:00 {name}": None
            for name in [
                "BST",
                "CST",
                "IST",
                "AST",
                "ECT",
                "SST",
                "GST",
                "ADT",
                "NST",
                "MSK",
                "ACT",
                "XYZ",
                "PM",
            ]
        },
        "2024-07-01 10:00 BST   ": None,
    },
}


@pytest.mark.parametrize("zone", [*NAMED, "UTC"])
def test_names_of_zones(map_file: MapFile, zone: str) -> None:
    known = NAMED.get(zone, NAMED["Europe/Berlin"])
    result = map_file(mapping(f"time_zone: {zone}"), as_csv(sales(*({"sold_at": text} for text in known))))
    found = {row["order_id"]: row["sold_at"].hour for row in result.rows()}
    assert {text: found.get(f"o{n}") for n, text in enumerate(known, start=1)} == known
    assert {rule for _, rule, _, _ in result.refused} <= {"not_a_time"}


def test_the_known_abbreviations_are_those_of_the_tz_database() -> None:
    seen: dict[str, set[float]] = {}
    for zone in available_timezones():
        for short, hours in abbreviations(zone, since=1995):
            seen.setdefault(short, set()).add(hours)
    distant = {"PST": {8.0}, "KST": {8.5}}
    other_names = {"UT": {0.0}, "Z": {0.0}}
    for short, hours in ABBREVIATIONS.items():
        assert (seen.get(short) or other_names[short]) - distant.get(short, set()) == {hours}, short


DIGITS = {
    "%d%m%y": {
        "050124": "2024-01-05",
        " 050124 ": "2024-01-05",
        "50124": None,
        "10124": None,
        "0501240": None,
    },
    "%Y%m%d": {"20240105": "2024-01-05", "2024115": None, "2024015": None, "240105": None},
    "%d%m%Y": {"05012024": "2024-01-05", "5012024": None},
    "%y%j": {"24005": "2024-01-05", "2405": None},
    "%Y%m%d%H%M": {"202401051430": "2024-01-05", "20240105143": None},
    "%d.%m.%Y %H%M": {"5.1.2024 0930": "2024-01-05", "5.1.2024 930": None},
    "%d %b %y": {"5 Jan 24": "2024-01-05"},
    "%d/%m/%Y": {"5/1/2024": "2024-01-05"},
}


@pytest.mark.parametrize("format", DIGITS)
def test_a_format_without_separators_takes_exactly_its_digits(map_rows: MapRows, format: str) -> None:
    texts = DIGITS[format]
    rows = [
        {name: str(value) for name, value in row.items()} for row in sales(*({"sold_at": t} for t in texts))
    ]
    result = map_rows(mapping(f"dates: '{format}'"), rows)
    assert [f"{moment:%Y-%m-%d}" for moment in result.column("sold_at")] == [
        day for day in texts.values() if day
    ]
    assert {r["rule"] for r in result.rejects} <= {"not_a_time"}


@pytest.mark.parametrize(
    ("format", "text", "hour"),
    [("%H%M", "0110", 1), ("%H%M", "110", None), ("%H%M%S", "91500", None), ("%H", "9", 9)],
)
def test_so_do_times_and_declared_columns(
    map_rows: MapRows, format: str, text: str, hour: int | None
) -> None:
    columns = ", columns: {sold_at: {date: day, time: clock}}"
    [row] = [{k: str(v) for k, v in row.items()} for row in sales({"day": "2024-01-05", "clock": text})]
    result = map_rows(mapping(f"times: '{format}'", columns), [row])
    assert [moment.hour for moment in result.column("sold_at")] == ([hour] if hour else [])
    made = mapping("dates: '%d%m%y'", ", columns: {sold_at: {sql: 'day'}}") + "    parse: {day: datetime}\n"
    assert [r["rule"] for r in map_rows(made, [row | {"day": "10124"}]).rejects] == ["not_a_time"]


@pytest.mark.parametrize(
    ("unit", "number", "year"),
    [
        ("seconds", "1764580530", 2025),
        ("milliseconds", "1764580530", None),
        ("microseconds", "1764580530000", None),
        ("seconds", "1764580530000", None),
        ("seconds", "0", None),
    ],
)
def test_an_epoch_in_another_unit_is_no_time(
    map_rows: MapRows, unit: str, number: str, year: int | None
) -> None:
    [row] = [{k: str(v) for k, v in row.items()} for row in sales({"sold_at": number})]
    assert [moment.year for moment in map_rows(mapping(f"epoch: {unit}"), [row]).column("sold_at")] == (
        [year] if year else []
    )
