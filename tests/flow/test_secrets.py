"""Whatever does not answer: nobody reads the password with which the platform would have signed in there."""

import os
from pathlib import Path

import pytest

from ml.errors import quoted, without_passwords
from ml.tracking.registry import Registry
from ml.tracking.session import mlflow_at
from retail_assets.config import REPOSITORY, Settings
from retail_assets.dagster_kit.private import DagsterAway, opened_instance
from tests.prepared import copy_platform, start
from tests.secret import SECRET, files_with_secret, watched_command_lines, with_secret
from tests.servers import free_port


@pytest.mark.parametrize("setting", ["RETAIL_PLATFORM_URL", "RETAIL_MLFLOW_URL"])
def test_set_up_without_its_database(tmp_path: Path, setting: str) -> None:
    url = with_secret(f"postgresql+psycopg2://127.0.0.1:{free_port()}/retail")
    with watched_command_lines() as shown:
        code = start("initialise", tmp_path, **{setting: url}).wait(120)
    assert (code, shown, files_with_secret(tmp_path)) == (1, [], [])
    said = (tmp_path / "initialise.log").read_text().strip()
    assert "database" in said and "\n" not in said, said


@pytest.mark.parametrize(
    "url", [f"http://ann:{SECRET}@127.0.0.1:{{port}}", f"http://ann:1/{SECRET}@127.0.0.1:{{port}}"]
)
def test_set_up_and_models_without_their_server(prepared_platform: Path, tmp_path: Path, url: str) -> None:
    copy_platform(prepared_platform, tmp_path)
    url = url.format(port=free_port())
    with watched_command_lines() as shown:
        code = start("initialise", tmp_path, RETAIL_MLFLOW_URL=url).wait(120)
        listed = start("model_registry", tmp_path, "list", RETAIL_MLFLOW_URL=url).wait(120)
    assert (code, listed, shown, files_with_secret(tmp_path)) == (0, 1, [], [])
    for command in ("initialise", "model_registry"):
        said = (tmp_path / f"{command}.log").read_text().strip()
        assert "MLflow server" in said and "Traceback" not in said


def test_dagster_without_its_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = (REPOSITORY / "deploy" / "dagster-postgres.yaml").read_text()
    (tmp_path / "dagster.yaml").write_text(configuration.replace("port: 5432", f"port: {free_port()}"))
    for name, value in {"HOST": "127.0.0.1", "USERNAME": "ann", "PASSWORD": SECRET, "DB": "runs"}.items():
        monkeypatch.setenv(f"DAGSTER_PG_{name}", value)
    with (
        pytest.raises(DagsterAway, match=r"dagster\.yaml names, cannot be used .* Start it") as told,
        opened_instance(tmp_path),
    ):
        pass
    assert SECRET not in str(told.value)


@pytest.mark.parametrize(
    "said",
    [
        f"API request to http://ann:{SECRET}@host:5000/api failed",
        f"cannot open postgresql+psycopg2://ann:{SECRET}/x@host/retail",
        f"postgresql+psycopg2://host/retail?user=ann&password={SECRET}",
        f"dsn (host=h password={SECRET} user=ann)",
        "x" * 190 + f" https://ann:{SECRET}@host",
    ],
)
def test_what_others_say_is_quoted_without_passwords(said: str) -> None:
    assert SECRET[:4] not in quoted(said) and SECRET not in without_passwords(said)


def test_settings_and_registry_do_not_show_themselves() -> None:
    settings = Settings(platform_url=with_secret("postgresql://h/a"), mlflow_url=with_secret("http://h"))
    assert SECRET not in f"{settings!r} {settings} {Registry(settings.registry_url, Path())!r}"


def test_mlflow_is_not_told_the_password_of_a_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It would stand in its errors and in what it prints; it signs in by the environment, as long as it is at work."""
    monkeypatch.setattr("ml.tracking.session.require_reachable", lambda _: None)
    monkeypatch.delenv("MLFLOW_TRACKING_USERNAME", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_PASSWORD", raising=False)
    with mlflow_at(Registry("http://ann:se%2Fcret@127.0.0.1:9/mlflow", tmp_path)) as mlflow:
        assert mlflow.get_tracking_uri() == "http://127.0.0.1:9/mlflow"
        signed_in = os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"]
    assert signed_in == ("ann", "se/cret")
    assert "MLFLOW_TRACKING_PASSWORD" not in os.environ
