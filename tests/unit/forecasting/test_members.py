"""What every member promises: whole, non-negative, repeatable, and blind to what comes after the origin."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ml.fan_out import FanOut
from ml.forecasting.backtests.answering import answers_at
from ml.forecasting.backtests.backtest import Windows, backtest
from ml.forecasting.members import intermittent, lstm
from ml.forecasting.members.base import Setting
from ml.forecasting.members.lstm_file import WeightsRefused, read_weights, write_weights
from ml.forecasting.members.registry import ALL, CHEAP, NoSuchMember, chosen, member
from ml.forecasting.panels.days import weekday
from ml.forecasting.panels.panel import Panel
from ml.forecasting.panels.reading import panel_of
from ml.forecasting.series.features import FeatureMaker
from ml.forecasting.series.history import History, history_at
from tests.unit.forecasting.made_up import FIRST, WEEKDAYS, panel, table

HORIZON = 14
LOCAL = ("arima", "mstl", "prophet")
QUICK = Setting(quick=True)


def known(series: int = 4, days: int = 126, *, promotions: bool = True) -> Panel:
    """A panel whose promotions are told over the horizon."""
    rows = table(series, days + HORIZON, promotions=promotions)
    ahead = pl.col("date") >= FIRST + timedelta(days=days)
    return panel_of(rows.filter(~ahead), rows.filter(ahead).drop("quantity")).panel


def at(given: Panel, origin: int) -> History:
    return history_at(given, origin, HORIZON)


@pytest.mark.parametrize("name", ALL)
def test_a_member_answers_for_every_series(name: str) -> None:
    history = at(known(), 112)
    values = member(name).answer(history, QUICK).values
    assert values.shape == (4, HORIZON)
    assert np.isfinite(values).all() and (values >= 0).all()
    usual = np.nanmean(history.demand, axis=1)
    assert (np.abs(values.mean(axis=1) / usual - 1) < 0.6).all()


def test_every_feature_has_its_name() -> None:
    """Names and columns are written down apart; one that is moved alone would be learnt under another's name."""
    history = at(known(3, 500), 480)
    holidays = frozenset(history.panel.dates(485, 486))
    maker = FeatureMaker(history, holidays=holidays)
    values = maker.rows(480).values
    assert values.shape == (3, HORIZON, len(maker.names)) and len(set(maker.names)) == len(maker.names)
    column = {name: values[:, :, n] for n, name in enumerate(maker.names)}
    demand, level = history.demand, maker.rows(480).level
    dates = history.panel.dates(480, 480 + HORIZON)
    assert np.allclose(column["mean_7"][:, 0], demand[:, -7:].mean(axis=1) / level, rtol=1e-5)
    assert np.allclose(column["median_28"][:, 0], np.median(demand[:, -28:], axis=1) / level, rtol=1e-5)
    assert np.allclose(column["weekday_1"][:, :7], demand[:, -7:] / level[:, None], rtol=1e-5)
    assert np.array_equal(column["promotion"], history.panel.regressors[:, 480:, 0])
    assert np.array_equal(column["promotion_before"][:, 1:], column["promotion"][:, :-1])
    assert np.array_equal(column["ahead"][0], np.arange(1, HORIZON + 1))
    assert np.array_equal(column["weekday"][0], weekday(dates))
    assert column["to_holiday"][0, :6].tolist() == [5, 4, 3, 2, 1, 0]
    assert column["category"][:, 0].tolist() == [0, 1, 2] and column["store"][:, 0].tolist() == [0, 1, 0]


@pytest.mark.parametrize("name", ALL)
def test_nothing_after_the_origin_is_read(name: str) -> None:
    given = known(3)
    changed = Panel(
        given.series,
        given.first_day,
        np.where(np.arange(given.days) < 112, given.demand, 1e6),
        given.regressors,
        given.regressor_names,
        given.static,
    )
    first, second = (member(name).answer(at(one, 112), QUICK).values for one in (given, changed))
    assert np.array_equal(first, second)


def test_no_row_after_the_origin_changes_a_window_of_a_backtest() -> None:
    """From the table on: quantities, what came back later, and promotions that no forecast knows ahead."""
    rows = table(4, 126, promotions=True)
    origin = FIRST + timedelta(days=112)
    after = pl.col("date") >= origin
    changed = rows.with_columns(
        quantity=pl.when(pl.col("date") == origin).then(-8).when(after).then(900).otherwise("quantity"),
        promotion=pl.when(after).then(1 - pl.col("promotion")).otherwise("promotion"),
    )
    windows = Windows(1, HORIZON, HORIZON)
    first, second = (
        backtest(panel_of(one).panel, windows, CHEAP, QUICK, fan_out=FanOut(1)) for one in (rows, changed)
    )
    assert panel_of(changed).panel.returns.units.sum() == 4 * 8
    for name in CHEAP:
        assert np.array_equal(first.values(name), second.values(name)), name


@pytest.mark.parametrize("name", ["boosted", "lstm", "prophet", "arima"])
def test_the_same_seed_gives_the_same_answer(name: str) -> None:
    history = at(known(2), 112)
    first, second = (member(name).answer(history, Setting(seed=3, quick=True)).values for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("name", sorted(set(CHEAP) - {"cold_start"}))
def test_a_seed_changes_no_shape_and_days_may_be_unknown(name: str) -> None:
    given = known()
    given.demand[0, 5:9] = np.nan
    given.demand[1, :60] = np.nan
    given.demand[2, 40:] = np.nan
    values = member(name).answer(at(given, 112), Setting(seed=9, quick=True)).values
    assert np.isfinite(values[:2]).all()


@pytest.mark.parametrize("name", LOCAL)
def test_one_bad_series_leaves_the_others(name: str) -> None:
    given = known(3)
    given.demand[1, :] = np.nan
    given.demand[1, 3] = 4.0
    given.demand[2, :] = 0.0
    answer = member(name).answer(at(given, 112), QUICK)
    assert np.isfinite(answer.values[0]).all()
    assert np.isnan(answer.values[1]).all() and answer.failures[0].series == "S01"
    assert (answer.values[2] == 0).all()


def test_baselines_are_what_their_names_say() -> None:
    given = known(2, promotions=False)
    history = at(given, 112)
    naive = member("seasonal_naive").answer(history, QUICK).values
    assert np.array_equal(naive, np.tile(given.demand[:, 105:112], (1, 2)))
    mean = member("weekday_mean").answer(history, QUICK).values
    assert np.allclose(mean[:, :7], given.demand[:, 84:112].reshape(2, 4, 7).mean(axis=1))


def test_croston_of_a_sale_every_second_day() -> None:
    demand = np.tile([0.0, 6.0], 40)[None, :]
    given = Panel(np.array(["A"]), np.datetime64("2024-01-01"), demand, np.zeros((1, 108, 0)))
    rate = intermittent.croston(History(given, 28, np.zeros((1, 108), bool)), QUICK)
    assert np.allclose(rate, 6 / 2 * (1 - 0.1 / 2))


def test_tsb_falls_after_the_last_sale() -> None:
    demand = np.concatenate([np.tile([0.0, 6.0], 40), np.zeros(60)])[None, :]
    given = Panel(np.array(["A"]), np.datetime64("2024-01-01"), demand, np.zeros((1, 168, 0)))
    history = History(given, 28, np.zeros((1, 168), bool))
    assert intermittent.tsb(history, QUICK).max() < 0.5 < intermittent.croston(history, QUICK).min()


def test_a_new_series_has_the_profile_of_its_category() -> None:
    given = known(6, promotions=False)
    given.demand[3, :110] = np.nan
    given.demand[3, 110:] = 12.0
    values = member("cold_start").answer(at(given, 112), QUICK).values
    level = np.nanmean(given.demand[0, 21:112])  # the only other one of its category
    assert values[3].mean() == pytest.approx((2 * 12 + 14 * level) / 16, rel=0.02)
    assert np.argmax(values[3, :7]) == np.argmax(WEEKDAYS)


def test_what_was_out_of_stock_for_a_year_is_foretold_by_what_it_sold_before() -> None:
    given = panel(3, 500)
    before = float(given.demand[2, :100].mean())
    given.demand[2, 100:] = np.nan
    one = answers_at(given, [500], HORIZON, ("theta",), QUICK, fan_out=FanOut(1))[0]
    assert one.values["cold_start"][2].mean() == pytest.approx(before, rel=0.15)
    assert one.values["theta"][2].mean() == pytest.approx(before, rel=0.15)


def test_the_weights_of_the_lstm_survive_their_file(tmp_path: Path) -> None:
    history = at(known(), 112)
    taught = lstm.trained(history, QUICK)
    write_weights(taught, tmp_path / "lstm.safetensors")
    again = read_weights(tmp_path / "lstm.safetensors").forecast(history, QUICK)
    assert np.array_equal(again, taught.forecast(history, QUICK))
    (tmp_path / "broken").write_bytes(b"no weights")
    with pytest.raises(WeightsRefused, match="train it again"):
        read_weights(tmp_path / "broken")


def test_members_are_chosen_by_name() -> None:
    assert chosen(None) == ALL and chosen("cheap") == CHEAP
    assert "weekday_mean" in chosen("theta") and "theta" in chosen("theta")
    with pytest.raises(NoSuchMember, match="no member 'oracle'"):
        chosen("oracle")
    with pytest.raises(NoSuchMember):
        member("oracle")
