"""Returns: the cases that customers open."""

from retail_assets.platform import Flow
from retail_assets.returns.contracts import FEEDS

FLOW = Flow(
    name="returns",
    description="Return cases of customers.",
    feeds=FEEDS,
    samples=("retail_assets.samples.flows.returns:write",),
)
