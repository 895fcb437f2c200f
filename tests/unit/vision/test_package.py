"""A model's folder: what was saved is loaded, and nothing else is."""

import hashlib
import json
import pickle
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ml.vision.images import decode_image
from ml.vision.labels import CLASSES
from ml.vision.package import Classifier, NotAModel, load_classifier, read_card, save_package
from ml.vision.training_pipeline import Built
from tests.unit.vision.drawings import KINDS, labelled


@pytest.fixture
def folder(built: Built, tmp_path: Path) -> Path:
    """A copy of a model, to be damaged."""
    return shutil.copytree(built.folder, tmp_path / "model")


def change_card(folder: Path, **changes: Any) -> None:
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | changes))


def put_weights(folder: Path, content: bytes) -> None:
    """As somebody would who changes the card along with the weights."""
    (folder / "model.safetensors").write_bytes(content)
    change_card(folder, weights_sha256=hashlib.sha256(content).hexdigest())


def pixels_of(classifier: Classifier) -> np.ndarray:
    card = classifier.card
    photos = labelled(KINDS, 8, first=700).images
    return np.stack([decode_image(photo, width=card.width, height=card.height) for photo in photos])


def test_half_precision_keeps_the_predictions(built: Built) -> None:
    loaded = load_classifier(built.folder)
    trained = Classifier(built.trained.network, built.card)
    found, expected = (one.predict(pixels_of(loaded)) for one in (loaded, trained))
    assert found.shape == (40, 27)
    assert found.dtype == np.float32
    assert found.sum(1) == pytest.approx(1, abs=1e-5)
    assert np.abs(found - expected).max() < 0.05
    assert (found.argmax(1) == expected.argmax(1)).mean() > 0.97
    size = (built.folder / "model.safetensors").stat().st_size
    assert size < 25_000_000


def test_an_answer_does_not_depend_on_the_batch_a_photo_is_in(built: Built) -> None:
    classifier = load_classifier(built.folder)
    pixels = pixels_of(classifier)
    alone = np.concatenate([classifier.predict(one[None]) for one in pixels[:6]])
    assert np.abs(alone - classifier.predict(pixels)[:6]).max() < 0.02


def test_the_temperature_divides_the_logits(built: Built, folder: Path) -> None:
    change_card(folder, temperature=2.0)
    classifier = load_classifier(folder)
    pixels = pixels_of(classifier)
    expected = torch.from_numpy(classifier.logits(pixels) / 2).softmax(1).numpy()
    assert classifier.predict(pixels) == pytest.approx(expected, abs=1e-5)


def test_a_version_names_the_weights_wherever_they_lie(built: Built, folder: Path) -> None:
    classifier = load_classifier(folder)
    assert classifier.version == f"packaged-{built.card.weights_sha256[:8]}"
    assert classifier.classes == CLASSES
    assert classifier.review_threshold == built.card.review_threshold
    assert load_classifier(folder, version="item/3").version == "item/3"


def test_weights_that_are_not_the_cards_are_refused(folder: Path) -> None:
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    with pytest.raises(NotAModel, match=r"model\.safetensors is not the file that card\.json describes"):
        load_classifier(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "card.json"])
def test_a_missing_file_is_named(name: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(NotAModel, match=name):
        load_classifier(folder)


def test_no_folder_holds_no_model(tmp_path: Path) -> None:
    with pytest.raises(NotAModel, match="nowhere"):
        load_classifier(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[]", "[" * 100_000, "3", '{"architecture": "resnet18"}', "\udcff"]
)
def test_a_card_that_is_none_is_refused(text: str, folder: Path) -> None:
    (folder / "card.json").write_text(text, errors="surrogateescape")
    with pytest.raises(NotAModel, match=r"card\.json"):
        read_card(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": ["Belts"]}, "its classes are not those"),
        ({"classes": list(reversed(CLASSES))}, "its classes are not those"),
        ({"classes": None}, "card.json"),
        ({"width": 0}, "positive"),
        ({"height": "tall"}, "card.json"),
        ({"temperature": 0}, "positive"),
        ({"temperature": float("nan")}, "positive"),
        ({"review_threshold": -1}, "not negative"),
        ({"temperature": float("inf")}, "positive"),
        ({"width": 96.5}, "positive whole numbers"),
        ({"height": 1_000_000}, "1024 at most"),
        ({"architecture": ["resnet18"]}, "its architecture is no name"),
        ({"surprise": 1}, "surprise"),
        (
            {"architecture": "resnet9000"},
            "No architecture 'resnet9000'; there are: efficientnet_lite0, resnet18",
        ),
        ({"architecture": "efficientnet_lite0"}, "holds no weights of a efficientnet_lite0"),
    ],
)
def test_a_card_that_promises_something_else_is_refused(
    changes: dict[str, Any], message: str, folder: Path
) -> None:
    change_card(folder, **changes)
    with pytest.raises(NotAModel, match=message):
        load_classifier(folder)


class Trap:
    """Unpickling it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def test_nothing_is_unpickled(folder: Path, tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    torch.save({"weights": Trap(sprung)}, tmp_path / "zipped")
    for content in (pickle.dumps(Trap(sprung)), (tmp_path / "zipped").read_bytes(), b"", bytes(100)):
        put_weights(folder, content)
        with pytest.raises(NotAModel, match="holds no weights of a resnet18"):
            load_classifier(folder)
    assert not sprung.exists()
    pickle.loads(pickle.dumps(Trap(sprung)))
    assert sprung.exists(), "the trap works"


def test_a_card_survives_being_written_and_read(built: Built, folder: Path) -> None:
    card = replace(built.card, machine="somebody’s “machine” 🖥", metrics={"x": {"ece": None}})
    written = save_package(built.trained.network, card, folder)
    assert written.weights_sha256 == built.card.weights_sha256, "the same weights are the same bytes"
    assert replace(read_card(folder), recipe=card.recipe) == written
