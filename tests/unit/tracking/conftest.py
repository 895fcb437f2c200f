"""A registry in a temporary folder, and tiny models for it: a folder with one number in it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ml.tracking.registering import Endpoint, Registration
from ml.tracking.registry import ORIGIN_TRAINED, Registry
from tests.classifiers import fresh_mlflow_database

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)

CODE = """
import json
from pathlib import Path

import mlflow


class Constant(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[str], params=None) -> list[str]:
        card = json.loads((Path(context.artifacts["model"]) / "card.json").read_text())
        return [card["answer"] for _ in model_input]


mlflow.models.set_model(Constant())
"""


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A registry of its own, with its tables, as set-up makes it."""
    shutil.copyfile(fresh_mlflow_database(), tmp_path / "mlflow.db")
    return Registry(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "artifacts")


def _signature():
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    return ModelSignature(Schema([ColSpec("string", "text")]), Schema([ColSpec("string", "answer")]))


@pytest.fixture
def candidate(tmp_path: Path) -> Callable[..., Registration]:
    """Makes a candidate whose model answers always the same."""
    code = tmp_path / "constant.py"
    code.write_text(CODE)

    def make(model: str, answer: str, **facts) -> Registration:
        folder = tmp_path / f"model-{answer}"
        folder.mkdir(exist_ok=True)
        (folder / "card.json").write_text(json.dumps({"answer": answer}))
        endpoint = Endpoint(code, (), _signature, ("mlflow",))
        plain = Registration(
            model=model,
            folder=folder,
            endpoint=endpoint,
            origin=ORIGIN_TRAINED,
            trained_at=AT,
            data_hash="d1",
            main_metric="accuracy",
            metrics={"accuracy": 0.9},
        )
        return replace(plain, **facts)

    return make
