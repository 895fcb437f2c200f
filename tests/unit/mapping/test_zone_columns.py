"""The zone of a time comes from a column beside it."""

import pytest

from retail_assets.errors import MappingError
from tests.unit.mapping.conftest import MapRows

SALES = """
    source: tills
    match: {folder: sales, files: "*.csv"}
    targets:
      - feed: sales
        columns: {order_id: nr, line_number: {constant: 1}, store_id: {constant: S}, product_id: {constant: P},
          quantity: {constant: 1}, unit_price: {constant: 1}, currency: {constant: EUR}, sold_at: SOLD}
"""
FROM = "{column: at, time_zone: {column: tz}}"


def rows(*times: tuple[str, str | None]) -> list[dict[str, str | None]]:
    return [{"nr": str(number), "at": at, "tz": tz} for number, (at, tz) in enumerate(times)]


@pytest.mark.parametrize(
    ("at", "zone", "utc"),
    [
        ("2026-07-01 12:00", "Europe/Berlin", "2026-07-01 10:00"),
        ("2026-01-01 12:00", "Europe/Berlin", "2026-01-01 11:00"),
        ("2026-07-01 12:00", " America/New_York ", "2026-07-01 16:00"),
        ("2026-07-01 12:00", "UTC", "2026-07-01 12:00"),
        ("2026-07-01 12:00", "CET", "2026-07-01 11:00"),  # as behind a time
        ("2026-07-01 12:00", "EET", "2026-07-01 10:00"),
        ("2026-07-01 12:00", "WET", "2026-07-01 12:00"),
        ("2026-07-01 12:00", "EST", "2026-07-01 17:00"),
        ("2026-07-01 12:00", "GMT", "2026-07-01 12:00"),
        ("2026-07-01 12:00", "Asia/Kathmandu", "2026-07-01 06:15"),
        ("2026-10-25 02:30", "Europe/Berlin", "2026-10-25 00:30"),  # twice: the first
        (
            "2026-03-29 02:30",
            "Europe/Berlin",
            "2026-03-29 01:30",
        ),  # never: as if the clock had not been changed
        ("2026-04-05 01:45", "Australia/Lord_Howe", "2026-04-04 14:45"),  # twice, half an hour apart
        ("2026-07-01T12:00:00+02:00", "America/New_York", "2026-07-01 10:00"),
        ("2026-07-01T12:00:00Z", "Mars/Phobos", "2026-07-01 12:00"),
    ],
)
def test_a_zone_for_each_record(map_rows: MapRows, at: str, zone: str, utc: str) -> None:
    result = map_rows(SALES.replace("SOLD", FROM), rows((at, zone), ("2026-07-01 12:00", "UTC")))
    assert [f"{moment:%Y-%m-%d %H:%M}" for moment in result.column("sold_at")] == [utc, "2026-07-01 12:00"]


@pytest.mark.parametrize(
    "zone", ["BST", "Mars/Phobos", "berlin", "", None, "CEST", "MET", "+02:00", "'; select 1 --"]
)
def test_what_is_no_zone_is_rejected_by_name(map_rows: MapRows, zone: str | None) -> None:
    result = map_rows(
        SALES.replace("SOLD", FROM), rows(("2026-07-01 12:00", zone), ("2026-07-01 12:00", "UTC"))
    )
    assert result.column("order_id") == ["1"]
    [reject] = result.rejects
    assert (reject["rule"], reject["column"]) == ("not_a_time", "sold_at")
    assert reject["value"].strip() == f"2026-07-01 12:00 {zone or ''}".strip()


def test_with_formats_and_two_columns(map_rows: MapRows) -> None:
    sold = "{date: at, time: tm, dates: '%d.%m.%Y', time_zone: {column: tz}}"
    given = [
        row | {"tm": "09:30"} for row in rows(("01.07.2026", "Asia/Tokyo"), ("01.07.2026", "Europe/Lisbon"))
    ]
    result = map_rows(SALES.replace("SOLD", sold), given)
    assert [f"{moment:%d %H:%M}" for moment in result.column("sold_at")] == ["01 00:30", "01 08:30"]
    sold = "{column: at, dates: ['%d.%m.%Y %H:%M'], time_zone: {column: tz}}"
    result = map_rows(SALES.replace("SOLD", sold), rows(("01.07.2026 09:30", "Asia/Tokyo")))
    assert [f"{moment:%d %H:%M}" for moment in result.column("sold_at")] == ["01 00:30"]


def test_a_stated_offset_counts_in_two_columns(map_rows: MapRows) -> None:
    sold = "{date: at, time: tm, time_zone: {column: tz}}"
    given = [
        row | {"tm": tm} for row, tm in zip(rows(*[("2026-07-01", "Asia/Tokyo")] * 3), TIMES, strict=True)
    ]
    result = map_rows(SALES.replace("SOLD", sold), given)
    assert [f"{moment:%d %H:%M}" for moment in result.column("sold_at")] == list(TIMES.values())


TIMES = {"09:30": "01 00:30", "09:30Z": "01 09:30", "11:30:00 PM": "01 14:30"}


def test_days_that_replace_are_those_of_one_clock(map_rows: MapRows) -> None:
    mapping = SALES.replace("SOLD", FROM).replace("- feed: sales", "- feed: sales\n        replaces: day")
    with pytest.raises(MappingError, match="days are those of one clock"):
        map_rows(mapping, rows(("2026-07-01 12:00", "UTC")))


def test_zones_under_other_names_are_translated(map_rows: MapRows) -> None:
    words = 'parse: {tz: {type: text, translate: {"Eastern Time (US & Canada)": America/New_York}}}'
    result = map_rows(
        SALES.replace("SOLD", FROM).replace("targets:", f"{words}\n    targets:"),
        rows(("2026-07-01 12:00", "Eastern Time (US & Canada)"), ("2026-07-01 12:00", "America/Chicago")),
    )
    assert [f"{moment:%H:%M}" for moment in result.column("sold_at")] == ["16:00", "17:00"]
