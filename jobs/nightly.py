"""The nightly job: everything, once a night at 02:00 in the retailer's time zone."""

import dagster as dg

from retail_assets.dagster_kit.private import UnresolvedAssetJobDefinition
from retail_assets.dagster_kit.wiring import QUIET
from retail_assets.platform import Platform

JOB_NAME = "nightly"


def everything() -> dg.AssetSelection:
    """All that a night makes; models are trained when somebody asks for it, and bytes hashed again once a week."""
    others = dg.AssetSelection.tag("layer", "model") | dg.AssetSelection.tag("layer", "verification")
    return dg.AssetSelection.all() - others


def nightly_job() -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        JOB_NAME,
        selection=everything(),
        description="Admit what was dropped, build the marts, publish. Runs at 02:00; by hand: `make nightly`.",
        tags={"dagster/priority": "10"},
    )


def nightly_schedule(platform: Platform, job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    @dg.schedule(
        job=job,
        name="nightly_at_two",
        cron_schedule="0 2 * * *",
        execution_timezone=platform.settings.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="02:00 in the retailer's zone. The night of day D has partition D.",
    )
    def nightly_at_two(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        night = context.scheduled_execution_time.date().isoformat()
        return dg.RunRequest(run_key=night, run_config=QUIET, partition_key=night)

    return nightly_at_two
