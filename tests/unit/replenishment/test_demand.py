"""Demand over several days: sums of means, spreads of sums, quantiles there and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from ml.replenishment.demand import (
    DailyForecast,
    chance_above,
    daily_forecast,
    daily_means,
    demand_over,
    offset_at,
    spread_over,
)
from ml.replenishment.shapes import ABOVE, BELOW, LEVELS, normal_shape, offsets

Z = ndtri(LEVELS)


def normal(means: np.ndarray, spread: np.ndarray, correlation: float = 0.0) -> DailyForecast:
    """Forecasts of normal demand; means and spread are [S, H]."""
    return daily_forecast(means, means[..., None] + Z * spread[..., None], correlation=correlation)


def test_means_add_up_and_weekdays_go_on() -> None:
    """10 days of 1 to 10: weekday means of days 11 to 17 are those of days 4, 5, 6, 7 and (1+8)/2, (2+9)/2,
    (3+10)/2."""
    means = np.arange(1.0, 11)[None]
    forecast = normal(means, means)
    days = np.array([0, 3, 10, 12, 17, 19])
    beyond = [4, 5, 6, 7, 4.5, 5.5, 6.5]
    expected = [0, 6, 55, 64, 55 + sum(beyond), 55 + sum(beyond) + 9]
    np.testing.assert_allclose(demand_over(forecast, np.zeros(6, int), days), expected)
    np.testing.assert_allclose(daily_means(forecast, 19)[0], [*range(1, 11), *beyond, 4, 5])
    np.testing.assert_allclose(daily_means(forecast, 4)[0], [1, 2, 3, 4])


@settings(deadline=None, max_examples=30)
@given(st.integers(7, 30), st.integers(0, 80), st.integers(0, 2**32 - 1))
def test_the_sum_is_the_sum_of_days(horizon: int, days: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    forecast = normal(rng.uniform(0, 9, (2, horizon)), rng.uniform(0, 9, (2, horizon)))
    rows = np.array([0, 1])
    over = demand_over(forecast, rows, np.full(2, days))
    np.testing.assert_allclose(over, daily_means(forecast, days).sum(axis=1))


@pytest.mark.parametrize(
    ("correlation", "spread"), [(0, 60), (1, 240), (0.1, np.sqrt(0.9 * 3600 + 0.1 * 57600))]
)
def test_errors_of_days_cancel_out_as_far_as_they_are_independent(correlation: float, spread: float) -> None:
    """16 days with a spread of 15 each: 15 * sqrt(16) = 60 when independent, 15 * 16 = 240 when all the same."""
    means = np.full((1, 28), 1000.0)
    forecast = normal(means, np.full((1, 28), 15.0), correlation)
    demand = np.array([0.0])  # so that the Poisson spread is none
    variance, _ = spread_over(forecast, np.array([0]), np.array([16]), demand)
    np.testing.assert_allclose(variance, spread**2)


@pytest.mark.parametrize("horizon", [10, 14])
def test_weeks_count_by_their_days(horizon: int) -> None:
    """Spreads of 3 in the first week and 4 in the next, 3 days of it: 7 * 9 + 3 * 16 = 111."""
    spread = np.repeat([3.0, 4.0], 7)[None, :horizon]
    forecast = normal(np.full((1, horizon), 100.0), spread)
    variance, _ = spread_over(forecast, np.array([0]), np.array([10]), np.array([0.0]))
    np.testing.assert_allclose(variance, 111)


def test_errors_grow_beyond_the_horizon_as_they_did_within() -> None:
    """Spread 2 around day 4, 2 * sqrt(25 / 4) = 5 around day 25: they grow with the root of the days ahead."""
    spread = np.repeat([2.0, 3.0, 4.0, 5.0], 7)[None]
    forecast = normal(np.full((1, 28), 100.0), spread)
    assert forecast.growth == pytest.approx(0.5)
    found, _ = spread_over(forecast, np.array([0, 0]), np.array([28, 30]), np.zeros(2))
    assert found[1] - found[0] == pytest.approx(25 * 29 / 25 + 25 * 30 / 25)


def test_growth_and_width_that_were_measured_are_taken() -> None:
    spread = np.repeat([2.0, 3.0, 4.0, 5.0], 7)[None]
    means = np.full((2, 28), 100.0)
    forecast = daily_forecast(
        means, means[..., None] + Z * spread[..., None], correlation=0, growth=0.2, width=np.array([1.0, 3])
    )
    assert forecast.growth == 0.2
    np.testing.assert_allclose(forecast.variances[1], forecast.variances[0] * 9)
    np.testing.assert_allclose(forecast.thirds[1], forecast.thirds[0] * 27)


def test_errors_that_shrink_do_not_go_on_shrinking() -> None:
    spread = np.repeat([5.0, 2.0], 7)[None]
    assert normal(np.full((1, 14), 9.0), spread).growth == 0
    assert normal(np.zeros((1, 14)), spread).growth == 0


def test_customers_come_one_by_one() -> None:
    """A forecast that is sure of 0.5 a day for 8 days is not: Poisson demand of 4 has spread 2 and skewness 0.5."""
    forecast = normal(np.full((1, 28), 0.5), np.zeros((1, 28)))
    variance, skewness = spread_over(forecast, np.array([0]), np.array([8]), np.array([4.0]))
    assert (variance[0], skewness[0]) == (4, 0.5)


def test_skewness_fades_as_days_add_up() -> None:
    """A day's upper errors are twice the lower ones; those of 100 days are nearly alike."""
    means = np.full((1, 28), 1000.0)
    quantiles = means[..., None] + Z * np.array([40, 40, 80, 80])
    forecast = daily_forecast(means, quantiles, correlation=0)
    days = np.array([1, 100])
    _, skewness = spread_over(forecast, np.zeros(2, int), days, demand_over(forecast, np.zeros(2, int), days))
    assert 0.5 < skewness[0] < 2
    assert skewness[1] == pytest.approx(skewness[0] / 10)


@pytest.mark.parametrize("days", [3, 10, 25])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.98])
def test_sums_of_skewed_days_are_found_from_their_quantiles(days: int, level: float) -> None:
    """Days of gamma demand (mean 30, variance 450): the quantile of the sum is within 2% of the mean of the true
    one."""
    rng = np.random.default_rng(8)
    drawn = rng.gamma(2, 15, (100_000, days))
    quantiles = np.quantile(drawn, LEVELS)
    forecast = daily_forecast(np.full((1, 28), 30.0), np.tile(quantiles, (1, 28, 1)), correlation=0)
    demand = np.array([30.0 * days])
    variance, skewness = spread_over(forecast, np.array([0]), np.array([days]), demand)
    found = offsets(variance, skewness, np.zeros(1), normal_shape())
    true = np.quantile(drawn.sum(axis=1), level)
    assert demand + offset_at(found, level) == pytest.approx(true, rel=0.02)


@settings(deadline=None, max_examples=50)
@given(st.integers(7, 30), st.integers(0, 60), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_outer_quantiles_lie_outside(horizon: int, days: int, correlation: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    means = rng.exponential(3, (4, horizon))
    quantiles = means[..., None] + rng.normal(0, 5, (4, horizon, 4))
    forecast = daily_forecast(means, quantiles, correlation=correlation)
    rows, over = np.arange(4), np.full(4, days)
    variance, skewness = spread_over(forecast, rows, over, demand_over(forecast, rows, over))
    found = offsets(variance, skewness, rng.exponential(3, 4), normal_shape())
    assert (found >= 0).all()
    below, above = found[:, : len(BELOW)], found[:, len(BELOW) :]
    assert (np.diff(below) >= 0).all()
    assert (np.diff(above) >= 0).all()


def test_quantiles_in_a_muddle_are_put_in_order() -> None:
    means = np.full((1, 7), 5.0)
    muddled = np.tile([6.0, 3.0, 9.0, 8.0], (1, 7, 1))
    ordered = np.tile([3.0, 3.0, 9.0, 9.0], (1, 7, 1))
    found, same = (daily_forecast(means, one, correlation=0) for one in (muddled, ordered))
    assert found.variances == same.variances


def test_a_forecast_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 7 days; there are 6"):
        normal(np.ones((1, 6)), np.ones((1, 6)))
    with pytest.raises(ValueError, match="finite"):
        normal(np.full((1, 7), np.nan), np.ones((1, 7)))


def test_offsets_of_levels_between_and_beyond() -> None:
    normal_offsets = np.abs(ndtri([*BELOW, *ABOVE]))[None] * 10
    for level in (0.5, 0.6, 0.9, 0.95, 0.99, 0.05, 0.001):
        assert offset_at(normal_offsets, level) == pytest.approx(10 * ndtri(level))
    skewed = np.array([[1.0, 1.0, 4.0, 6.0, 9.0, 15.0]])
    assert offset_at(skewed, 0.9) == pytest.approx(4)
    assert offset_at(skewed, 0.975) == pytest.approx(9)
    assert 9 < offset_at(skewed, 0.98) < 15 < offset_at(skewed, 0.995)


@given(st.lists(st.floats(0.01, 100), min_size=6, max_size=6), st.floats(0.001, 0.999))
def test_there_and_back(sizes: list[float], level: float) -> None:
    found = np.concatenate([np.cumsum(sizes[:2]), np.cumsum(sizes[2:])])[None]
    there = offset_at(found, level)
    assert 1 - chance_above(found, there) == pytest.approx(level, abs=1e-6)


def test_certain_demand() -> None:
    none = np.zeros((3, 6))
    np.testing.assert_allclose(chance_above(none, np.array([-1.0, 0, 1])), [1, 0.5, 0])
    np.testing.assert_allclose(offset_at(none, 0.99), 0)
