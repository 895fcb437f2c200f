"""What a customer may see of their own cases: where they stand and what came of them; no risk, no internal note, no id
of whoever works on them, nothing of others.

What may be seen is listed here, so a column that marts get later stays inside.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from retail_assets.errors import ExplainedError
from retail_assets.lake import Lake
from retail_assets.returns.published import published

_OF_CASE = (
    "case_id", "order_reference", "product_id", "item_category", "return_reason", "customer_message", "order_value",
    "currency", "delivery_date", "created_at", "status", "is_active", "first_response_due_at", "sla_due_at",
    "resolved_at",
)  # fmt: skip
_OF_HISTORY = {
    "created": {},
    "status_changed": {"status": "detail"},
    "document_added": {"kind": "detail"},
    "note": {"by": "actor_role", "text": "detail"},
}
"""Entries of the trail that may be seen, where they count -> what is told of them, by their columns."""


class NothingToExport(ExplainedError):
    """No case of that customer is published."""


def customer_view(lake: Lake, customer: str) -> dict[str, Any]:
    """The cases of a customer as the current release has them, the oldest first. Raises NothingToExport."""
    cases = (
        _published(lake, "return_cases").filter(pl.col("customer_id") == customer).select(_OF_CASE).collect()
    )
    if cases.is_empty():
        raise NothingToExport(
            f"No published return case is of customer {customer}. Ids are as the sources write them, in `customer_id` "
            "of the mart return_cases of operations; what came since the last night is there after `make nightly`."
        )
    trail = (
        _published(lake, "return_audit_trail")
        .filter(
            pl.col("case_id").is_in(cases["case_id"].implode()),
            pl.col("type").is_in(list(_OF_HISTORY)),
            pl.col("broken_rule").is_null(),
        )
        .sort("case_id", "place")
        .collect()
    )
    histories = {
        case: list(map(_entry, rows.to_dicts()))
        for (case,), rows in trail.group_by("case_id", maintain_order=True)
    }
    told = [
        {name: _plain(value) for name, value in case.items()}
        for case in cases.sort("created_at", "case_id").to_dicts()
    ]
    return {
        "customer_id": customer,
        "cases": [case | {"history": histories.get(case["case_id"], [])} for case in told],
    }


def _published(lake: Lake, mart: str) -> pl.LazyFrame:
    found = published(lake, mart)
    if found is None:
        raise NothingToExport("No return cases are published yet: run `make nightly`, then export again.")
    return found


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    told = {name: row[column] for name, column in _OF_HISTORY[row["type"]].items()}
    return {"at": _plain(row["happened_at"]), "what": row["type"], **told}


def _plain(value: object) -> Any:
    """A value as JSON has it."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
    return value
