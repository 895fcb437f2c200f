"""How a version of the demand forecast is trained: a backtest of the platform's own history, and what it teaches.

The folder of a version holds the calibration (weights, errors, health of members), the LSTM's weights as of the newest
night, the accuracy of every member, plots and a card.
"""

from pathlib import Path

import polars as pl

from ml.forecasting.accuracy import accuracy_table
from ml.forecasting.calibrations.calibration import write_calibration
from ml.forecasting.calibrations.ensemble import calibrated
from ml.forecasting.forecast import LEVELS
from ml.forecasting.plots import write_accuracy
from ml.forecasting.series.history import history_at
from retail_assets.demand.backtests import Recipe, backtested, origins_of
from retail_assets.demand.calibrations import CALIBRATION
from retail_assets.demand.classes import classes_of
from retail_assets.demand.judging import by_weights
from retail_assets.demand.kept_answers import panel_digest
from retail_assets.demand.model_card import write_card
from retail_assets.demand.panel import Demand
from retail_assets.demand.previews import backtest_fans
from retail_assets.demand.settings import DemandSettings, setting_of
from retail_assets.models.spec import Progress
from retail_assets.platform import Platform

ACCURACY, WEIGHTS, PLOTS = "accuracy.parquet", "lstm.safetensors", "plots"


def summary(platform: Platform, demand: Demand) -> pl.DataFrame:
    """What there is to learn from, by ABC class, and the origins that judge it."""
    origins = origins_of(demand, Recipe.of(platform, quick=False, seed=0))
    counted = pl.DataFrame({"abc_class": classes_of(platform, demand)}).group_by("abc_class").len("series")
    return counted.sort("abc_class").with_columns(
        days=pl.lit(demand.panel.days), first_origin=pl.lit(origins[0]), last_origin=pl.lit(origins[-1])
    )


def train_model(
    platform: Platform, demand: Demand, folder: Path, *, recipe: Recipe, command: str, progress: Progress
) -> None:
    """Write a version's folder. Raises TooShortToTest."""
    made = backtested(platform, demand, recipe, progress)
    calibration = calibrated(made, seed=recipe.seed, labels=demand.labels)
    write_calibration(calibration, folder / CALIBRATION)
    accuracy = accuracy_table(made, levels=LEVELS)
    accuracy.write_parquet(folder / ACCURACY)
    write_accuracy(accuracy, folder / PLOTS)
    mean = by_weights(made, calibration)[-1]
    for name, figure in backtest_fans(demand, made, mean, calibration).items():
        figure.savefig(folder / PLOTS / f"{name}.png", metadata={"Software": None})
    if "lstm" in recipe.members:
        progress("The LSTM learns from everything up to the newest night.")
        _write_lstm(platform, demand, folder / WEIGHTS, recipe)
    write_card(
        folder,
        as_of=demand.origin,
        recipe=recipe,
        command=command,
        accuracy=accuracy,
        data={
            "series": len(demand.panel.series),
            "days": demand.panel.days,
            "sha256": panel_digest(demand.panel),
        },
    )


def _write_lstm(platform: Platform, demand: Demand, file: Path, recipe: Recipe) -> None:
    from ml.forecasting.members.lstm import trained
    from ml.forecasting.members.lstm_file import write_weights

    panel = demand.panel
    setting = setting_of(platform.settings_of(DemandSettings), quick=recipe.quick, seed=recipe.seed)
    write_weights(trained(history_at(panel, panel.days, recipe.horizon), setting), file)
