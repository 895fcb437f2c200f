"""Whether forecasts of the newest nights are as good as the training of the version that weighed them promised.

Its backtest said how often intervals hold, how much better than the naive baselines it is, and how far sums are off;
what happened since stands in forecast_accuracy. Both are compared part of the horizon by part: of a night a week ago
only the first days are known, which are the easiest.
"""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from retail_assets.demand.settings import NAME, DemandSettings
from retail_assets.demand.tables import DEMAND_FORECAST
from retail_assets.intake.ledger import newest_night
from retail_assets.models.resolve import NoModel, resolve_model
from retail_assets.models.spec import Drift
from retail_assets.platform import Platform
from retail_assets.warehouse.reading import read_mart

FEWEST_ORIGINS = 7
"""Nights below which a good or a bad week decides."""
COVERAGE_OFF = {"coverage_80": 0.08, "coverage_95": 0.04}
"""By how much intervals may hold more or less than promised: less runs out of stock, more is money on shelves."""
BIAS_OFF = 0.1
WORSE = 1.2
"""Times the promised WAPE over that of the better naive baseline; above 1 the naive one is the better forecast."""
ENSEMBLE, NAIVE = "ensemble", ("seasonal_naive", "weekday_mean")
PART = "horizon_bucket"


def forecast_drift(platform: Platform) -> Drift:
    """The newest origins that the champion weighed against its backtest. Raises NoWarehouse."""
    from ml.forecasting.calibrations.calibration import CalibrationRefused

    try:
        version, backtest = resolve_model(
            platform.settings, platform.models[NAME], _load, unusable=CalibrationRefused
        ).loaded
    except NoModel as error:
        return Drift("none", unknown=str(error))
    night = newest_night(platform.settings)
    origins = _origins(platform, night[0], version) if night else []
    if len(origins) < FEWEST_ORIGINS:
        few = f"Version {version} weighed {len(origins)} nights of which something is known; it takes {FEWEST_ORIGINS}."
        return Drift(version, len(origins), unknown=few)
    told = read_mart(
        platform,
        "forecast_accuracy",
        *("origin", "model", PART, "days", "coverage_80", "coverage_95"),
        *("actual_quantity", "forecast_quantity", "absolute_error"),
    )
    return Drift(
        version, len(origins), promises=promises(told.filter(pl.col("origin").is_in(origins)), backtest)
    )


def promises(told: pl.DataFrame, backtest: pl.DataFrame) -> pl.DataFrame:
    """As `Drift.promises`, of rows of forecast_accuracy and the accuracy table of a version's backtest."""
    number = pl.col(
        "days", "coverage_80", "coverage_95", "actual_quantity", "forecast_quantity", "absolute_error"
    )
    now = (
        told.with_columns(number.cast(pl.Float64))
        .group_by("model", PART)
        .agg(
            *(pl.col(name).mul(pl.col("days")).sum().alias(f"held_{name}") for name in COVERAGE_OFF),
            pl.col("days", "actual_quantity", "forecast_quantity", "absolute_error").sum(),
        )
    )
    then = backtest.filter(origin="all", segment="all").select(
        "model",
        pl.format("{}-{}", "first_day", "last_day").alias(PART),
        *("wape", "bias", *COVERAGE_OFF),
    )
    both = now.join(then, on=("model", PART))
    ours = both.filter(model=ENSEMBLE)
    if not ours["actual_quantity"].sum():
        return pl.DataFrame(schema=SCHEMA)
    units, by_days = pl.col("actual_quantity"), pl.col("days")
    [known] = ours.select(
        *(pl.col(name).dot(by_days) / by_days.sum() for name in COVERAGE_OFF),
        *(pl.col(f"held_{name}").sum() / by_days.sum() for name in COVERAGE_OFF),
        bias=pl.col("bias").dot(units) / units.sum(),
        held_bias=pl.col("forecast_quantity").sum() / units.sum() - 1,
    ).to_dicts()
    rows = [
        (name, known[name], known[f"held_{name}"], abs(known[f"held_{name}"] - known[name]) <= off)
        for name, off in (COVERAGE_OFF | {"bias": BIAS_OFF}).items()
    ]
    promised, found = (
        _against_naive(both, error) for error in (pl.col("wape") * units, pl.col("absolute_error"))
    )
    if promised is not None and found is not None:
        rows.append(("wape_against_naive", promised, found, found <= min(WORSE * promised, 1.0)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").with_columns(pl.col("promised", "found").round(4))


SCHEMA = {"name": pl.String, "promised": pl.Float64, "found": pl.Float64, "is_kept": pl.Boolean}


def _against_naive(both: pl.DataFrame, error: pl.Expr) -> float | None:
    """The ensemble's error over that of the better baseline."""
    errors = dict(both.group_by("model").agg(error.sum()).iter_rows())
    naive = min((errors[name] for name in NAIVE if errors.get(name)), default=None)
    return errors[ENSEMBLE] / naive if naive else None


def _load(folder: Path, version: str | None) -> tuple[str, pl.DataFrame]:
    from ml.forecasting.calibrations.calibration import CalibrationRefused
    from retail_assets.demand.training import ACCURACY

    try:
        return str(version), pl.read_parquet(folder / ACCURACY)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise CalibrationRefused(f"{folder} does not say how good it was: {error}") from error


def _origins(platform: Platform, night: date, version: str) -> list[date]:
    """Nights before the newest, of two horizons, that a version weighed; each wrote a part, all of one version."""
    horizon = platform.settings_of(DemandSettings).demand_horizon_days
    first, last = (night - timedelta(days=days) for days in (2 * horizon, 1))
    parts = [p for p in DEMAND_FORECAST.parts(platform.lake) if str(first) <= p.stem <= str(last)]
    heads = [
        pl.read_parquet(p, columns=["origin", "calibration_version"], n_rows=1, glob=False) for p in parts
    ]
    return [origin for head in heads for origin, by in head.iter_rows() if by == version]
