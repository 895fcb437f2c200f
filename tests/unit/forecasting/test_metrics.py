"""Metrics against values worked out by hand."""

import numpy as np
import pytest

from ml.forecasting.backtests.metrics import accuracy, coverage
from ml.forecasting.series.scale import seasonal_scale

ACTUAL = np.array([[10.0, 20.0, 30.0], [5.0, 5.0, 10.0]])
FORECAST = np.array([[12.0, 18.0, 33.0], [4.0, 5.0, 8.0]])


def test_hand_computed_values() -> None:
    found = accuracy(ACTUAL, FORECAST, np.array([4.0, 2.0]))
    assert found.points == 6
    assert found.wape == pytest.approx(10 / 80)
    assert found.mape == pytest.approx((0.2 + 0.1 + 0.1 + 0.2 + 0 + 0.2) / 6)
    assert found.smape == pytest.approx((4 / 22 + 4 / 38 + 6 / 63 + 2 / 9 + 0 + 4 / 18) / 6)
    assert found.rmse == pytest.approx(np.sqrt((4 + 4 + 9 + 1 + 0 + 4) / 6))
    assert found.mase == pytest.approx(((7 / 3) / 4 + (3 / 3) / 2) / 2)
    assert found.bias == pytest.approx((63 + 17 - 80) / 80)


def test_r2_is_named_by_how_it_is_pooled() -> None:
    found = accuracy(ACTUAL, FORECAST)
    mean = 80 / 6
    assert found.r2_pooled == pytest.approx(1 - 22 / ((ACTUAL - mean) ** 2).sum())
    first = 1 - 17 / 200
    second = 1 - 5 / ((ACTUAL[1] - 20 / 3) ** 2).sum()
    assert found.r2_median == pytest.approx((first + second) / 2)


def test_mape_is_not_applicable_above_five_percent_of_zeros() -> None:
    actual = np.ones((1, 100))
    actual[0, :5] = 0
    assert accuracy(actual, np.ones((1, 100))).mape == 0.0
    actual[0, 5] = 0
    assert accuracy(actual, np.ones((1, 100))).mape is None


def test_nothing_sold_has_no_wape() -> None:
    found = accuracy(np.zeros((1, 3)), np.ones((1, 3)))
    assert found.wape is None and found.bias is None and found.r2_pooled is None
    assert found.smape == pytest.approx(2.0)


def test_unknown_actuals_count_nowhere() -> None:
    actual = np.array([[np.nan, 10.0]])
    assert accuracy(actual, np.array([[999.0, 9.0]])).wape == pytest.approx(0.1)
    assert accuracy(np.full((1, 2), np.nan), np.ones((1, 2))).points == 0
    assert coverage(actual, np.zeros((1, 2)), np.full((1, 2), 10.0)) == 1.0


def test_the_scale_is_a_week_apart() -> None:
    demand = np.concatenate([np.arange(7.0), np.arange(7.0) + 3])[None, :]
    assert seasonal_scale(demand) == pytest.approx([3.0])
    assert np.isnan(seasonal_scale(np.ones((1, 5))))
