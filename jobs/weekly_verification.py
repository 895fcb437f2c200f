"""The weekly verification: a part of the lake's bytes is hashed again, all of them within a quarter."""

import dagster as dg

from retail_assets.dagster_kit.private import UnresolvedAssetJobDefinition
from retail_assets.dagster_kit.wiring import QUIET
from retail_assets.feeds.assets import VERIFICATION
from retail_assets.platform import Platform

JOB_NAME = "weekly_verification"


def weekly_verification_job() -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.assets(VERIFICATION),
        description="Hashes a part of what came in again; all of it within a quarter.",
    )


def weekly_verification_schedule(
    platform: Platform, job: UnresolvedAssetJobDefinition
) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="weekly_verification_on_sunday",
        job=job,
        run_config=QUIET,
        cron_schedule="0 4 * * 0",
        execution_timezone=platform.settings.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Sundays at 04:00 in the retailer's zone.",
    )
