"""The endpoint: a history in, a forecast out.

MLflow runs this file when a registered version is loaded (`mlflow models serve`); nothing is unpickled. Rows are those
of a panel (`series_id`, `date`, `quantity`, `out_of_stock`, regressors, attributes); rows without a quantity are days
ahead, of which regressors are known. The answer has a row for each series and day after the newest quantity. The
parameter `horizon` says how many days; else as many as the version was learnt for.
"""

import json
from pathlib import Path
from typing import Any

import mlflow
import polars as pl
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from ml.errors import ExplainedError
from ml.fan_out import FanOut
from ml.forecasting.calibrations.calibration import Calibration, read_calibration
from ml.forecasting.calibrations.ensemble import ENSEMBLE
from ml.forecasting.forecast import forecast
from ml.forecasting.members.base import Setting
from ml.forecasting.members.registry import ENTRIES
from ml.forecasting.panels.reading import PanelRefused, panel_of
from ml.tracking.serving import registered_version

MOST_DAYS = 366


class ServedModel(mlflow.pyfunc.PythonModel):
    def load_context(self, context: Any) -> None:
        folder = Path(context.artifacts["model"])
        self._calibration = read_calibration(folder / "calibration.json")
        self._setting = setting_of(folder)
        self._version = registered_version(folder)

    def predict(self, context, model_input, params=None):  # MLflow reads hints as a schema of their own
        try:
            horizon = int((params or {}).get("horizon") or self._calibration.horizon)
            # pandas has NaN for what is missing, in columns of texts too.
            records = [
                {name: None if value != value else value for name, value in row.items()}
                for row in model_input.to_dict("records")
            ]
            rows = pl.from_dicts(records, infer_schema_length=None, strict=False)
            found = answers(rows, horizon, self._calibration, self._setting)
            return found.with_columns(model_version=pl.lit(self._version)).to_pandas()
        except (ExplainedError, ValueError, TypeError, OverflowError, pl.exceptions.PolarsError) as error:
            raise MlflowException(str(error), error_code=INVALID_PARAMETER_VALUE) from error


def setting_of(folder: Path) -> Setting:
    """Members learn as they did in the backtest of the version."""
    recipe = json.loads((folder / "card.json").read_text(encoding="utf-8"))["recipe"]
    return Setting(seed=int(recipe["seed"]), country=recipe["country"], quick=bool(recipe["quick"]))


def answers(rows: pl.DataFrame, horizon: int, calibration: Calibration, setting: Setting) -> pl.DataFrame:
    """`series_id, date, mean, expected, lo_80, hi_80, lo_95, hi_95` of the days after the newest quantity."""
    if not 0 < horizon <= MOST_DAYS:
        raise PanelRefused(f"A forecast reaches over 1 to {MOST_DAYS} days, not {horizon}.")
    if missing := {"series_id", "date", "quantity"} - set(rows.columns):
        raise PanelRefused(f"The request has no column {', '.join(sorted(missing))}.")
    quantity = pl.col("quantity").cast(pl.Float64, strict=False).fill_nan(None)
    given = rows.with_columns(quantity, pl.col("date").cast(pl.String))
    empty = [name for name in given.columns if given[name].null_count() == len(given)]
    given = given.drop(name for name in empty if name != "quantity")
    history, ahead = (
        given.filter(pl.col("quantity").is_not_null()),
        given.filter(pl.col("quantity").is_null()),
    )
    read = panel_of(history, ahead.drop("quantity") if len(ahead) else None, name="the request")
    made = forecast(
        read.panel,
        horizon,
        calibration=calibration,
        names=tuple(ENTRIES),
        setting=setting,
        fan_out=FanOut(workers=1),
    )
    table = made.table.filter(pl.col("model") == ENSEMBLE).drop("model")
    return table.with_columns(
        pl.col("date").dt.to_string(), expected=pl.Series(made.expected.ravel()).round(6)
    )


mlflow.models.set_model(ServedModel())
