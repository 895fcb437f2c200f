"""A store that sells nothing though it is open: for some days its file is late, for many it has closed."""

from datetime import date, timedelta

import polars as pl
import pytest

from ml.forecasting.forecast import forecast
from retail_assets.demand.calibrations import quick_calibration
from retail_assets.demand.forecasting import NightForecast, every_store_is_heard, forecast_rows
from retail_assets.demand.panel import demand_of
from retail_assets.demand.silence import silence_of, without_silence
from retail_assets.demand.tables import DEMAND_FORECAST
from retail_assets.platform import Platform
from tests.unit.demand.made_up import ORIGIN, known_ahead, rows


def silenced(first_back: int, last_back: int = 1, given: pl.DataFrame | None = None) -> pl.DataFrame:
    """The second store sells nothing from some days before the origin to some days before it."""
    given = rows() if given is None else given
    first, last = (ORIGIN - timedelta(days=back) for back in (first_back, last_back))
    here = (pl.col("store_id") == "S2") & pl.col("business_date").is_between(first, last)
    return given.with_columns(quantity=pl.when(here).then(0.0).otherwise("quantity"))


def test_nothing_is_known_of_days_whose_file_is_late() -> None:
    given = silenced(2)
    found = silence_of(given)
    assert found.days.rows() == [("S2", date(2026, 11, 18), False), ("S2", date(2026, 11, 19), False)]
    assert found.closed == []
    assert found.sentences() == [
        "S2 sold nothing on 2 days from 2026-11-18 to 2026-11-19, though it is not said to be shut: not learnt from. "
        "Has its file come?"
    ]
    returned = given.with_columns(quantity=pl.when(pl.col("quantity") == 0).then(-1.0).otherwise("quantity"))
    assert silence_of(returned).days.equals(found.days), "what other stores take back is no sign of it"
    changed = without_silence(given, found).filter("is_out_of_stock")
    assert set(changed.select("store_id", "business_date").rows()) == {row[:2] for row in found.days.rows()}
    assert without_silence(given, found)["is_open"].to_list() == given["is_open"].to_list()


def test_late_files_do_not_lower_the_forecast(cheap: Platform) -> None:
    def sold_ahead(given: pl.DataFrame) -> float:
        heard = without_silence(given, silence_of(given))
        known = demand_of(heard, known_ahead(heard), ORIGIN)
        learnt = quick_calibration(cheap, known, lambda _: None)
        made = forecast(known.panel, 28, calibration=learnt.calibration)
        ours = forecast_rows(known, made, learnt).filter(model="ensemble", store_id="S2")
        return float(ours["expected"].sum())

    assert sold_ahead(silenced(6)) == pytest.approx(sold_ahead(rows()), rel=0.05)


@pytest.mark.parametrize("last_back", [1, 4])
def test_a_week_of_silence_of_a_young_store_is_not_what_is_usual_there(last_back: int) -> None:
    """It sold on all of its 21 open days before, but on fewer than nine of ten in all."""
    found = silence_of(silenced(last_back + 6, last_back, rows(days=25 + last_back + 6)))
    assert found.days.select("store_id", "is_closed").rows() == [("S2", False)] * 6


def test_a_store_that_has_closed_is_shut_until_it_sells_again() -> None:
    given = silenced(9)  # of which one is a Sunday, on which it is shut anyway
    found = silence_of(given)
    assert found.closed == ["S2"] and found.days["is_closed"].all() and len(found.days) == 8
    [said] = found.sentences()
    assert "it has closed, and nothing is foretold there" in said
    heard = without_silence(given, found)
    open_ahead = known_ahead(heard, horizon=7, closed=found.closed)
    assert not open_ahead.filter(store_id="S2")["is_open"].any()
    assert open_ahead.filter(store_id="S1")["is_open"].sum() == 3 * 6
    assert not heard.filter(pl.col("business_date") >= ORIGIN - timedelta(days=9), store_id="S2")[
        "is_open"
    ].any()


def test_a_store_that_was_closed_and_sells_again_is_shut_then_alone() -> None:
    found = silence_of(silenced(40, 20))
    assert found.closed == [] and found.days["is_closed"].all()
    assert "it counts as shut then" in found.sentences()[0]
    assert found.sentences(since=ORIGIN - timedelta(days=20)) == []


def test_of_stores_that_often_sell_nothing_silence_says_nothing() -> None:
    quiet = rows().with_columns(
        quantity=pl.when(pl.col("business_date").dt.weekday() < 6).then(0.0).otherwise("quantity")
    )
    assert silence_of(quiet).days.is_empty()
    assert silence_of(silenced(3, given=rows(days=15))).days.is_empty(), "too young to have habits"
    assert without_silence(quiet, silence_of(quiet)).equals(quiet)


def test_the_check_names_the_store() -> None:
    given = silenced(2)
    found = silence_of(given)
    known = demand_of(given, known_ahead(given, horizon=7), ORIGIN)
    for silent, passed in ((found.sentences(), False), ([], True)):
        of_silent = type(known)(known.origin, known.panel, known.issues, known.pairs, silent)
        none = DEMAND_FORECAST.empty()
        finding = every_store_is_heard(NightForecast(none, none, none, None, of_silent, None))
        assert finding.passed == passed
        assert ("S2 sold nothing" in finding.advice) != passed
