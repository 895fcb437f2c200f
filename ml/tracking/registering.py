"""Puts a model into the registry: one MLflow run with what was measured, one version with what it is.

A model is a folder; what lies in it is the business of the package that trained it.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.tracking.reading import find_version
from ml.tracking.registry import Registry, Tag, Version
from ml.tracking.session import mlflow_at, quietly

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MODEL_FOLDER = "model"
MODEL_FILES = f"artifacts/{MODEL_FOLDER}"
"""Where the model's folder lies among the files of its version."""


@dataclass(frozen=True)
class Endpoint:
    """How `mlflow models serve` answers for a model. Code, not a pickle: loading a model runs nothing hidden."""

    code: Path
    """The file that defines the served model; it finds the model folder as the artifact `model`."""
    packages: tuple[Path, ...]
    """Python packages that the code imports; their sources go along, so that a version keeps its own."""
    signature: Callable[[], Any]
    """Makes the ModelSignature of requests and answers."""
    requirements: tuple[str, ...]


@dataclass(frozen=True)
class Registration:
    """What the registry is told of a model: its files, how it is served, and what was measured."""

    model: str
    folder: Path
    origin: str
    trained_at: datetime
    data_hash: str
    main_metric: str
    metrics: Mapping[str, float]
    """What was measured so far; an evaluation on a holdout replaces them."""
    endpoint: Endpoint | None = None
    """None: `mlflow models serve` cannot answer for it."""
    params: Mapping[str, Any] = field(default_factory=dict)
    history: Sequence[Mapping[str, float]] = ()
    """Metrics per epoch."""
    figures: Mapping[str, "Figure"] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    """Reports by file name."""


def pinned(distributions: Iterable[str]) -> tuple[str, ...]:
    """Requirements for exactly what is installed; a build's local label (+cpu) is known to its own index only."""
    return tuple(f"{name}=={version(name).partition('+')[0]}" for name in distributions)


def folder_digest(folder: Path) -> str:
    """Hash of a model folder: its files' names and bytes."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix().encode()
        digest.update(hashlib.sha256(name).digest())
        with path.open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()


def register(registry: Registry, candidate: Registration) -> Version:
    """Log a candidate as an MLflow run and register it as the model's next version.

    The version appears with all its facts in one transaction, after its files; a crash before leaves none.
    """
    facts = {
        Tag.DIGEST: folder_digest(candidate.folder),
        Tag.ORIGIN: candidate.origin,
        Tag.TRAINED_AT: candidate.trained_at.astimezone(UTC).isoformat(timespec="seconds"),
        Tag.DATA_HASH: candidate.data_hash,
        Tag.MAIN_METRIC: candidate.main_metric,
        Tag.METRICS: json.dumps(dict(candidate.metrics)),
    }
    with mlflow_at(registry) as mlflow, quietly(), tempfile.TemporaryDirectory() as scratch:
        experiment = _experiment(mlflow, registry, candidate.model)
        with mlflow.start_run(experiment_id=experiment, run_name=candidate.origin) as run:
            mlflow.log_params(dict(candidate.params))
            for epoch, metrics in enumerate(candidate.history, start=1):
                mlflow.log_metrics(dict(metrics), step=epoch)
            mlflow.log_metrics(dict(candidate.metrics))
            client, run_id = mlflow.MlflowClient(), run.info.run_id
            _log_reports(client, run_id, figures=candidate.figures, texts=candidate.texts)
            if candidate.endpoint is None:
                number = _log_folder(client, run_id, candidate, facts)
            else:
                number = _log_served(mlflow, candidate, candidate.endpoint, facts, Path(scratch))
    return find_version(registry, candidate.model, number)


def _log_folder(client: Any, run_id: str, candidate: Registration, facts: Mapping[str, str]) -> int:
    """Register the model's folder as it is."""
    client.log_artifacts(run_id, str(candidate.folder), f"version/{MODEL_FILES}")
    if not client.search_registered_models(f"name = '{candidate.model}'"):
        client.create_registered_model(candidate.model)
    source = f"{client.get_run(run_id).info.artifact_uri}/version"
    return int(client.create_model_version(candidate.model, source, run_id, tags=dict(facts)).version)


def _log_served(
    mlflow: Any, candidate: Registration, endpoint: Endpoint, facts: Mapping[str, str], scratch: Path
) -> int:
    """Register the model's folder with the code that answers for it."""
    logged = mlflow.pyfunc.log_model(
        name=candidate.model,
        registered_model_name=candidate.model,
        tags=dict(facts),
        **_served(candidate.folder, endpoint, scratch),
    )
    return int(logged.registered_model_version)


def record_facts(registry: Registry, version: Version, facts: Mapping[str, str], *, done: str) -> Version:
    """Add facts to a version, or replace them: what the evaluation measured, what the gate said.

    MLflow writes one tag at a time. The tag `done` says that all of them belong together, so it is taken away
    before the others change and written after them; what is killed between leaves a version without it.
    """
    model, number = version.model, str(version.number)
    with mlflow_at(registry) as mlflow:
        client = mlflow.MlflowClient()
        if done in version.tags:
            client.delete_model_version_tag(model, number, done)
        for name in sorted(facts, key=lambda name: name == done):
            client.set_model_version_tag(model, number, name, facts[name])
    return find_version(registry, version.model, version.number)


def attach_reports(
    registry: Registry,
    version: Version,
    *,
    metrics: Mapping[str, float],
    figures: Mapping[str, "Figure"],
    texts: Mapping[str, str],
) -> None:
    """Add to the run of a version what was found out about it later."""
    if version.run_id is None:
        return
    with mlflow_at(registry) as mlflow:
        client = mlflow.MlflowClient()
        for name, value in metrics.items():
            client.log_metric(version.run_id, name, value)
        _log_reports(client, version.run_id, figures=figures, texts=texts)


def _log_reports(
    client: Any, run_id: str, *, figures: Mapping[str, "Figure"], texts: Mapping[str, str]
) -> None:
    for name, figure in figures.items():
        client.log_figure(run_id, figure, f"figures/{name}.png")
    for name, text in texts.items():
        client.log_text(run_id, text, f"reports/{name}")


def _experiment(mlflow: Any, registry: Registry, model: str) -> str:
    found = mlflow.get_experiment_by_name(model)
    if found is not None:
        return found.experiment_id
    # A server has its own place for files.
    place = None if registry.is_server else registry.artifacts.resolve().as_uri()
    return mlflow.create_experiment(model, artifact_location=place)


def _served(folder: Path, endpoint: Endpoint, scratch: Path) -> dict[str, Any]:
    """What log_model needs to make the version servable."""
    model = scratch / MODEL_FOLDER
    shutil.copytree(folder, model)
    code = scratch / "code"
    for package in endpoint.packages:
        # Code and what it is told only: the packaged model lies beside them, and would travel twice.
        for source in (path for path in package.rglob("*") if path.suffix in (".py", ".yaml")):
            target = code / package.name / source.relative_to(package)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return {
        "python_model": str(endpoint.code),
        "artifacts": {MODEL_FOLDER: str(model)},
        "code_paths": [str(code / package.name) for package in endpoint.packages] or None,
        "pip_requirements": list(endpoint.requirements),
        "signature": endpoint.signature(),
    }
