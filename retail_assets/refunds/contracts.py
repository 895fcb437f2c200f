"""Contracts of refunds: the lists that say which return case a photo belongs to."""

import dataframely as dy

from retail_assets.contract import Feed, identifier

FOLDER = "refunds"
"""The inbox folder of photos, and of the lists that lie between them."""

PHOTO, PHOTO_VERSION = "photo", "1"
"""What the ledger names as the source of a photo."""


class RefundManifests(dy.Schema):
    """One row per photo that a list dropped beside it names; for sources that cannot name a folder per case."""

    file_name = identifier("Name of the photo's file, as it is dropped, without a folder.", primary_key=True)
    listed_on = dy.Date(
        nullable=True, description="Night whose photos the row speaks of; default: the day of admission."
    )
    case_id = identifier("Return case that the photo belongs to.")


FEEDS = (
    Feed(
        "refund_manifests",
        RefundManifests,
        "Which return case a refund photo belongs to. File names repeat: a row speaks of the photos of its night.",
        defaults_to_admission_day=frozenset({"listed_on"}),
        admission_dated=True,
        folder=FOLDER,
        inbox=FOLDER,
    ),
)
