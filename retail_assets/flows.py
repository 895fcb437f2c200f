"""The flows of the platform: one line registers one.

The sample retailer is written in this order, so what reads or spoils what others wrote comes after them.
"""

from retail_assets.config import Settings
from retail_assets.demand.flow import FLOW as DEMAND
from retail_assets.feeds.flow import FLOW as INTAKE
from retail_assets.inventory.flow import FLOW as INVENTORY
from retail_assets.invoices.flow import FLOW as INVOICES
from retail_assets.master_data.flow import FLOW as MASTER_DATA
from retail_assets.model_registry.flow import FLOW as MODELS
from retail_assets.platform import Flow, Platform
from retail_assets.purchasing.flow import FLOW as PURCHASING
from retail_assets.refunds.flow import FLOW as REFUNDS
from retail_assets.returns.flow import FLOW as RETURNS
from retail_assets.sales.flow import FLOW as SALES
from retail_assets.source_health.flow import FLOW as SOURCE_HEALTH
from retail_assets.warehouse.flow import FLOW as PUBLICATION

FLOWS: tuple[Flow, ...] = (
    MASTER_DATA,
    SALES,
    INVENTORY,
    PURCHASING,
    INVOICES,
    DEMAND,
    RETURNS,
    REFUNDS,
    MODELS,
    PUBLICATION,
    INTAKE,
    SOURCE_HEALTH,
)


def platform_of(settings: Settings) -> Platform:
    """The platform with all flows."""
    return Platform(settings, FLOWS)
