"""MLflow at work on one registry."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from ml.tracking.reading import require_reachable
from ml.tracking.registry import Registry, RegistryUnreachable


@contextmanager
def mlflow_at(registry: Registry) -> Generator[Any]:
    """The mlflow module, pointed at the registry for as long as the block runs.

    Raises RegistryUnreachable at once, where MLflow would try for an hour, or create a database of its own.
    """
    require_reachable(registry)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    # Setting it sets the variable too, for child processes; None unsets both.
    before = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(registry.url)
    try:
        yield mlflow
    except mlflow.MlflowException as error:
        raise RegistryUnreachable(f"The model registry did not do what was asked: {error}") from error
    finally:
        mlflow.set_tracking_uri(before)  # ty: ignore[invalid-argument-type]
