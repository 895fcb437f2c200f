"""Correlation, growth and width of errors: found again in forecasts that were drawn with them."""

import numpy as np
import pytest
from scipy.special import ndtri

from ml.replenishment.errors import MOST_WIDTH, credibility, error_correlation, measured_errors
from ml.replenishment.shapes import LEVELS

COUNT, HORIZON = 3_000, 28
KINDS = np.array(["smooth", "lumpy"])[np.arange(COUNT) % 2]


def foretold(spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and quantiles of forecasts of 400 a day with these spreads [HORIZON]."""
    means = np.full((COUNT, HORIZON), 400.0)
    return means, means[..., None] + ndtri(LEVELS) * spread[:, None]


@pytest.mark.parametrize("correlation", [0, 0.3, 0.9])
def test_correlation_is_measured(correlation: float) -> None:
    rng = np.random.default_rng(2)
    common = rng.normal(size=(20_000, 1)) * np.sqrt(correlation)
    errors = common + rng.normal(size=(20_000, 28)) * np.sqrt(1 - correlation)
    assert error_correlation(errors * np.linspace(1, 3, 28)) == pytest.approx(correlation, abs=0.02)
    assert error_correlation(np.zeros((0, 28))) == 0


@pytest.mark.parametrize(
    ("correlation", "growth", "width"), [(0.0, 0.0, 1.0), (0.2, 0.4, 1.6), (0.5, 0.1, 0.8)]
)
def test_what_errors_were_drawn_with(correlation: float, growth: float, width: float) -> None:
    """A forecast says 30 for each day; errors of the lumpy ones are `width` times as large, and grow with the days."""
    rng = np.random.default_rng(3)
    means, quantiles = foretold(np.full(HORIZON, 30.0))
    drawn = rng.normal(size=(COUNT, 1)) * np.sqrt(correlation)
    drawn = drawn + rng.normal(size=(COUNT, HORIZON)) * np.sqrt(1 - correlation)
    grown = (np.arange(HORIZON) + 1.0) ** growth
    grown /= np.sqrt((grown**2).mean())
    scale = np.where(KINDS == "lumpy", width, 1.0)[:, None]
    found = measured_errors(means + drawn * grown * scale * 30, means, quantiles, KINDS)
    assert found.correlation == pytest.approx(correlation, abs=0.04)
    assert found.growth == pytest.approx(growth, abs=0.05)
    assert found.widths == pytest.approx({"smooth": 1, "lumpy": width}, rel=0.05)


def test_few_forecasts_lean_on_what_they_said() -> None:
    means, quantiles = foretold(np.full(HORIZON, 30.0))
    for count, least, most in ((2, 1, 1.3), (COUNT, 2.5, MOST_WIDTH)):
        some = slice(0, count)
        found = measured_errors(means[some] + 90, means[some], quantiles[some], np.full(count, "smooth"))
        assert least < found.widths["smooth"] <= most


def test_a_forecast_of_nothing_that_came_true() -> None:
    none = np.zeros((4, HORIZON))
    found = measured_errors(none, none, np.zeros((4, HORIZON, 4)), np.full(4, "empty"))
    assert (found.correlation, found.growth) == (0, 0)
    assert found.widths["empty"] < 1


def test_few_origins_lean_on_what_is_usual() -> None:
    """Every error is the same one, three spreads large: one origin weighs half as much as what is usual."""
    means, quantiles = foretold(np.full(HORIZON, 30.0))
    weight = credibility(1, 2)
    assert weight == pytest.approx(1 / 3)
    assert (credibility(0, 0), credibility(5, 0)) == (0, 1)
    whole, leaning = (
        measured_errors(means + 90, means, quantiles, KINDS, usual=0.05, weight=one) for one in (1, weight)
    )
    assert whole.correlation == pytest.approx(1)
    assert leaning.correlation == pytest.approx(1 / 3 + 2 / 3 * 0.05)
    assert leaning.widths["smooth"] == pytest.approx(whole.widths["smooth"] / 3 + 2 / 3)


def test_before_anything_is_measured_errors_grow_as_intervals_do() -> None:
    spread = 30 * (np.arange(HORIZON) + 1.0) ** 0.3
    means, quantiles = foretold(spread)
    found = measured_errors(means, means, quantiles, KINDS, weight=0)
    assert found.growth == pytest.approx(0.3, abs=0.05)
