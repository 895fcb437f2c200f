"""What is not learnt from: days that are shut, spikes; and what a history may not see."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from ml.fan_out import FanOut
from ml.forecasting.backtests.answering import answers_at
from ml.forecasting.backtests.gate import gated, scale_of
from ml.forecasting.members.base import Setting
from ml.forecasting.panels.panel import Panel
from ml.forecasting.panels.reading import panel_of
from ml.forecasting.series.history import history_at
from ml.forecasting.series.segments import segments
from tests.unit.forecasting.made_up import FIRST, panel, table


def with_open(given: Panel) -> Panel:
    """Shut on Sundays, as a regressor says."""
    days = given.days + 14
    is_open = (np.arange(days) % 7 != 6).astype(float)
    demand = given.demand * is_open[: given.days]
    regressors = np.tile(is_open[None, :, None], (len(given.series), 1, 1))
    return Panel(given.series, given.first_day, demand, regressors, ("open",), given.static)


def test_a_regressor_tells_when_a_shop_is_shut() -> None:
    history = history_at(with_open(panel(3, 210)), 196, 14)
    assert history.panel.regressor_names == ()
    assert np.isnan(history.demand[:, 6::7]).all()
    assert (history.finished(np.full((3, 14), 5.0))[0] == [5, 5, 5, 5, 5, 5, 0] * 2).all()


@pytest.mark.parametrize(("name", "shut"), [("is_open", True), ("open", True), ("on_shelf", False)])
def test_what_is_named_open_needs_no_sales_to_say_that_a_shop_is_shut(name: str, shut: bool) -> None:
    slow = replace(with_open(panel(3, 210)), regressor_names=(name,))
    slow = replace(slow, demand=(np.random.default_rng(3).random((3, 210)) < 0.3) * (slow.demand > 0) * 1.0)
    history = history_at(slow, 196, 14)
    assert history.shut[:, 6::7].all() == shut and not history.shut[:, :6].any()
    assert (name in history.panel.regressor_names) != shut


def selling_by_regressor(name: str) -> Panel:
    """Of 40 series 4 sell every day, 4 only where a regressor is 1, and the others hardly ever."""
    generator = np.random.default_rng(4)
    sign = np.zeros((40, 210, 1))
    sign[:8, :, 0] = np.arange(210) % 14 < 7
    demand = (generator.random((40, 196)) < 0.004).astype(float)
    demand[:4] = 6 + 6 * sign[:4, :196, 0]
    demand[4:8] = 9 * sign[4:8, :196, 0]
    return replace(panel(40, 196), demand=demand, regressors=sign, regressor_names=(name,))


@pytest.mark.parametrize(("name", "shut"), [("on_shelf", True), ("is_promotion", False), ("Promo2", False)])
def test_a_regressor_shuts_the_series_that_never_sell_without_it_and_no_other(name: str, shut: bool) -> None:
    given = selling_by_regressor(name)
    history = history_at(given, 196, 14)
    assert (
        history.shut
        == ((given.regressors[:, :, 0] == 0) & np.isin(np.arange(40), range(4, 8))[:, None] & shut)
    ).all()
    assert history.panel.regressor_names == (name,)  # others sell with both values, and learn from it


def test_a_regressor_that_was_taken_for_a_sign_is_told() -> None:
    made = answers_at(selling_by_regressor("on_shelf"), [196], 14, [], Setting(), fan_out=FanOut(workers=1))[
        0
    ]
    told = [issue for issue in made.issues if issue.issue == "shut_by_regressor"]
    assert [issue.series_id for issue in told] == ["*"] and "on_shelf: 4 series" in told[0].detail


def test_a_weekday_on_which_nothing_is_ever_sold_is_shut() -> None:
    given = panel(6, 140)
    given.demand[:, 5::7] = 0
    shut = history_at(given, 140, 14).shut
    assert shut[0, 140:].reshape(2, 7)[:, 5].all() and shut[0, 140:].sum() == 2


@pytest.mark.parametrize("giant", [0, 200_000])
def test_a_series_that_sells_while_all_others_are_shut_is_open(giant: float) -> None:
    """The shop at the station on Sundays; or all the small ones, when a giant is shut."""
    given = panel(300, 140)
    given.demand[:] = 5 + np.arange(140) % 3
    sells = np.arange(300) == 0 if not giant else np.arange(300) > 0
    given.demand[~sells] = given.demand[~sells] * (giant or 1) * (np.arange(140) % 7 != 6)
    shut = np.broadcast_to(history_at(given, 140, 14).shut, (300, 154))
    assert not shut[sells].any() and (shut[~sells] == (np.arange(154) % 7 == 6)).all()


def test_a_day_that_is_told_to_be_open_is_not_shut_though_nothing_was_ever_sold_on_such_days() -> None:
    given = with_open(panel(6, 210))  # never open on Sundays
    given.regressors[:2, 216] = 1  # the first one of two series
    assert (history_at(given, 210, 14).shut[:, 210:].sum(axis=1) == [1, 1, 2, 2, 2, 2]).all()


def test_christmas_is_shut_where_it_always_was() -> None:
    given = panel(6, 2 * 366)
    for day in (359, 359 + 365):
        given.demand[:, day] = 0  # 2024-12-25 and 2025-12-25
    history = history_at(given, 359 + 365 - 10, 14)
    assert not history.shut[0, -14:].any()  # once is no rule
    later = history_at(given, 2 * 366, 14)
    assert np.flatnonzero(later.shut[0]).tolist() == [359, 724]


def test_a_thousandfold_spike_is_not_learnt_from() -> None:
    given = panel(3, 140)
    given.demand[1, 70] *= 1000
    history = history_at(given, 140, 14)
    assert history.spikes == [(1, 70)] and np.isnan(history.demand[1, 70])
    assert not np.isnan(given.demand[1, 70])  # the panel itself is left as it was


def test_a_spike_after_the_origin_is_not_known() -> None:
    given = panel(3, 140)
    given.demand[1, 130] *= 1000
    assert history_at(given, 126, 14).spikes == []


def test_several_spikes_do_not_hide_each_other() -> None:
    given = panel(3, 200)
    given.demand[1, [50, 70]] *= 1000
    given.demand[2, 40:60] *= 1000
    assert history_at(given, 200, 14).spikes == [(1, 50), (1, 70)], "20 days of 200 are how a series sells"


def test_the_gate_refuses_what_cannot_be() -> None:
    history = history_at(panel(4, 140), 140, 3)
    values = np.ones((4, 3))
    values[1, 0], values[2, 0], values[3, 0] = np.nan, np.inf, 1e7
    values[0] = 0.5 * np.nanmin(history.demand[0])
    believed, issues = gated(values, history, scale_of(history), "oracle", set())
    assert np.isnan(believed[1:]).all() and (believed[0] == values[0]).all()
    assert {(issue.series_id, issue.issue) for issue in issues} == {
        ("S01", "not_finite"),
        ("S02", "not_finite"),
        ("S03", "absurd_scale"),
    }


def test_the_gate_refuses_a_collapse_of_what_sells_every_day_and_no_other() -> None:
    given = panel(5, 200)
    given.demand[1] = given.demand[1] * (np.arange(200) % 3 == 0)  # most days sell nothing
    given.demand[2, 60:100] = 0  # out of season
    given.demand[3, 20:] = np.nan
    given.demand[4, 193:] = 0  # over
    history = history_at(given, 200, 7)
    for low, refused in ((0.001, [True, False, False, False, False]), (6.0, [False] * 5)):
        believed, issues = gated(np.full((5, 7), low), history, scale_of(history), "oracle", set())
        assert np.isnan(believed[:, 0]).tolist() == refused
        assert [(issue.series_id, issue.issue) for issue in issues] == [("S00", "absurd_scale")] * sum(
            refused
        )


def test_the_gate_lets_shut_days_be_zero() -> None:
    history = history_at(with_open(panel(3, 210)), 188, 1)  # a Sunday
    assert gated(np.zeros((3, 1)), history, scale_of(history), "oracle", set())[1] == []


def test_segments_by_interval_and_variation() -> None:
    days = 112
    demand = np.full((6, days), 10.0)
    demand[1] = np.where(np.arange(days) % 2, 10, 100)  # sizes vary
    demand[2, ::2] = 0  # a sale every second day
    demand[3, ::2] = 0
    demand[3, 1::4] = 100
    demand[4] = 0
    demand[5, :100] = np.nan
    given = Panel(np.array(list("ABCDEF")), np.datetime64("2024-01-01"), demand, np.zeros((6, days + 7, 0)))
    kinds = segments(history_at(given, days, 7)).tolist()
    assert kinds == ["smooth", "erratic", "intermittent", "lumpy", "empty", "short"]


def test_only_known_days_show_that_nothing_sells() -> None:
    given = panel(2, 500)
    given.demand[0, -400:] = np.nan
    given.demand[1, -400:] = 0
    assert segments(history_at(given, 500, 7)).tolist() == ["short", "empty"]


def test_what_is_never_told_ahead_is_not_learnt_from() -> None:
    """Learnt as known and then guessed, promotions of every second week would be foretold in the wrong one."""
    rows = table(3, 147, promotions=True)
    ahead = pl.col("date") >= FIRST + timedelta(days=140)
    past, future = rows.filter(~ahead), rows.filter(ahead).drop("quantity")
    for told, names in ((None, ()), (future.drop("promotion"), ()), (future.head(1), ("promotion",))):
        given = panel_of(past, told).panel
        assert history_at(given, 140, 7).panel.regressor_names == names
        assert history_at(given, 112, 7).panel.regressor_names == names
