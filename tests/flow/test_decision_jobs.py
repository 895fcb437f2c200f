"""Decide with a job of the UI, tick the sensor that follows it: what is accepted starts a run, nothing else does."""

from collections.abc import Iterator

import dagster as dg
import pytest

from retail_assets.dagster_kit.private import SensorExecutionData
from retail_assets.dagster_kit.run_coordinator import LOGIN_TAG
from retail_assets.dagster_kit.wiring import QUIET
from retail_assets.definitions import build_defs
from retail_assets.flows import platform_of
from retail_assets.partitions import today
from retail_assets.platform import Platform
from tests.conftest import settings_of
from tests.plain_platform import PlainPlatform


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A platform of all flows with three loaded files."""
    platform = platform_of(settings_of(tmp_path_factory.mktemp("platform")))
    plain = PlainPlatform(platform.settings, platform.handlers())
    for number in (1, 2, 3):
        plain.drop(f"{number}.csv", f"store_id,name\nS{number},One\n", folder="stores", modified=number)
    plain.admit()
    return platform


@pytest.fixture(scope="module")
def repository(decided: Platform) -> dg.RepositoryDefinition:
    return build_defs(decided).get_repository_def()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def _tick(
    repository: dg.RepositoryDefinition, instance: dg.DagsterInstance, cursor: str | None
) -> SensorExecutionData:
    context = dg.build_sensor_context(instance=instance, cursor=cursor, repository_def=repository)
    return repository.get_sensor_def("decision_made").evaluate_tick(context)


def _launch(
    repository: dg.RepositoryDefinition,
    instance: dg.DagsterInstance,
    kind: str,
    tags: dict[str, str] | None = None,
    **config: str,
) -> dg.ExecuteInProcessResult:
    return repository.get_job(f"decide_{kind}").execute_in_process(
        run_config={"ops": {kind: {"config": config}}},
        instance=instance,
        raise_on_error=False,
        tags=tags,
    )


def _state(platform: Platform, sequence: int) -> str:
    drops = PlainPlatform(platform.settings, platform.handlers()).table("drops")
    return drops.filter(sequence=sequence)["state"].item()


def test_an_accepted_decision_starts_one_run_for_today(
    decided: Platform, repository: dg.RepositoryDefinition, instance: dg.DagsterInstance
) -> None:
    first = _tick(repository, instance, None)
    assert not first.run_requests
    run = _launch(repository, instance, "withdraw_file", subject="1", reason="A test till.")
    assert run.success
    assert _state(decided, 1) == "withdrawn"
    second = _tick(repository, instance, first.cursor)
    [request] = second.run_requests or []
    assert request.run_config == QUIET
    assert request.run_key == run.run_id
    assert repository.get_sensor_def("decision_made").job_name == "file_drop"
    assert request.partition_key == today(decided.settings.zone).isoformat()
    assert request.asset_selection is None, "it may change anything"
    assert not _tick(repository, instance, second.cursor).run_requests


def test_a_refused_decision_fails_with_its_sentence_and_starts_nothing(
    decided: Platform, repository: dg.RepositoryDefinition, instance: dg.DagsterInstance
) -> None:
    first = _tick(repository, instance, None)
    run = _launch(repository, instance, "withdraw_file", subject="99")
    assert "no file" in _failure(run)
    assert _state(decided, 2) == "loaded"
    assert not _tick(repository, instance, first.cursor).run_requests


def test_the_launchpad_takes_no_other_verdict_than_those_of_the_kind(
    repository: dg.RepositoryDefinition,
) -> None:
    config = {"subject": "3", "verdict": "not_a_class"}
    with pytest.raises(dg.DagsterInvalidConfigError, match="not_a_class"):
        repository.get_job("decide_relabel_item").execute_in_process(
            run_config={"ops": {"relabel_item": {"config": config}}}
        )


def test_the_launchpad_reads_no_variable_of_the_environment(
    repository: dg.RepositoryDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETAIL_PLATFORM_URL", "postgresql://ann:secret@host/retail")
    for field in ("subject", "reason", "payload"):
        config = {"subject": "1"} | {field: {"env": "RETAIL_PLATFORM_URL"}}
        with pytest.raises(dg.DagsterInvalidConfigError):
            repository.get_job("decide_withdraw_file").execute_in_process(
                run_config={"ops": {"withdraw_file": {"config": config}}}
            )


@pytest.mark.parametrize(
    ("setting", "tags", "sentence"),
    [
        ({"local_actor": "ann"}, {}, "ann may not decide"),
        ({"local_actor": "ann"}, {LOGIN_TAG: "admin"}, "ann may not decide"),
        ({"local_actor": "auto"}, {}, "nobody decides under that name"),
        ({"login_header": "X-Forwarded-User"}, {}, "Nobody is named by X-Forwarded-User"),
        ({"login_header": "X-Forwarded-User"}, {LOGIN_TAG: "admin"}, "take `run_coordinator` from"),
    ],
)
def test_nobody_decides_as_somebody_else(
    decided: Platform,
    instance: dg.DagsterInstance,
    setting: dict[str, str],
    tags: dict[str, str],
    sentence: str,
) -> None:
    platform = platform_of(decided.settings.model_copy(update=setting))
    jobs = build_defs(platform).get_repository_def()
    run = _launch(jobs, instance, "withdraw_file", tags, subject="2")
    assert sentence in _failure(run)
    assert _state(decided, 2) == "loaded"


def _failure(run: dg.ExecuteInProcessResult) -> str:
    assert not run.success
    failure = run.failure_data_for_node("withdraw_file")
    assert failure
    assert failure.error
    return failure.error.message


def test_every_kind_of_decision_has_a_job(decided: Platform, repository: dg.RepositoryDefinition) -> None:
    jobs = {job.name for job in repository.get_all_jobs()}
    assert {f"decide_{kind}" for kind in decided.decision_kinds} <= jobs
