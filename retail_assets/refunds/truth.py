"""Does the classifier see on the sample's photos what was drawn?"""

import polars as pl

from retail_assets.platform import Platform
from retail_assets.samples.truth import Truth, TruthFound, compare


def truth_found(platform: Platform, truth: Truth) -> list[TruthFound]:
    """Photos whose class is right, and goods that were swapped and are seen to be."""
    photos = truth("refunds/photos")
    query = """
        select
            concat_ws('/', told.case_id, told.file_name) as name,
            exists (
                from refund_items as item
                where
                    item.file_name = told.file_name
                    and item.case_id is not distinct from told.case_id
                    and {seen}
            ) as found
        from told
    """
    right, swapped = query.format(seen="item.item_class = told.label"), query.format(seen="item.is_mismatch")
    return [
        compare(platform, "refunds", "photos of goods, class right", right, told=photos),
        compare(
            platform,
            "refunds",
            "photos of swapped goods, found",
            swapped,
            told=photos.filter(pl.col("is_swapped")),
        ),
    ]
