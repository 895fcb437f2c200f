"""Intake as a flow: what comes in, as tables or in archives, what became of it, and decisions about files."""

from retail_assets.audiences import OPERATIONS
from retail_assets.decisions.contracts import FEEDS
from retail_assets.platform import Flow, Mart

FLOW = Flow(
    name="intake",
    description="Files on their way in: tables, archives and decisions; what became of each, and why.",
    feeds=FEEDS,
    handlers={
        "tables": "retail_assets.feeds.handler:table_handler",
        "archives": "retail_assets.feeds.handler:archives",
    },
    decisions="retail_assets.decisions.files:decision_kinds",
    marts=(
        Mart("input_files"),
        Mart("rejected_rows", may_shrink=True),
        Mart("flagged_rows", may_shrink=True),
        Mart("replaced_rows", may_shrink=True),
        Mart("kept_documents", may_shrink=True),
        Mart("quarantined_files", OPERATIONS, may_shrink=True),
    ),
    # Last of all: the one spoils what the others wrote, the other decides about it.
    samples=("retail_assets.samples.flows.mistakes:write", "retail_assets.samples.flows.decisions:write"),
    truth="retail_assets.feeds.truth:truth_found",
    assets="retail_assets.feeds.assets:definitions",
)
