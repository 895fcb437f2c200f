"""What the registry is told of a model, and what goes along so that `mlflow models serve` answers for it."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ml.escalation.model import NAME, TEXT, read_card
from ml.tracking.registering import Endpoint, Registration, pinned

MAIN_METRIC = "auc"

NEEDS = ("mlflow", "numpy", "pandas", "polars", "pyarrow", "pydantic", "PyYAML")
"""Distributions that answering needs."""


def describe(folder: Path, origin: str) -> Registration:
    """What the registry is told of the model in a folder; metrics are those of the days it was validated on."""
    card = read_card(folder)
    champion = card["validation"].get("champion", {})
    return Registration(
        model=NAME,
        folder=folder,
        endpoint=endpoint(),
        origin=origin,
        trained_at=datetime.fromisoformat(card["trained_at"]),
        data_hash=card["data"]["sha256"],
        main_metric=MAIN_METRIC,
        metrics={name: value for name, value in champion.items() if value is not None},
        params={
            "contract_version": card["contract_version"],
            "contract_hash": card["contract_hash"],
            "half_life_days": card["half_life_days"],
            "seed": card["seed"],
        },
        texts={TEXT: (folder / TEXT).read_text(encoding="utf-8")},
    )


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
    from mlflow.types.schema import AnyType, Array, Object, Property

    from ml.escalation.cases import COLUMNS
    from ml.escalation.contract import contract

    # What a column holds is for the model to judge: a missing number must not turn a request away.
    columns = dict.fromkeys([*COLUMNS, *contract().names])
    reason = Object(
        [
            *(Property(name, "string") for name in ("code", "direction", "detail")),
            Property("contribution", "double"),
        ]
    )
    outputs: Mapping[str, Any] = {
        "score": "double",
        "label": "string",
        "reason_codes": Array(reason),
        "model_version": "string",
        "error": "string",
    }
    return ModelSignature(
        inputs=Schema([ColSpec(AnyType(), name, required=False) for name in columns]),
        outputs=Schema([ColSpec(kind, name) for name, kind in outputs.items()]),
        params=ParamSchema([ParamSpec("as_of", "string", "")]),
    )
