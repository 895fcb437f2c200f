"""The Parquet tables that this flow keeps in the lake: declarations only."""

import dataframely as dy

from retail_assets.kit.foretold import FORECAST, ForetoldDemand
from retail_assets.kit.lake_table import LakeTable


class DemandForecast(ForetoldDemand):
    """What is foretold of a store, product and day from an origin, by a member or by the ensemble of them. A part is an
    origin: each night of the last 90 days, and of what is older the Mondays."""

    days_ahead = dy.Int32(description="1 for the day of the origin.")
    scale = dy.Float64(
        nullable=True,
        description="Mean absolute difference of days a week apart before the origin: what MASE divides errors by.",
    )
    calibration_source = dy.String(description="registry, or quick where no version could be had.")


class DemandForecastTotals(dy.Schema):
    """What is foretold of a day for everything, a store, a category or a product, as the sum of what is expected of its
    products in stores. A part is an origin, as those of demand_forecast."""

    origin = dy.Date(description="The night that foretold, which is the first day foretold.")
    level = dy.String(description="total, store, category or product: what the sum is of.")
    sum_of = dy.String(description="Id of the store or product, or the category; of the total `all`.")
    date = dy.Date(description="Day foretold.")
    days_ahead = dy.Int32(description="1 for the day of the origin.")
    series = dy.Int64(
        description="Products in stores in the sum: those that had sold there before the origin."
    )
    expected = dy.Float64(
        description="Mean demand: the sum of `expected` of its rows in demand_forecast, to the last digit."
    )
    lo_80 = dy.Float64(description="Lower end of the interval that holds 80% of such sums.")
    hi_80 = dy.Float64(description="Its upper end. Intervals do not add up.")
    lo_95 = dy.Float64(description="Lower end of the interval that holds 95%.")
    hi_95 = dy.Float64(description="Its upper end.")
    calibration_version = dy.String(
        description="What it was weighed by: a version of the model, or quick- and a day."
    )
    calibration_source = dy.String(description="registry, or quick where no version could be had.")


class DemandIssues(dy.Schema):
    """What was wrong with a series or a member at an origin, and what was done about it."""

    origin = dy.Date(description="The night that foretold.")
    store_id = dy.String(nullable=True, description="Store; null where every series is meant.")
    product_id = dy.String(nullable=True, description="Product; null where every series is meant.")
    model = dy.String(nullable=True, description="Member that failed; null where the data are at fault.")
    issue = dy.String(description="What was wrong, as docs/forecasting.md has it.")
    detail = dy.String(description="The same as a sentence.")


class DemandCalibrations(dy.Schema):
    """What backtests taught forecasts, kept for nights on which the registry is away, and for origins before the
    newest: a forecast takes nothing that was learnt from days after its origin."""

    version = dy.String(description="Version of the model, or quick- and the night that made it.")
    source = dy.String(description="registry or quick.")
    learnt_until = dy.Date(description="The last day that it knew.")
    content = dy.String(description="The calibration as JSON.")


READS = ("daily_demand", "products", "store_days")
DEMAND_FORECAST = LakeTable(FORECAST, DemandForecast, reads=READS, only_at_night=True)
DEMAND_FORECAST_TOTALS = LakeTable(
    "demand_forecast_totals",
    DemandForecastTotals,
    reads=READS,
    only_at_night=True,
)
DEMAND_ISSUES = LakeTable("demand_issues", DemandIssues, reads=READS, only_at_night=True)
DEMAND_CALIBRATIONS = LakeTable("demand_calibrations", DemandCalibrations, reads=READS, only_at_night=True)
TABLES = (DEMAND_FORECAST, DEMAND_FORECAST_TOTALS, DEMAND_ISSUES, DEMAND_CALIBRATIONS)
