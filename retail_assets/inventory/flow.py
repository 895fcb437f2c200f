"""Inventory: what is on hand, how it got there, where it is too little, too much or dead, and what to order."""

from retail_assets.audiences import OPERATIONS
from retail_assets.inventory import states
from retail_assets.inventory.contracts import FEEDS
from retail_assets.inventory.settings import DBT_SETTINGS, InventorySettings
from retail_assets.inventory.tables import TABLES
from retail_assets.platform import Flow, Mart, RowFiles

FLOW = Flow(
    name="inventory",
    description="Stock by store and product: counts, movements, levels and health; what to order and what to send.",
    settings=InventorySettings,
    dbt_settings=DBT_SETTINGS,
    dbt_constants=states.FOR_SQL,
    feeds=FEEDS,
    decisions="retail_assets.inventory.decisions:decision_kinds",
    tables=TABLES,
    assets="retail_assets.inventory.assets:definitions",
    marts=(
        Mart("stock_levels"),
        Mart("stock_movements"),
        Mart("goods_in_transit", may_shrink=True),
        Mart("inventory_health"),
        # Without a forecast there are none.
        Mart("reorder_points", may_shrink=True),
        Mart("reorder_proposals", may_shrink=True),
        Mart("transfer_proposals", may_shrink=True),
        Mart("placed_order_lines"),
        Mart("placed_transfers"),
        Mart(
            "purchase_order_files",
            OPERATIONS,
            row_files=RowFiles("purchase_orders", name="file_name", content="content", suffix=".csv"),
        ),
    ),
    samples=("retail_assets.samples.flows.counts:write", "retail_assets.samples.flows.movements:write"),
    truth="retail_assets.inventory.truth:truth_found",
)
