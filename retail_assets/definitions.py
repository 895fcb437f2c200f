"""What Dagster loads: the assets, checks, jobs, schedules and sensors that the flows and the platform bring."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

from jobs.decide import decision_jobs
from jobs.file_drop import file_drop_job
from jobs.nightly import nightly_job, nightly_schedule
from jobs.ops_queue import ops_queue_job, ops_queue_schedule
from jobs.train_models import training_jobs, training_schedules
from jobs.weekly_drift import weekly_drift_job, weekly_drift_schedule
from jobs.weekly_tests import weekly_tests_job, weekly_tests_schedule
from jobs.weekly_verification import weekly_verification_job, weekly_verification_schedule
from retail_assets.config import Settings
from retail_assets.flows import platform_of
from retail_assets.names import PrintableLogger
from retail_assets.platform import Platform, load
from retail_assets.warehouse.assets import definitions as warehouse_definitions
from sensors.decisions import decision_sensor
from sensors.drift import drift_sensors
from sensors.file_drops import file_drop_sensors


def build_defs(
    platform: Platform, loggers: Mapping[str, dg.LoggerDefinition] | None = None
) -> dg.Definitions:
    """All definitions of one platform."""
    brought = [load(flow.assets)(platform) for flow in platform.flows if flow.assets]
    assets = dg.Definitions.merge(*brought, warehouse_definitions(platform))
    file_drop, decisions, training = file_drop_job(), decision_jobs(platform), training_jobs(platform)
    scheduled: list[tuple[Any, Callable[[Platform, Any], dg.ScheduleDefinition]]] = [
        (nightly_job(), nightly_schedule),
        (weekly_tests_job(platform), weekly_tests_schedule),
        (weekly_verification_job(), weekly_verification_schedule),
        (weekly_drift_job(platform), weekly_drift_schedule),
        (ops_queue_job(platform), ops_queue_schedule),
    ]
    schedules = [schedule(platform, job) for job, schedule in scheduled]
    own = dg.Definitions(
        jobs=[file_drop, *(job for job, _ in scheduled), *decisions, *training],
        schedules=[*schedules, *training_schedules(platform, training)],
        sensors=[
            *file_drop_sensors(platform, file_drop),
            decision_sensor(platform, decisions, file_drop),
            *drift_sensors(platform, training),
        ],
        executor=dg.in_process_executor,
        loggers=loggers or {},
    )
    return dg.Definitions.merge(assets, own)


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster's own commands load; built when they ask, not when this module is imported."""
    logging.setLoggerClass(PrintableLogger)  # Dagster makes the consoles of runs of it
    return build_defs(platform_of(Settings()))
