"""The endpoint of the ecosystem: `mlflow models serve` with a demand forecast, posted to over HTTP."""

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ml.fan_out import FanOut
from ml.forecasting.backtests.backtest import Windows
from ml.forecasting.calibrations.calibration import read_calibration, write_calibration
from ml.forecasting.endpoint import endpoint as endpoint_of
from ml.forecasting.forecast import forecast, own_calibration
from ml.forecasting.members.base import Setting
from ml.forecasting.panels.reading import panel_of
from ml.tracking.champion import set_champion
from ml.tracking.registering import Registration, register
from ml.tracking.registry import ORIGIN_TRAINED, Registry
from tests.classifiers import fresh_mlflow_database
from tests.servers import free_port, mlflow_process
from tests.unit.forecasting.made_up import table

NAME = "demand-forecast"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
HISTORY = table(3, 120, promotions=True)
LAST = HISTORY["date"].max()
assert isinstance(LAST, date)
AHEAD = pl.DataFrame(
    [{"series_id": "S00", "date": LAST + timedelta(days=n + 1), "promotion": int(n == 2)} for n in range(7)]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version's folder, learnt by members that cost nothing."""
    folder = tmp_path_factory.mktemp("served")
    panel = panel_of(HISTORY).panel
    names = ("theta", "harmonic")
    learnt = own_calibration(panel, 28, names, Setting(), Windows(count=2), FanOut(workers=1), lambda _: None)
    write_calibration(learnt, folder / "model" / "calibration.json")
    card = {"recipe": {"seed": 0, "country": None, "quick": False}}
    (folder / "model" / "card.json").write_text(json.dumps(card))
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    shutil.copyfile(fresh_mlflow_database(), folder / "mlflow.db")
    registry = Registry(f"sqlite:///{folder / 'mlflow.db'}", folder / "artifacts")
    calibration = read_calibration(folder / "model" / "calibration.json")
    register(
        registry,
        Registration(
            model=NAME,
            folder=folder / "model",
            origin=ORIGIN_TRAINED,
            trained_at=NOW,
            data_hash="none",
            main_metric="wape",
            metrics={"wape": 0.5},
            endpoint=endpoint_of(calibration, ("promotion", "store", "category")),
        ),
    )
    set_champion(registry, NAME, 1, by="gate", at=NOW)
    port = free_port()
    command = f"models serve -m models:/{NAME}@champion --env-manager local -p {port}"
    ping = f"http://127.0.0.1:{port}/ping"
    with mlflow_process(command, answers=ping, folder=folder, MLFLOW_TRACKING_URI=registry.url):
        yield f"http://127.0.0.1:{port}/invocations"


def post(address: str, rows: list[dict], **params: int) -> list[dict]:
    body = {"dataframe_records": rows, "params": params}
    request = urllib.request.Request(
        address, json.dumps(body, default=str).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["predictions"]


def test_a_history_is_answered_by_what_the_forecast_says(address: str, folder: Path) -> None:
    rows = [*HISTORY.to_dicts(), *({**row, "quantity": None} for row in AHEAD.to_dicts())]
    found = post(address, rows, horizon=7)
    made = forecast(
        panel_of(HISTORY, AHEAD).panel,
        7,
        calibration=read_calibration(folder / "model" / "calibration.json"),
        names=("theta", "harmonic"),
        fan_out=FanOut(workers=1),
    )
    expected = made.table.filter(model="ensemble").drop("model").to_dicts()
    assert len(found) == 3 * 7
    for told, row in zip(found, expected, strict=True):
        assert told["model_version"] == "1"
        assert (told["series_id"], told["date"]) == (row["series_id"], str(row["date"]))
        for name in ("mean", "lo_80", "hi_80", "lo_95", "hi_95"):
            assert told[name] == pytest.approx(row[name], abs=1e-6)
        assert told["expected"] >= 0


def test_the_horizon_is_the_versions_own(address: str) -> None:
    assert len(post(address, HISTORY.select("series_id", "date", "quantity").to_dicts())) == 3 * 28


@pytest.mark.parametrize(
    ("rows", "params", "said"),
    [
        ([{"series_id": "a", "date": "2026-11-19"}], {}, "has no column quantity"),
        ([{"series_id": "a", "date": "never", "quantity": 1}], {}, "date of the wrong kind"),
        ([{"series_id": "a", "date": "2026-11-19", "quantity": 1}], {"horizon": 9999}, "1 to 366 days"),
    ],
)
def test_what_is_no_history_is_refused_with_a_sentence(
    address: str, rows: list[dict], params: dict, said: str
) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(address, rows, **params)
    assert refused.value.code == 400
    assert said in refused.value.read().decode()
