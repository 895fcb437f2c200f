"""A night's forecast: from its origin, by what backtests have taught until then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from retail_assets.demand.calibrations import (
    QUICK,
    REGISTRY,
    Learnt,
    Tell,
    calibration_for,
)
from retail_assets.demand.panel import Demand, demand_at, named
from retail_assets.demand.products import NO_CATEGORY, PAIR, UNKNOWN, sold_off
from retail_assets.demand.settings import DemandSettings, fan_out_of, setting_of
from retail_assets.demand.tables import DEMAND_FORECAST, DEMAND_FORECAST_TOTALS, DEMAND_ISSUES
from retail_assets.demand.totals import total_rows
from retail_assets.kit.findings import Finding
from retail_assets.lake import Lake
from retail_assets.platform import Platform

if TYPE_CHECKING:
    from ml.forecasting.forecast import Forecast
    from ml.forecasting.issues import Issue

EVERY_NIGHT_DAYS = 90
"""Of older origins the Mondays stay."""
MONDAY = 1
TRAIN = "`make run JOB=train_demand_models`"
NAMED = 5
"""Products in stores that a check names."""
BY_ORIGIN = (DEMAND_FORECAST, DEMAND_FORECAST_TOTALS, DEMAND_ISSUES)


@dataclass(frozen=True)
class NightForecast:
    """What a night foretold."""

    rows: pl.DataFrame
    """As demand_forecast has them; none where there is no sales history."""
    totals: pl.DataFrame
    """As demand_forecast_totals has them."""
    issues: pl.DataFrame
    learnt: Learnt | None
    demand: Demand | None
    made: "Forecast | None"


def forecast_night(platform: Platform, *, origin: date, tell: Tell, anew: bool = False) -> NightForecast:
    """Foretell the days from an origin on, and keep it; from the same history the same bytes, unless it is to be
    weighed anew."""
    settings = platform.settings_of(DemandSettings)
    demand = demand_at(platform, origin, settings.demand_horizon_days)
    if demand is None:
        tell(f"Nothing was sold before {origin}: there is nothing to forecast from.")
        none = (table.empty() for table in BY_ORIGIN)
        found = NightForecast(*none, learnt=None, demand=None, made=None)
    else:
        found = _forecast(platform, demand, settings, tell, anew=anew)
    for table, rows in zip(BY_ORIGIN, (found.rows, found.totals, found.issues), strict=True):
        table.write(platform.lake, origin.isoformat(), rows)
    return found


def _forecast(
    platform: Platform, demand: Demand, settings: DemandSettings, tell: Tell, *, anew: bool
) -> NightForecast:
    from ml.forecasting.forecast import forecast
    from ml.forecasting.members.registry import ENTRIES

    learnt = calibration_for(platform, demand, tell, anew=anew)
    made = forecast(
        demand.panel,
        settings.demand_horizon_days,
        calibration=learnt.calibration,
        names=tuple(ENTRIES),
        # Errors were measured of members that learn as long as these.
        setting=setting_of(settings, quick=learnt.source == QUICK),
        fan_out=fan_out_of(settings),
        report=tell,
    )
    made, sold = sold_off(made, demand.pairs, demand.left, demand.origin)
    return NightForecast(
        forecast_rows(demand, made, learnt),
        total_rows(demand, made, learnt),
        issue_rows(demand, [*demand.issues, *made.issues, *sold]),
        learnt,
        demand,
        made,
    )


def forecast_rows(demand: Demand, made: "Forecast", learnt: Learnt) -> pl.DataFrame:
    """Rows of demand_forecast: by model, store, product and day."""
    import numpy as np

    from ml.forecasting.calibrations.ensemble import ENSEMBLE
    from ml.forecasting.series.scale import seasonal_scale

    history, horizon = made.answers.history, made.mean.shape[1]
    series = pl.DataFrame(
        {
            "series_id": history.panel.series.tolist(),
            "segment": made.answers.kinds.tolist(),
            "scale": pl.Series(seasonal_scale(history.demand)).fill_nan(None),
        }
    )
    ahead = pl.DataFrame(
        {
            "series_id": np.repeat(history.panel.series, horizon).tolist(),
            "date": pl.Series(
                np.tile(history.panel.dates(history.days, history.days + horizon), len(series))
            ),
            "model": ENSEMBLE,
            "expected": pl.Series(made.expected.ravel()).round(6),
        }
    ).with_columns(pl.col("date").cast(pl.Date))
    joined = (
        made.table.join(demand.pairs, on="series_id")
        .join(series, on="series_id")
        .join(ahead, on=("series_id", "date", "model"), how="left")
    )
    return DEMAND_FORECAST.empty().vstack(
        joined.with_columns(
            origin=pl.lit(demand.origin),
            days_ahead=(pl.col("date") - demand.origin).dt.total_days().cast(pl.Int32) + 1,
            calibration_version=pl.lit(learnt.version),
            calibration_source=pl.lit(learnt.source),
        )
        .select(DEMAND_FORECAST.schema.names())
        .cast(dict(DEMAND_FORECAST.schema))
        .sort("model", "store_id", "product_id", "date")
    )


def issue_rows(demand: Demand, issues: "Sequence[Issue]") -> pl.DataFrame:
    """Rows of demand_issues."""
    from ml.forecasting.issues import issue_table

    pairs = pl.concat([demand.pairs.select("series_id", *PAIR), named(demand.left_out.select(PAIR))])
    return (
        issue_table(issues)
        .join(pairs, on="series_id", how="left", maintain_order="left")
        .with_columns(
            origin=pl.lit(demand.origin),
            model=pl.when(pl.col("model") != "").then("model"),
        )
        .select(DEMAND_ISSUES.schema.names())
        .sort(pl.all())
    )


def thin(lake: Lake, *, night: date) -> list[str]:
    """Take away forecasts that are older than 90 days, but those of Mondays; gives the origins."""
    oldest, gone = night - timedelta(days=EVERY_NIGHT_DAYS), []
    for table in BY_ORIGIN:
        for part in table.parts(lake):
            if not part.stem[:1].isdigit():
                continue  # the empty part, of a table that never had another one
            origin = date.fromisoformat(part.stem)
            if origin < oldest and origin.isoweekday() != MONDAY:
                part.unlink()
                gone.append(part.stem)
    return sorted(set(gone))


def a_version_calibrated(found: NightForecast) -> Finding:
    """Whether a night's forecast was weighed by what a version of the model learnt of days like those ahead, and, where
    it was made before, by the same."""
    learnt = found.learnt
    if learnt is None:
        return Finding(True, {"forecasts": found.rows.height})
    said = [_of_no_version(learnt), _of_another(learnt), *_of_other_regressors(found)]
    if not any(said):
        return Finding(True, {"forecasts": found.rows.height})
    figures = {"calibration_version": learnt.version, "learnt_until": str(learnt.learnt_until)}
    if learnt.instead_of:
        figures |= {"weighed_before_by": learnt.instead_of}
    return Finding(False, figures, " ".join(filter(None, said)))


def _of_no_version(learnt: Learnt) -> str:
    if learnt.source == REGISTRY:
        kept = f"The last version's calibration that is kept ({learnt.version}) is taken."
        return f"{learnt.why_quick} {kept}" if learnt.why_quick else ""
    return (
        f"{learnt.why_quick} The quick calibration {learnt.version} is taken: cheap models, two past origins. Train a "
        f"version: {TRAIN}, or turn on its schedule."
    )


def _of_another(learnt: Learnt) -> str:
    if learnt.instead_of is None:
        return ""
    return (
        f"This night was weighed by {learnt.instead_of} before, which is not kept any more, and now by "
        f"{learnt.version}: what it foretells is not the same."
    )


def _of_other_regressors(found: NightForecast) -> list[str]:
    from ml.forecasting.forecast import OTHER_REGRESSORS

    issues = found.made.issues if found.made else []
    others = [issue.detail for issue in issues if issue.issue == OTHER_REGRESSORS]
    return [f"{detail[:1].upper()}{detail[1:]}. Train a version: {TRAIN}." for detail in others]


def every_store_is_heard(found: NightForecast) -> Finding:
    """Whether every store that should have sold in the last weeks did."""
    silent = found.demand.silent if found.demand else []
    return Finding(not silent, {"silent_stores": len(silent)}, " ".join(silent))


def every_product_is_known(found: NightForecast) -> Finding:
    """Whether everything that is sold could be foretold."""
    left_out = found.demand.left_out if found.demand else pl.DataFrame(schema={"issue": pl.String})
    unknown, bare = (left_out.filter(issue=issue) for issue in (UNKNOWN, NO_CATEGORY))
    said = [
        f"{rows.height:,} {what} {_names(rows)}."
        for rows, what in (
            (
                unknown,
                "products in stores are sold and in no products file, so they are not foretold: bring them",
            ),
            (bare, "are new and have no category, so they are not foretold: give them one"),
        )
        if rows.height
    ]
    return Finding(not said, {UNKNOWN: unknown.height, NO_CATEGORY: bare.height}, " ".join(said))


def _names(items: pl.DataFrame) -> str:
    """The first of some products in stores, in brackets."""
    first = [f"{product} in {store}" for store, product in items.select(PAIR).head(NAMED).iter_rows()]
    return f"({', '.join(first)}{', …' if items.height > NAMED else ''})"
