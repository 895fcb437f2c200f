"""Weights, intervals, calibration and the ensemble made of them."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.fan_out import FanOut
from ml.forecasting.accuracy import accuracy_table
from ml.forecasting.backtests.backtest import Backtest, TooShortToTest, Windows, backtest
from ml.forecasting.calibrations.calibration import (
    CalibrationRefused,
    as_json,
    read_calibration,
    write_calibration,
)
from ml.forecasting.calibrations.ensemble import ENSEMBLE, calibrated, combined, stray, worth_their_cost
from ml.forecasting.calibrations.intervals import PROBABILITIES, bounds, expected, quantiles
from ml.forecasting.calibrations.weights import learned_weights, mixed
from ml.forecasting.forecast import Forecast, forecast
from ml.forecasting.members.base import Setting
from ml.forecasting.panels.reading import panel_of
from ml.forecasting.series.scale import Units
from tests.unit.forecasting.made_up import FIRST, of_rows, panel, table

HERE = FanOut(workers=1)
NAMES = ("seasonal_naive", "weekday_mean", "theta", "harmonic")


@pytest.fixture(scope="module")
def tested() -> Backtest:
    given = panel(12, 200)
    return backtest(given, Windows(3, 14, 14), NAMES, Setting(), fan_out=HERE)


def made(given, **more) -> Forecast:
    return forecast(given, 14, names=NAMES, windows=Windows(3, 14, 14), fan_out=HERE, **more)


def test_the_better_member_weighs_more_and_the_worst_is_dropped() -> None:
    generator = np.random.default_rng(0)
    actual = generator.gamma(5, 10, 2000)
    good, fair, bad = (actual + generator.normal(0, spread, 2000) for spread in (5, 6, 30))
    weights = learned_weights({"good": good, "fair": fair, "bad": bad}, actual)
    assert weights["good"] > weights["fair"] > 0 and "bad" not in weights
    assert sum(weights.values()) == pytest.approx(1, abs=0.02)


def test_a_member_that_is_always_right_is_the_ensemble() -> None:
    actual = np.arange(1.0, 400.0)
    weights = learned_weights({"right": actual, "wrong": actual * 2}, actual)
    assert weights == pytest.approx({"right": 1.0})


def test_what_light_members_leave_is_shared() -> None:
    found = mixed({"a": 0.5, "b": 0.485, "c": 0.015}, {"a": 0.5, "b": 0.485, "c": 0.015}, 0.5)
    assert set(found) == {"a", "b"} and sum(found.values()) == pytest.approx(1.0)


def test_nothing_known_gives_no_weights() -> None:
    assert learned_weights({"a": np.ones(3)}, np.full(3, np.nan)) == {}
    assert learned_weights({}, np.ones(3)) == {}
    assert sum(learned_weights({"a": np.ones(9), "b": np.ones(9)}, np.zeros(9)).values()) == pytest.approx(1)


def test_a_small_segment_has_mostly_the_weights_of_all() -> None:
    assert mixed({"a": 1.0}, {"b": 1.0}, 0.25) == {"a": 0.25, "b": 0.75}


def test_members_that_all_foretell_nothing_share_the_weight() -> None:
    table = {"a": np.zeros(400), "b": np.zeros(400)}
    assert learned_weights(table, np.tile([0.0, 1.0], 200)) == pytest.approx({"a": 0.5, "b": 0.5})


def test_weights_of_a_huge_panel_are_learnt_from_every_day_of_the_horizon() -> None:
    """`late` is right on all days but the first: that it is better shows only where the others are looked at."""
    actual = np.ones((20_000, 28))
    late, first = np.ones_like(actual), np.full_like(actual, 1.2)
    late[:, 0], first[:, 0] = 5.0, 1.0
    weights = learned_weights({"late": late.ravel(), "first": first.ravel()}, actual.ravel())
    assert weights["late"] > weights.get("first", 0.0)


def test_a_member_that_is_not_fitted_leaves_its_weight_to_the_others() -> None:
    values = {name: np.full((1, 2), 10.0) for name in ("weekday_mean", "theta")}
    own = {name: np.ones(1, bool) for name in values}
    weights = {"all": {"theta": 0.5, "adida": 0.5, "of another version": 0.1}}
    assert combined(values, own, np.array(["smooth"]), weights) == pytest.approx(np.full((1, 2), 11.0))


def test_a_member_of_the_calibration_that_is_not_fitted_is_told(tested: Backtest) -> None:
    given = replace(calibrated(tested, seed=0), weights={"all": {"theta": 0.5, "harmonic": 0.5}})
    found = forecast(panel(12, 200), 14, calibration=given, names=("theta",), fan_out=HERE)
    assert [(one.model, one.issue) for one in found.issues] == [("harmonic", "not_fitted")]
    whole = made(panel(12, 200), calibration=given)
    assert found.mean.sum() == pytest.approx(whole.mean.sum(), rel=0.1)


def test_a_failed_member_leaves_its_weight_to_the_others() -> None:
    values = {"weekday_mean": np.full((2, 1), 1.0), "a": np.full((2, 1), 10.0), "b": np.full((2, 1), 20.0)}
    own = {"weekday_mean": np.ones(2, bool), "a": np.array([True, False]), "b": np.ones(2, bool)}
    found = combined(values, own, np.array(["smooth", "smooth"]), {"all": {"a": 0.5, "b": 0.5}})
    assert found[:, 0].tolist() == [15.0, 20.0]
    nothing = {name: np.zeros(2, bool) for name in values}
    values = {name: np.full((2, 1), 1.0) for name in values}
    assert (
        combined(values, nothing, np.array(["smooth"] * 2), {"all": {"a": 0.5, "b": 0.5}}).tolist()
        == [[1.0]] * 2
    )


def test_a_member_alone_with_what_it_foretells_is_set_aside() -> None:
    values = {
        name: np.full((3, 2), level) for name, level in (("weekday_mean", 10.0), ("a", 11.0), ("b", 30.0))
    }
    own = {name: np.ones(3, bool) for name in values}
    weights = {"all": {"weekday_mean": 0.4, "a": 0.4, "b": 0.2}}
    kinds = np.array(["smooth"] * 3)
    assert stray(values, kinds, weights) == {("smooth", "b"): pytest.approx(30 / 11)}
    assert combined(values, own, kinds, weights).tolist() == [[10.5, 10.5]] * 3


def test_a_dear_member_that_hardly_counts_is_left_out() -> None:
    assert worth_their_cost({"theta": 0.54, "harmonic": 0.36, "arima": 0.05}) == pytest.approx(
        {"theta": 0.57, "harmonic": 0.38}
    )
    assert worth_their_cost({"theta": 0.5, "arima": 0.5}) == {"theta": 0.5, "arima": 0.5}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0.1, 1e4))
def test_intervals_hold_what_they_say(seed: int, scale: float) -> None:
    generator = np.random.default_rng(seed)
    errors = generator.normal(0, scale, (4, 30, 28))
    found = quantiles(errors, np.full((4, 30), "smooth"))
    values = np.full((30, 28), 100 * scale)
    unit = np.ones_like(values)
    low, high = bounds(values, unit, np.full(30, "smooth"), found, 80)
    wider = bounds(values, unit, np.full(30, "smooth"), found, 95)
    fresh = values + generator.normal(0, scale, values.shape)
    assert 0.72 < ((fresh >= low) & (fresh <= high)).mean() < 0.88
    assert (
        (wider[0] <= low).all()
        and (low <= values).all()
        and (values <= high).all()
        and (high <= wider[1]).all()
    )
    assert len(found["smooth"]["7"]) == len(PROBABILITIES)


def test_parts_of_a_long_horizon_have_errors_of_their_own() -> None:
    generator = np.random.default_rng(0)
    errors = generator.normal(0, np.repeat([1.0, 5.0], 28), (4, 30, 56))
    kinds = np.full((4, 30), "smooth")
    values, unit = np.full((30, 91), 100.0), np.ones((30, 91))
    low, high = bounds(values, unit, kinds[0], quantiles(errors, kinds), 80)
    wide = high[0] - low[0]
    assert 2 < wide[20] < 3.2 and 11 < wide[40] < 15
    assert wide[90] == wide[40], "what lies farther has the errors of the last part that was seen"


def test_windows_that_overlap_do_not_teach_each_other() -> None:
    given = panel(6, 200)
    made = backtest(given, Windows(3, 14, 7), ("weekday_mean",), Setting(), fan_out=HERE)
    assert [made.others(n).tolist() for n in range(3)] == [
        [False, False, True],
        [True, False, True],
        [True, False, False],
    ]


def test_shut_days_are_not_counted_as_held() -> None:
    given = panel(6, 200)
    given.demand[:, 6::7] = 0.0
    made = backtest(given, Windows(2, 14, 14), ("weekday_mean",), Setting(), fan_out=HERE)
    assert np.isnan(made.counted).sum() == 2 * 6 * 2
    table = accuracy_table(made, levels=(80.0,))
    assert table.filter(pl.col("origin") == "all")["points"].max() == 2 * 6 * 12


def test_units_grow_with_what_is_foretold() -> None:
    unit = Units(np.array([2.0]), np.array([10.0])).of(np.array([[0.0, 10.0, 43.0]]))
    assert unit[0] == pytest.approx([2 * np.sqrt(1 / 11), 2.0, 4.0])


def test_the_backtest_judges_windows_by_what_happened(tested: Backtest) -> None:
    assert [str(day) for day in tested.origins] == ["2024-06-07", "2024-06-21", "2024-07-05"]
    assert np.array_equal(tested.actual[2], panel(12, 200).demand[:, 186:])
    assert tested.answers[0].history.days == 158


def test_a_calibration_survives_its_file(tested: Backtest, tmp_path: Path) -> None:
    calibration = calibrated(tested, seed=5)
    write_calibration(calibration, tmp_path / "c.json")
    assert read_calibration(tmp_path / "c.json") == calibration
    assert as_json(calibrated(tested, seed=5)) == (tmp_path / "c.json").read_text()
    assert set(calibration.members) <= {*NAMES, "cold_start"}
    assert calibration.health["weekday_mean"].failed == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda told: "no json",
        lambda told: json.dumps(told | {"format": 99}),
        lambda told: json.dumps({name: value for name, value in told.items() if name != "weights"}),
        lambda told: json.dumps(told | {"weights": {"all": {"theta": -1}}}),
        lambda told: json.dumps(told | {"weights": {"all": {"theta": 0}}}),
        lambda told: json.dumps(told | {"weights": {"all": {"theta": 10}}}),
        lambda told: json.dumps(told | {"biases": {"all": float("nan")}}),
        lambda told: json.dumps(told | {"quantiles": {"ensemble": {"all": {"7": [0.0, 1.0]}}}}),
        lambda told: json.dumps(told | {"quantiles": {"theta": told["quantiles"]["theta"]}}),
        lambda told: "[" * 100_000,
        lambda told: "[]",
    ],
)
def test_a_broken_calibration_is_refused(tested: Backtest, tmp_path: Path, change) -> None:
    path = tmp_path / "c.json"
    path.write_text(change(json.loads(as_json(calibrated(tested, seed=0)))))
    with pytest.raises(CalibrationRefused, match="backtest"):
        read_calibration(path)
    with pytest.raises(CalibrationRefused, match="does not exist"):
        read_calibration(tmp_path / "none.json")


def test_only_members_with_weight_are_fitted(tested: Backtest) -> None:
    calibration = replace(calibrated(tested, seed=0), weights={"all": {"theta": 1.0}})
    found = made(panel(12, 200), calibration=calibration)
    assert set(found.table["model"]) == {ENSEMBLE, "theta", "seasonal_naive", "weekday_mean", "cold_start"}
    theta = found.table.filter(pl.col("model") == "theta")["mean"]
    assert theta.to_list() == found.table.filter(pl.col("model") == ENSEMBLE)["mean"].to_list()


def test_the_ensemble_is_no_worse_than_the_naive_ones(tested: Backtest) -> None:
    table = accuracy_table(tested, levels=(80.0, 95.0))
    whole = table.filter(
        (pl.col("origin") == "all")
        & (pl.col("segment") == "all")
        & (pl.col("last_day") - pl.col("first_day") == 13)
    )
    wape = dict(zip(whole["model"], whole["wape"], strict=True))
    assert wape[ENSEMBLE] <= min(wape["seasonal_naive"], wape["weekday_mean"])
    assert 0.7 < whole.filter(pl.col("model") == ENSEMBLE)["coverage_80"][0] < 0.9
    assert table["mape"].null_count() == 0


def test_forecasts_are_whole_non_negative_and_nested() -> None:
    table = made(panel(6, 200)).table
    assert table.columns == ["series_id", "date", "model", "mean", "lo_80", "hi_80", "lo_95", "hi_95"]
    ensemble = table.filter(pl.col("model") == ENSEMBLE)
    assert len(ensemble) == 6 * 14 and str(ensemble["date"].min()) == "2024-07-19"
    assert table.null_count().sum_horizontal()[0] == 0
    assert table.filter(
        (pl.col("lo_95") < 0)
        | (pl.col("lo_95") > pl.col("lo_80"))
        | (pl.col("lo_80") > pl.col("mean"))
        | (pl.col("mean") > pl.col("hi_80"))
        | (pl.col("hi_80") > pl.col("hi_95"))
    ).is_empty()


@pytest.mark.parametrize("share", [0.15, 0.3, 0.5])
def test_expected_demand_of_sparse_series_sums_to_what_is_sold(share: float) -> None:
    """Their medians are 0; ordering by these would order nothing."""
    generator = np.random.default_rng(1)
    sold = generator.gamma(2.0, 4.0, (40, 314)) * (generator.random((40, 314)) < share)
    rows = [(f"S{n:02d}", day, float(sold[n, day])) for n in range(40) for day in range(300)]
    found = made(panel_of(of_rows(rows)).panel)
    assert found.mean.sum() < 0.7 * found.expected.sum()
    assert found.expected.sum() == pytest.approx(40 * 14 * share * 8, rel=0.15)


@pytest.mark.parametrize("typed", [8e3, 8e6, 4e12])
def test_a_mistyped_day_moves_no_other_series(typed: float) -> None:
    right = panel(12, 200)
    wrong = replace(right, demand=right.demand.copy())
    wrong.demand[3, 195] = typed
    before, after = made(right), made(wrong)
    others = np.arange(12) != 3
    assert after.expected[others].sum() == pytest.approx(before.expected[others].sum(), rel=0.03)
    assert after.mean[others].sum() == pytest.approx(before.mean[others].sum(), rel=0.03)
    assert after.expected[3].sum() == pytest.approx(before.expected[3].sum(), rel=0.1)


def test_what_never_sold_and_shut_days_are_expected_to_sell_nothing() -> None:
    unit = np.ones((2, 3))
    found = expected(np.array([[0.0, 1.0, 2.0]] * 2), unit, np.array(["lumpy", "empty"]), {"all": 0.5})
    assert found.tolist() == [[0.5, 1.5, 2.5], [0.0, 0.0, 0.0]]


def test_bad_series_beside_good_ones() -> None:
    rows = of_rows(
        [("point", 199, 7)]
        + [("zeros", day, 0) for day in range(200)]
        + [("constant", day, 4) for day in range(200)]
        + [("spike", day, 9000 if day == 150 else 5 + day % 7) for day in range(200)]
    )
    good = panel(6, 200)
    read = panel_of(rows)
    found = made(read.panel)
    mean = {
        name: found.table.filter((pl.col("model") == ENSEMBLE) & (pl.col("series_id") == name))[
            "mean"
        ].to_list()
        for name in read.panel.series
    }
    assert max(mean["zeros"]) == 0.0
    assert mean["constant"] == pytest.approx([4.0] * 14, rel=0.05)
    assert min(mean["spike"]) > 4 and max(mean["spike"]) < 12
    assert min(mean["point"]) > 0
    assert ("spike", "spike") in {(issue.series_id, issue.issue) for issue in found.issues}
    assert len(made(good).issues) == 0


@pytest.mark.parametrize("known", [0, 100])
def test_where_no_day_of_any_window_is_known_intervals_are_rough_and_not_none(known: int) -> None:
    """All was out of stock, always or since then."""
    rows = table(4, 200).with_columns(out_of_stock=pl.col("date") >= FIRST + timedelta(days=known))
    found = made(panel_of(rows).panel).table.filter(pl.col("model") == ENSEMBLE)
    assert found.height == 4 * 14
    assert found.select((pl.col("hi_80") > pl.col("mean")).all()).item()


def test_a_panel_too_short_for_a_backtest_has_the_fallback() -> None:
    found = made(panel(4, 30))
    assert found.calibration.origins == ()
    ensemble, mean = (
        found.table.filter(pl.col("model") == m)["mean"].to_list() for m in (ENSEMBLE, "weekday_mean")
    )
    assert ensemble == mean
    with pytest.raises(TooShortToTest, match="30 days"):
        backtest(panel(4, 30), Windows(), NAMES, Setting(), fan_out=HERE)
