"""Demand: what would be bought each day, looked back on and foretold."""

from retail_assets.demand.settings import DemandSettings
from retail_assets.demand.tables import TABLES
from retail_assets.platform import Flow, Mart

FLOW = Flow(
    name="demand",
    description="Daily demand by store and product, and forecasts of it.",
    settings=DemandSettings,
    dbt_settings=("demand_horizon_days",),
    tables=TABLES,
    models="retail_assets.demand.model:models",
    marts=(
        # A row for each day, sold or not: too long to copy into the database every night.
        Mart("daily_demand", by_month="business_date", in_database=False),
        Mart("demand_forecast"),
        Mart("demand_forecast_totals"),
        Mart("forecast_accuracy"),
    ),
    assets="retail_assets.demand.assets:definitions",
    truth="retail_assets.demand.truth:truth_found",
)
