"""Which nights' photos have changed since they were last looked at.

A decision of today may release or withdraw a photo of an older night. So a run takes its own night and those
where what should be there and what is there differ; a run that died half-way leaves nothing that this misses.
"""

from datetime import date

import duckdb

from retail_assets.kit.lake_table import LakeTable
from retail_assets.lake import Lake
from retail_assets.refunds.contracts import FOLDER, PHOTO
from retail_assets.refunds.tables import REFUND_IMAGES, REFUND_ITEM_PREDICTIONS
from retail_assets.sql import literal, parquet

PHOTOS_OF_LEDGER = f"folder = {literal(FOLDER)} and source = {literal(PHOTO)} and state = 'loaded'"


def partitions_with_other_photos(lake: Lake) -> set[date]:
    """Nights whose photos in the ledger are not those of refund_images."""
    drops = parquet(lake.ledger / "drops.parquet")
    ledger = f'select "partition" as night, sequence from {drops} where {PHOTOS_OF_LEDGER}'
    return _differing(ledger, _rows(lake, REFUND_IMAGES))


def partitions_with_unanswered_photos(lake: Lake) -> set[date]:
    """Nights whose photos in refund_images are not those of refund_item_predictions."""
    return _differing(_rows(lake, REFUND_IMAGES), _rows(lake, REFUND_ITEM_PREDICTIONS))


def _rows(lake: Lake, table: LakeTable) -> str:
    parts = parquet(table.parts(lake), union_by_name=True)
    return f"select admitted_on as night, sequence from {parts}"


def _differing(wanted: str, there: str) -> set[date]:
    # The bytes of a drop never change, so its number is enough; this reads all nights there ever were.
    digest = "night, count(*) as photos, bit_xor(hash(sequence)) as digest"
    with duckdb.connect() as connection:
        nights = connection.execute(
            f"""
            with wanted as (select {digest} from ({wanted}) group by night),
            there as (select {digest} from ({there}) group by night)
            select coalesce(wanted.night, there.night)
            from wanted full join there on wanted.night = there.night
            where (wanted.photos, wanted.digest) is distinct from (there.photos, there.digest)
            """
        ).fetchall()
    return {night for (night,) in nights}
