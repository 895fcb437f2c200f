"""The endpoint: cases in, escalation risk out.

MLflow runs this file when a registered model is loaded (`mlflow models serve`); nothing is unpickled. A row is a case
in the columns of return_cases (`created_at` is there), or its features by the names of the contract, where what is not
given adds nothing. The parameter `as_of` is the instant of scoring; else it is now.
"""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow
import polars as pl
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from ml.errors import ExplainedError, quoted
from ml.escalation.cases import INSTANT, UnusableTable, normalised
from ml.escalation.model import Model, load_model
from ml.escalation.score import score_cases, score_features
from ml.tracking.serving import registered_version

ANSWERED = ("score", "label", "reason_codes", "model_version")


class ServedModel(mlflow.pyfunc.PythonModel):
    def load_context(self, context: Any) -> None:
        folder = Path(context.artifacts["model"])
        self._model = load_model(folder, version=registered_version(folder))

    def predict(self, context, model_input, params=None):  # MLflow reads hints as a schema of their own
        import pandas as pd

        try:
            as_of = _instant((params or {}).get("as_of"))
            rows = [_given(row) for row in model_input.to_dict("records")]
            return pd.DataFrame(answers(self._model, rows, as_of=as_of), dtype=object)
        except (ExplainedError, ValueError, TypeError, OverflowError, pl.exceptions.PolarsError) as error:
            raise MlflowException(str(error), error_code=INVALID_PARAMETER_VALUE) from error


def answers(model: Model, rows: list[dict[str, Any]], *, as_of: datetime) -> list[dict[str, Any]]:
    """score, label, reason_codes, model_version and error of each row: plain values, which JSON can hold.

    Raises UnusableTable where a case stands there twice.
    """
    named = [row | {"case_id": str(row.get("case_id", f"row {n}"))} for n, row in enumerate(rows)]
    ids = Counter(row["case_id"] for row in named)
    if twice := next((case for case, times in ids.items() if times > 1), None):
        raise UnusableTable(f"The case {quoted(twice)} stands in the request more than once.")
    raw = [row for row in named if "created_at" in row]
    features = [row for row in named if "created_at" not in row]
    found: dict[str, dict[str, Any]] = {}
    if raw:
        cases = normalised(pl.from_dicts(raw, infer_schema_length=None, strict=False), "the request")
        frames = score_cases(model, cases, as_of=as_of)
        found |= {one["case_id"]: one for frame in frames for one in frame.iter_rows(named=True)}
    if features:
        table = _features(model, features, as_of)
        frames = score_features(model, table, labelled=model.history, as_of=as_of)
        found |= {one["case_id"]: one for frame in frames for one in frame.iter_rows(named=True)}
    return [_answer(model, found.get(row["case_id"])) for row in named]


def _features(model: Model, rows: list[dict[str, Any]], as_of: datetime) -> pl.DataFrame:
    kinds = {one.name: pl.String if one.kind == "category" else pl.Float64 for one in model.contract.features}
    columns = [
        pl.Series(name, [row.get(name) for row in rows], kind, strict=False) for name, kind in kinds.items()
    ]
    return pl.DataFrame([pl.Series("case_id", [row["case_id"] for row in rows]), *columns]).with_columns(
        pl.lit(as_of, INSTANT).alias("moment")
    )


def _answer(model: Model, score: dict[str, Any] | None) -> dict[str, Any]:
    if score is None:
        error = "created_at is no instant at or before the moment of scoring"
        return dict.fromkeys(ANSWERED) | {"model_version": model.version, "error": error}
    return {name: score[name] for name in ANSWERED} | {"error": None}


def _given(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what is missing; pandas says so in several ways. Raises UnusableTable."""
    for name, value in row.items():
        if isinstance(value, list | dict):  # a deep one would take minutes to become a column
            raise UnusableTable(f"The column {quoted(name)} of the request holds no plain value.")
    return {name: value for name, value in row.items() if value is not None and value == value}


def _instant(text: str | None) -> datetime:
    if not text:
        return datetime.now(UTC)
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


mlflow.models.set_model(ServedModel())
