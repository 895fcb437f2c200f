"""One model, trained once on drawings, for all tests that need a real one."""

from dataclasses import replace
from pathlib import Path

import pytest

from ml.vision.data import DatasetSpec
from ml.vision.recipe import Recipe
from ml.vision.training_pipeline import Built, build_model
from tests.unit.vision.drawings import COARSE, HAT, KINDS, SHIRT, drawing, labelled, parquet


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Learned from twelve drawings of each kind, measured on six others."""
    folder = tmp_path_factory.mktemp("vision")
    splits = ["train"] * 12 + ["validation"] * 6
    certain = tuple(kind for kind in KINDS if kind not in COARSE)
    fine = parquet(folder / "fine.parquet", labelled(certain, 18), split=splits * 3)
    coarse = parquet(folder / "coarse.parquet", labelled((SHIRT, HAT), 18), split=splits * 2)
    return build_model(
        [
            DatasetSpec(fine, "fine", samples_per_epoch=160, about="Drawings."),
            DatasetSpec(coarse, "coarse", labels=COARSE, samples_per_epoch=160, augmentation="candid"),
        ],
        recipe=replace(Recipe.quick(), sizes=((24, 32),) * 6, learning_rate=0.02),
        seed=1,
        folder=folder / "model",
        command="python -m ml.vision train drawings.yaml --out MODEL",
        trained_at="2026-11-21T12:00:00Z",
    )


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with one drawing of each certain kind, named by it."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for kind in ("Belts", "Trousers", "Watches"):
        drawing(kind, 500).save(folder / f"{kind}.png")
    return folder
