"""The Parquet tables that this flow keeps in the lake: declarations only."""

import dataframely as dy

from retail_assets.contract import instant
from retail_assets.kit.lake_table import LakeTable


class RefundImages(dy.Schema):
    """Photos of returned items that were admitted and count, one file per night."""

    sequence = dy.Int64(description="Number of the drop; what a `relabel_item` decision names.")
    name = dy.String(description="Original file name.")
    folder_case_id = dy.String(
        nullable=True, description="Return case that the inbox folder of the photo named."
    )
    sha256 = dy.String(description="Hash of the bytes.")
    format = dy.String(description="File format, by its content.")
    width = dy.Int32(description="Pixels across, as a viewer shows it.")
    height = dy.Int32(description="Pixels down, as a viewer shows it.")
    bytes = dy.Int64(description="Size in bytes.")
    admitted_at = instant("When it was taken, UTC.")
    admitted_on = dy.Date(description="The night that took it.")


class RefundItemPredictions(dy.Schema):
    """What the classifier sees on each photo, one file per night."""

    sequence = dy.Int64(description="Number of the photo's drop.")
    sha256 = dy.String(description="Hash of the bytes.")
    admitted_on = dy.Date(description="The night that took it.")
    predicted_class = dy.String(
        nullable=True, description="Likeliest class; null when the photo could not be scored."
    )
    confidence = dy.Float32(nullable=True, description="Its calibrated probability.")
    top_k = dy.List(
        dy.Struct({"class": dy.String(), "confidence": dy.Float32()}),
        nullable=True,
        description="The likeliest classes, the likeliest first.",
    )
    entropy = dy.Float32(
        nullable=True, description="Entropy of all class probabilities, in nats; 0 is certain."
    )
    needs_review = dy.Bool(
        nullable=True, description="True when the confidence lies below the model's review threshold."
    )
    model_name = dy.String(description="Registered model that scored it.")
    model_version = dy.String(description="Version of that model.")
    model_source = dy.String(description="registry, or packaged when the registry could not be reached.")
    error = dy.String(nullable=True, description="Why it could not be scored.")


class RefundItemCategories(dy.Schema):
    """Which classes each of the retailer's item categories stands for."""

    item_category = dy.String(description="The retailer's category, in lower case.")
    label = dy.String(
        alias="class",
        nullable=True,
        description="A class that it stands for; null when it is meant to stand for none.",
    )
    position = dy.Int32(description="Place among the classes of the category, from 1.")


REFUND_IMAGES = LakeTable("refund_images", RefundImages)
REFUND_ITEM_PREDICTIONS = LakeTable("refund_item_predictions", RefundItemPredictions)
REFUND_ITEM_CATEGORIES = LakeTable("refund_item_categories", RefundItemCategories)

TABLES = (REFUND_IMAGES, REFUND_ITEM_PREDICTIONS, REFUND_ITEM_CATEGORIES)
