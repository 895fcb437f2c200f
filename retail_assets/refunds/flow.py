"""Refunds: photos of returned items become fashion classes."""

from retail_assets.platform import Flow, Mart
from retail_assets.refunds.contracts import FEEDS
from retail_assets.refunds.settings import RefundSettings
from retail_assets.refunds.tables import TABLES

FLOW = Flow(
    name="refunds",
    description="What photos of returned items show, and whether that is what their case says.",
    settings=RefundSettings,
    feeds=FEEDS,
    handlers={"refund_photos": "retail_assets.refunds.handler:photo_handler"},
    decisions="retail_assets.refunds.decisions:decision_kinds",
    tables=TABLES,
    models="retail_assets.refunds.model:models",
    marts=(Mart("refund_items", by_month="business_date"), Mart("refund_items_daily")),
    samples=("retail_assets.samples.flows.refund_photos:write",),
    sample_files="retail_assets.refunds.sample:write_labelled",
    truth="retail_assets.refunds.truth:truth_found",
    assets="retail_assets.refunds.assets:definitions",
)
