"""What stands in the registry, read from MLflow's tables without MLflow.

Importing MLflow and opening its store takes four to six seconds, and every night asks for the champion; these
queries take milliseconds. MLflow's version is pinned, and a test compares every answer with MLflow's own.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ml.tracking.registry import CHAMPION, Registry, RegistryUnreachable, UnknownVersion, Version

CONNECT_SECONDS = 5

_VERSIONS = """
    select name, version, creation_time, run_id, coalesce(storage_location, source) as location
    from model_versions where current_stage <> 'Deleted_Internal' order by name, version
"""
_TAGS = "select name, version, key, value from model_version_tags"
_ALIASES = "select name, version, alias from registered_model_aliases order by alias"


def versions(registry: Registry, model: str | None = None) -> list[Version]:
    """Every version of a model (of all models, without a name), oldest first."""
    with _connection(registry) as read:
        tags: dict[tuple[str, int], dict[str, str]] = {}
        for row in read(_TAGS):
            tags.setdefault((row.name, row.version), {})[row.key] = row.value
        aliases: dict[tuple[str, int], list[str]] = {}
        for row in read(_ALIASES):
            aliases.setdefault((row.name, row.version), []).append(row.alias)
        return [
            Version(
                model=row.name,
                number=row.version,
                registered_at=datetime.fromtimestamp(row.creation_time / 1000, UTC),
                run_id=row.run_id,
                location=row.location,
                aliases=tuple(aliases.get((row.name, row.version), ())),
                tags=tags.get((row.name, row.version), {}),
            )
            for row in read(_VERSIONS)
            if model in (None, row.name)
        ]


def find_version(registry: Registry, model: str, number: int) -> Version:
    """One version; raises UnknownVersion."""
    found = versions(registry, model)
    for version in found:
        if version.number == number:
            return version
    known = ", ".join(str(version.number) for version in found) or "none"
    raise UnknownVersion(f"The registry has no version {number} of {model}; it has: {known}.")


def with_alias(registry: Registry, model: str, alias: str) -> Version | None:
    """The version that has an alias; None when no version has it."""
    return next((version for version in versions(registry, model) if alias in version.aliases), None)


def champion(registry: Registry, model: str) -> Version | None:
    """The version that scores; None when there is none yet."""
    return with_alias(registry, model, CHAMPION)


def require_reachable(registry: Registry) -> None:
    """Raise RegistryUnreachable unless the registry answers and has its tables."""
    with _connection(registry) as read:
        read("select 1 from registered_models where 1 = 0")


@contextmanager
def _connection(registry: Registry) -> Generator[Any]:
    """A function that runs a query and gives its rows, over one connection."""
    from sqlalchemy import create_engine, make_url, text
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    try:
        url = make_url(registry.url)
        is_sqlite = url.get_backend_name() == "sqlite"
        seconds = {"timeout" if is_sqlite else "connect_timeout": CONNECT_SECONDS}
        engine = create_engine(url, poolclass=NullPool, connect_args=seconds)
    except (SQLAlchemyError, ImportError) as error:
        raise RegistryUnreachable(
            f"The model registry is no database that can be used ({error}); expected an SQLAlchemy URL such as "
            "sqlite:///data/mlflow/mlflow.db."
        ) from error
    # SQLite would create an empty file.
    if is_sqlite and not Path(url.database or "").exists():
        raise RegistryUnreachable(f"There is no model registry at {url.database}: run `make setup`.")
    try:
        with engine.connect() as connection:

            def read(query: str) -> Sequence[Any]:
                return connection.execute(text(query)).all()

            yield read
    except SQLAlchemyError as error:
        cause = " ".join(str(error.__cause__ or error).split())
        raise RegistryUnreachable(
            f"The model registry at {url.render_as_string()} does not answer ({cause}). Start its database, or "
            "run `make setup` if it is new."
        ) from error
