"""Returns: the cases that customers open."""

from retail_assets.platform import Flow
from retail_assets.returns import rules
from retail_assets.returns.contracts import FEEDS

FLOW = Flow(
    name="returns",
    description="Return cases of customers.",
    feeds=FEEDS,
    dbt_constants=rules.FOR_SQL,
    samples=("retail_assets.samples.flows.returns:write",),
)
