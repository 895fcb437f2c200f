"""Does the classifier see on the sample's photos what was drawn?"""

from retail_assets.platform import Platform
from retail_assets.samples.truth import Truth, TruthFound, ask_published


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Photos whose class is right, and goods that were swapped and are seen to be."""
    photos = truth("refunds/photos")
    seen = ask_published(
        platform,
        """
        select
            count(*) as known,
            count(*) filter (where item.item_class = photos.label) as right_class,
            count(*) filter (where photos.is_swapped and item.is_mismatch) as swapped_found
        from photos
        inner join refund_items as item
            on item.file_name = photos.file_name and item.case_id is not distinct from photos.case_id
        """,
        photos=photos,
    ).row(0, named=True)
    swapped = int(photos["is_swapped"].sum())
    return [
        TruthFound("refunds", "photos of goods, class right", photos.height, seen["right_class"]),
        TruthFound("refunds", "photos of swapped goods, found", swapped, seen["swapped_found"]),
    ]
