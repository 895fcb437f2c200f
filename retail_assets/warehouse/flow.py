"""Publication as a flow: the decisions about what is published. Its assets are made of dbt's models (`assets.py`)."""

from retail_assets.platform import Flow

FLOW = Flow(
    name="publication",
    description="What leaves the platform: its releases, the night they stand at, and what may be missing in one.",
    decisions="retail_assets.warehouse.decisions:decision_kinds",
)
