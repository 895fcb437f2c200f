"""The nightly job: everything, once a night at 02:00 in the retailer's time zone."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

JOB_NAME = "nightly"


def nightly_job() -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.groups(
            "feeds", "refunds", "models", "staging", "intermediate", "marts", "publication"
        ),
        description="Admit what was dropped, build the marts, publish. Runs at 02:00; by hand: `make nightly`.",
        tags={"dagster/priority": "10"},
    )


def nightly_schedule(job: UnresolvedAssetJobDefinition, time_zone: str) -> dg.ScheduleDefinition:
    @dg.schedule(
        job=job,
        name="nightly_at_two",
        cron_schedule="0 2 * * *",
        execution_timezone=time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="02:00 in the retailer's zone. The night of day D has partition D.",
    )
    def nightly_at_two(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        night = context.scheduled_execution_time.date().isoformat()
        return dg.RunRequest(run_key=night, partition_key=night)

    return nightly_at_two
