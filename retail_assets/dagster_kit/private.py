"""What the platform needs of Dagster that has no public name, in one place: look here first after an upgrade."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from dagster import AssetExecutionContext, AssetKey, DagsterInstance
from dagster._core.definitions.sensor_definition import SensorExecutionData
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.run_coordinator import SubmitRunContext
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from sqlalchemy.exc import SQLAlchemyError

from ml.errors import quoted
from retail_assets.errors import ExplainedError

__all__ = [
    "SQLITE_BUSY_TIMEOUT_SECONDS",
    "DagsterAway",
    "SensorExecutionData",
    "SqliteEventLogStorage",
    "SubmitRunContext",
    "UnresolvedAssetJobDefinition",
    "assets_of_run",
    "limit_pool",
    "opened_instance",
    "place_runs_in_code_location",
]

LOCATION, REPOSITORY = "retail_assets", "__repository__"
"""The code location as workspace.yaml calls it, and what Dagster calls definitions in one."""

REPOSITORY_TAG = {".dagster/repository": f"{REPOSITORY}@{LOCATION}"}
"""The tag by which the page of a job finds its runs."""

PARTITION_TAG = "dagster/partition"
"""The tag by which a run knows its partition."""


class DagsterAway(ExplainedError):
    """The database of Dagster's runs and events does not answer."""


@contextmanager
def opened_instance(home: Path) -> Generator[DagsterInstance]:
    """The Dagster whose folder this is. Raises DagsterAway."""
    # What dagster.yaml does not say lies in this folder.
    os.environ["DAGSTER_HOME"] = str(home)
    try:
        instance = DagsterInstance.from_config(str(home))
    except Exception as error:  # a storage wraps what its database says in errors of its own
        cause = error.__cause__ or error
        if not isinstance(cause, SQLAlchemyError):
            raise
        raise DagsterAway(
            f"The database of Dagster's runs, which {home / 'dagster.yaml'} names, cannot be used ({quoted(cause)}). "
            "Start it, or mend that file and the variables it reads."
        ) from error
    with instance:
        yield instance


def place_runs_in_code_location(instance: DagsterInstance, job: str) -> None:
    """Let the runs of a job that are made through this instance say where they come from.

    `execute_in_process` knows no code location, and Overview shows no run without one.
    """
    module = LoadableTargetOrigin(module_name="retail_assets.definitions")
    location = ManagedGrpcPythonEnvCodeLocationOrigin(module, LOCATION)  # ty: ignore[abstract-class-instantiation]
    origin = RemoteRepositoryOrigin(location, REPOSITORY).get_job_origin(job)
    placed = partial(instance.create_run_for_job, remote_job_origin=origin)
    instance.create_run_for_job = placed  # ty: ignore[invalid-assignment]


def assets_of_run(context: AssetExecutionContext) -> set[AssetKey]:
    """All assets that a run materialises; its step knows its own."""
    return set(context.op_execution_context.job_def.asset_layer.selected_asset_keys)


def limit_pool(instance: DagsterInstance, pool: str, slots: int) -> None:
    """Let so many steps of a pool run at once."""
    instance.event_log_storage.set_concurrency_slots(pool, slots)
