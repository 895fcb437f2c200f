"""What set-up asks of MLflow, and what it makes of the answer."""

import subprocess
from typing import Any

import pytest

from ml.tracking.registry import RegistryUnreachable
from retail_assets.config import Settings
from retail_assets.initialise import create_mlflow_database
from tests.classifiers import make_registry


class Upgrades:
    """Stands for the program that changes MLflow's tables."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.environments: list[dict[str, str]] = []
        self.says: str | None = None

    def __call__(self, command: list[str], env: dict[str, str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        self.environments.append(env)
        return subprocess.CompletedProcess(
            command, 1 if self.says else 0, "", f"INFO: updating\n{self.says}\n"
        )


@pytest.fixture
def upgrades(monkeypatch: pytest.MonkeyPatch) -> Upgrades:
    upgrades = Upgrades()
    monkeypatch.setattr(subprocess, "run", upgrades)
    return upgrades


def test_no_password_stands_on_a_command_line(settings: Settings, upgrades: Upgrades) -> None:
    url = "postgresql+psycopg2://retail:secret@127.0.0.1:1/mlflow"
    create_mlflow_database(settings.model_copy(update={"mlflow_url": url}))
    assert upgrades.environments[0]["MLFLOW_TRACKING_URI"] == url
    assert "secret" not in " ".join(upgrades.commands[0])


def test_tables_that_cannot_be_made_end_set_up_with_a_sentence(
    settings: Settings, upgrades: Upgrades
) -> None:
    upgrades.says = "Go back to the newer version."
    with pytest.raises(RegistryUnreachable, match=r"^Go back to the newer version\.$"):
        create_mlflow_database(settings)


def test_tables_are_brought_up_to_date_once_for_each_mlflow(
    settings: Settings, upgrades: Upgrades, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_registry(settings)
    for _ in range(2):
        create_mlflow_database(settings)
    assert len(upgrades.commands) == 1
    monkeypatch.setattr("retail_assets.initialise.version", lambda _: "99")
    for _ in range(2):
        create_mlflow_database(settings)
    assert len(upgrades.commands) == 2
    assert (settings.data_dir / "mlflow" / "mlflow.db").exists()


def test_a_registry_that_is_away_stops_no_set_up(settings: Settings, upgrades: Upgrades) -> None:
    make_registry(settings)
    create_mlflow_database(settings)
    (settings.data_dir / "mlflow" / "mlflow.db").unlink()
    upgrades.says = "It does not answer."
    create_mlflow_database(settings)
