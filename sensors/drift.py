"""A model whose examples have drifted is trained again, where somebody turned that on."""

import dagster as dg

from retail_assets.dagster_kit.private import UnresolvedAssetJobDefinition
from retail_assets.dagster_kit.wiring import QUIET
from retail_assets.model_registry.assets import drift_check
from retail_assets.model_registry.training import training_name
from retail_assets.models.spec import ModelSpec
from retail_assets.platform import Platform


def drift_sensors(platform: Platform, jobs: list[UnresolvedAssetJobDefinition]) -> list[dg.SensorDefinition]:
    """One for each model that is compared and can be trained; `jobs` are those that train."""
    by_name = {job.name: job for job in jobs}
    return [
        _sensor(spec, by_name[training_name(spec)])
        for spec in platform.models.values()
        if spec.drift is not None and spec.training is not None
    ]


def _sensor(spec: ModelSpec, job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    check = drift_check(spec)

    @dg.sensor(
        name=f"{spec.short_name}_drifted",
        job=job,
        minimum_interval_seconds=600,
        # Training takes time, and what it makes may score: somebody decides that it is worth it.
        default_status=dg.DefaultSensorStatus.STOPPED,
        description=f"Trains {spec.name} when its check {check.name} warned, once for each warning.",
    )
    def drifted(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        record = context.instance.get_latest_asset_check_evaluation_record(check)
        evaluation = record.evaluation if record else None
        if record is None or evaluation is None:
            return dg.SkipReason("Nothing was compared yet.")
        if evaluation.passed:
            return dg.SkipReason("Nothing has drifted.")
        return dg.RunRequest(run_key=f"{check.name}:{record.run_id}", run_config=QUIET)

    return drifted
