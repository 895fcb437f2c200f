"""The decision which version scores: promoting, and taking it back by the same decision."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from ml.tracking.reading import champion
from ml.tracking.registering import register
from ml.tracking.registry import ORIGIN_TRAINED, Registry
from retail_assets.config import Settings
from retail_assets.database import platform_engine, reading
from retail_assets.decisions.deciding import Entry, decide
from retail_assets.decisions.kinds import Decision
from retail_assets.flows import platform_of
from retail_assets.intake.admission import admit
from retail_assets.models.spec import registry_of
from retail_assets.platform import Platform
from tests.classifiers import make_registry
from tests.conftest import settings_of
from tests.unit.models.forecasts import NAME, describe

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
NIGHT = date(2026, 11, 21)
ROLES = {"ann": ["operations"], "rae": ["reviewer"]}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a registry with two versions of a forecast, none of them champion."""
    folder = tmp_path_factory.mktemp("prepared")
    settings = settings_of(folder)
    make_registry(settings)
    for number in (1, 2):
        model = folder / str(number)
        model.mkdir()
        (model / "forecast.json").write_text(f'{{"trained_at": "{AT.isoformat()}"}}')
        register(registry_of(settings), describe(model, ORIGIN_TRAINED))
    return platform_of(settings).lake.mlflow / "mlflow.db"


@pytest.fixture
def versions(platform: Platform, prepared: Path) -> Registry:
    """The same as the registry of the test's own platform."""
    platform.lake.mlflow.mkdir(parents=True)
    shutil.copyfile(prepared, platform.lake.mlflow / "mlflow.db")
    return registry_of(platform.settings)


@pytest.fixture
def platform(settings: Settings) -> Platform:
    return platform_of(settings.model_copy(update={"roles": ROLES}))


def promote(platform: Platform, subject: str, *, name: str = "d1", actor: str = "ann") -> Entry:
    decision = Decision(name, AT, actor, "promote_model", subject)
    return decide(settings=platform.settings, handlers=platform.handlers(), as_of=NIGHT, decision=decision)


def promote_all(platform: Platform, subjects: list[str]) -> pl.DataFrame:
    """Drop one file of decisions; the log."""
    rows = [
        {"decision_id": f"d{n}", "at": f"2026-11-21T09:0{n}:00Z", "actor": "ann", "kind": "promote_model"}
        for n in range(len(subjects))
    ]
    inbox = platform.lake.inbox / "decisions"
    inbox.mkdir(parents=True)
    pl.DataFrame(rows).with_columns(subject=pl.Series(subjects)).write_csv(inbox / "promotions.csv")
    (inbox / "promotions.csv.done").touch()
    admit(settings=platform.settings, handlers=platform.handlers(), as_of=NIGHT)
    return pl.read_parquet(platform.lake.ledger / "decisions.parquet").sort("entry")


def scores(registry: Registry) -> int | None:
    found = champion(registry, NAME)
    return found.number if found else None


def test_a_version_is_promoted_and_taken_back_by_the_same_decision(
    platform: Platform, versions: Registry
) -> None:
    for number, version in enumerate((1, 2, 1)):
        entry = promote(platform, f"{NAME}/{version}", name=f"d{number}")
        assert (entry.accepted, entry.state_after) == (True, "champion")
        assert entry.message == f"{NAME}/{version} is champion: it scores what comes from now on."
        assert scores(versions) == version


def test_promoting_the_champion_again_changes_nothing(platform: Platform, versions: Registry) -> None:
    assert promote(platform, f"{NAME}/1", name="d1").accepted
    assert promote(platform, f"{NAME}/1", name="d2").accepted
    assert scores(versions) == 1


REFUSED = {
    f"{NAME}/9": f"The registry has no version 9 of {NAME}; it has: 1, 2.",
    "prices/1": "The registry has no version 1 of prices; it has: none.",
    NAME: "The subject must be model/version, as in model_versions",
    f"{NAME}/one": "The subject must be model/version",
    f"{NAME}/": "The subject must be model/version",
    "/1": "The subject must be model/version",
    f"{NAME}/99999999999999999999": "The subject must be model/version",
}


def test_a_version_that_is_not_there_is_refused(platform: Platform, versions: Registry) -> None:
    log = promote_all(platform, list(REFUSED))
    assert not log["accepted"].any()
    for why, message in zip(REFUSED.values(), log["message"], strict=True):
        assert why in message
    assert scores(versions) is None


def test_who_may_not_promote_is_refused(platform: Platform, versions: Registry) -> None:
    entry = promote(platform, f"{NAME}/1", actor="rae")
    assert not entry.accepted
    assert "rae may not decide promote_model: it needs the role administrator or operations" in entry.message
    assert scores(versions) is None


def test_without_a_registry_the_decision_is_refused_and_can_be_taken_again(platform: Platform) -> None:
    entry = promote(platform, f"{NAME}/1")
    assert not entry.accepted
    assert "There is no model registry" in entry.message
    assert entry.message.endswith("Then decide again, under another decision_id.")


def test_a_registry_that_goes_away_meanwhile_refuses_what_it_did_not_do(
    platform: Platform, versions: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient, MlflowException

    def away(*_: object, **__: object) -> None:
        raise MlflowException("gone")

    monkeypatch.setattr(MlflowClient, "set_registered_model_alias", away)
    entry = promote(platform, f"{NAME}/1")
    assert (entry.accepted, entry.state_after) == (False, None)
    assert "did not do what was asked: gone" in entry.message


def test_decisions_of_one_file_are_taken_in_their_order(platform: Platform, versions: Registry) -> None:
    log = promote_all(platform, [f"{NAME}/2", f"{NAME}/9", f"{NAME}/1"])
    assert log["accepted"].to_list() == [True, False, True]
    assert scores(versions) == 1


def test_the_states_of_many_versions_are_handed_over_as_one_table(
    platform: Platform, versions: Registry
) -> None:
    promote(platform, f"{NAME}/2")
    about = platform.decision_kinds["promote_model"].about
    subjects = [f"{NAME}/1", f"{NAME}/2", f"{NAME}/3", "nonsense"]
    with platform_engine(platform.settings) as engine, reading(engine) as connection:
        table = about.states(connection, pl.Series(subjects))
    assert table["subject"].to_list() == subjects
    assert table["state"].to_list() == ["registered", "champion", None, None]
    assert [refusal is None for refusal in table["refusal"]] == [True, True, False, False]
