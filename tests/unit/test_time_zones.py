"""Python reckons the zones of mappings, DuckDB those of columns and business days: they have to tell the same time."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import duckdb
import pytest

import retail_assets  # noqa: F401  it sets them

NEWER_THAN_DUCKDB = {"America/Havana", "Cuba"}
"""tzdata knows of a winter time from November 2026."""
HOURS = (
    "range(timestamptz '2000-01-03 00:30:00+00', timestamptz '2027-12-31', interval 7 day) as of_week(moment)"
)


def test_the_zones_are_those_of_the_lock() -> None:
    assert zoneinfo.TZPATH == ()


def test_python_and_duckdb_have_the_same_clocks() -> None:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        moments = [moment for (moment,) in connection.execute(f"select moment from {HOURS}").fetchall()]
        offset = f"select epoch(timezone($1, moment)) - epoch(moment) from {HOURS}"
        differ = set()
        for zone in sorted(available_timezones()):
            told = [seconds for (seconds,) in connection.execute(offset, [zone]).fetchall()]
            rules = ZoneInfo(zone)
            if told != [_ahead(moment.astimezone(rules)) for moment in moments]:
                differ.add(zone)
    assert differ <= NEWER_THAN_DUCKDB


def _ahead(moment: datetime) -> float:
    return (moment.utcoffset() or timedelta()).total_seconds()


@pytest.mark.parametrize("zone", ["Africa/Casablanca", "America/Vancouver"])
def test_a_zone_whose_rules_changed_lately(zone: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        said = "select timezone($1, timestamptz '2026-11-15 12:00:00+00')"
        [(clock,)] = connection.execute(said, [zone]).fetchall()
    assert datetime(2026, 11, 15, 12, tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == clock
