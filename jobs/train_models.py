"""Training: a job for each model that can be trained, launched by hand, or weekly once its schedule is turned on."""

import dagster as dg

from retail_assets.dagster_kit.private import UnresolvedAssetJobDefinition
from retail_assets.dagster_kit.wiring import QUIET
from retail_assets.model_registry.training import training_group, training_name
from retail_assets.models.spec import ModelSpec
from retail_assets.platform import Platform


def _trained(platform: Platform) -> list[ModelSpec]:
    return [spec for spec in platform.models.values() if spec.training is not None]


def training_jobs(platform: Platform) -> list[UnresolvedAssetJobDefinition]:
    return [
        dg.define_asset_job(
            training_name(spec),
            selection=dg.AssetSelection.groups(training_group(spec)),
            description=f"{spec.name}: examples -> candidate -> evaluation on the holdout -> gate -> champion. May "
            "take an hour; the candidate's config says what may be chosen.",
        )
        for spec in _trained(platform)
    ]


def training_schedules(
    platform: Platform, jobs: list[UnresolvedAssetJobDefinition]
) -> list[dg.ScheduleDefinition]:
    return [
        dg.ScheduleDefinition(
            name=f"{job.name}_on_saturday",
            job=job,
            run_config=QUIET,
            cron_schedule="0 6 * * 6",
            execution_timezone=platform.settings.time_zone,
            # Training may take all cores for an hour: somebody decides that it is worth it.
            default_status=dg.DefaultScheduleStatus.STOPPED,
            description="Saturdays at 06:00 in the retailer's zone, once it is turned on.",
        )
        for job in jobs
    ]
