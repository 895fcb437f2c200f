"""How photos of refunds come in: any picture in `inbox/refunds`, or in a folder there named after its case.

Tables dropped between them are lists of photos and go the way of all feeds (`refund_manifests`).
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from retail_assets.config import Settings
from retail_assets.feeds.door import Door, Identity, Many, Outcome
from retail_assets.feeds.errors import Unreadable
from retail_assets.feeds.readers.kinds import EXTENSIONS
from retail_assets.refunds.photo_check import PhotoLimits, check_photos

FOLDER = "refunds"
SOURCE, VERSION = "photo", "1"
TABLES = tuple(EXTENSIONS)


def with_photos(door: Door, settings: Settings) -> Door:
    """The same door, where photos come in too."""
    limits = PhotoLimits.of(settings)

    def load(paths: list[Path]) -> Iterator[Outcome | Unreadable]:
        for found in check_photos(paths, limits=limits, processes=settings.photo_processes):
            yield found if isinstance(found, Unreadable) else Outcome(facts=asdict(found))

    many = Many(takes=is_photo, identify=identify_photo, load=load)
    return replace(door, nested=door.nested | {FOLDER}, many=many)


def is_photo(folder: str, name: str) -> bool:
    """Whatever is dropped here and does not call itself a table; what it is its bytes have to tell."""
    return folder == FOLDER and not name.lower().endswith(TABLES)


def identify_photo(folder: str, name: str, sha256: str) -> Identity:
    """A photo belongs to the case that its folder names; a loose one is linked by its name, in a list."""
    case, _, file_name = name.rpartition("/")
    values = {"case_id": case} if case else {"file_name": file_name}
    parts = [sha256, sorted(values.items()), SOURCE, VERSION]
    key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    return Identity(SOURCE, VERSION, values, key)
