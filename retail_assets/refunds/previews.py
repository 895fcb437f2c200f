"""Pictures of a night for the UI: its photos with their classes, and how sure the classifier was.

They are stored with the event that shows them, so their size is bounded, whatever the night holds.
"""

import base64
import io
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from retail_assets.config import Settings
from retail_assets.lake import Lake
from retail_assets.refunds.tables import REFUND_ITEM_PREDICTIONS

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL import Image

SHEET_PHOTOS = 40
SHEET_COLUMNS = 8
SHEET_COLOURS = (256, 64, 16)
MAX_BYTES = 300_000
"""Of one picture, as PNG."""


def contact_sheet(settings: Settings, night: date) -> str | None:
    """Photos of the night with class and confidence, from the least sure to the surest, as Markdown.

    Of many photos, some from everywhere on the way. None when nothing was scored.
    """
    from ml.vision import sheets
    from ml.vision.image_files import ImageLimits

    lake = Lake(settings.data_dir)
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
    png = _png(sheets.contact_sheet(photos, captions, columns=SHEET_COLUMNS, limits=limits))
    return _markdown(png, f"{shown.height} of {scored.height:,} photos")


def confidence_histogram(lake: Lake, night: date) -> str | None:
    """How many photos of the night were scored with which confidence, as Markdown; None without any."""
    from ml.vision import sheets

    scored = _scored(lake, night)
    if not scored.height:
        return None
    figure = sheets.confidence_histogram(scored["confidence"].to_numpy(), scored["needs_review"].to_numpy())
    return figure_markdown(figure, "confidence")


def figure_markdown(figure: "Figure", title: str) -> str:
    """A figure as Markdown that holds its picture."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80)
    return _markdown(buffer.getvalue(), title)


def _scored(lake: Lake, night: date) -> pl.DataFrame:
    """The night's photos that have a prediction, each content once, the least sure first."""
    predictions = REFUND_ITEM_PREDICTIONS.read(lake, night.isoformat())
    answered = predictions.filter(pl.col("predicted_class").is_not_null())
    return answered.unique("sha256", keep="first", maintain_order=True).sort("confidence", "sequence")


def _png(picture: "Image.Image") -> bytes:
    """With as many colours as the bound allows."""
    for colours in SHEET_COLOURS:
        buffer = io.BytesIO()
        picture.quantize(colours).save(buffer, format="png", optimize=True)
        if buffer.tell() <= MAX_BYTES:
            break
    return buffer.getvalue()


def _markdown(png: bytes, title: str) -> str:
    return f"![{title}](data:image/png;base64,{base64.b64encode(png).decode()})"
