"""A decision made in the UI takes effect in the marts: its job's success starts a run."""

import dagster as dg

from retail_assets.dagster_kit.private import UnresolvedAssetJobDefinition
from retail_assets.dagster_kit.wiring import QUIET
from retail_assets.partitions import today
from retail_assets.platform import Platform


def decision_sensor(
    platform: Platform, decisions: list[dg.JobDefinition], job: UnresolvedAssetJobDefinition
) -> dg.SensorDefinition:
    @dg.run_status_sensor(
        name="decision_made",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=decisions,
        request_job=job,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Builds and publishes after a decision made with one of the `decide_…` jobs.",
    )
    def decision_made(context: dg.RunStatusSensorContext) -> dg.RunRequest:
        night = today(platform.settings.zone).isoformat()
        return dg.RunRequest(run_key=context.dagster_run.run_id, run_config=QUIET, partition_key=night)

    return decision_made
