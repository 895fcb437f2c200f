"""The photos that count, night by night: what the ledger knows of them, as a table of the lake."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import polars as pl

from retail_assets.config import Settings
from retail_assets.lake import Lake, file_lock
from retail_assets.refunds.changed_partitions import partitions_with_other_photos
from retail_assets.refunds.tables import REFUND_IMAGES

LOCK = "refunds"
"""Held while photos are listed or scored: a run that comes meanwhile finds the work done."""

AdmittedPhotos = Callable[[Settings, date], pl.DataFrame]


@dataclass(frozen=True)
class ImagesReport:
    """What a listing of photos found."""

    photos: int
    """Of the run's own night."""
    backfilled: list[date]
    """Older nights whose photos came or went by a decision."""


def list_images(*, settings: Settings, as_of: date, admitted: AdmittedPhotos) -> ImagesReport:
    """Write refund_images for a night, and for other nights whose photos are not what they were."""
    lake = Lake(settings.data_dir)
    with file_lock(lake.lock_file(LOCK)):
        others = sorted(partitions_with_other_photos(lake) - {as_of})
        for night in others:
            _write(lake, night, admitted(settings, night))
        photos = admitted(settings, as_of)
        _write(lake, as_of, photos)
    return ImagesReport(photos=photos.height, backfilled=others)


def _write(lake: Lake, night: date, photos: pl.DataFrame) -> None:
    rows = photos.with_columns(admitted_on=pl.lit(night)).sort("sequence")
    REFUND_IMAGES.write(lake, night.isoformat(), rows)
