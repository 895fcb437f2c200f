"""What stands in the registry, read without MLflow.

Importing MLflow and opening its store takes four to six seconds, and every night asks for the champion. A database
is asked with a few queries, a server through its REST API. MLflow's version is pinned, and a test compares every
answer with MLflow's own.
"""

from collections.abc import Iterable
from typing import Protocol

from ml.tracking.database_reading import DatabaseReader
from ml.tracking.registry import CHAMPION, Registry, UnknownVersion, Version
from ml.tracking.server_reading import ServerReader


class Reader(Protocol):
    """Reads one registry; everything raises RegistryUnreachable."""

    def require_reachable(self) -> None:
        """Return when the registry answers."""

    def versions(self, model: str | None) -> list[Version]:
        """Every version of a model, or of all of them; oldest first."""

    def location(self, version: Version) -> str:
        """Where a version's files lie."""


def reader(registry: Registry) -> Reader:
    return ServerReader(registry.url) if registry.is_server else DatabaseReader(registry.url)


def require_reachable(registry: Registry) -> None:
    """Raise RegistryUnreachable unless the registry answers."""
    reader(registry).require_reachable()


def versions(registry: Registry, model: str | None = None) -> list[Version]:
    """Every version of a model (of all models, without a name), oldest first."""
    return reader(registry).versions(model)


def location(registry: Registry, version: Version) -> str:
    """Where MLflow keeps the files of a version."""
    return reader(registry).location(version)


def find_version(registry: Registry, model: str, number: int) -> Version:
    """One version; raises UnknownVersion."""
    return pick(versions(registry, model), model, number)


def pick(there: Iterable[Version], model: str, number: int) -> Version:
    """One of the versions that are there; raises UnknownVersion."""
    found = {version.number: version for version in there if version.model == model}
    if number in found:
        return found[number]
    known = ", ".join(map(str, found)) or "none"
    raise UnknownVersion(f"The registry has no version {number} of {model}; it has: {known}.")


def with_alias(registry: Registry, model: str, alias: str) -> Version | None:
    """The version that has an alias; None when no version has it."""
    return next((version for version in versions(registry, model) if alias in version.aliases), None)


def champion(registry: Registry, model: str) -> Version | None:
    """The version that scores; None when there is none yet."""
    return with_alias(registry, model, CHAMPION)
