"""The day of what states its offset: the one that stands in it, or of an instant the one in the retailer's zone."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest

from tests.unit.mapping.conftest import MapFile, Result
from tests.unit.mapping.exports import as_csv, as_excel, as_json, as_parquet

TEXTS = {"csv": as_csv, "json": as_json, "xlsx": as_excel, "parquet": as_parquet}
FIRST, LAST = date(2026, 6, 1), date(2026, 5, 31)
BERLIN = timezone(timedelta(hours=2))


def prices(values: str, more: str = "", day: str = "d") -> str:
    return (
        f'source: erp\nmatch: {{folder: supplier_products, files: "*"}}\n{values}{more}'
        f"targets:\n  - feed: supplier_products\n    columns: {{supplier_id: {{constant: s}}, product_id: sku, "
        f"valid_from: {day}, unit_cost: {{constant: 1}}, currency: {{constant: EUR}}, "
        "lead_time_days: {constant: 1}}\n"
    )


def rows(*days: Any) -> list[dict[str, Any]]:
    return [{"sku": f"P{number}", "d": day} for number, day in enumerate(days, start=1)]


def days_of(result: Result) -> list[date]:
    assert not result.refused
    return result.column("valid_from", "supplier_products")


STATED = [
    "2026-06-01T00:00:00+02:00",
    "2026-06-01 00:30+0200",
    "2026-06-01T00:00:00.000+02",
    "2026-06-01 23:30:00-07:00",
    "2026-06-01 00:00 CEST",
    "2026-06-01 00:00 JST",
    "2026-06-01 00:00:00 Europe/Berlin",
    "2026-06-01 00:00:00 Etc/GMT-2",
    "2026-06-01 00:00:00",
    "2026-06-01 23:59",
    "2026-06-01",
    "2026-05-31T22:00:00Z",
    "2026-05-31 22:00:00+00:00",
    "2026-05-31 22:00 UTC",
    "2026-05-31T23:59:59.999Z",
    "2026-06-01T00:00:00Z",
]


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    "values",
    [
        "",
        "values: {time_zone: Europe/Berlin}\n",
        'values: {dates: "%d.%m.%Y"}\n',
        'values: {null_words: "00000000"}\n',
        "parse: {d: date}\n",
        "parse: {d: datetime}\n",
        "reshape: {sql: select * from records}\nparse: {d: date}\n",
    ],
)
def test_the_day_that_stands_in_a_text(map_file: MapFile, name: str, values: str) -> None:
    result = map_file(prices(values), TEXTS[name](rows(*STATED)), f"x.{name}")
    assert days_of(result) == [FIRST] * len(STATED)


@pytest.mark.parametrize(
    ("format", "texts"),
    [
        (
            "%d.%m.%Y %H:%M %z",
            ["01.06.2026 00:00 +0200", "01.06.2026 00:00 +02:00", "31.05.2026 22:00 +0000"],
        ),
        ("%d.%m.%Y %H:%M%z", ["01.06.2026 00:00+02", "1.6.2026 23:00-0500", "31.05.2026 22:00Z"]),
        ("%Y%m%dT%H%M%S%z", ["20260601T000000+0200", "20260531T220000Z"]),
    ],
)
def test_so_does_a_format(map_file: MapFile, format: str, texts: list[str]) -> None:
    result = map_file(prices(f'values: {{dates: "{format}"}}\n'), as_csv(rows(*texts)))
    assert days_of(result) == [FIRST] * len(texts)


@pytest.mark.parametrize("more", ["", "parse: {d: date}\n", "parse: {d: datetime}\n"])
def test_an_instant_of_parquet(map_file: MapFile, more: str) -> None:
    table = pl.DataFrame(rows(datetime(2026, 5, 31, 22, tzinfo=UTC), datetime(2026, 6, 1, 21, tzinfo=UTC)))
    result = map_file(prices("", more), as_parquet(table.to_dicts()), "x.parquet")
    assert days_of(result) == [FIRST] * 2


@pytest.mark.parametrize(
    ("zone", "texts", "expected"),
    [
        ("values: {time_zone: UTC}\n", ["2026-05-31T22:00:00Z", "2026-06-01T00:00:00+02:00"], [LAST, FIRST]),
        (
            "values: {time_zone: Asia/Tokyo}\n",
            ["2026-05-31T15:00:00Z", "2026-05-31T23:00:00+02:00"],
            [FIRST, LAST],
        ),
        ("values: {epoch: seconds}\n", ["1780264800", "1780264799"], [FIRST, LAST]),
        ("values: {epoch: milliseconds, time_zone: UTC}\n", ["1780264800000"], [LAST]),
    ],
)
def test_whose_day_an_instant_is_of(
    map_file: MapFile, zone: str, texts: list[str], expected: list[date]
) -> None:
    assert days_of(map_file(prices(zone), as_csv(rows(*texts)))) == expected


@pytest.mark.parametrize(
    ("day", "time"),
    [
        ("2026-06-01T00:00:00+02:00", "10:00+02:00"),
        ("2026-05-31T22:00:00Z", "10:00+02:00"),
        ("2026-06-01T00:00:00+02:00", "08:00Z"),
        ("2026-06-01", "10:00 CEST"),
    ],
)
def test_a_day_beside_a_time(map_file: MapFile, day: str, time: str) -> None:
    mapping = prices("").replace("supplier_products", "stock_counts").split("    columns")[0]
    mapping += (
        "    columns: {store_id: {constant: s}, product_id: {constant: p}, counted_at: {date: d, time: t}, "
        "quantity: {constant: 1}}\n"
    )
    result = map_file(mapping, as_csv([{"d": day, "t": time}]))
    assert result.column("counted_at", "stock_counts") == [datetime(2026, 6, 1, 10, tzinfo=BERLIN)]


def test_a_day_in_an_expression(map_file: MapFile) -> None:
    mapping = prices("parse: {d: date}\n", day="{sql: d + 0}")
    assert days_of(map_file(mapping, as_csv(rows(*STATED)))) == [FIRST] * len(STATED)
