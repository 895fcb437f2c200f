"""The rules of return cases, as plain data: words, who may do what, which transitions are legal, how long an answer may
take. Python reads them here, dbt models as constants.
"""

STATUSES = ["submitted", "in_review", "waiting_customer", "waiting_merchant", "approved", "rejected"]
FINAL_STATUSES = ["approved", "rejected"]
"""A case in any other status is active."""
WAITING_STATUSES = ["waiting_customer", "waiting_merchant"]
"""Somebody else than operations has to act."""
PRIORITIES = ["low", "medium", "high", "urgent"]
"""From the least to the most pressing."""
ROLES = ["customer", "merchant", "ops", "admin"]
EVIDENCE_KINDS = ["evidence", "response"]
EVENT_TYPES = [
    "created", "status_changed", "priority_changed", "assigned", "escalated", "note_added", "document_added",
    "risk_scored",
]  # fmt: skip

TRANSITIONS = {
    "submitted": ["in_review", "waiting_customer", "waiting_merchant", "approved", "rejected"],
    "in_review": ["waiting_customer", "waiting_merchant", "approved", "rejected"],
    "waiting_customer": ["in_review", "approved", "rejected"],
    "waiting_merchant": ["in_review", "approved", "rejected"],
    "approved": [],
    "rejected": [],
}
"""Status before -> statuses that may follow it."""

SLA_HOURS = {"low": [72, 240], "medium": [48, 120], "high": [24, 72], "urgent": [8, 24]}
"""Priority -> hours from the creation of a case to its first response, and to its resolution."""

_OPERATORS_ALONE = [
    "status_changed", "priority_changed", "assigned", "escalated", "note_added", "risk_scored",
]  # fmt: skip
MAY = {
    "created": {"customer": "own", "admin": "any"},
    "evidence": {"customer": "own", "ops": "any", "admin": "any"},
    "response": {"merchant": "own", "ops": "any", "admin": "any"},
    **{what: {"ops": "any", "admin": "any"} for what in _OPERATORS_ALONE},
}
"""What is done (of a document added: its kind) -> role that may do it -> to any case, or to its own only."""

NAME_CHARACTERS = 200
"""Of who works on a case, which all that happens afterwards repeats; as long as an id."""

FIRST_STATUS, FIRST_PRIORITY = "submitted", "medium"

FOR_SQL = {
    "return_statuses": STATUSES,
    "return_final_statuses": FINAL_STATUSES,
    "return_priorities": PRIORITIES,
    "return_evidence_kinds": EVIDENCE_KINDS,
    "return_transitions": TRANSITIONS,
    "return_sla_hours": SLA_HOURS,
    "return_may": MAY,
    "return_name_characters": NAME_CHARACTERS,
    "return_first": {"status": FIRST_STATUS, "priority": FIRST_PRIORITY},
}
