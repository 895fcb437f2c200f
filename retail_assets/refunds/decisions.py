"""The decision about a photo: a person says what it shows. It counts in the marts and teaches the next model.

The subject is the sequence number of the photo's drop, as in the mart refund_items.
"""

from typing import TYPE_CHECKING

from ml.vision.labels import CLASSES
from retail_assets.decisions.kinds import ADMINISTRATOR, OPERATIONS, REVIEWER, Kind, Subject
from retail_assets.refunds.contracts import FOLDER, PHOTO

if TYPE_CHECKING:
    import polars as pl
    from sqlalchemy import Connection

    from retail_assets.platform import Platform

OUTSIDE = "outside"
"""The verdict on a photo that shows none of the classes."""

COUNTS = "a photo that counts"


def _states(connection: "Connection", subjects: "pl.Series") -> "pl.DataFrame":
    import polars as pl

    from retail_assets.decisions.files import drops_named
    from retail_assets.intake.ledger_tables import LOADED

    found, refused = drops_named(connection, subjects)
    rows = []
    for subject, drop in found.items():
        if (drop.folder, drop.source) == (FOLDER, PHOTO):
            state = COUNTS if drop.state == LOADED else drop.state
            rows.append((subject, state, f"{drop.sequence} ({drop.name})", None))
        else:
            why = f"File {drop.sequence} ({drop.folder}/{drop.name}) is no photo of a returned item."
            rows.append((subject, None, None, why))
    schema = dict.fromkeys(["subject", "state", "label", "refusal"], pl.String)
    return pl.concat([pl.DataFrame(rows, schema=schema, orient="row"), refused], how="diagonal")


_PHOTO = Subject(
    "photo",
    _states,
    described="Sequence number of the photo, as in the mart refund_items (112).",
)

RELABEL_ITEM = Kind(
    name="relabel_item",
    about=_PHOTO,
    description="Say what the photo of a returned item shows: one of the classes, or `outside` all of them.",
    roles=frozenset({ADMINISTRATOR, OPERATIONS, REVIEWER}),
    # The last word counts, so any class may follow any other.
    transitions={verdict: {COUNTS: COUNTS} for verdict in (*CLASSES, OUTSIDE)},
    effect="Photo {label} shows {verdict}.",
    example={"subject": "112", "verdict": CLASSES[0]},
)


def decision_kinds(_: "Platform") -> list[Kind]:
    return [RELABEL_ITEM]
