"""MLflow at work on one registry."""

import io
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from typing import Any

from ml.errors import quoted, without_passwords
from ml.tracking.reading import require_reachable
from ml.tracking.registry import Registry, RegistryUnreachable
from ml.tracking.server_files import SCHEME, require_own_place
from ml.tracking.server_session import SignIn, address_of

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
    os.environ.setdefault("MLFLOW_ALLOW_HTTP_REDIRECTS", "false")  # as the readers of a server
    import mlflow

    # Setting it sets the variable too, for child processes; None unsets both.
    before = os.environ.get("MLFLOW_TRACKING_URI")
    # MLflow quotes the address of a server in what it prints and raises, so it is not told the password in it.
    url, sign_in = address_of(registry.url) if registry.is_server else (registry.url, None)
    mlflow.set_tracking_uri(url)
    try:
        with _signing_in(sign_in), _files_only_to(url) if registry.is_server else nullcontext():
            yield mlflow
    except mlflow.MlflowException as error:
        raise RegistryUnreachable(f"The model registry did not do what was asked: {quoted(error)}") from error
    finally:
        mlflow.set_tracking_uri(before)  # ty: ignore[invalid-argument-type]


@contextmanager
def _signing_in(sign_in: SignIn | None) -> Generator[None]:
    """Let MLflow sign in as an address says, unless the environment says how."""
    names = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")
    before = {name: os.environ.get(name) for name in names}
    if sign_in and not all(before.values()):
        os.environ |= dict(zip(names, sign_in, strict=True))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _files_only_to(url: str) -> Generator[None]:
    """Let MLflow send files to this server's own place only.

    MLflow asks a server where files belong, and would write into any folder of this machine that it names, or sign
    in at any other host.
    """
    from mlflow.store.artifact.artifact_repository_registry import get_registered_artifact_repositories
    from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

    class OnlyRead(LocalArtifactRepository):
        """Where MLflow finds the files that are to be sent."""

        def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
            require_own_place(url, self.artifact_uri)

        def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
            require_own_place(url, self.artifact_uri)

    stores: dict[str, Any] = get_registered_artifact_repositories()
    before = dict(stores)

    def own(artifact_uri: str, **more: Any) -> Any:
        require_own_place(url, artifact_uri)
        return before[SCHEME](artifact_uri, **more)

    stores.update({scheme: own for scheme in stores if scheme not in ("runs", "models")})
    stores.update({"": OnlyRead, "file": OnlyRead})
    try:
        yield
    finally:
        stores.update(before)


@contextmanager
def quietly() -> Generator[None]:
    """What MLflow prints and warns about goes into the log, not onto the terminal; errors are raised as ever."""
    said = io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            yield
    finally:
        if text := said.getvalue().strip():
            logger.info("MLflow: %s", without_passwords(text))
