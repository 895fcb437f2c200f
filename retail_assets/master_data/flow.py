"""Master data: what changes slowly and is looked up by everything else."""

from retail_assets.master_data.contracts import FEEDS
from retail_assets.platform import Flow, Mart

FLOW = Flow(
    name="master_data",
    description="Products, stores, suppliers and their terms, customers, promotions and opening days.",
    feeds=FEEDS,
    marts=(
        Mart("products", names="product_id"),
        Mart("stores", names="store_id"),
        Mart("suppliers", names="supplier_id"),
        Mart("supplier_products"),
        Mart(
            "calendar", may_shrink=True
        ),  # it begins with the first business day, which the first sales move
        Mart("store_days"),
    ),
    samples=("retail_assets.samples.flows.master:write",),
)
