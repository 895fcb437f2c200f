"""What holds for all numbers, dates and files."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retail_assets.feeds.mapping.layers import Layers
from retail_assets.feeds.mapping.values.conversion import INSTANT, NUMBER, Raw, convert
from retail_assets.feeds.mapping.values.dialect import Values
from retail_assets.feeds.mapping.values.zones import instant_sql, local_steps
from tests.unit.mapping.conftest import MapRows

Read = Callable[..., list]


@pytest.fixture(scope="module")
def read() -> Read:
    engine = duckdb.connect()
    engine.execute("set TimeZone = 'UTC'")

    def run(texts: list[str], kind, values: Values) -> list:
        frame = pl.DataFrame({"x": texts}, schema={"x": pl.String})
        engine.register("frame", frame)
        query = Layers("select x from frame")
        query.add(convert(Raw("x", "VARCHAR"), kind, values, name="v"))
        query.end_phase()
        return [row[0] for row in engine.execute(f"select v from ({query.sql})").fetchall()]

    return run


decimals = st.decimals(min_value=-(10**11), max_value=10**11, places=6, allow_nan=False, allow_infinity=False)


def german(number: Decimal) -> str:
    text = f"{abs(number):,.6f}".translate(str.maketrans(",.", ".,"))
    return f"{text}-" if number < 0 else text


@given(st.lists(decimals, min_size=1, max_size=50))
@settings(deadline=None, max_examples=30)
def test_numbers_survive_every_dialect(read: Read, numbers: list[Decimal]) -> None:
    dialect = Values(decimal=",", thousands=(".",), negatives=("trailing_minus",))
    assert read([german(number) for number in numbers], NUMBER, dialect) == numbers
    assert read([str(number) for number in numbers], NUMBER, Values()) == numbers
    swiss = Values(thousands=("'",), strip=("CHF",), negatives=("parentheses",))
    texts = [f"CHF {abs(n):,.6f}".replace(",", "'") for n in numbers]
    texts = [f"({text})" if n < 0 else text for text, n in zip(texts, numbers, strict=True)]
    assert read(texts, NUMBER, swiss) == numbers


@given(st.lists(st.text(max_size=30), min_size=1, max_size=40))
@settings(deadline=None, max_examples=20)
def test_whatever_stands_there_is_read_or_null(read: Read, texts: list[str]) -> None:
    texts = [text.replace("\0", "") for text in texts]
    for values in (
        Values(),
        Values(decimal=",", thousands=(".", " ")),
        Values(dates=("%d.%m.%Y",), percent=True),
    ):
        for text, number in zip(texts, read(texts, NUMBER, values), strict=True):
            assert number is None or any(character.isdigit() for character in text)
        read(texts, INSTANT, values)


zones = st.sampled_from(
    ["Europe/Berlin", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
)


@given(zones, st.data())
@settings(deadline=None, max_examples=25)
def test_local_times_agree_with_the_calendar(read: Read, zone: str, data: st.DataObject) -> None:
    changes = [step[0] for step in local_steps(zone)[1:]] or [datetime(2026, 3, 29, 2)]
    near = st.builds(lambda c, m: c + timedelta(minutes=m), st.sampled_from(changes), st.integers(-200, 200))
    anywhere = st.datetimes(datetime(1971, 1, 1), datetime(2099, 12, 31)).map(
        lambda d: d.replace(microsecond=0)
    )
    locals_ = data.draw(st.lists(st.one_of(near, anywhere), min_size=1, max_size=80))
    texts = [f"{local:%d.%m.%Y %H:%M:%S}" for local in locals_]
    found = read(texts, INSTANT, Values(dates=("%d.%m.%Y %H:%M:%S",), time_zone=zone))
    assert found == [local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for local in locals_]


def test_utc_needs_no_steps() -> None:
    assert instant_sql("x", "UTC") == "cast(x as timestamptz)"


cells = st.sampled_from(["", " ", "1", "2", "-1", "0", "x", "Summe", "2026-11-20", "TEL", "1,5", "1.5"])
records = st.lists(st.tuples(cells, cells, cells, cells, cells), min_size=10, max_size=80)

MAPPING = """
    source: till
    match: {folder: sales, files: "*.csv"}
    leave_out: [{name: total, when: Bon = 'Summe'}]
    targets:
      - feed: sales
        rules:
          - {name: training, when: Kunde = 'x', reject: true}
          - {name: lost, when: Menge < 0, send_to: stock_movements}
        columns:
          order_id: Bon
          line_number: Pos
          store_id: {constant: S1}
          product_id: {constant: P1}
          sold_at: Zeit
          quantity: Menge
          unit_price: {constant: 1}
          currency: {constant: EUR}
          customer_id: Kunde
        sent:
          stock_movements:
            columns:
              movement_id: Bon
              store_id: {constant: S1}
              product_id: {constant: P1}
              moved_at: Zeit
              quantity: Menge
              kind: {constant: adjustment}
"""


@given(records)
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_row_counts_add_up(map_rows: MapRows, mapping_file, records: list[tuple[str, ...]]) -> None:
    names = ["Bon", "Pos", "Zeit", "Menge", "Kunde"]
    table = pl.DataFrame(
        [dict(zip(names, r, strict=True)) for r in records], schema=dict.fromkeys(names, pl.String)
    )
    result = map_rows(MAPPING, table)
    (counts,) = result.counts
    assert counts.records == len(records)
    assert counts.admitted == len(result.rows())
    assert counts.routed == len(result.rows("stock_movements"))
    assert counts.rejected == len(result.rejects)
    ended = [record for record, _, _ in result.ends]
    routed = [record for record, end, _ in result.ends if end == "routed"]
    assert sorted(ended + result.column("_record")) == list(range(1, len(records) + 1))
    assert sorted(routed) == sorted(result.column("_record", "stock_movements"))
