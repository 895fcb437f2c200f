"""The weekly job: dbt's data tests over all of history; at night they look at what changed."""

import dagster as dg

from retail_assets.dagster_kit.private import UnresolvedAssetJobDefinition
from retail_assets.dagster_kit.wiring import QUIET
from retail_assets.platform import Platform
from retail_assets.warehouse.assets import TEST_SCOPE_TAG
from retail_assets.warehouse.project import manifest_of
from retail_assets.warehouse.specs import data_test_keys

JOB_NAME = "weekly_tests"


def weekly_tests_job(platform: Platform) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.checks(*data_test_keys(manifest_of(platform))),
        description="dbt's data tests over all of history; at night they look at what changed.",
        tags={TEST_SCOPE_TAG: "all"},
    )


def weekly_tests_schedule(platform: Platform, job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="weekly_tests_on_sunday",
        job=job,
        run_config=QUIET,
        cron_schedule="0 5 * * 0",
        execution_timezone=platform.settings.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Sundays at 05:00 in the retailer's zone.",
    )
