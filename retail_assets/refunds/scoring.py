"""The model that scores the photos of a run, ready to score: the champion, else the one that came with the code."""

from pathlib import Path
from typing import TYPE_CHECKING

from retail_assets.intake.hashing import key_of
from retail_assets.models.resolve import resolve_model
from retail_assets.platform import Platform
from retail_assets.refunds.model import REFUND_ITEM_CLASSIFIER
from retail_assets.refunds.predictions import Model
from retail_assets.refunds.settings import RefundSettings

if TYPE_CHECKING:
    from ml.vision.package import Classifier


def refund_model(platform: Platform) -> Model:
    """Choose and load the model of a run."""
    from ml.vision.image_files import ImageLimits
    from ml.vision.package import NotAModel
    from ml.vision.predict import predict_files

    spec = platform.models[REFUND_ITEM_CLASSIFIER]
    resolved = resolve_model(platform.settings, spec, _loaded, unusable=NotAModel)
    classifier = resolved.loaded
    own = platform.settings_of(RefundSettings)
    limits = ImageLimits(own.photo_max_bytes, own.photo_max_pixels)
    return Model(
        name=REFUND_ITEM_CLASSIFIER,
        version=classifier.version,
        source=resolved.source,
        digest=_digest(classifier),
        score=lambda paths: predict_files(paths, classifier=classifier, limits=limits),
        why_packaged=resolved.why_packaged,
    )


def _loaded(folder: Path, version: str | None) -> "Classifier":
    from ml.vision.package import load_classifier

    return load_classifier(folder, version=version)


def _digest(classifier: "Classifier") -> str:
    """Of all that decides what the model answers."""
    card = classifier.card
    return key_of(
        card.weights_sha256,
        card.classes,
        card.width,
        card.height,
        card.temperature,
        card.review_threshold,
    )
