"""The photos that admission took, as the ledger has them; a day's are one query, however many there are."""

from datetime import date

import polars as pl
from sqlalchemy import select

from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.intake.ledger_tables import CONTENT_METADATA, DROPS, LOADED
from retail_assets.refunds.contracts import FOLDER, PHOTO

_VALUES = pl.Struct({"case_id": pl.String})
_METADATA = pl.Struct({"format": pl.String, "width": pl.Int32, "height": pl.Int32})
_READ = {
    "sequence": pl.Int64,
    "name": pl.String,
    "name_values": pl.String,
    "sha256": pl.String,
    "content_key": pl.String,
    "metadata": pl.String,
    "bytes": pl.Int64,
    "admitted_at": pl.Datetime("us", "UTC"),
}


def admitted_photos(settings: Settings, as_of: date) -> pl.DataFrame:
    """The photos of a night that count now, in order: duplicates, withdrawn and quarantined ones do not.

    Columns: sequence, name (without the folder), folder_case_id (null for a loose one), sha256, content_key,
    format, width, height (as the photo is looked at), bytes, admitted_at.
    """
    query = (
        select(
            DROPS.c.sequence,
            DROPS.c.name,
            DROPS.c.name_values,
            DROPS.c.sha256,
            DROPS.c.content_key,
            CONTENT_METADATA.c.metadata,
            DROPS.c.size,
            DROPS.c.admitted_at,
        )
        .join(CONTENT_METADATA, CONTENT_METADATA.c.content_key == DROPS.c.content_key)
        .where(
            DROPS.c.folder == FOLDER,
            DROPS.c.partition == as_of,
            DROPS.c.state == LOADED,
            DROPS.c.source == PHOTO,
        )
        .order_by(DROPS.c.sequence)
    )
    with platform_engine(settings) as engine, reading(engine) as connection:
        rows = [tuple(row) for row in connection.execute(query)]
    photos = pl.DataFrame(rows, schema=_READ, orient="row").with_columns(
        pl.col("name").str.split("/").list.last(),
        folder_case_id=pl.col("name_values").str.json_decode(_VALUES).struct.field("case_id"),
        metadata=pl.col("metadata").str.json_decode(_METADATA),
    )
    columns = ["sequence", "name", "folder_case_id", "sha256", "content_key", "format", "width", "height"]
    return photos.unnest("metadata").select(*columns, "bytes", "admitted_at")
