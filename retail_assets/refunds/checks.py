"""What a night's predictions are asked: does every photo have an answer, by which model, and how sure is it?"""

from datetime import date

import polars as pl

from retail_assets.kit.findings import Finding
from retail_assets.lake import Lake
from retail_assets.models.resolve import FROM_PACKAGE
from retail_assets.refunds.settings import RefundSettings
from retail_assets.refunds.tables import REFUND_IMAGES, REFUND_ITEM_PREDICTIONS


def every_photo_is_answered(lake: Lake, settings: RefundSettings, night: date) -> Finding:
    """Each photo of the night has a prediction, or a reason why there is none."""
    photos = REFUND_IMAGES.read(lake, night.isoformat())
    predictions = REFUND_ITEM_PREDICTIONS.read(lake, night.isoformat())
    answered = predictions.filter(pl.any_horizontal(pl.col("predicted_class", "error").is_not_null()))
    lacking = photos.join(answered, on=["sequence", "sha256"], how="anti").height
    return Finding(
        passed=lacking == 0,
        figures={"photos": photos.height, "without_answer": lacking},
        advice=f"{lacking:,} photos have neither a prediction nor a reason: their bytes could not be read from "
        "data/lake/files. Restore them, then materialise refund_item_predictions for this night again.",
    )


def few_photos_need_review(lake: Lake, settings: RefundSettings, night: date) -> Finding:
    """The share of the night's photos that a person should look at is not above the setting."""
    predictions = REFUND_ITEM_PREDICTIONS.read(lake, night.isoformat())
    to_review = int(predictions["needs_review"].fill_null(True).sum())
    share = to_review / predictions.height if predictions.height else 0.0
    return Finding(
        passed=share <= settings.review_share,
        figures={"photos": predictions.height, "to_review": to_review, "share": round(share, 4)},
        advice=f"{share:.0%} of the photos need review, more than {settings.review_share:.0%} "
        "(RETAIL_REFUND_REVIEW_SHARE). Look at the contact sheet: "
        "other goods or another kind of photo than the model learned from? Relabel some "
        "(relabel_item) and train anew.",
    )


def the_champion_scored(lake: Lake, settings: RefundSettings, night: date) -> Finding:
    """No photo of the night was scored by the packaged model in the champion's place."""
    predictions = REFUND_ITEM_PREDICTIONS.read(lake, night.isoformat())
    stand_in = predictions.filter(model_source=FROM_PACKAGE).height
    return Finding(
        passed=stand_in == 0,
        figures={"photos": predictions.height, "by_the_packaged_model": stand_in},
        advice=f"The champion could not be had (the run's log says why), so the packaged model scored {stand_in:,} "
        "photos. When it is back, a backfill of this night lets the champion score them.",
    )
