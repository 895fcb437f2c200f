"""What goes along with a registered classifier so that `mlflow models serve` answers for it."""

from pathlib import Path
from typing import Any

from ml.tracking.registering import Endpoint, pinned

NEEDS = (
    "efficientnet-lite-pytorch",
    "mlflow",
    "numpy",
    "pandas",
    "pillow",
    "pillow-heif",
    "polars",
    "PyYAML",
    "safetensors",
    "torch",
    "torchvision",
)
"""Distributions that answering needs."""


def endpoint() -> Endpoint:
    """Pinned to what is installed: the version answers later as it answers today."""
    folder = Path(__file__).parent
    return Endpoint(
        code=folder / "serving.py",
        packages=(folder.parent,),
        signature=_signature,
        requirements=pinned(NEEDS),
    )


def _signature() -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import Array, Object, Property

    ranked = Object([Property("class", "string"), Property("confidence", "double")])
    return ModelSignature(
        inputs=Schema([ColSpec("string", "image")]),
        outputs=Schema(
            [
                ColSpec("string", "predicted_class"),
                ColSpec("double", "confidence"),
                ColSpec(Array(ranked), "top_k"),
                ColSpec("string", "model_version"),
                ColSpec("string", "error"),
            ]
        ),
        params=ParamSchema([ParamSpec("top_k", "long", 3)]),
    )
