"""A platform whose forecasts cost nothing."""

import pytest

from retail_assets.config import Settings
from retail_assets.demand.settings import DemandSettings
from retail_assets.flows import FLOWS
from retail_assets.platform import Platform

CHEAP = DemandSettings(demand_models="theta", demand_workers=1, demand_backtest_windows=2)


@pytest.fixture
def cheap(settings: Settings) -> Platform:
    return Platform(settings, FLOWS, {DemandSettings: CHEAP})
