"""MLflow at work on one registry."""

import io
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

from ml.tracking.reading import require_reachable
from ml.tracking.registry import Registry, RegistryUnreachable

logger = logging.getLogger(__name__)


@contextmanager
def mlflow_at(registry: Registry) -> Generator[Any]:
    """The mlflow module, pointed at the registry for as long as the block runs.

    Raises RegistryUnreachable at once, where MLflow would try for an hour, or create a database of its own.
    """
    require_reachable(registry)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault(
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2"
    )  # a server that ends meanwhile; 7 are minutes
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


@contextmanager
def quietly() -> Generator[None]:
    """What MLflow prints and warns about goes into the log, not onto the terminal; errors are raised as ever."""
    said = io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            yield
    finally:
        if text := said.getvalue().strip():
            logger.info("MLflow: %s", text)
