"""Which model a run scores with, whatever the registry says."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ml.tracking.champion import set_champion
from ml.tracking.reading import champion
from ml.tracking.registering import register
from ml.tracking.registry import ORIGIN_TRAINED, Registry
from retail_assets.config import Settings
from retail_assets.models.resolve import FROM_PACKAGE, FROM_REGISTRY, NoModel, ResolvedModel, resolve_model
from retail_assets.models.setup import register_packaged_models
from retail_assets.models.spec import ModelSpec
from tests.unit.models.forecasts import NAME, NoForecast, Windows, describe, load

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _model(folder: Path, mase: float) -> Path:
    folder.mkdir()
    (folder / "forecast.json").write_text(f'{{"mase": {mase}, "trained_at": "{AT.isoformat()}"}}')
    return folder


@pytest.fixture
def spec(windows: Windows, tmp_path: Path) -> ModelSpec:
    """A model that comes with the code."""
    return replace(windows.spec, packaged=_model(tmp_path / "packaged", 0.9))


def resolved(settings: Settings, spec: ModelSpec) -> ResolvedModel[tuple[float, str | None]]:
    """Error and version of the model."""

    def loaded(folder: Path, version: str | None) -> tuple[float, str | None]:
        return load(folder)["mase"], version

    return resolve_model(settings, spec, loaded, unusable=NoForecast)


def test_the_champion_is_taken(
    settings: Settings, registry: Registry, spec: ModelSpec, tmp_path: Path
) -> None:
    for number, mase in ((1, 0.8), (2, 0.7)):
        register(registry, describe(_model(tmp_path / str(number), mase), ORIGIN_TRAINED))
        set_champion(registry, NAME, number, by="gate", at=AT)
        assert resolved(settings, spec) == ResolvedModel((mase, str(number)), FROM_REGISTRY)


def test_without_a_registry_the_packaged_model_stands_in_and_says_why(
    settings: Settings, spec: ModelSpec
) -> None:
    found = resolved(settings, spec)
    assert (found.loaded, found.source) == ((0.9, None), FROM_PACKAGE)
    assert "There is no model registry at" in (found.why_packaged or "")


def test_without_a_champion_the_packaged_model_stands_in(
    settings: Settings, registry: Registry, spec: ModelSpec
) -> None:
    found = resolved(settings, spec)
    assert (found.loaded, found.source) == ((0.9, None), FROM_PACKAGE)
    assert "no champion of weekly-forecast" in (found.why_packaged or "")


def test_a_champion_that_cannot_be_loaded_is_as_good_as_away(
    settings: Settings, registry: Registry, spec: ModelSpec, tmp_path: Path
) -> None:
    broken = _model(tmp_path / "broken", 0.8)
    version = register(registry, describe(broken, ORIGIN_TRAINED))
    set_champion(registry, NAME, version.number, by="gate", at=AT)

    def loaded(folder: Path, version: str | None) -> str | None:
        if version == "1":
            raise NoForecast("half a file")
        return version

    found = resolve_model(settings, spec, loaded, unusable=NoForecast)
    assert (found.loaded, found.source) == (None, FROM_PACKAGE)
    assert found.why_packaged == "The champion, version 1, cannot be loaded: half a file"


def test_a_fault_of_the_loading_code_is_not_hidden(settings: Settings, spec: ModelSpec) -> None:
    def loaded(folder: Path, version: str | None) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        resolve_model(settings, spec, loaded, unusable=NoForecast)


def test_where_none_comes_with_the_code_a_sentence_says_that_nothing_can_score(
    settings: Settings, windows: Windows
) -> None:
    with pytest.raises(NoModel) as raised:
        resolved(settings, windows.spec)
    said = str(raised.value)
    assert said.startswith("No version of weekly-forecast can score, and none comes with the code. ")
    assert "There is no model registry at" in said


def test_before_the_first_training_a_sentence_says_that_one_is_needed(
    settings: Settings, registry: Registry, windows: Windows
) -> None:
    with pytest.raises(NoModel, match="train a version and promote it: `make run JOB=train_forecast`"):
        resolved(settings, windows.spec)


def test_set_up_registers_what_comes_with_the_code_and_nothing_else(
    settings: Settings, registry: Registry, spec: ModelSpec, windows: Windows
) -> None:
    register_packaged_models(settings, [windows.spec])
    assert champion(registry, NAME) is None
    register_packaged_models(settings, [spec])
    assert resolved(settings, spec) == ResolvedModel((0.9, "1"), FROM_REGISTRY)


def test_set_up_does_not_wait_for_a_registry_that_is_away(
    settings: Settings, spec: ModelSpec, caplog: pytest.LogCaptureFixture
) -> None:
    register_packaged_models(settings, [spec])
    assert "The packaged weekly-forecast is not registered yet." in caplog.text
