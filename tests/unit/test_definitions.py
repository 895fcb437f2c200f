"""What the code location holds, with the status of everything that fires by itself."""

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster import DefaultScheduleStatus, DefaultSensorStatus

from retail_assets.config import Settings
from retail_assets.dagster_kit.wiring import QUIET
from retail_assets.definitions import build_defs
from retail_assets.flows import platform_of
from retail_assets.lake import Lake
from retail_assets.platform import Platform, load
from tests.conftest import settings_of


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return platform_of(settings_of(tmp_path_factory.mktemp("platform")))


@pytest.fixture(scope="module")
def defs(whole: Platform) -> dg.Definitions:
    return build_defs(whole)


def test_schedules_and_sensors_say_whether_they_run(whole: Platform, defs: dg.Definitions) -> None:
    repository = defs.get_repository_def()
    assert {
        s.name: (s.cron_schedule, s.execution_timezone, s.default_status) for s in repository.schedule_defs
    } == {
        "nightly_at_two": ("0 2 * * *", "Europe/Berlin", DefaultScheduleStatus.RUNNING),
        "weekly_tests_on_sunday": ("0 5 * * 0", "Europe/Berlin", DefaultScheduleStatus.RUNNING),
        "weekly_verification_on_sunday": ("0 4 * * 0", "Europe/Berlin", DefaultScheduleStatus.RUNNING),
        "weekly_drift_on_saturday": ("0 5 * * 6", "Europe/Berlin", DefaultScheduleStatus.RUNNING),
        "ops_queue_every_15_minutes": ("*/15 * * * *", "Europe/Berlin", DefaultScheduleStatus.RUNNING),
        "train_refund_classifier_on_saturday": ("0 6 * * 6", "Europe/Berlin", DefaultScheduleStatus.STOPPED),
        "train_demand_models_on_saturday": ("0 6 * * 6", "Europe/Berlin", DefaultScheduleStatus.STOPPED),
        "train_escalation_risk_on_saturday": ("0 6 * * 6", "Europe/Berlin", DefaultScheduleStatus.STOPPED),
    }
    assert {s.name: s.default_status for s in repository.sensor_defs} == {
        **{f"{handler.name}_dropped": DefaultSensorStatus.RUNNING for handler in whole.handlers().all},
        "decision_made": DefaultSensorStatus.RUNNING,
        "demand_models_drifted": DefaultSensorStatus.STOPPED,
        "escalation_risk_drifted": DefaultSensorStatus.STOPPED,
    }


def test_what_schedules_start_is_quiet_on_the_terminal(defs: dg.Definitions) -> None:
    now = datetime(2026, 11, 21, 2, tzinfo=ZoneInfo("Europe/Berlin"))
    repository = defs.get_repository_def()
    for schedule in repository.schedule_defs:
        with dg.build_schedule_context(scheduled_execution_time=now, repository_def=repository) as context:
            for request in schedule.evaluate_tick(context).run_requests or []:
                assert request.run_config == QUIET, schedule.name
                assert dg.validate_run_config(defs.resolve_job_def(schedule.job_name), request.run_config)


def test_a_quiet_run_tells_the_terminal_warnings_and_the_ui_everything(
    capfd: pytest.CaptureFixture[str],
) -> None:
    @dg.op
    def speak(context: dg.OpExecutionContext) -> None:
        context.log.info("all is well")
        context.log.warning("all is not well")

    with dg.DagsterInstance.ephemeral() as instance:
        job = dg.GraphDefinition("talk", node_defs=[speak]).to_job()
        run = job.execute_in_process(instance=instance, run_config=QUIET)
        kept = [entry.user_message for entry in instance.all_logs(run.run_id)]
    [line] = capfd.readouterr().err.splitlines()
    assert "all is not well" in line
    assert "all is well" in kept


def test_every_kind_of_decision_has_a_job(whole: Platform, defs: dg.Definitions) -> None:
    jobs = {job.name for job in defs.get_repository_def().get_all_jobs() if not job.name.startswith("__")}
    assert jobs == {
        "nightly",
        "file_drop",
        "weekly_tests",
        "weekly_verification",
        "weekly_drift",
        "ops_queue",
        "train_refund_classifier",
        "train_demand_models",
        "train_escalation_risk",
        *(f"decide_{kind}" for kind in whole.decision_kinds),
    }


def test_every_asset_is_described_owned_and_fresh(whole: Platform, defs: dg.Definitions) -> None:
    trained = {"refunds_training", "returns_training", "demand_training"}
    groups = {flow.name for flow in whole.flows} | trained | {"publication"}
    for spec in defs.resolve_all_asset_specs():
        assert spec.description, spec.key
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
        # A model is as fresh as somebody wanted it to be.
        assert spec.freshness_policy or spec.group_name in trained, spec.key
        assert spec.group_name in groups, spec.key


def test_every_asset_stands_under_its_kind(whole: Platform, defs: dg.Definitions) -> None:
    kinds = {"feeds", "intake", "lake", "staging", "intermediate", "marts", "models", "published"}
    keys = [spec.key.path for spec in defs.resolve_all_asset_specs()]
    assert {kind for kind, *_ in keys} == kinds
    assert all(len(key) == 2 for key in keys)
    assert {name for kind, name in keys if kind == "feeds"} == set(whole.feeds)


def test_every_place_that_a_flow_names_holds_code(whole: Platform) -> None:
    for flow in whole.flows:
        alone = (flow.decisions, flow.models, flow.sample_files, flow.truth, flow.assets)
        for place in [*flow.handlers.values(), *flow.samples, *(place for place in alone if place)]:
            assert callable(load(place)), place


def test_what_a_drop_starts_are_assets(whole: Platform, defs: dg.Definitions) -> None:
    handlers, assets = whole.handlers(), defs.get_repository_def().asset_graph.get_all_asset_keys()
    started = handlers.started_by(handlers.inboxes)
    assert started
    assert {dg.AssetKey(name.split("/")) for name in started} <= assets


def test_every_path_hangs_off_the_settings(settings: Settings) -> None:
    assert settings.platform_database_url.endswith("data/platform.db")
    assert Lake(settings.data_dir).inbox.is_relative_to(settings.data_dir)
