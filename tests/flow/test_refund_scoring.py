"""The real classifier behind the flow: which one it is, and that it answers about stored photos."""

from pathlib import Path

import pytest

from ml.vision.labels import CLASSES
from retail_assets.config import Settings
from retail_assets.lake import Lake
from retail_assets.models.choosing import PACKAGED, REGISTRY, ChosenModel
from retail_assets.refunds import scoring
from retail_assets.refunds.predictions import Model
from retail_assets.refunds.scoring import resolve_model
from tests.classifiers import tiny_classifier
from tests.photos import photo


def answers(model: Model, settings: Settings, *contents: bytes) -> list[tuple]:
    paths = []
    for number, content in enumerate(contents):
        path = Lake(settings.data_dir).stored_file(f"{number:064x}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        paths.append(path)
    [frame] = model.score(paths)
    return frame.select("predicted_class", "error").rows()


def test_without_a_registry_the_packaged_model_answers_and_says_so(settings: Settings) -> None:
    model = resolve_model(settings)
    assert (model.source, model.version[:9]) == (PACKAGED, "packaged-")
    assert "make setup" in (model.why_packaged or "")
    (seen, fine), (nothing, reason) = answers(model, settings, photo(), b"no photo")
    assert (seen in CLASSES, fine, nothing) == (True, None, None)
    assert reason.startswith("not_an_image: ")


def test_the_limits_of_the_settings_hold(settings: Settings) -> None:
    model = resolve_model(settings.model_copy(update={"photo_max_pixels": 100}))
    [(_, reason)] = answers(model, settings, photo())
    assert reason.startswith("too_many_pixels: ")
    assert "100 pixels allowed" in reason


def champion(monkeypatch: pytest.MonkeyPatch, folder: Path, version: str) -> None:
    chosen = ChosenModel("refund-item-classifier", folder, REGISTRY, version)
    monkeypatch.setattr(scoring, "choose_model", lambda settings, name: chosen)


def test_the_champion_scores_under_its_version(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion(monkeypatch, tiny_classifier(tmp_path / "one", seed=1), "7")
    model = resolve_model(settings)
    assert (model.source, model.version, model.why_packaged) == (REGISTRY, "7", None)
    champion(monkeypatch, tmp_path / "one", "8")
    assert resolve_model(settings).digest == model.digest, (
        "the same model under another number answers the same"
    )
    champion(monkeypatch, tiny_classifier(tmp_path / "two", seed=2), "7")
    assert resolve_model(settings).digest != model.digest, "a registry made anew counts from 1 again"


def test_a_champion_that_cannot_be_loaded_is_out_of_reach(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_classifier(tmp_path / "one", seed=1)
    (folder / "model.safetensors").write_bytes(b"half a file")
    champion(monkeypatch, folder, "7")
    model = resolve_model(settings)
    assert model.source == PACKAGED
    assert "version 7, cannot be loaded" in (model.why_packaged or "")
