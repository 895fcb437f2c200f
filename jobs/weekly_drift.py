"""The weekly look at drift: do the newest examples still look like those that the models learned from?"""

import dagster as dg

from retail_assets.dagster_kit.private import UnresolvedAssetJobDefinition
from retail_assets.dagster_kit.wiring import QUIET
from retail_assets.model_registry.assets import drift_check
from retail_assets.platform import Platform

JOB_NAME = "weekly_drift"


def weekly_drift_job(platform: Platform) -> UnresolvedAssetJobDefinition:
    compared = [drift_check(spec).asset_key for spec in platform.models.values() if spec.drift is not None]
    return dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.assets(*compared),
        description="Compares the newest examples with those that the models which score learned from.",
    )


def weekly_drift_schedule(platform: Platform, job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="weekly_drift_on_saturday",
        job=job,
        run_config=QUIET,
        cron_schedule="0 5 * * 6",
        execution_timezone=platform.settings.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Saturdays at 05:00 in the retailer's zone, an hour before models are trained where that is on.",
    )
