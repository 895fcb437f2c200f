"""Nights: which can be run, what their now is, and how the first one is fixed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_assets.config import Settings
from retail_assets.dagster_kit.wiring import partitions_of
from retail_assets.errors import ExplainedError
from retail_assets.flows import platform_of
from retail_assets.initialise import _fix_first_night
from retail_assets.intake.ledger import record_night
from retail_assets.lake import Lake
from retail_assets.partitions import (
    NoSuchNight,
    first_night,
    moment_of,
    require_night,
    today,
)

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = date(2026, 1, 1)
STARTED = datetime(2026, 11, 20, 13, 30, 15, 250, tzinfo=UTC)
ZONES = [
    ZoneInfo(name)
    for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
]


@pytest.mark.parametrize("night", [FIRST, date(2026, 5, 1), date(2026, 11, 20)])
def test_every_night_from_the_first_to_todays_can_run(settings: Settings, night: date) -> None:
    require_night(settings, night, newest=date(2026, 11, 20))


def test_a_night_before_the_first_is_refused_with_what_to_do(settings: Settings) -> None:
    with pytest.raises(NoSuchNight) as refused:
        require_night(settings, date(2025, 12, 31), newest=date(2026, 11, 20))
    assert str(refused.value) == (
        "The night of 2025-12-31 lies before this platform's first; those from 2026-01-01 to 2026-11-20 can be "
        "run. To run older nights set RETAIL_FIRST_NIGHT to an earlier day."
    )
    assert isinstance(refused.value, ExplainedError), "what a person can mend ends as one sentence"


def test_a_night_to_come_is_refused_with_the_newest(settings: Settings) -> None:
    with pytest.raises(NoSuchNight) as refused:
        require_night(settings, date(2026, 11, 21), newest=date(2026, 11, 20))
    assert str(refused.value) == (
        "The night of 2026-11-21 has not come yet; those from 2026-01-01 to 2026-11-20 can be run."
    )


def test_partitions_reach_from_the_first_night_to_todays(settings: Settings) -> None:
    partitions = partitions_of(platform_of(settings))
    keys = partitions.get_partition_keys(current_time=STARTED)
    assert keys == [(FIRST + timedelta(days=n)).isoformat() for n in range(len(keys))]
    assert keys[-1] == "2026-11-20"


@pytest.mark.parametrize(
    ("moment", "newest"),
    [
        (datetime(2026, 11, 19, 22, 59, tzinfo=UTC), "2026-11-19"),
        (datetime(2026, 11, 19, 23, 0, tzinfo=UTC), "2026-11-20"),
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "2026-03-29"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-25"),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), "2026-10-25"),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), "2026-10-26"),
    ],
)
def test_a_day_begins_at_midnight_of_the_retailer(settings: Settings, moment: datetime, newest: str) -> None:
    assert partitions_of(platform_of(settings)).get_partition_keys(current_time=moment)[-1] == newest
    assert moment_of(None, moment, BERLIN)[0].isoformat() == newest


def test_the_now_of_todays_night_is_when_its_run_started() -> None:
    assert moment_of(date(2026, 11, 20), STARTED, BERLIN) == (date(2026, 11, 20), STARTED)


def test_a_run_without_a_night_takes_the_day_on_which_it_started() -> None:
    late = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    assert moment_of(None, late, BERLIN) == (date(2026, 11, 20), late)


@pytest.mark.parametrize(
    ("night", "now"),
    [
        (date(2026, 11, 19), datetime(2026, 11, 19, 1, tzinfo=UTC)),
        (date(2026, 7, 1), datetime(2026, 7, 1, 0, tzinfo=UTC)),
        (date(2026, 3, 28), datetime(2026, 3, 28, 1, tzinfo=UTC)),
        # Two o'clock does not come: the clocks go on to three.
        (date(2026, 3, 29), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (date(2026, 3, 30), datetime(2026, 3, 30, 0, tzinfo=UTC)),
        (date(2026, 10, 24), datetime(2026, 10, 24, 0, tzinfo=UTC)),
        # Two o'clock comes twice: the first one.
        (date(2026, 10, 25), datetime(2026, 10, 25, 0, tzinfo=UTC)),
        (date(2026, 10, 26), datetime(2026, 10, 26, 1, tzinfo=UTC)),
    ],
)
def test_the_now_of_a_refilled_night_is_its_two_o_clock(night: date, now: datetime) -> None:
    found, moment = moment_of(night, STARTED, BERLIN)
    assert (found, moment.astimezone(UTC)) == (night, now)


@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2026, 11, 1)))
def test_nows_of_refilled_nights_are_in_order_and_on_their_day(zone: ZoneInfo, night: date) -> None:
    (_, now), (_, next_now) = (moment_of(night + timedelta(days=n), STARTED, zone) for n in (0, 1))
    assert now.astimezone(UTC) < next_now.astimezone(UTC) < STARTED
    assert now.astimezone(UTC).astimezone(zone).date() == night


@pytest.fixture
def unfixed(settings: Settings) -> Settings:
    """A platform whose first night no setting says."""
    return settings.model_copy(update={"first_night": None})


def fix(settings: Settings, wanted: date | None = None) -> date:
    """Set up once more; gives the first night that there is then."""
    Lake(settings.data_dir).root.mkdir(parents=True, exist_ok=True)
    _fix_first_night(settings, Lake(settings.data_dir), wanted)
    return first_night(settings)


def test_without_set_up_the_first_night_is_todays(unfixed: Settings) -> None:
    assert first_night(unfixed) == today(BERLIN)


def test_set_up_fixes_todays_night_for_good(unfixed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fix(unfixed) == today(BERLIN)
    fixed = today(BERLIN)
    monkeypatch.setattr("retail_assets.partitions.today", lambda zone: fixed + timedelta(days=30))
    monkeypatch.setattr("retail_assets.initialise.today", lambda zone: fixed + timedelta(days=30))
    assert first_night(unfixed) == fix(unfixed) == fixed


def test_the_first_night_goes_back_as_long_as_none_has_run(unfixed: Settings) -> None:
    fix(unfixed)
    assert fix(unfixed, date(2026, 11, 20)) == date(2026, 11, 20)
    assert fix(unfixed, date(2026, 11, 10)) == date(2026, 11, 10)
    assert fix(unfixed, date(2026, 11, 15)) == date(2026, 11, 10), "it does not go forward"
    assert fix(unfixed) == date(2026, 11, 10)
    record_night(unfixed, date(2026, 11, 15), STARTED)
    assert fix(unfixed, date(2026, 11, 1)) == date(2026, 11, 10), "a night has run: it is fixed"


def test_the_first_night_is_never_one_to_come(unfixed: Settings) -> None:
    assert fix(unfixed, today(BERLIN) + timedelta(days=3)) == today(BERLIN)


def test_a_platform_that_ran_before_keeps_its_nights(unfixed: Settings) -> None:
    record_night(unfixed, date(2026, 2, 3), STARTED)
    record_night(unfixed, date(2026, 2, 4), STARTED)
    assert fix(unfixed) == date(2026, 2, 3)


def test_the_setting_wins_over_what_set_up_fixed(unfixed: Settings) -> None:
    fix(unfixed, date(2026, 11, 10))
    assert first_night(unfixed.model_copy(update={"first_night": FIRST})) == FIRST
