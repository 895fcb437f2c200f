"""Which calibration an origin's forecast takes."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from ml.forecasting.calibrations.calibration import Calibration
from retail_assets.demand.calibrations import (
    QUICK,
    REGISTRY,
    Learnt,
    calibration_for,
    champion,
    keep,
    kept,
    last_day,
    quick_calibration,
)
from retail_assets.demand.tables import DEMAND_FORECAST
from retail_assets.models.resolve import NoModel
from retail_assets.platform import Platform
from tests.unit.demand.made_up import ORIGIN, demand


def nobody(_: Platform) -> Learnt:
    raise NoModel("The registry is away.")


@pytest.fixture
def calibration(cheap: Platform) -> Calibration:
    return quick_calibration(cheap, demand(), lambda _: None).calibration


def version(number: int, learnt_until: date, calibration: Calibration) -> Learnt:
    return Learnt(str(number), REGISTRY, learnt_until, calibration)


def silent(_: str) -> None:
    return None


def test_the_champions_is_taken_and_kept(cheap: Platform, calibration: Calibration) -> None:
    one = version(3, ORIGIN - timedelta(days=1), calibration)
    assert calibration_for(cheap, demand(), silent, resolve=lambda _: one) is one
    found = calibration_for(cheap, demand(), silent, resolve=nobody)
    assert (found.version, found.source, found.calibration) == ("3", REGISTRY, calibration)
    assert found.why_quick == "The registry is away."


def test_nothing_that_was_learnt_from_the_origin_on_is_taken(
    cheap: Platform, calibration: Calibration
) -> None:
    for number, back in enumerate((40, 9, 0), start=1):
        keep(cheap, version(number, ORIGIN - timedelta(days=back), calibration))
    today = version(4, ORIGIN, calibration)
    found = calibration_for(cheap, demand(), silent, resolve=lambda _: today)
    assert (found.version, found.learnt_until) == ("2", ORIGIN - timedelta(days=9))
    assert found.why_quick == "Version 4 has learnt from 2026-11-20 or later."


def test_while_the_registry_is_away_a_version_that_was_taken_back_does_not_come_back(
    cheap: Platform, calibration: Calibration
) -> None:
    learnt_until = {"9": ORIGIN - timedelta(days=9), "10": ORIGIN - timedelta(days=2)}
    for number, day in learnt_until.items():
        keep(cheap, version(int(number), day, calibration))
    absent = pl.DataFrame([dict.fromkeys(DEMAND_FORECAST.schema.names())], schema=DEMAND_FORECAST.schema)
    nights = {3: ("9", REGISTRY), 2: ("10", REGISTRY), 1: ("9", REGISTRY), 0: ("quick-2026-11-20", QUICK)}
    for back, (number, source) in nights.items():
        row = absent.with_columns(calibration_version=pl.lit(number), calibration_source=pl.lit(source))
        DEMAND_FORECAST.write(cheap.lake, str(ORIGIN - timedelta(days=back)), row)
    assert calibration_for(cheap, demand(), silent, resolve=nobody).version == "9"
    later = demand(ORIGIN + timedelta(days=1))
    assert calibration_for(cheap, later, silent, resolve=nobody).version == "9", "nor on the next night"


def test_of_versions_that_weighed_no_night_the_highest_number_is_the_newest(
    cheap: Platform, calibration: Calibration
) -> None:
    for number in (9, 10):
        keep(cheap, version(number, ORIGIN - timedelta(days=9), calibration))
    assert calibration_for(cheap, demand(), silent, resolve=nobody).version == "10"


def test_without_any_a_quick_one_is_made_kept_and_said(cheap: Platform) -> None:
    said: list[str] = []
    first = calibration_for(cheap, demand(), said.append, resolve=nobody)
    assert (first.version, first.source) == ("quick-2026-11-20", QUICK)
    assert said[0].startswith("The registry is away. A quick calibration is made")
    again = calibration_for(cheap, demand(), said.append, resolve=nobody)
    assert again == first, "what is made is as it is read later"
    assert kept(cheap)["version"].to_list() == ["quick-2026-11-20"]


def test_a_quick_one_serves_four_weeks(cheap: Platform, calibration: Calibration) -> None:
    for days, expected in ((27, "quick-2026-11-20"), (29, "quick-2026-12-19")):
        keep(cheap, Learnt("quick-2026-11-20", QUICK, ORIGIN - timedelta(days=1), calibration))
        later = demand(ORIGIN + timedelta(days=days))
        assert calibration_for(cheap, later, silent, resolve=nobody).version == expected


def test_the_last_day_that_a_backtest_knew(calibration: Calibration) -> None:
    assert last_day(calibration) == ORIGIN - timedelta(days=1)
    assert last_day(replace(calibration, origins=("2026-01-01",), horizon=28)) == date(2026, 1, 28)


def test_an_empty_registry_has_no_champion(cheap: Platform) -> None:
    with pytest.raises(NoModel, match="can score"):
        champion(cheap)
