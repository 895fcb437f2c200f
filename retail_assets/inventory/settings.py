"""The settings of inventory: when stock is low, too much or dead."""

from pydantic import Field

from retail_assets.config import FlowSettings


class InventorySettings(FlowSettings):
    """Thresholds of stock levels and inventory health."""

    demand_days: int = Field(28, description="Days of sales behind the daily rate of days of cover.")
    min_observed_days: int = Field(
        7,
        description="A product that could be sold on fewer days than this, and was not, is no product without demand.",
    )
    reserved_days: int = Field(
        30,
        description="An order that was not shipped for this many days is taken to have left when it was placed.",
    )
    low_stock_days: float = Field(7, description="Cover below this many days is low stock.")
    overstock_days: float = Field(90, description="Cover above this many days is overstock.")
    dead_stock_days: int = Field(60, description="Stock without a sale for this many days is dead stock.")
