"""What is foretold of stores, categories, products and everything: sums of what is foretold of products in stores."""

from typing import TYPE_CHECKING

import polars as pl

from retail_assets.demand.calibrations import Learnt
from retail_assets.demand.panel import Demand
from retail_assets.demand.tables import DEMAND_FORECAST_TOTALS

if TYPE_CHECKING:
    from ml.forecasting.forecast import Forecast

ALL = "all"


def total_rows(demand: Demand, made: "Forecast", learnt: Learnt) -> pl.DataFrame:
    """Rows of demand_forecast_totals: by level, its sums and day."""
    from ml.forecasting.calibrations.sums import TOTAL, sum_table
    from ml.forecasting.forecast import LEVELS

    found = sum_table(made.answers, made.expected, learnt.calibration.sums, demand.labels, levels=LEVELS)
    return (
        found.with_columns(
            sum_of=pl.when(level=TOTAL).then(pl.lit(ALL)).otherwise("value"),
            origin=pl.lit(demand.origin),
            days_ahead=(pl.col("date") - demand.origin).dt.total_days().cast(pl.Int32) + 1,
            calibration_version=pl.lit(learnt.version),
            calibration_source=pl.lit(learnt.source),
        )
        .select(DEMAND_FORECAST_TOTALS.schema.names())
        .cast(dict(DEMAND_FORECAST_TOTALS.schema))
    )
