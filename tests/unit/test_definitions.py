"""What the code location holds, with the status of everything that fires by itself."""

from dagster import DefaultScheduleStatus, DefaultSensorStatus

from retail_assets.config import Settings
from retail_assets.definitions import build_defs
from retail_assets.feeds.contracts.registry import FEEDS
from retail_assets.lake import Lake


def test_schedules_and_sensors_say_whether_they_run(settings: Settings) -> None:
    repository = build_defs(settings).get_repository_def()
    assert {
        s.name: (s.cron_schedule, s.execution_timezone, s.default_status) for s in repository.schedule_defs
    } == {
        "nightly_at_two": ("0 2 * * *", "Europe/Berlin", DefaultScheduleStatus.RUNNING),
        "weekly_tests_on_sunday": ("0 5 * * 0", "Europe/Berlin", DefaultScheduleStatus.RUNNING),
        "train_refund_classifier_on_saturday": ("0 6 * * 6", "Europe/Berlin", DefaultScheduleStatus.STOPPED),
    }
    assert {s.name: s.default_status for s in repository.sensor_defs} == {
        **{f"{feed.folder}_dropped": DefaultSensorStatus.RUNNING for feed in FEEDS.values()},
        "decision_made": DefaultSensorStatus.RUNNING,
    }


def test_every_asset_is_described_owned_and_fresh(settings: Settings) -> None:
    for spec in build_defs(settings).resolve_all_asset_specs():
        assert spec.description, spec.key
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
        # A model is as fresh as somebody wanted it to be.
        assert spec.freshness_policy or spec.group_name == "refund_training", spec.key
        assert spec.group_name in {
            "feeds",
            "refunds",
            "refund_training",
            "models",
            "staging",
            "intermediate",
            "marts",
            "publication",
        }, spec.key


def test_every_path_hangs_off_the_settings(settings: Settings) -> None:
    assert settings.platform_database_url.endswith("data/platform.db")
    assert Lake(settings.data_dir).inbox.is_relative_to(settings.data_dir)
