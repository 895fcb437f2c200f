"""Purchasing: orders to suppliers, and how suppliers deliver."""

from retail_assets.platform import Flow, Mart
from retail_assets.purchasing.contracts import FEEDS

FLOW = Flow(
    name="purchasing",
    description="Orders to suppliers, what arrived of them, and how suppliers perform.",
    feeds=FEEDS,
    marts=(Mart("purchase_orders"), Mart("purchase_order_heads")),
    samples=("retail_assets.samples.flows.purchasing:write",),
)
