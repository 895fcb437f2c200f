"""The real classifier behind the flow: which one it is, and that it answers about stored photos."""

from pathlib import Path

import pytest

from ml.tracking.champion import FetchedModel
from ml.vision.labels import CLASSES
from retail_assets.config import Settings
from retail_assets.flows import FLOWS
from retail_assets.models import resolve
from retail_assets.models.resolve import FROM_PACKAGE, FROM_REGISTRY
from retail_assets.platform import Platform
from retail_assets.refunds.predictions import Model
from retail_assets.refunds.scoring import refund_model
from retail_assets.refunds.settings import RefundSettings
from tests.classifiers import tiny_classifier
from tests.photos import photo


def answers(model: Model, platform: Platform, *contents: bytes) -> list[tuple]:
    paths = []
    for number, content in enumerate(contents):
        path = platform.lake.stored_file(f"{number:064x}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        paths.append(path)
    [frame] = model.score(paths)
    return frame.select("predicted_class", "error").rows()


def test_without_a_registry_the_packaged_model_answers_and_says_so(platform: Platform) -> None:
    model = refund_model(platform)
    assert (model.source, model.version[:9]) == (FROM_PACKAGE, "packaged-")
    assert "make setup" in (model.why_packaged or "")
    (seen, fine), (nothing, reason) = answers(model, platform, photo(), b"no photo")
    assert (seen in CLASSES, fine, nothing) == (True, None, None)
    assert reason.startswith("not_an_image: ")


def test_the_limits_of_the_settings_hold(settings: Settings) -> None:
    platform = Platform(settings, FLOWS, own={RefundSettings: RefundSettings(photo_max_pixels=100)})
    model = refund_model(platform)
    [(_, reason)] = answers(model, platform, photo())
    assert reason.startswith("too_many_pixels: ")
    assert "100 pixels allowed" in reason


def champion(monkeypatch: pytest.MonkeyPatch, folder: Path, version: str) -> None:
    found = FetchedModel(folder, version)
    monkeypatch.setattr(resolve, "resolve_champion", lambda registry, name, cache: found)


def test_the_champion_scores_under_its_version(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion(monkeypatch, tiny_classifier(tmp_path / "one", seed=1), "7")
    model = refund_model(platform)
    assert (model.source, model.version, model.why_packaged) == (FROM_REGISTRY, "7", None)
    champion(monkeypatch, tmp_path / "one", "8")
    assert refund_model(platform).digest == model.digest, (
        "the same model under another number answers the same"
    )
    champion(monkeypatch, tiny_classifier(tmp_path / "two", seed=2), "7")
    assert refund_model(platform).digest != model.digest, "a registry made anew counts from 1 again"


def test_a_champion_that_cannot_be_loaded_is_out_of_reach(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_classifier(tmp_path / "one", seed=1)
    (folder / "model.safetensors").write_bytes(b"half a file")
    champion(monkeypatch, folder, "7")
    model = refund_model(platform)
    assert model.source == FROM_PACKAGE
    assert "version 7, cannot be loaded" in (model.why_packaged or "")
