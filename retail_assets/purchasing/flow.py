"""Purchasing: orders to suppliers, and how suppliers deliver."""

from retail_assets.platform import Flow, Mart
from retail_assets.purchasing.contracts import FEEDS
from retail_assets.purchasing.settings import PurchasingSettings

FLOW = Flow(
    name="purchasing",
    description="Orders to suppliers, what arrived of them, and how suppliers perform.",
    settings=PurchasingSettings,
    dbt_settings=tuple(PurchasingSettings.model_fields),
    feeds=FEEDS,
    marts=(Mart("purchase_orders"), Mart("purchase_order_heads"), Mart("supplier_performance")),
    samples=("retail_assets.samples.flows.purchasing:write",),
)
