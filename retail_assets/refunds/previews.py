"""Pictures of a night for the UI: its photos with their classes, and how sure the classifier was."""

from datetime import date

import polars as pl

from retail_assets.kit.previews import figure_markdown, image_markdown
from retail_assets.lake import Lake
from retail_assets.refunds.settings import RefundSettings
from retail_assets.refunds.tables import REFUND_ITEM_PREDICTIONS

SHEET_PHOTOS = 40
SHEET_COLUMNS = 8


def contact_sheet(lake: Lake, settings: RefundSettings, night: date) -> str | None:
    """Photos of the night with class and confidence, from the least sure to the surest, as Markdown.

    Of many photos, some from everywhere on the way. None when nothing was scored.
    """
    from ml.vision import sheets
    from ml.vision.image_files import ImageLimits

    scored = _scored(lake, night)
    if not scored.height:
        return None
    shown = scored.gather_every(-(-scored.height // SHEET_PHOTOS))
    photos = [lake.stored_file(sha256) for sha256 in shown["sha256"]]
    captions = [
        f"{name}\n{confidence:.0%}{' review' if review else ''}"
        for name, confidence, review in shown.select(
            "predicted_class", "confidence", "needs_review"
        ).iter_rows()
    ]
    limits = ImageLimits(settings.photo_max_bytes, settings.photo_max_pixels)
    sheet = sheets.contact_sheet(photos, captions, columns=SHEET_COLUMNS, limits=limits)
    return image_markdown(sheet, f"{shown.height} of {scored.height:,} photos")


def confidence_histogram(lake: Lake, night: date) -> str | None:
    """How many photos of the night were scored with which confidence, as Markdown; None without any."""
    from ml.vision import sheets

    scored = _scored(lake, night)
    if not scored.height:
        return None
    figure = sheets.confidence_histogram(scored["confidence"].to_numpy(), scored["needs_review"].to_numpy())
    return figure_markdown(figure, "confidence")


def _scored(lake: Lake, night: date) -> pl.DataFrame:
    """The night's photos that have a prediction, each content once, the least sure first."""
    predictions = REFUND_ITEM_PREDICTIONS.read(lake, night.isoformat())
    answered = predictions.filter(pl.col("predicted_class").is_not_null())
    return answered.unique("sha256", keep="first", maintain_order=True).sort("confidence", "sequence")
