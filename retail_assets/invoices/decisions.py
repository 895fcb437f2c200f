"""The decision about an invoice: confirm it, with corrected values where need be, reject it, or read it again.

The subject is the invoice's id, as in the mart invoices: number of the drop and place in the document.
"""

from typing import TYPE_CHECKING

from retail_assets.decisions.kinds import ADMINISTRATOR, OPERATIONS, REVIEWER, Kind, Subject
from retail_assets.invoices.review import CONFIRM, REVIEW, TRANSITIONS, lacking

if TYPE_CHECKING:
    import polars as pl
    from sqlalchemy import Connection

    from retail_assets.platform import Platform

EXAMPLE = "17-1"


def decision_kinds(platform: "Platform") -> list[Kind]:
    def states(connection: "Connection", subjects: "pl.Series") -> "pl.DataFrame":
        from retail_assets.invoices.states import invoice_states

        return invoice_states(connection, platform.lake, subjects)

    about = Subject("invoice", states, described=f"Invoice, as in the mart invoices ({EXAMPLE}).")
    return [
        Kind(
            name=REVIEW,
            about=about,
            description="Confirm an invoice in preview, where the payload may correct values "
            '({"corrected": {"total": "12.30", "date": "2026-11-02"}}); reject it, with a reason; or have a rejected '
            'or failed one read again, where the payload may name another engine ({"engine": "rapidocr"}).',
            roles=frozenset({ADMINISTRATOR, OPERATIONS, REVIEWER}),
            transitions=TRANSITIONS,
            effect="Invoice {label}: {verdict}.",
            lacking=lacking,
            example={
                "subject": EXAMPLE,
                "verdict": CONFIRM,
                "payload": '{"corrected": {"total": "12.30"}}',
            },
        )
    ]
