"""The endpoint: base64 photos in, classes and confidence out.

MLflow runs this file when a registered classifier is loaded (`mlflow models serve`); nothing is unpickled. A
request has a column `image`, and may have the parameter `top_k`; a photo that cannot be read is answered with
an error of its own, and does not fail the others.
"""

import base64
import binascii
from pathlib import Path
from typing import Any

import mlflow
import numpy as np

from ml.tracking.serving import registered_version
from ml.vision.image_files import UnreadableImage
from ml.vision.package import load_classifier
from ml.vision.scoring import scored_batches


class ServedClassifier(mlflow.pyfunc.PythonModel):
    def load_context(self, context: Any) -> None:
        folder = Path(context.artifacts["model"])
        self._classifier = load_classifier(folder, version=registered_version(folder))

    def predict(self, context, model_input, params=None):  # MLflow reads hints as a schema of their own
        import pandas as pd

        top_k = max(1, int((params or {}).get("top_k", 3)))
        photos = [_decoded(text) for text in model_input["image"]]
        answers = [
            self._answer(probabilities, error, top_k)
            for batch in scored_batches(self._classifier, photos)
            for probabilities, error in zip(batch.probabilities, batch.errors, strict=True)
        ]
        return pd.DataFrame(answers, dtype=object)

    def _answer(self, probabilities: np.ndarray, error: UnreadableImage | None, top_k: int) -> dict[str, Any]:
        """One row of the answer: plain values, which JSON can hold."""
        ranked = [
            {"class": self._classifier.classes[index], "confidence": float(probabilities[index])}
            for index in ([] if error else np.argsort(-probabilities, kind="stable")[:top_k])
        ]
        return {
            "predicted_class": ranked[0]["class"] if ranked else None,
            "confidence": ranked[0]["confidence"] if ranked else None,
            "top_k": ranked,
            "model_version": self._classifier.version,
            "error": str(error) if error else None,
        }


def _decoded(text: object) -> bytes:
    try:
        # A data URL of a browser, or the plain text; many encoders break lines.
        return base64.b64decode("".join(str(text).rpartition(",")[2].split()), validate=True)
    except (binascii.Error, ValueError):
        return b"not base64"


mlflow.models.set_model(ServedClassifier())
