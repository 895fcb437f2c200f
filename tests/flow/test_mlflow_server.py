"""The registry behind an MLflow server: registered, gated, promoted, rolled back, scored from; and the server away."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ml.tracking.champion import fetch_model, move_alias
from ml.tracking.reading import champion, location, require_reachable, versions
from ml.tracking.registering import register
from ml.tracking.registry import CANDIDATE, ORIGIN_TRAINED, Registry, RegistryUnreachable, Tag, Version
from ml.tracking.session import mlflow_at
from retail_assets.config import Settings
from retail_assets.flows import FLOWS
from retail_assets.initialise import initialise
from retail_assets.model_registry.commands import main as models
from retail_assets.models.lifecycle import evaluate_candidate, judge_candidate, train_candidate
from retail_assets.models.resolve import FROM_PACKAGE, FROM_REGISTRY
from retail_assets.models.spec import GateSettings
from retail_assets.platform import Platform
from retail_assets.refunds.model import REFUND_ITEM_CLASSIFIER, describe
from retail_assets.refunds.scoring import refund_model
from tests.classifiers import fresh_mlflow_database, tiny_classifier
from tests.conftest import settings_of
from tests.servers import free_port, guard, mlflow_server
from tests.unit.models.forecasts import NAME, ForecastOptions, Windows

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
POLICY = GateSettings(gate_min_real_examples=5, gate_min_gain=0.01)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    database = folder / "mlflow.db"
    database.write_bytes(fresh_mlflow_database().read_bytes())
    with mlflow_server(folder, database) as address:
        yield address


@pytest.fixture
def registry(address: str) -> Registry:
    return Registry(address, Path("/nowhere"))


def with_server(settings: Settings, address: str) -> Settings:
    return settings.model_copy(update={"mlflow_url": address})


def test_what_is_read_is_what_mlflow_says(registry: Registry, tmp_path: Path) -> None:
    version = register(registry, describe(tiny_classifier(tmp_path / "model", seed=1), ORIGIN_TRAINED))
    version = move_alias(registry, version, CANDIDATE)
    with mlflow_at(registry) as mlflow:
        client = mlflow.MlflowClient()
        said = client.get_model_version(version.model, str(version.number))
        assert version == Version(
            model=said.name,
            number=int(said.version),
            registered_at=datetime.fromtimestamp(said.creation_timestamp / 1000, UTC),
            run_id=said.run_id,
            aliases=tuple(said.aliases),
            tags=said.tags,
        )
        assert location(registry, version) == client.get_model_version_download_uri(said.name, said.version)
    assert version in versions(registry)
    assert fetch_model(registry, version, cache=tmp_path / "cache").name.startswith(f"{version.number}-")
    assert versions(registry, "nothing") == []


def test_a_model_without_endpoint_lives_its_life(registry: Registry, tmp_path: Path) -> None:
    windows = Windows()
    for mase, outcome in ((0.8, "promoted"), (0.9, "rejected"), (0.7, "promoted")):
        windows.digest = f"holdout of {mase}"  # so the champion is measured anew
        options = ForecastOptions(mase=mase)
        train_candidate(registry, windows.spec, options=options, trained_at=AT, command="test")
        evaluate_candidate(registry, windows.spec, cache=tmp_path / "cache")
        judged = judge_candidate(registry, windows.spec, policy=POLICY, at=AT)
        assert judged.tags[Tag.GATE_OUTCOME] == outcome
    found = champion(registry, NAME)
    assert found is not None
    assert found.number == 3


def test_set_up_promotion_and_rollback(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = with_server(settings_of(tmp_path), address)
    platform = Platform(settings, FLOWS)
    initialise(platform)
    assert not (settings.data_dir / "mlflow" / "mlflow.db").exists(), "a server has its own database"
    registry = Registry(address, Path("/nowhere"))
    packaged = champion(registry, REFUND_ITEM_CLASSIFIER)
    assert packaged is not None
    trained = register(registry, describe(tiny_classifier(tmp_path / "model", seed=2), ORIGIN_TRAINED))

    assert models(platform, ["promote", str(trained)]) == 0
    assert refund_model(platform).version == str(trained.number)
    assert models(platform, ["roll-back", REFUND_ITEM_CLASSIFIER]) == 0
    resolved = refund_model(platform)
    assert (resolved.version, resolved.source) == (str(packaged.number), FROM_REGISTRY)

    assert models(platform, ["list"]) == 0
    assert (
        models(platform, ["compare", REFUND_ITEM_CLASSIFIER, str(packaged.number), str(trained.number)]) == 0
    )
    assert models(platform, ["show", str(trained)]) == 0
    assert models(platform, ["promote", f"{REFUND_ITEM_CLASSIFIER}/999"]) == 1
    assert "has no version 999" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "header"),
    [
        (
            {
                "MLFLOW_TRACKING_USERNAME": "ann",
                "MLFLOW_TRACKING_PASSWORD": "se:cret",
                "MLFLOW_TRACKING_TOKEN": "t",
            },
            f"Basic {base64.b64encode(b'ann:se:cret').decode()}",
        ),
        ({"MLFLOW_TRACKING_TOKEN": "t0ken"}, "Bearer t0ken"),
    ],
    ids=["password", "token"],
)
def test_signing_in(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], header: str
) -> None:
    with guard(address, header) as guarded:
        registry = Registry(guarded, Path("/nowhere"))
        with pytest.raises(RegistryUnreachable, match="MLFLOW_TRACKING_USERNAME"):
            require_reachable(registry)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        windows = Windows()
        trained = train_candidate(
            registry, windows.spec, options=ForecastOptions(), trained_at=AT, command="test"
        )
        assert fetch_model(registry, trained, cache=tmp_path / "cache").is_dir()


def test_the_server_is_away(settings: Settings) -> None:
    platform = Platform(with_server(settings, f"http://ann:secret@127.0.0.1:{free_port()}"), FLOWS)
    model = refund_model(platform)
    assert model.source == FROM_PACKAGE
    assert "does not answer" in (model.why_packaged or "")
    assert "secret" not in (model.why_packaged or "")
    assert models(platform, ["list"]) == 1


def test_what_answers_is_no_mlflow_server(address: str) -> None:
    with pytest.raises(RegistryUnreachable, match=r"no MLflow server .*RETAIL_MLFLOW_URL"):
        require_reachable(Registry(f"{address}/elsewhere", Path("/nowhere")))
