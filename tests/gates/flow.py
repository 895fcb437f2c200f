"""The declaration of the flow: what `retail_assets/flows.py` would list."""

import dataframely as dy
from pydantic import Field

from retail_assets.audiences import MERCHANTS, OPERATIONS
from retail_assets.config import FlowSettings
from retail_assets.kit.lake_table import LakeTable
from retail_assets.platform import Flow, Mart


class GateSettings(FlowSettings):
    gate_staff_per_visitors: int = Field(50, ge=1, description="Visitors whom one assistant looks after.")
    gate_open_hours: int = Field(12, ge=1, le=24, description="Hours a day that stores are open.")


class GateCounts(dy.Schema):
    """What gates counted, one row per report."""

    sequence = dy.Int64(description="Number of the report's drop.")
    store_id = dy.String(description="Store of the gate.")
    merchant_id = dy.String(description="Merchant who rents the store.")
    business_date = dy.Date(description="Day that was counted.")
    visitors = dy.Int64(description="People who came in.")


class GateStaffing(dy.Schema):
    """Assistants whom each store needs, by the busiest day so far."""

    store_id = dy.String(description="Store.")
    assistants = dy.Int64(description="Assistants.")


GATE_COUNTS = LakeTable("gate_counts", GateCounts)
GATE_STAFFING = LakeTable(
    "gate_staffing", GateStaffing, reads=("gate_visits",), only_at_night=True, published=True
)

FLOW = Flow(
    name="gates",  # its group in the UI, its folder in the dbt project
    description="How many people come into the stores.",
    settings=GateSettings,
    dbt_settings=("gate_open_hours",),  # what its models read
    handlers={"gates": "tests.gates.handler:gate_handler"},
    decisions="tests.gates.decisions:decision_kinds",
    tables=(GATE_COUNTS, GATE_STAFFING),
    marts=(
        Mart("gate_visits"),
        Mart("gate_staffing", OPERATIONS),
        Mart("gate_visits_by_merchant", MERCHANTS),
    ),
    samples=("tests.gates.sample:write_sample",),
    truth="tests.gates.sample:truth_found",
    assets="tests.gates.assets:definitions",
)
