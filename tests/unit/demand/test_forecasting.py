"""A night's forecast as rows, and what of it stays."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from ml.forecasting.calibrations.calibration import as_json, from_json
from ml.forecasting.forecast import forecast
from ml.forecasting.issues import EVERY_SERIES, NO_MODEL, Issue
from retail_assets.demand.calibrations import QUICK, REGISTRY, Learnt, quick_calibration
from retail_assets.demand.forecasting import (
    BY_ORIGIN,
    NightForecast,
    a_version_calibrated,
    forecast_rows,
    issue_rows,
    thin,
)
from retail_assets.demand.panel import demand_of
from retail_assets.demand.tables import DEMAND_FORECAST, DEMAND_FORECAST_TOTALS, DEMAND_ISSUES
from retail_assets.demand.totals import total_rows
from retail_assets.platform import Platform
from tests.unit.demand.made_up import ORIGIN, demand, known_ahead, rows


def test_rows_are_of_each_model_series_and_day(cheap: Platform) -> None:
    known = demand()
    learnt = quick_calibration(cheap, known, lambda _: None)
    made = forecast(known.panel, 28, calibration=learnt.calibration)
    found = forecast_rows(known, made, learnt)
    assert found.schema == DEMAND_FORECAST.schema
    assert found.null_count().row(0)[found.columns.index("scale")] == 0
    assert len(found) == len(made.table)
    assert found.select("model", "store_id", "product_id", "date").is_unique().all()
    assert found["date"].min() == ORIGIN and found["date"].max() == ORIGIN + timedelta(days=27)
    assert found.filter(pl.col("date") == ORIGIN)["days_ahead"].unique().to_list() == [1]
    ensemble = found.filter(model="ensemble")
    assert ensemble["mean"].to_list() == pytest.approx(made.mean.ravel().tolist(), abs=1e-6)
    assert ensemble["expected"].to_list() == pytest.approx(made.expected.ravel().tolist(), abs=1e-6)
    assert found.filter(pl.col("model") != "ensemble")["expected"].is_null().all()
    assert {"seasonal_naive", "weekday_mean"} < set(found["model"])
    sundays = found.filter(pl.col("date").dt.weekday() == 7)
    assert sundays.select("mean", "lo_95", "hi_95").sum().row(0) == (0, 0, 0)


def test_sums_are_of_every_level_and_of_what_is_expected_of_their_parts(cheap: Platform) -> None:
    known = demand()
    learnt = quick_calibration(cheap, known, lambda _: None)
    made = forecast(known.panel, 28, calibration=learnt.calibration)
    rows, parts = total_rows(known, made, learnt), forecast_rows(known, made, learnt)
    assert rows.schema == DEMAND_FORECAST_TOTALS.schema
    assert rows.select("level", "sum_of").unique(maintain_order=True).rows() == [
        ("total", "all"), ("store", "S1"), ("store", "S2"), ("category", "c0"), ("category", "c1"),
        ("product", "P0"), ("product", "P1"), ("product", "P2"),
    ]  # fmt: skip
    assert rows.filter(level="category", days_ahead=1)["series"].to_list() == [4, 2]
    assert set(learnt.calibration.sums.factors) > {"total", "store=S1", "category=c1", "product=P2"}
    units = pl.col("expected").cast(pl.Decimal(18, 6)).sum()
    ensemble = parts.filter(model="ensemble")
    for level, column in {"store": "store_id", "product": "product_id"}.items():
        added = ensemble.group_by(pl.col(column).alias("sum_of"), "date").agg(units)
        stored = rows.filter(level=level).group_by("sum_of", "date").agg(units)
        assert stored.sort(pl.all()).equals(added.sort(pl.all()))
    for level in ("total", "category"):
        stored = rows.filter(level=level).group_by("date").agg(units)
        assert stored.sort(pl.all()).equals(ensemble.group_by("date").agg(units).sort(pl.all()))


def test_issues_name_store_and_product_or_nobody() -> None:
    issues = [
        Issue("S1 / P0", NO_MODEL, "short", "few days"),
        Issue(EVERY_SERIES, "lstm", "failed", "no memory"),
    ]
    rows = issue_rows(demand(), issues)
    assert rows.schema == DEMAND_ISSUES.schema
    assert set(rows.drop("origin").rows()) == {
        ("S1", "P0", None, "short", "few days"),
        (None, None, "lstm", "failed", "no memory"),
    }


def test_a_calibration_that_was_learnt_of_other_regressors_is_told(cheap: Platform) -> None:
    """Promotions are told that were not when it was learnt, and the other way round."""
    given = rows()
    promoted = given.with_columns(is_promotion=pl.col("business_date").dt.day() < 5)
    none, some = (demand_of(one, known_ahead(one), ORIGIN) for one in (given, promoted))
    for then, now, said in (
        (none, none, None),
        (some, some, None),
        (none, some, "The calibration was learnt without is_promotion, which is told now"),
        (some, none, "The calibration was learnt with is_promotion, which nothing tells now"),
    ):
        calibration = from_json(as_json(quick_calibration(cheap, then, lambda _: None).calibration))
        made = forecast(now.panel, 28, calibration=calibration)
        learnt = Learnt("3", REGISTRY, date(2026, 11, 19), calibration)
        empty = (table.empty() for table in BY_ORIGIN)
        finding = a_version_calibrated(NightForecast(*empty, learnt=learnt, demand=now, made=made))
        assert finding.passed == (said is None)
        assert (said or "") in finding.advice
        assert not said or "`make run JOB=train_demand_models`" in finding.advice
    unrecorded = replace(calibration, regressors=None)
    issues = forecast(none.panel, 28, calibration=unrecorded).issues
    assert "other_regressors" not in {issue.issue for issue in issues}


def test_of_forecasts_older_than_90_days_the_mondays_stay(platform: Platform) -> None:
    lake = platform.lake
    kept = ["empty", "2026-08-17", "2026-08-22", "2026-11-20"]
    for table in BY_ORIGIN:
        row = pl.DataFrame([dict.fromkeys(table.schema.names())], schema=table.schema)
        for part in (*kept, "2026-08-18", "2026-08-21"):
            table.write(lake, part, row)
    assert thin(lake, night=ORIGIN) == ["2026-08-18", "2026-08-21"]
    for table in BY_ORIGIN:
        assert sorted(one.stem for one in table.parts(lake)) == sorted(kept)
    assert thin(lake, night=ORIGIN) == []


@pytest.mark.parametrize(
    ("learnt", "passed", "said"),
    [
        (None, True, ""),
        (("3", REGISTRY, None), True, ""),
        (("3", REGISTRY, "The registry is away."), False, "away. The last version's calibration"),
        (("quick-1", QUICK, "There is none."), False, "`make run JOB=train_demand_models`"),
    ],
)
def test_the_check_says_what_a_forecast_was_weighed_by(learnt: tuple | None, passed: bool, said: str) -> None:
    given = None
    if learnt is not None:
        version, source, why = learnt
        given = Learnt(version, source, date(2026, 11, 19), None, why)  # ty: ignore[invalid-argument-type]
    none = (table.empty() for table in BY_ORIGIN)
    night = NightForecast(*none, learnt=given, demand=None, made=None)
    finding = a_version_calibrated(night)
    assert finding.passed == passed
    assert said in finding.advice
