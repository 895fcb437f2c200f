"""A decision made in the UI takes effect in the marts: its job's success starts a run."""

from collections.abc import Callable

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition


def decision_sensor(
    *, decide: dg.JobDefinition, job: UnresolvedAssetJobDefinition, today: Callable[[], str]
) -> dg.SensorDefinition:
    @dg.run_status_sensor(
        name="decision_made",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[decide],
        request_job=job,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Builds and publishes after a decision made with the `decide` job.",
    )
    def decision_made(context: dg.RunStatusSensorContext) -> dg.RunRequest:
        return dg.RunRequest(run_key=context.dagster_run.run_id, partition_key=today())

    return decision_made
