"""Dates alone, names of zones, formats without separators: what a time says, and what it does not."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest

from retail_assets.feeds.mapping.values.zones import ABBREVIATIONS, abbreviations
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
        "2024-07-01 10:00+14:00": 20,
        "2024-07-01 10:00-1200": 22,
        "2024-07-01 10:00+25:00": None,
        "2024-07-01 10:00+15:00": None,
        "2024-07-01 10:00:00-99": None,
        "2024-07-01T10:00:00+01:75": None,
        "2024-07-01T10:00:00+0160 ": None,
        "2024-07-01 10:00 UTC+25": None,
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


TIMES_OF_DAY = {
    "14:05": "03 12:05",
    " 9:05 ": "03 07:05",
    "14:05:30.5": "03 12:05",
    "14:05:30,5": "03 12:05",
    "11:30:00 PM": "03 21:30",
    "11:30pm": "03 21:30",
    "12:10 a.m.": "02 22:10",
    "12:10:00.25 PM": "03 10:10",
    "14:05:00Z": "03 14:05",
    "14:05Z": "03 14:05",
    "T14:05:00.000Z": "03 14:05",
    "14:05:00+00:00": "03 14:05",
    "14:05:00-07:00": "03 21:05",
    "23:30:00-07": "04 06:30",
    "14:05 +0200": None,
    "14:05+0200": "03 12:05",
    "14:05:00 UTC": "03 14:05",
    "14:05:00 PDT": "03 21:05",
    "14:05:00 CET": "03 13:05",
    "14:05:00 America/New_York": "03 18:05",
    "2024-07-03T14:05:00+02:00": "03 12:05",
    "2024-07-02T22:30:00Z": "02 22:30",
    "2024-07-03 14:05": "03 12:05",
    "1899-12-30 14:05:00": "03 12:05",
    "1970-01-01T14:05:00": "03 12:05",
    "2024-07-04 14:05": None,
    "2024-07-04T14:05:00+02:00": None,
    "2024-07-03": None,
    "14:05:00 PM": None,
    "14:05:00abc": None,
    "14:05:00 BST": None,
    "14:05:00+25:00": None,
    "14:05:00:30": None,
    "14:05:00 Uhr": None,
    "14:05:00.": None,
    "-14:05": None,
    "14": None,
    "epoch": None,
    "infinity": None,
}


def _moments(result: Any, rows: list[dict[str, Any]]) -> list[str | None]:
    found = {row["order_id"]: f"{row['sold_at']:%d %H:%M}" for row in result.rows()}
    return [found.get(row["order_id"]) for row in rows]


@pytest.mark.parametrize("name", ["x.csv", "x.json", "x.parquet", "x.xlsx"])
def test_nothing_behind_a_time_is_dropped(map_file: MapFile, name: str) -> None:
    together = mapping("time_zone: Europe/Berlin", ", columns: {sold_at: {date: day, time: clock}}")
    rows = sales(*({"day": "2024-07-03", "clock": clock} for clock in TIMES_OF_DAY))
    result = map_file(together, FORMATS[name](rows), name)
    assert dict(zip(TIMES_OF_DAY, _moments(result, rows), strict=True)) == TIMES_OF_DAY
    assert {rule for _, rule, _, _ in result.refused} == {"not_a_time"}


def test_a_time_of_the_hour_that_comes_twice_is_the_one_whose_offset_it_states(map_file: MapFile) -> None:
    together = mapping("time_zone: Europe/Berlin", ", columns: {sold_at: {date: day, time: clock}}")
    clocks = {
        "02:30": "27 00:30",
        "02:30 CEST": "27 00:30",
        "02:30 CET": "27 01:30",
        "02:30+01:00": "27 01:30",
    }
    rows = sales(*({"day": "2024-10-27", "clock": clock} for clock in clocks))
    assert _moments(map_file(together, as_csv(rows)), rows) == list(clocks.values())


def test_times_of_parquet_and_formats_with_an_offset(map_file: MapFile) -> None:
    together = mapping("time_zone: Europe/Berlin", ", columns: {sold_at: {date: day, time: clock}}")
    moments = [datetime(2024, 7, 3, 22, tzinfo=UTC), datetime(2024, 7, 5, 20, tzinfo=UTC)]
    rows = sales(*({"day": date(2024, 7, 4), "clock": moment} for moment in moments))
    assert _moments(map_file(together, as_parquet(rows), "x.parquet"), rows) == ["03 22:00", None]
    rows = sales(*({"day": date(2024, 7, 4), "clock": moment.replace(tzinfo=None)} for moment in moments))
    assert _moments(map_file(together, as_parquet(rows), "x.parquet"), rows) == [None, None]
    clock = datetime(2024, 7, 4, 22)
    rows = sales({"day": clock.date(), "clock": clock}, {"day": clock.date(), "clock": clock.time()})
    assert _moments(map_file(together, as_parquet(rows[:1]), "x.parquet"), rows[:1]) == ["04 20:00"]
    assert _moments(map_file(together, as_parquet(rows[1:]), "x.parquet"), rows[1:]) == ["04 20:00"]
    with_offset = together.replace("Europe/Berlin", "Europe/Berlin, times: '%H%M%z', dates: '%d.%m.%Y'")
    clocks = {"1405+0000": "03 14:05", "1405-07:00": "03 21:05", "1405+25:00": None, "14:05": "03 12:05"}
    rows = sales(*({"day": "03.07.2024", "clock": clock} for clock in clocks))
    assert _moments(map_file(with_offset, as_csv(rows)), rows) == list(clocks.values())


@pytest.mark.parametrize(
    ("day", "clock", "default", "expected"),
    [
        ("2024-07-03", "", "", None),
        ("2024-07-03", "", "2000-01-01", None),
        ("", "14:05", "2000-01-01", None),
        ("", "", "2000-01-01", "01 00:00"),
        ("", "00:00:00", "2000-01-01", "01 00:00"),
        ("x", "14:05", "2000-01-01", None),
    ],
)
def test_a_default_replaces_no_half_of_a_moment(
    map_file: MapFile, day: str, clock: str, default: str, expected: str | None
) -> None:
    beside = f", default: '{default}'" if default else ""
    together = mapping("", f", columns: {{sold_at: {{date: day, time: clock{beside}}}}}")
    rows = sales({"day": day, "clock": clock})
    result = map_file(together, as_csv(rows), business_zone="UTC")
    assert _moments(result, rows) == [expected]
    assert {(rule, column) for _, rule, column, _ in result.refused} <= {("not_a_time", "sold_at")}


@pytest.mark.parametrize("name", ["x.csv", "x.json", "x.parquet", "x.xlsx"])
def test_minutes_that_a_spreadsheet_took_for_a_fraction(map_file: MapFile, name: str) -> None:
    together = mapping("times: '%H.%M'", ", columns: {sold_at: {date: day, time: clock}}")
    clocks = {9.3: None, 11.5: None, 9.0: None, 9.05: "03 09:05", 11.45: "03 11:45"}
    rows = sales(*({"day": "2024-07-03", "clock": clock} for clock in clocks))
    assert _moments(map_file(together, FORMATS[name](rows), name), rows) == list(clocks.values())


@pytest.mark.parametrize(
    ("format", "texts"),
    [
        ("%a %d.%m.%Y", {"Thu 03.04.2025": "2025-04", "Tue 03.04.2025": None, "THU 3.4.2025": "2025-04"}),
        ("%A, %d %B %Y", {"Thursday, 3 April 2025": "2025-04", "Monday, 3 April 2025": None}),
        ("%a %d%m%y", {"Thu 030425": "2025-04", "Thu 30425": None, "Fri 030425": None}),
    ],
)
def test_a_date_falls_on_the_weekday_beside_it(
    map_file: MapFile, format: str, texts: dict[str, str | None]
) -> None:
    rows = sales(*({"sold_at": text} for text in texts))
    result = map_file(mapping(f"dates: '{format}'"), as_csv(rows), business_zone="UTC")
    assert [f"{moment:%Y-%m}" for moment in result.column("sold_at")] == [m for m in texts.values() if m]


@pytest.mark.parametrize(
    ("format", "texts"),
    [
        ("%Y.%m", {"2026.10": "2026-10", "2026.1": None}),
        ("%m.%y", {"5.20": "2020-05", "5.2": None}),
        ("%m,%Y", {"5,2020": "2020-05", "5,202": None}),
        ("%d.%m.%Y", {"5.1.2026": "2026-01"}),
    ],
)
def test_so_do_months(map_file: MapFile, format: str, texts: dict[str, str | None]) -> None:
    rows = sales(*({"sold_at": text} for text in texts))
    result = map_file(mapping(f"dates: '{format}'"), as_csv(rows), business_zone="UTC")
    assert [f"{moment:%Y-%m}" for moment in result.column("sold_at")] == [m for m in texts.values() if m]


@pytest.mark.parametrize("values", ["", "time_zone: Europe/Berlin", "dates: '%d.%m.%Y'"])
@pytest.mark.parametrize("word", ["epoch", " Epoch ", "infinity", "-infinity", "today", "now", "yesterday"])
def test_words_are_no_dates(map_file: MapFile, values: str, word: str) -> None:
    calendar = f"""
        source: stores
        match: {{folder: store_calendar, files: "*"}}
        values: {{{values}}}
        targets: [{{feed: store_calendar, same_names: true}}]
    """
    rows = [{"store_id": "S", "date": day, "is_open": "1"} for day in ("1970-01-01", word)]
    result = map_file(calendar, as_csv(rows))
    assert result.column("date", "store_calendar") == [date(1970, 1, 1)]
    assert [(record, rule) for record, rule, _, _ in result.refused] == [(2, "not_a_date")]
    moments = mapping(values)
    assert [r for _, r, _, _ in map_file(moments, as_csv(sales({"sold_at": word}))).refused] == ["not_a_time"]
