"""Which version scores: moving the alias, and getting the version's files to where scoring reads them."""

import re
import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ml.errors import quoted
from ml.tracking.reading import champion, find_version, location
from ml.tracking.registering import MODEL_FILES, MODEL_FOLDER, folder_digest
from ml.tracking.registry import CHAMPION, Registry, RegistryUnreachable, Tag, Version
from ml.tracking.server_files import fetch_folder
from ml.tracking.session import mlflow_at

_DIGEST = re.compile("[0-9a-f]{64}")
_MODEL = re.compile(r"\w[\w .-]*")


class NoChampion(RegistryUnreachable):
    """No version of the model scores."""


@dataclass(frozen=True)
class FetchedModel:
    """A version whose files lie on this machine."""

    folder: Path
    version: str


def set_champion(registry: Registry, model: str, number: int, *, by: str, at: datetime) -> Version:
    """Move the alias to a version, forward or back; raises UnknownVersion.

    `by` names who moved it: set-up, the gate, or a decision.
    """
    find_version(registry, model, number)
    with mlflow_at(registry) as mlflow:
        client = mlflow.MlflowClient()
        client.set_model_version_tag(model, str(number), Tag.PROMOTED_BY, by)
        client.set_registered_model_alias(model, CHAMPION, str(number))
        # Last: it says that all is done.
        client.set_model_version_tag(
            model, str(number), Tag.PROMOTED_AT, at.astimezone(UTC).isoformat(timespec="seconds")
        )
    return find_version(registry, model, number)


def move_alias(registry: Registry, version: Version, alias: str) -> Version:
    """Give a version an alias, and take it from the one that had it."""
    with mlflow_at(registry) as mlflow:
        mlflow.MlflowClient().set_registered_model_alias(version.model, alias, str(version.number))
    return find_version(registry, version.model, version.number)


def resolve_champion(registry: Registry, model: str, *, cache: Path) -> FetchedModel:
    """The champion's model folder, copied into `cache` once per version.

    Raises RegistryUnreachable when the registry, the alias or the files cannot be had; NoChampion for the alias.
    """
    version = champion(registry, model)
    if version is None:
        raise NoChampion(
            f"The registry has no champion of {model}: run `make setup`, or train a version and promote it."
        )
    return FetchedModel(fetch_model(registry, version, cache=cache), str(version.number))


def fetch_model(registry: Registry, version: Version, *, cache: Path) -> Path:
    """The model folder of a version, copied into `cache` once.

    Raises RegistryUnreachable, also when the files are not those that were registered.
    """
    folder = _cached(version, cache)
    if folder.is_dir() and not _is_registered(version, folder):
        shutil.rmtree(folder)  # torn, by a power cut
    if not folder.is_dir():
        _fetch(registry, version, folder)
    return folder


def _cached(version: Version, cache: Path) -> Path:
    """Where in the cache a version's files belong; what the registry says of it must not lead elsewhere."""
    digest = version.tags.get(Tag.DIGEST)
    # Named by the digest too: a registry made anew counts from 1 again.
    folder = cache / version.model / f"{version.number}-{(digest or 'unknown')[:16]}"
    if not (
        (digest is None or _DIGEST.fullmatch(digest))
        and _MODEL.fullmatch(version.model)
        and isinstance(version.number, int)
        and folder.resolve().is_relative_to(cache.resolve())
    ):
        raise RegistryUnreachable(
            f"The registry has a version {quoted(version)} with the digest {quoted(digest)}: no name, number and "
            "digest of a model of this platform. Register the model again, or move the alias to another version."
        )
    return folder


def _is_registered(version: Version, folder: Path) -> bool:
    """Whether a folder holds what was registered; nobody knows of a version that somebody else registered."""
    return version.tags.get(Tag.DIGEST) in (None, folder_digest(folder))


def _fetch(registry: Registry, version: Version, target: Path) -> None:
    """Bring the version's model folder into place whole, or not at all."""
    unfinished = target.with_name(f".{target.name}-{uuid.uuid4().hex}")
    unfinished.mkdir(parents=True)
    try:
        found = _download(registry, f"{location(registry, version)}/{MODEL_FILES}", unfinished)
        if not _is_registered(version, found):
            raise RegistryUnreachable("they are not the ones that were registered")
        try:
            found.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was faster
                raise
    except (OSError, RegistryUnreachable) as error:
        raise RegistryUnreachable(
            f"The files of {version} cannot be had from the registry ({error}). Restore them, or move the alias to a "
            "version that has its files."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _download(registry: Registry, place: str, into: Path) -> Path:
    if registry.is_server:
        fetch_folder(registry.url, place, into / MODEL_FOLDER)
        return into / MODEL_FOLDER
    with mlflow_at(registry) as mlflow:
        return Path(mlflow.artifacts.download_artifacts(artifact_uri=place, dst_path=str(into)))
