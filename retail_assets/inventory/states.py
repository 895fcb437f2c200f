"""What may be decided about proposed orders and transfers, and the states that they are in: said here once. Python
reads it here, dbt models as constants (macros/proposals.sql).

A proposal is in the state of the last decision about it, `proposed` where nobody decided. An order that went to
purchasing is `placed` for good. A transfer that was kept is `placed` too, as long as its approval is the last word: it
may be rejected until it is sent.
"""

APPROVE_ORDER, CUT_ORDER, REJECT_ORDER = ORDER_KINDS = ("approve_order", "cut_order", "reject_order")
APPROVE_TRANSFER, REJECT_TRANSFER = TRANSFER_KINDS = ("approve_transfer", "reject_transfer")
ORDER_STATES = PROPOSED, APPROVED, CUT, REJECTED, PLACED = (
    "proposed",
    "approved",
    "cut",
    "rejected",
    "placed",
)
APPROVED_BEFORE = "approved of an earlier night"
"""Of one of an earlier night that was approved or cut, and of which nothing came yet."""
TO_SEND, BOOKED, FORGOTTEN, TAKEN_BACK = SENDING = ("to_send", "booked", "forgotten", "taken_back")
"""Of a transfer that was kept: a store is to send it; a store booked it; it was not booked for so long that nobody
waits for it; it was rejected afterwards."""


def state_of_order(decided: str | None, *, is_placed: bool) -> str:
    return PLACED if is_placed else decided or PROPOSED


FOR_SQL = {
    "order_decisions": ORDER_KINDS,
    "transfer_decisions": TRANSFER_KINDS,
    "proposal": {state: state for state in ORDER_STATES},
    "sending": {state: state for state in SENDING},
}
