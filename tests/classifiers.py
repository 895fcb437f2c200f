"""Tiny classifiers that answer at once, and an empty model registry for a platform."""

import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from ml.vision.labels import CLASSES
from ml.vision.package import TEXT, Card, save_package
from retail_assets.config import Settings
from retail_assets.lake import Lake


def tiny_classifier(folder: Path, *, seed: int, accuracy: float = 0.5) -> Path:
    """A model folder with random weights: no better than a guess, and very sure of itself."""
    import torch

    from ml.vision.models import create_model

    torch.manual_seed(seed)
    card = Card(
        architecture="resnet18",
        classes=list(CLASSES),
        width=24,
        height=32,
        temperature=0.01,
        review_threshold=0.5,
        metrics={"all": {"accuracy": accuracy, "ece": None}},
        data=[{"name": "none", "photos": 0, "sha256": "0" * 64, "labels": 0}],
        recipe={},
        seed=seed,
        trained_at="2026-11-21T12:00:00+00:00",
    )
    save_package(create_model("resnet18", classes=len(CLASSES)), card, folder)
    (folder / TEXT).write_text("# A model for tests\n")
    return folder


def make_registry(settings: Settings) -> None:
    """What set-up makes of MLflow's database, copied, as making one takes seconds."""
    folder = Lake(settings.data_dir).mlflow
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(fresh_mlflow_database(), folder / "mlflow.db")


@cache
def fresh_mlflow_database() -> Path:
    """MLflow's tables without a row, to be copied."""
    path = Path(tempfile.mkdtemp(prefix="retail-mlflow-")) / "mlflow.db"
    mlflow = Path(sys.executable).parent / "mlflow"
    subprocess.run([mlflow, "db", "upgrade", f"sqlite:///{path}"], check=True, capture_output=True)
    return path
