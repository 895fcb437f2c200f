"""A model's life in the registry: registered, promoted, resolved, rolled back."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ml.tracking import champion as champions
from ml.tracking.champion import resolve_champion, set_champion
from ml.tracking.overview import model_versions
from ml.tracking.packaged import register_packaged
from ml.tracking.reading import champion, find_version, location, require_reachable, versions
from ml.tracking.registering import Registration, record_facts, register
from ml.tracking.registry import ORIGIN_PACKAGED, Registry, RegistryUnreachable, Tag, UnknownVersion
from ml.tracking.session import mlflow_at
from ml.tracking.upgrade import upgrade
from tests.classifiers import create_mlflow_tables
from tests.unit.tracking.conftest import AT

Make = Callable[..., Registration]


def _answer(registry: Registry, model: str, cache: Path) -> tuple[str, str]:
    resolved = resolve_champion(registry, model, cache=cache)
    return resolved.version, json.loads((resolved.folder / "card.json").read_text())["answer"]


def test_promoting_and_rolling_back_is_moving_the_alias(
    registry: Registry, candidate: Make, tmp_path: Path
) -> None:
    one = register(registry, candidate("moving", "one"))
    two = register(
        registry,
        candidate("moving", "two", params={"seed": 1}, history=[{"loss": 2.0}, {"loss": 1.0}]),
    )
    assert (one.number, two.number) == (1, 2)
    assert champion(registry, "moving") is None
    with pytest.raises(RegistryUnreachable, match="no champion of moving"):
        resolve_champion(registry, "moving", cache=tmp_path / "cache")
    answers = []
    for number in (1, 2, 1):
        set_champion(registry, "moving", number, by="gate", at=AT)
        answers.append(_answer(registry, "moving", tmp_path / "cache"))
    assert answers == [("1", "one"), ("2", "two"), ("1", "one")]
    with pytest.raises(UnknownVersion, match="no version 7 of moving; it has: 1, 2"):
        set_champion(registry, "moving", 7, by="gate", at=AT)


def test_what_is_read_is_what_mlflow_says(registry: Registry, candidate: Make) -> None:
    for answer in ("one", "two", "gone"):
        register(registry, candidate("said", answer, history=[{"loss": 2.0}, {"loss": 1.0}]))
    set_champion(registry, "said", 2, by="gate", at=AT)
    with mlflow_at(registry) as mlflow:
        client = mlflow.MlflowClient()
        client.delete_model_version("said", "3")
        told = {int(v.version): v for v in client.search_model_versions("name = 'said'")}
        by_alias = int(client.get_model_version_by_alias("said", "champion").version)
        locations = {n: client.get_model_version_download_uri("said", str(n)) for n in told}
        losses = [m.value for m in client.get_metric_history(told[2].run_id, "loss")]
    read = {version.number: version for version in versions(registry, "said")}
    assert read.keys() == told.keys() == {1, 2}
    assert [n for n, version in read.items() if version.is_champion] == [by_alias]
    for number, version in read.items():
        assert version.tags == told[number].tags
        assert version.run_id == told[number].run_id
        assert location(registry, version) == locations[number]
        assert version.registered_at.timestamp() * 1000 == told[number].creation_timestamp
    assert losses == [2.0, 1.0]


def test_files_are_fetched_once_and_survive_the_registry(
    registry: Registry, candidate: Make, tmp_path: Path
) -> None:
    register(registry, candidate("kept", "one"))
    set_champion(registry, "kept", 1, by="gate", at=AT)
    assert _answer(registry, "kept", tmp_path / "cache") == ("1", "one")
    shutil.rmtree(registry.artifacts)
    assert _answer(registry, "kept", tmp_path / "cache") == ("1", "one")
    with pytest.raises(RegistryUnreachable, match="files of kept/1 cannot be had"):
        resolve_champion(registry, "kept", cache=tmp_path / "other")
    assert not list((tmp_path / "other").rglob("*1-*")), "a failed fetch leaves nothing"
    Path(registry.url.removeprefix("sqlite:///")).unlink()
    with pytest.raises(RegistryUnreachable, match="run `make setup`"):
        resolve_champion(registry, "kept", cache=tmp_path / "cache")
    assert not (tmp_path / "mlflow.db").exists(), "looking made no database"


def test_a_server_that_is_down_is_said_at_once() -> None:
    registry = Registry("postgresql+psycopg2://retail:secret@127.0.0.1:1/mlflow", Path("unused"))
    with pytest.raises(RegistryUnreachable) as told:
        require_reachable(registry)
    assert "does not answer" in str(told.value)
    assert "secret" not in str(told.value)


def test_the_packaged_model_is_registered_once(
    registry: Registry, candidate: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, newer = (candidate("boxed", answer, origin=ORIGIN_PACKAGED) for answer in ("first", "newer"))

    class Killed(BaseException):
        pass

    def die(*_, **__) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("ml.tracking.packaged.set_champion", die)
        with pytest.raises(Killed):
            register_packaged(registry, first, at=AT)
    assert champion(registry, "boxed") is None
    for _ in range(2):
        assert register_packaged(registry, first, at=AT).number == 1
    assert [v.number for v in versions(registry, "boxed")] == [1]
    assert champions.champion(registry, "boxed") == find_version(registry, "boxed", 1)
    assert register_packaged(registry, newer, at=AT).is_champion
    assert not register_packaged(registry, first, at=AT).is_champion, "an old one takes nothing back"
    register(registry, candidate("boxed", "trained"))
    set_champion(registry, "boxed", 3, by="gate", at=AT)
    assert not register_packaged(registry, newer, at=AT).is_champion, "what was trained here stays"


def test_what_a_person_went_back_to_stays(registry: Registry, candidate: Make) -> None:
    boxed = [candidate("returned", answer, origin=ORIGIN_PACKAGED) for answer in ("first", "second", "third")]
    for one in boxed[:2]:
        register_packaged(registry, one, at=AT)
    set_champion(registry, "returned", 1, by="decision", at=AT)
    for one in boxed[1:]:
        assert not register_packaged(registry, one, at=AT).is_champion
    assert champion(registry, "returned") == find_version(registry, "returned", 1)


def test_a_promotion_says_that_it_is_done_when_it_is(
    registry: Registry, candidate: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    register(registry, candidate("halfway", "one"))

    def die(*_, **__) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(MlflowClient, "set_registered_model_alias", die)
        with pytest.raises((ConnectionError, RegistryUnreachable)):
            set_champion(registry, "halfway", 1, by="gate", at=AT)
    assert Tag.PROMOTED_AT not in find_version(registry, "halfway", 1).tags
    assert Tag.PROMOTED_AT in set_champion(registry, "halfway", 1, by="gate", at=AT).tags


def test_a_torn_copy_of_the_champion_is_fetched_again(
    registry: Registry, candidate: Make, tmp_path: Path
) -> None:
    register(registry, candidate("torn", "one"))
    set_champion(registry, "torn", 1, by="gate", at=AT)
    resolved = resolve_champion(registry, "torn", cache=tmp_path / "cache")
    (resolved.folder / "card.json").write_text("")
    assert _answer(registry, "torn", tmp_path / "cache") == ("1", "one")


def test_files_that_were_changed_in_the_registry_score_nothing(
    registry: Registry, candidate: Make, tmp_path: Path
) -> None:
    register(registry, candidate("changed", "one"))
    set_champion(registry, "changed", 1, by="gate", at=AT)
    for card in registry.artifacts.rglob("card.json"):
        card.write_text('{"answer": "another"}')
    with pytest.raises(RegistryUnreachable, match=r"not the ones that were registered.* Restore them"):
        resolve_champion(registry, "changed", cache=tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("card.json"))


@pytest.mark.parametrize(
    "url", ["ftp://mlflow:5000", "./mlflow.db", "", "postgresql+psycopg2://retail:secret@host:se/mlflow"]
)
def test_a_registry_that_is_no_database(url: str) -> None:
    with pytest.raises(RegistryUnreachable, match="expected an SQLAlchemy URL such as sqlite:///"):
        require_reachable(Registry(url, Path("unused")))


@pytest.mark.parametrize(
    "url",
    ["http://ann:secret@[::1/mlflow", "http://ann:secret@host:port/", "http://ann:1/secret@host/", "http://"],
)
def test_a_registry_whose_address_is_none(url: str) -> None:
    with pytest.raises(RegistryUnreachable, match="mend RETAIL_MLFLOW_URL") as told:
        require_reachable(Registry(url, Path("unused")))
    assert "secret" not in str(told.value)


def test_a_database_of_a_newer_mlflow_says_what_to_do(registry: Registry) -> None:
    assert upgrade(registry.url) is None
    with closing(sqlite3.connect(registry.url.removeprefix("sqlite:///"))) as database:
        database.execute("update alembic_version set version_num = 'ffffffffffff'")
        database.commit()
    assert "made by a newer MLflow than this one: go back to the newer" in (upgrade(registry.url) or "")


def test_the_overview_has_every_fact(registry: Registry, candidate: Make) -> None:
    version = register(registry, candidate("seen", "one"))
    said = {Tag.GATE_OUTCOME: "rejected", Tag.GATE_REASON: "Worse."}
    record_facts(registry, version, said, done=Tag.GATE_OUTCOME)
    set_champion(registry, "seen", 1, by="decision d1", at=AT)
    (row,) = model_versions(registry).filter(model="seen").to_dicts()
    assert row.pop("registered_at") > AT
    assert len(row.pop("digest")) == 64
    assert row.pop("run_id")
    assert row == {
        "model": "seen",
        "version": 1,
        "alias": "champion",
        "origin": "trained",
        "trained_at": AT,
        "data_hash": "d1",
        "main_metric": "accuracy",
        "metrics": '{"accuracy": 0.9}',
        "frozen_set": None,
        "gate_outcome": "rejected",
        "gate_reason": "Worse.",
        "promoted_at": AT,
        "promoted_by": "decision d1",
    }


def test_on_postgres(postgres_database: Callable[[str], str], candidate: Make, tmp_path: Path) -> None:
    registry = Registry(postgres_database("mlflow"), tmp_path / "artifacts")
    create_mlflow_tables(registry.url)
    for answer in ("one", "two"):
        register(registry, candidate("elsewhere", answer))
    for number, answer in ((2, "two"), (1, "one")):
        set_champion(registry, "elsewhere", number, by="gate", at=AT)
        assert _answer(registry, "elsewhere", tmp_path / "cache") == (str(number), answer)
    assert model_versions(registry)["alias"].to_list() == ["champion", None]
    assert list(registry.artifacts.rglob("card.json")), "files lie where the platform says"


@pytest.mark.parametrize(
    "said", ["", "[]", "no JSON", '{"accuracy": "good"}', '{"accuracy": null}', "[" * 9_999]
)
def test_tags_that_somebody_wrote_stop_nothing(registry: Registry, candidate: Make, said: str) -> None:
    version = register(registry, candidate("tagged", "one"))
    tags = {Tag.METRICS: said, Tag.EVIDENCE: said, Tag.PROMOTED_AT: "yesterday"}
    version = record_facts(
        registry, version, {name: text or " " for name, text in tags.items()}, done=Tag.HOLDOUT
    )
    assert version.metrics == version.examples == {}
    (row,) = model_versions(registry).filter(model="tagged").to_dicts()
    assert row["promoted_at"] is None
