"""Inventory: what is on hand, how it got there, and where it is too little, too much or dead."""

from retail_assets.inventory.contracts import FEEDS
from retail_assets.inventory.settings import InventorySettings
from retail_assets.platform import Flow, Mart

FLOW = Flow(
    name="inventory",
    description="Stock by store and product: counts, movements, levels and health.",
    settings=InventorySettings,
    dbt_settings=tuple(InventorySettings.model_fields),
    feeds=FEEDS,
    marts=(
        Mart("stock_levels"),
        Mart("stock_movements"),
        Mart("goods_in_transit", may_shrink=True),
        Mart("inventory_health"),
    ),
    samples=("retail_assets.samples.flows.counts:write", "retail_assets.samples.flows.movements:write"),
    truth="retail_assets.inventory.truth:truth_found",
)
