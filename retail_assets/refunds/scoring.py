"""Which model scores the photos of a run, ready to score: the champion, else the one that came with the code."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from retail_assets.config import Settings
from retail_assets.models.catalogue import MODELS, REFUND_ITEM_CLASSIFIER
from retail_assets.models.choosing import PACKAGED, choose_model
from retail_assets.refunds.predictions import Model

if TYPE_CHECKING:
    from ml.vision.package import Classifier


def resolve_model(settings: Settings) -> Model:
    """Choose and load the model of a run. A champion whose files are no model is as good as out of reach."""
    from ml.vision.package import NotAModel

    chosen = choose_model(settings, REFUND_ITEM_CLASSIFIER)
    source, why_packaged = chosen.source, chosen.why_packaged
    try:
        classifier = _loaded(chosen.folder, chosen.version)
    except NotAModel as error:
        if source == PACKAGED:
            raise
        classifier = _loaded(MODELS[REFUND_ITEM_CLASSIFIER].packaged, None)
        source, why_packaged = PACKAGED, f"The champion, version {chosen.version}, cannot be loaded: {error}"
    return _model(settings, classifier, source=source, why_packaged=why_packaged)


def _loaded(folder: Path, version: str | None) -> "Classifier":
    from ml.vision.package import load_classifier

    return load_classifier(folder, version=version)


def _model(settings: Settings, classifier: "Classifier", *, source: str, why_packaged: str | None) -> Model:
    from ml.vision.image_files import ImageLimits
    from ml.vision.predict import predict_files

    card = classifier.card
    limits = ImageLimits(settings.photo_max_bytes, settings.photo_max_pixels)
    answers_depend_on = [
        card.weights_sha256,
        card.classes,
        card.width,
        card.height,
        card.temperature,
        card.review_threshold,
    ]
    return Model(
        name=REFUND_ITEM_CLASSIFIER,
        version=classifier.version,
        source=source,
        digest=hashlib.sha256(json.dumps(answers_depend_on).encode()).hexdigest()[:32],
        score=lambda paths: predict_files(paths, classifier=classifier, limits=limits),
        why_packaged=why_packaged,
    )
