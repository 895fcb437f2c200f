"""The settings of purchasing."""

from pydantic import Field

from retail_assets.config import FlowSettings


class PurchasingSettings(FlowSettings):
    """What suppliers are judged by."""

    supplier_window_days: int = Field(
        180,
        ge=1,
        description="Suppliers are judged, and lead times learnt, by the orders of so many complete days.",
    )
