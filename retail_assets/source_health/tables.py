"""The Parquet table that this flow keeps in the lake: declarations only."""

import dataframely as dy

from retail_assets.kit.lake_table import LakeTable


class FileProfiles(dy.Schema):
    """What a loaded file brought to a feed, counted once when it came: a row per content and feed."""

    content_key = dy.String(description="Names the content: bytes, name, mapping and contract.")
    feed = dy.String(description="Feed that got rows of it.")
    profiled_on = dy.Date(description="The night that counted it.")
    rows = dy.Int64(description="Rows admitted.")
    newest_business_date = dy.Date(
        nullable=True, description="Newest business date up to the night; null in feeds without any."
    )
    absent_columns = dy.List(
        dy.String(),
        nullable=True,
        description="Columns that the mapping speaks of and the file lacks; null where nobody noted them.",
    )
    by_column = dy.List(
        dy.Struct({"name": dy.String(), "nulls": dy.Int64(), "words": dy.List(dy.String())}),
        description="Per contract column its nulls and, where they are few, the different words in it.",
    )


FILE_PROFILES = LakeTable("file_profiles", FileProfiles)
