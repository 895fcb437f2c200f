"""The Parquet tables that this flow keeps in the lake: declarations only."""

from retail_assets.lake_tables import LakeTable

REFUND_IMAGES = LakeTable(
    name="refund_images",
    description="Photos of returned items that were admitted and count, one file per night.",
    columns={
        "sequence": ("bigint", "Number of the drop; what a `relabel_item` decision names."),
        "name": ("varchar", "Original file name."),
        "folder_case_id": ("varchar", "Return case that the inbox folder of the photo named."),
        "sha256": ("varchar", "Hash of the bytes."),
        "format": ("varchar", "File format, by its content."),
        "width": ("integer", "Pixels across, as a viewer shows it."),
        "height": ("integer", "Pixels down, as a viewer shows it."),
        "bytes": ("bigint", "Size in bytes."),
        "admitted_at": ("timestamptz", "When it was taken, UTC."),
        "admitted_on": ("date", "The night that took it."),
    },
)

REFUND_ITEM_PREDICTIONS = LakeTable(
    name="refund_item_predictions",
    description="What the classifier sees on each photo, one file per night.",
    columns={
        "sequence": ("bigint", "Number of the photo's drop."),
        "sha256": ("varchar", "Hash of the bytes."),
        "admitted_on": ("date", "The night that took it."),
        "predicted_class": ("varchar", "Likeliest class; null when the photo could not be scored."),
        "confidence": ("float", "Its calibrated probability."),
        "top_k": ("struct(class varchar, confidence float)[]", "The likeliest classes, the likeliest first."),
        "entropy": ("float", "Entropy of all class probabilities, in nats; 0 is certain."),
        "needs_review": ("boolean", "True when the confidence lies below the model's review threshold."),
        "model_name": ("varchar", "Registered model that scored it."),
        "model_version": ("varchar", "Version of that model."),
        "model_source": ("varchar", "registry, or packaged when the registry could not be reached."),
        "error": ("varchar", "Why it could not be scored."),
    },
)

REFUND_ITEM_CATEGORIES = LakeTable(
    name="refund_item_categories",
    description="Which classes each of the retailer's item categories stands for.",
    columns={
        "item_category": ("varchar", "The retailer's category, in lower case."),
        "class": ("varchar", "A class that it stands for; null when it is meant to stand for none."),
        "position": ("integer", "Place among the classes of the category, from 1."),
    },
)

TABLES = [REFUND_IMAGES, REFUND_ITEM_PREDICTIONS, REFUND_ITEM_CATEGORIES]
