"""Sales: receipts and orders, what became of them, and how products perform."""

from retail_assets.currencies import DIGITS
from retail_assets.platform import Flow, Mart
from retail_assets.sales.contracts import FEEDS
from retail_assets.sales.settings import SalesSettings

FLOW = Flow(
    name="sales",
    description="What was sold, by till and web shop, and how products and categories perform.",
    settings=SalesSettings,
    dbt_settings=tuple(SalesSettings.model_fields),
    dbt_constants={"currency_digits": {str(digits): list(codes) for digits, codes in DIGITS.items()}},
    feeds=FEEDS,
    marts=(
        Mart("sales_lines", by_month="business_date", in_database=False),
        Mart("sales_orders", by_month="business_date", in_database=False),
        Mart("order_history", by_month="business_date", in_database=False),
        Mart("sales_daily", by_month="business_date"),
        Mart("product_performance", may_shrink=True),
        Mart("category_performance", may_shrink=True),
    ),
    samples=("retail_assets.samples.flows.tills:write", "retail_assets.samples.flows.web:write"),
    truth="retail_assets.sales.truth:truth_found",
)
