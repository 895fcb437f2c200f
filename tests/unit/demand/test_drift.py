"""What became of the promises of a version's training."""

import polars as pl
import pytest

from retail_assets.demand.drift import promises
from retail_assets.demand.model import models
from retail_assets.model_registry.drift import drift_finding
from retail_assets.models.spec import Drift
from retail_assets.platform import Platform

PARTS = ((1, 7), (8, 14))


def backtest() -> pl.DataFrame:
    """It said of the first week a WAPE of 0.2, of the second of 0.4; naive 0.4 and 0.5, and 0.3 and 1.0."""
    wape = {"ensemble": (0.2, 0.4), "seasonal_naive": (0.4, 0.5), "weekday_mean": (0.3, 1.0)}
    rows = [
        {
            "model": model, "origin": origin, "segment": "all", "first_day": first, "last_day": last,
            "wape": value * times, "bias": 0.02, "coverage_80": 0.82, "coverage_95": 0.95,
        }
        for model, values in wape.items()
        for (first, last), value in zip(PARTS, values, strict=True)
        for origin, times in (("all", 1), ("2026-10-01", 9))
    ]  # fmt: skip
    return pl.DataFrame(rows)


def told(*, error: float = 1.0, held: float = 0.82, forecast: float = 1.02) -> pl.DataFrame:
    """Of the first week 300 units on 30 days, of the second 100 on 10; errors so many times what was said."""
    wape = {"ensemble": (0.2 * error, 0.4 * error), "seasonal_naive": (0.4, 0.5), "weekday_mean": (0.3, 1.0)}
    rows = [
        {
            "origin": None, "model": model, "horizon_bucket": f"{first}-{last}", "days": units // 10,
            "coverage_80": held, "coverage_95": 0.95, "actual_quantity": float(units),
            "forecast_quantity": forecast * units, "absolute_error": value * units,
        }
        for model, values in wape.items()
        for (first, last), units, value in zip(PARTS, (300, 100), values, strict=True)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def test_what_was_found_is_compared_with_what_was_said_of_the_same_parts() -> None:
    found = promises(told(), backtest())
    # The ensemble's error is 0.2 * 300 + 0.4 * 100 = 100; naive 0.4 * 300 + 0.5 * 100 = 170, and 190.
    assert found.rows() == [
        ("coverage_80", 0.82, 0.82, True),
        ("coverage_95", 0.95, 0.95, True),
        ("bias", 0.02, 0.02, True),
        ("wape_against_naive", 0.5882, 0.5882, True),
    ]
    first_week = told().filter(horizon_bucket="1-7")
    assert promises(first_week, backtest()).row(3) == ("wape_against_naive", 0.6667, 0.6667, True)


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"error": 1.19}, []),
        ({"error": 1.21}, ["wape_against_naive"]),
        ({"held": 0.75}, []),
        ({"held": 0.73}, ["coverage_80"]),
        ({"held": 0.91}, ["coverage_80"]),
        ({"forecast": 1.11}, []),
        ({"forecast": 0.9}, ["bias"]),
    ],
)
def test_what_is_much_worse_than_was_said_is_broken(change: dict, broken: list[str]) -> None:
    found = promises(told(**change), backtest())
    assert found.filter(~pl.col("is_kept"))["name"].to_list() == broken


def test_worse_than_naive_is_broken_whatever_was_said() -> None:
    poor = backtest().with_columns(
        pl.when(model="ensemble").then(pl.col("wape") * 1.6).otherwise("wape").alias("wape")
    )
    [row] = promises(told(error=1.75), poor).filter(name="wape_against_naive").rows()
    assert row == ("wape_against_naive", 0.9412, 1.0294, False)


def test_of_no_sales_and_of_other_parts_nothing_is_compared() -> None:
    assert promises(told().head(0), backtest()).is_empty()
    assert promises(told().with_columns(horizon_bucket=pl.lit("15-28")), backtest()).is_empty()


def test_the_check_says_both_numbers(cheap: Platform) -> None:
    [spec] = models(cheap)
    broken = drift_finding(spec, Drift("3", 20, promises=promises(told(held=0.7), backtest())))
    assert not broken.passed and broken.figures["coverage_80"] == 0.7
    assert (
        "Of the newest 20 nights or cases of version 3 of demand-forecast, coverage_80 is 0.700"
        in broken.advice
    )
    assert "(its training: 0.820). Train it again: launch train_demand_models" in broken.advice
    assert drift_finding(spec, Drift("3", 20, promises=promises(told(), backtest()))).passed
    unknown = drift_finding(spec, Drift("3", 2, unknown="too few"))
    assert unknown.passed and unknown.figures["not compared"] == "too few"
