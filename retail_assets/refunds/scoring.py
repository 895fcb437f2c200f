"""Which model scores the photos of a run, ready to score: the champion, else the one that came with the code."""

import hashlib
import json

from retail_assets.config import Settings
from retail_assets.models.catalogue import REFUND_ITEM_CLASSIFIER
from retail_assets.models.choosing import choose_model
from retail_assets.refunds.predictions import Model


def resolve_model(settings: Settings) -> Model:
    """Choose and load the model of a run."""
    from ml.vision.package import load_classifier
    from ml.vision.predict import predict_files

    chosen = choose_model(settings, REFUND_ITEM_CLASSIFIER)
    classifier = load_classifier(chosen.folder, version=chosen.version)
    card = classifier.card
    answers_depend_on = [
        card.weights_sha256,
        card.classes,
        card.width,
        card.height,
        card.temperature,
        card.review_threshold,
    ]
    return Model(
        name=chosen.name,
        version=classifier.version,
        source=chosen.source,
        digest=hashlib.sha256(json.dumps(answers_depend_on).encode()).hexdigest()[:32],
        score=lambda paths: predict_files(paths, classifier=classifier),
        why_packaged=chosen.why_packaged,
    )
