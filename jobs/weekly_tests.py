"""The weekly job: dbt's data tests over all of history; at night long marts are tested on touched dates."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from retail_assets.warehouse.assets import TEST_SCOPE_TAG

JOB_NAME = "weekly_tests"


def weekly_tests_job(warehouse: dg.AssetsDefinition) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.checks(*warehouse.check_keys),
        description="dbt's data tests over all of history; at night long marts are tested on touched dates.",
        tags={TEST_SCOPE_TAG: "all"},
    )


def weekly_tests_schedule(job: UnresolvedAssetJobDefinition, time_zone: str) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="weekly_tests_on_sunday",
        job=job,
        cron_schedule="0 5 * * 0",
        execution_timezone=time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Sundays at 05:00 in the retailer's zone.",
    )
