"""What goes along with a registered calibration so that `mlflow models serve` answers for it."""

from pathlib import Path
from typing import Any

from ml.forecasting.calibrations.calibration import Calibration
from ml.tracking.registering import Endpoint, pinned

NEEDS = ("mlflow", "numpy", "pandas", "polars", "pyarrow", "scipy", "threadpoolctl", "holidays")
"""Distributions that any forecast needs."""
OF_MEMBERS = {
    "boosted": "lightgbm",
    "boosted_log": "lightgbm",
    "boosted_steady": "lightgbm",
    "lstm": "torch",
    "arima": "statsforecast",
    "mstl": "statsforecast",
    "prophet": "prophet",
}
"""Member -> the distribution that it needs besides."""
COLUMNS = ("series_id", "date", "quantity")


def endpoint(calibration: Calibration, regressors: tuple[str, ...]) -> Endpoint:
    """Pinned to what is installed; `regressors` are the other columns that a history may have."""
    folder = Path(__file__).parent
    needed = {OF_MEMBERS[name] for name in calibration.members if name in OF_MEMBERS}
    return Endpoint(
        code=folder / "serving.py",
        packages=(folder.parent,),
        signature=lambda: _signature(regressors),
        requirements=pinned([*NEEDS, *sorted(needed)]),
    )


def _signature(regressors: tuple[str, ...]) -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import AnyType

    outputs = {"series_id": "string", "date": "string"}
    outputs |= dict.fromkeys(("mean", "lo_80", "hi_80", "lo_95", "hi_95", "expected"), "double")
    outputs |= {"model_version": "string"}
    # What a column holds is for the model to judge, which says what is wrong with it.
    return ModelSignature(
        inputs=Schema([ColSpec(AnyType(), name, required=False) for name in (*COLUMNS, *regressors)]),
        outputs=Schema([ColSpec(kind, name) for name, kind in outputs.items()]),
        params=ParamSchema([ParamSpec("horizon", "long", 0)]),
    )
