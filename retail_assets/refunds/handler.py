"""How photos of refunds come in: any picture in `inbox/refunds`, or in a folder there named after its case.

Tables dropped between them are lists of photos and go the way of all feeds (`refund_manifests`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from retail_assets.errors import Unreadable
from retail_assets.feeds.readers.kinds import TABLE_SUFFIXES
from retail_assets.intake.handlers import Batch, Handler, Identity, Inbox, Outcome
from retail_assets.intake.hashing import key_of
from retail_assets.intake.ledger_tables import Drop
from retail_assets.platform import Platform
from retail_assets.refunds.contracts import FOLDER, PHOTO, PHOTO_VERSION
from retail_assets.refunds.photo_check import PhotoLimits, check_photos
from retail_assets.refunds.settings import RefundSettings
from retail_assets.refunds.tables import REFUND_IMAGES


def photo_handler(platform: Platform) -> Handler:
    settings = platform.settings_of(RefundSettings)
    limits = PhotoLimits.of(settings)

    def load(paths: Sequence[Path]) -> Iterator[Outcome | Unreadable]:
        for found in check_photos(paths, limits=limits, processes=settings.photo_processes):
            yield found if isinstance(found, Unreadable) else Outcome(metadata=asdict(found))

    return Handler(
        name="refund_photos",
        description="Photos of returned items, loose or in a folder named after their return case.",
        inboxes=(Inbox(FOLDER, platform.lake.inbox / FOLDER, levels=1),),
        reader=Batch(load),
        identify=identify_photo,
        takes=is_photo,
        starts=lambda _: [f"lake/{REFUND_IMAGES.name}"],
    )


def is_photo(folder: str, name: str) -> bool:
    """Whatever is dropped here and does not call itself a table; what it is its bytes have to tell."""
    return folder == FOLDER and not name.lower().endswith(TABLE_SUFFIXES)


def identify_photo(drop: Drop) -> Identity:
    """A photo belongs to the case that its folder names; a loose one is linked by its name, in a list."""
    case, _, file_name = drop.name.rpartition("/")
    values = {"case_id": case} if case else {"file_name": file_name}
    key = key_of(drop.sha256, sorted(values.items()), PHOTO, PHOTO_VERSION)
    return Identity(PHOTO, PHOTO_VERSION, values, key)
