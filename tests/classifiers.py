"""Tiny classifiers that answer at once, and an empty model registry for a platform."""

import os
import shutil
import tempfile
import warnings
from functools import cache
from pathlib import Path

from ml.vision.labels import CLASSES
from ml.vision.package import TEXT, Card, save_package
from retail_assets.config import Settings
from retail_assets.lake import Lake

ARCHITECTURE = "efficientnet_lite0"


def tiny_classifier(folder: Path, *, seed: int, accuracy: float = 0.5) -> Path:
    """A model folder with random weights: no better than a guess, and very sure of itself.

    Of the architecture that needs no torchvision, whose import takes a second in every process.
    """
    import torch

    from ml.vision.models import create_model

    torch.manual_seed(seed)
    card = Card(
        architecture=ARCHITECTURE,
        classes=list(CLASSES),
        width=48,
        height=64,
        temperature=0.0001,
        review_threshold=0.5,
        metrics={"all": {"accuracy": accuracy, "ece": None}},
        data=[{"name": "none", "photos": 0, "sha256": "0" * 64, "labels": 0}],
        recipe={},
        seed=seed,
        trained_at="2026-11-21T12:00:00+00:00",
    )
    save_package(create_model(ARCHITECTURE, classes=len(CLASSES)), card, folder)
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
    create_mlflow_tables(f"sqlite:///{path}")
    return path


def create_mlflow_tables(url: str) -> None:
    """What `mlflow db upgrade` does, without a process that imports MLflow once more."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow.db import upgrade

    with warnings.catch_warnings(action="ignore"):
        upgrade.main([url], standalone_mode=False)
