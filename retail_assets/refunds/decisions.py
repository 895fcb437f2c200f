"""The decision about a photo: a person says what it shows. It counts in the marts and teaches the next model.

The subject is the sequence number of the photo's drop, as in the mart refund_items.
"""

from sqlalchemy import Connection

from ml.vision.labels import CLASSES
from retail_assets.feeds.decisions.files import drop_of
from retail_assets.feeds.decisions.kinds import Decision, Kind, Refused
from retail_assets.feeds.tables import LOADED
from retail_assets.refunds.door import FOLDER, SOURCE

OUTSIDE = "outside"
"""The verdict on a photo that shows none of the classes."""

PHOTO = "a photo that counts"


def _state(connection: Connection, subject: str) -> str:
    drop = drop_of(connection, subject)
    if (drop.folder, drop.source) != (FOLDER, SOURCE):
        raise Refused(f"File {drop.sequence} ({drop.folder}/{drop.name}) is no photo of a returned item.")
    return PHOTO if drop.state == LOADED else drop.state


def _relabel(connection: Connection, decision: Decision, after: str) -> str:
    drop = drop_of(connection, decision.subject)
    return f"Photo {drop.sequence} ({drop.name}) shows {decision.verdict}."


KINDS = [
    Kind(
        name="relabel_item",
        about="photo",
        description="Say what the photo of a returned item shows: one of the classes, or `outside` all of them.",
        roles=frozenset({"administrator", "operations", "reviewer"}),
        # The last word counts, so any class may follow any other.
        transitions={verdict: {PHOTO: verdict} for verdict in (*CLASSES, OUTSIDE)},
        state=_state,
        effect=_relabel,
    )
]
