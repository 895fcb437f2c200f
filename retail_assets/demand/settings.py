"""The settings of demand forecasts."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from retail_assets.config import FlowSettings

if TYPE_CHECKING:
    from ml.fan_out import FanOut
    from ml.forecasting.members.base import Setting

NAME = "demand-forecast"
"""The model in the registry."""


class DemandSettings(FlowSettings):
    """How far ahead demand is foretold, by what, and where the work is spread."""

    demand_horizon_days: int = Field(28, ge=1, le=91, description="Days ahead that are foretold.")
    demand_country: str | None = Field(
        None,
        description="Country whose public holidays count in forecasts, such as DE or US-CA; none by default.",
    )
    demand_backtest_windows: int = Field(
        4,
        ge=2,
        description="Past origins of a backtest, a horizon apart: what a calibration is learnt from, and judged by.",
    )
    demand_models: str = Field(
        "all", description="Members that a backtest tries: all, cheap, or names with commas between."
    )
    demand_workers: int = Field(
        0, ge=0, description="Processes that forecast at once; 0 is as many as there are cores."
    )
    demand_backend: Literal["loky", "dask", "ray"] = Field(
        "loky", description="Where they run: loky is this machine."
    )
    demand_scheduler: str | None = Field(None, description="HOST:PORT of the Dask cluster's scheduler.")


def setting_of(settings: DemandSettings, *, quick: bool, seed: int = 0) -> "Setting":
    from ml.forecasting.members.base import Setting
    from ml.forecasting.panels.days import known_country

    return Setting(seed=seed, country=known_country(settings.demand_country), quick=quick)


def fan_out_of(settings: DemandSettings) -> "FanOut":
    from ml.fan_out import FanOut

    return FanOut(settings.demand_workers, settings.demand_backend, settings.demand_scheduler)
