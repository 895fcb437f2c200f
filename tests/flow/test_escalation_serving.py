"""The endpoint of the ecosystem: `mlflow models serve` with an escalation model, posted to over HTTP."""

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from ml.escalation.__main__ import main
from ml.escalation.endpoint import describe
from ml.escalation.model import NAME
from ml.tracking.champion import set_champion
from ml.tracking.registering import register
from ml.tracking.registry import ORIGIN_TRAINED, Registry
from tests.classifiers import fresh_mlflow_database
from tests.servers import free_port, mlflow_process
from tests.unit.escalation.conftest import NOW

AS_OF = NOW.isoformat()


def run(*words: object) -> None:
    assert main([str(word) for word in words]) == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up cases, a model that learned from them, and its scores of the latest."""
    folder = tmp_path_factory.mktemp("served")
    cases = folder / "cases.parquet"
    run("generate", "--rows", 600, "--until", AS_OF, "--out", cases)
    run("train", cases, "--as-of", (NOW - timedelta(days=5)).isoformat(), "--out", folder / "model")
    latest = pl.read_parquet(cases).drop("escalated").tail(3)
    latest.write_parquet(folder / "latest.parquet")
    words = ("--as-of", AS_OF, "--model", folder / "model", "--out", folder / "scores.parquet")
    run("score", folder / "latest.parquet", *words)
    return folder


@pytest.fixture(scope="module")
def endpoint(folder: Path) -> Iterator[str]:
    shutil.copyfile(fresh_mlflow_database(), folder / "mlflow.db")
    registry = Registry(f"sqlite:///{folder / 'mlflow.db'}", folder / "artifacts")
    register(registry, describe(folder / "model", ORIGIN_TRAINED))
    set_champion(registry, NAME, 1, by="gate", at=NOW)
    port = free_port()
    command = f"models serve -m models:/{NAME}@champion --env-manager local -p {port}"
    ping = f"http://127.0.0.1:{port}/ping"
    with mlflow_process(command, answers=ping, folder=folder, MLFLOW_TRACKING_URI=registry.url):
        yield f"http://127.0.0.1:{port}/invocations"


def post(address: str, rows: list[dict], *, as_of: str = AS_OF) -> list[dict]:
    body = {"dataframe_records": rows, "params": {"as_of": as_of}}
    request = urllib.request.Request(
        address, json.dumps(body, default=str).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["predictions"]


def test_cases_are_answered_as_the_command_line_scores_them(endpoint: str, folder: Path) -> None:
    latest = pl.read_parquet(folder / "latest.parquet").to_dicts()
    scores = pl.read_parquet(folder / "scores.parquet").to_dicts()
    answers = post(endpoint, latest)
    for answer, score in zip(answers, scores, strict=True):
        assert answer["score"] == pytest.approx(score["score"], abs=1e-9)
        assert answer["label"] == score["label"]
        assert [one["code"] for one in answer["reason_codes"]] == [
            one["code"] for one in score["reason_codes"]
        ]
        assert answer["model_version"] == "1"
        assert answer["error"] is None


def test_features_and_cases_that_say_little_are_answered(endpoint: str) -> None:
    features = {
        "merchant_id": "M0001",
        "days_since_delivery": 30,
        "prior_returns": 4,
        "delivery_missing": False,
    }
    bare, late, nonsense, known, nothing = post(
        endpoint,
        [
            {"created_at": "2026-11-19T10:00:00"},
            {"created_at": "2027-01-01"},
            {"created_at": "soon"},
            features,
            {"channel": None},
        ],
    )
    for answer in (bare, known, nothing):
        assert 0 < answer["score"] < 1
        assert answer["reason_codes"]
        assert answer["error"] is None
    for answer in (late, nonsense):
        assert answer["score"] is None
        assert "created_at is no instant" in answer["error"]


@pytest.mark.parametrize(
    ("row", "as_of", "why"),
    [
        ({"created_at": "2026-11-19", "photo_disagrees": "perhaps"}, AS_OF, "it takes true, false"),
        ({"created_at": "2026-11-19", "customer_message": [[]]}, AS_OF, "customer_message of the request"),
        ({"merchant_id": {"id": 1}}, AS_OF, "merchant_id of the request holds no plain value"),
        ({"channel": "web"}, "soon", "Invalid isoformat"),
        ({"channel": "web"}, "9999-12-31T23:59:59-14:00", "out of range"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(endpoint: str, row: dict, as_of: str, why: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(endpoint, [row], as_of=as_of)
    assert refused.value.code == 400
    said = refused.value.read().decode()
    assert why in said
    assert "stack_trace" not in said


def test_a_case_that_stands_twice_in_a_request_is_refused(endpoint: str) -> None:
    rows = [{"case_id": "C-1", "created_at": "2026-11-19"}, {"case_id": "C-1", "channel": "web"}]
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(endpoint, rows)
    assert "C-1 stands in the request more than once" in refused.value.read().decode()
