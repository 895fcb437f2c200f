"""Sums of series add up to the last digit, and their intervals hold what they say where errors go together."""

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from ml.fan_out import FanOut
from ml.forecasting.backtests.backtest import Backtest, Windows, backtest
from ml.forecasting.calibrations.calibration import as_json, from_json
from ml.forecasting.calibrations.ensemble import calibrated
from ml.forecasting.calibrations.sums import SumErrors, sum_table
from ml.forecasting.forecast import Forecast, forecast, without_backtest
from ml.forecasting.members.base import Setting
from ml.forecasting.panels.panel import Panel

LEVELS = (80.0, 95.0)
SERIES, DAYS, HORIZON = 24, 420, 28
LABELS = {"store": np.array([f"S{n % 4}" for n in range(SERIES)])}
ONE = FanOut(workers=1)


def shop(seed: int, *, together: float, days: int = DAYS) -> Panel:
    """Series that have good and bad weeks, each its own (together = 0) or all the same ones (together = 1)."""
    chance = np.random.default_rng(seed)
    weeks = -(-days // 7)
    common, own = chance.normal(0, 0.3, weeks), chance.normal(0, 0.3, (SERIES, weeks))
    drift = np.repeat(together * common + (1 - together) * own, 7, axis=1)[:, :days]
    level = np.linspace(5, 60, SERIES)[:, None]
    return Panel(
        series=np.array([f"P{n:02d}" for n in range(SERIES)]),
        first_day=np.datetime64("2025-01-01"),
        demand=chance.poisson(level * np.exp(drift)).astype(float),
        regressors=np.zeros((SERIES, days + HORIZON, 0)),
    )


def backtested(panel: Panel, count: int = 4) -> Backtest:
    windows = Windows(count, HORIZON, HORIZON)
    return backtest(panel, windows, ("theta",), Setting(), fan_out=ONE)


def table_of(made: Forecast, errors: SumErrors) -> pl.DataFrame:
    return sum_table(made.answers, made.expected, errors, LABELS, levels=LEVELS)


def test_what_is_expected_of_sums_adds_up_to_the_last_digit() -> None:
    panel = shop(1, together=0.5)
    calibration = calibrated(backtested(panel), seed=0, labels=LABELS)
    made = forecast(panel, HORIZON, calibration=calibration, fan_out=ONE)
    table = table_of(made, calibration.sums)
    assert table.select("level", "value").unique(maintain_order=True).rows() == [
        ("total", ""), ("store", "S0"), ("store", "S1"), ("store", "S2"), ("store", "S3"),
    ]  # fmt: skip
    assert len(table) == 5 * HORIZON

    def exact(values: list[float]) -> Decimal:
        return sum((Decimal(f"{one:.6f}") for one in values), Decimal(0))

    for day in range(HORIZON):
        of_day = table.filter(pl.col("date") == table["date"][day])
        total = exact(of_day.filter(level="total")["expected"].to_list())
        assert total == exact(of_day.filter(level="store")["expected"].to_list())
        assert total == exact(made.expected[:, day].tolist())
    lows = table.select(pl.all_horizontal(pl.col("lo_95") <= pl.col("lo_80"), pl.col("lo_80") >= 0))
    assert lows.to_series().all()
    assert from_json(as_json(calibration)) == calibration


@pytest.mark.parametrize("together", [0.0, 1.0])
def test_intervals_of_sums_hold_what_they_say(together: float) -> None:
    held = []
    for seed in range(6):
        whole = shop(seed, together=together)
        known = Panel(whole.series, whole.first_day, whole.demand[:, :-HORIZON], whole.regressors)
        calibration = calibrated(backtested(known), seed=0, labels=LABELS)
        made = forecast(known, HORIZON, calibration=calibration, fan_out=ONE)
        table = table_of(made, calibration.sums)
        happened = whole.demand[:, -HORIZON:]
        sums = np.concatenate([happened.sum(axis=0), *(happened[n::4].sum(axis=0) for n in range(4))])
        held.append((table["lo_80"].to_numpy() <= sums) & (sums <= table["hi_80"].to_numpy()))
    assert 0.7 < np.mean(held) < 0.9


def test_where_all_are_shut_nothing_is_foretold_of_the_sum() -> None:
    panel = shop(2, together=0.5)
    sundays = (panel.dates(0, DAYS).astype(int) + 3) % 7 == 6
    panel.demand[:, sundays] = 0
    calibration = calibrated(backtested(panel), seed=0, labels=LABELS)
    table = table_of(forecast(panel, HORIZON, calibration=calibration, fan_out=ONE), calibration.sums)
    of_sundays = table.filter(pl.col("date").dt.weekday() == 7)
    assert of_sundays.select("expected", "lo_95", "hi_95").sum().row(0) == (0, 0, 0)
    others = table.filter(pl.col("date").dt.weekday() != 7)
    assert (others["lo_80"] < others["hi_80"]).all()


def test_a_calibration_that_knows_no_sums_gives_rough_ones() -> None:
    panel = shop(3, together=0.5, days=40)
    made = forecast(panel, HORIZON, calibration=without_backtest(panel, HORIZON, Setting()), fan_out=ONE)
    table = table_of(made, SumErrors())
    assert (table["lo_80"] < table["expected"]).all() and (table["expected"] < table["hi_80"]).all()


def test_what_was_learnt_before_sums_is_read() -> None:
    calibration = calibrated(backtested(shop(1, together=0.5), 2), seed=0)
    assert calibration.sums == SumErrors()
    assert from_json(as_json(calibration)).sums == SumErrors()
