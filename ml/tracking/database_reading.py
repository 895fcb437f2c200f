"""A registry read from MLflow's tables."""

from collections import defaultdict
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ml.errors import quoted, without_passwords
from ml.tracking.registry import RegistryUnreachable, Version

CONNECT_SECONDS = 5

_VERSIONS = """
    select name, version, creation_time, run_id
    from model_versions where current_stage <> 'Deleted_Internal' order by name, version
"""
_TAGS = "select name, version, key, value from model_version_tags"
_ALIASES = "select name, version, alias from registered_model_aliases order by alias"
_LOCATION = """
    select coalesce(storage_location, source) from model_versions where name = :name and version = :version
"""


@dataclass(frozen=True)
class DatabaseReader:
    """Reads the registry at an SQLAlchemy URL."""

    url: str

    def require_reachable(self) -> None:
        with _connection(self.url) as read:
            read("select 1 from registered_models where 1 = 0")

    def versions(self, model: str | None) -> list[Version]:
        with _connection(self.url) as read:
            tags: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
            for row in read(_TAGS):
                tags[row.name, row.version][row.key] = row.value
            aliases: dict[tuple[str, int], list[str]] = defaultdict(list)
            for row in read(_ALIASES):
                aliases[row.name, row.version].append(row.alias)
            return [
                Version(
                    model=row.name,
                    number=row.version,
                    registered_at=datetime.fromtimestamp(row.creation_time / 1000, UTC),
                    run_id=row.run_id,
                    aliases=tuple(aliases[row.name, row.version]),
                    tags=tags[row.name, row.version],
                )
                for row in read(_VERSIONS)
                if model in (None, row.name)
            ]

    def location(self, version: Version) -> str:
        with _connection(self.url) as read:
            [(location,)] = read(_LOCATION, name=version.model, version=version.number)
        return location


@contextmanager
def _connection(address: str) -> Generator[Any]:
    """A function that runs a query and gives its rows, over one connection."""
    from sqlalchemy import create_engine, make_url, text
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    try:
        url = make_url(address)
        is_sqlite = url.get_backend_name() == "sqlite"
        seconds = {"timeout" if is_sqlite else "connect_timeout": CONNECT_SECONDS}
        engine = create_engine(url, poolclass=NullPool, connect_args=seconds)
    except (SQLAlchemyError, ImportError, ValueError) as error:
        # What is no number may be a part of the password.
        cause = "its port is no number" if isinstance(error, ValueError) else quoted(error)
        raise RegistryUnreachable(
            f"The model registry is no database that can be used ({cause}); expected an SQLAlchemy URL such as "
            "sqlite:///data/mlflow/mlflow.db, or the http:// address of an MLflow server."
        ) from None
    # SQLite would create an empty file.
    if is_sqlite and not Path(url.database or "").exists():
        raise RegistryUnreachable(f"There is no model registry at {url.database}: run `make setup`.")
    try:
        with engine.connect() as connection:

            def read(query: str, **values: object) -> Sequence[Any]:
                return connection.execute(text(query), values).all()

            yield read
    except SQLAlchemyError as error:
        place, cause = without_passwords(url.render_as_string()), quoted(error.__cause__ or error)
        raise RegistryUnreachable(
            f"The model registry at {place} does not answer ({cause}). Start its database, or run `make setup` if it "
            "is new."
        ) from error
