"""The endpoint of the ecosystem: `mlflow models serve` with the champion, posted to over HTTP."""

import base64
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ml.tracking.champion import set_champion
from ml.tracking.registering import register
from ml.tracking.registry import ORIGIN_TRAINED
from ml.vision.labels import CLASSES
from retail_assets.config import Settings
from retail_assets.models.spec import registry_of
from retail_assets.refunds.model import REFUND_ITEM_CLASSIFIER, describe
from tests.classifiers import make_registry, tiny_classifier
from tests.photos import noise
from tests.servers import free_port, mlflow_process
from tests.unit.tracking.conftest import AT


@pytest.fixture
def endpoint(settings: Settings, tmp_path: Path) -> Iterator[str]:
    """Version 2 of the classifier behind an address of its own."""
    make_registry(settings)
    registry = registry_of(settings)
    for seed in (1, 2):
        folder = tiny_classifier(tmp_path / f"model-{seed}", seed=seed)
        register(registry, describe(folder, ORIGIN_TRAINED))
    set_champion(registry, REFUND_ITEM_CLASSIFIER, 2, by="gate", at=AT)
    port = free_port()
    command = f"models serve -m models:/{REFUND_ITEM_CLASSIFIER}@champion --env-manager local -p {port}"
    ping = f"http://127.0.0.1:{port}/ping"
    with mlflow_process(command, answers=ping, folder=tmp_path, MLFLOW_TRACKING_URI=settings.registry_url):
        yield f"http://127.0.0.1:{port}/invocations"


def _post(address: str, body: dict) -> list[dict]:
    request = urllib.request.Request(
        address, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["predictions"]


def test_a_posted_photo_is_answered(endpoint: str) -> None:
    good = base64.b64encode(noise()).decode()
    lines = base64.encodebytes(noise()).decode()
    photos = [good, f"data:image/jpeg;base64,{good}", lines, good[: len(good) // 8 * 4], "?", None]
    body = {"dataframe_records": [{"image": photo} for photo in photos], "params": {"top_k": 2}}
    first, same, wrapped, broken, nonsense, missing = _post(endpoint, body)
    assert first == same
    assert first["predicted_class"] in CLASSES
    assert first["model_version"] == "2"
    assert first["error"] is None
    assert 0 < first["confidence"] <= 1
    assert first["top_k"][0] == {"class": first["predicted_class"], "confidence": first["confidence"]}
    assert len(first["top_k"]) == 2
    assert wrapped["error"] is None
    for answer, reason in ((broken, "truncated"), (nonsense, "not_an_image"), (missing, "not_an_image")):
        assert answer["predicted_class"] is None
        assert answer["error"].startswith(f"{reason}: ")
    assert len(_post(endpoint, {"inputs": {"image": [good]}})[0]["top_k"]) == 3
