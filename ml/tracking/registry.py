"""What the model registry is, and the facts it keeps of a model's version.

The registry is MLflow's: its database (SQLite or Postgres) and a folder for the files. Writing goes through
MLflow; reading what stands in it does not (see `reading`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

CHAMPION = "champion"
"""The alias of the version that scores."""
CANDIDATE = "candidate"
"""The alias of the version that was trained last, whatever the gate said to it."""

PACKAGED = "packaged"
TRAINED = "trained"
"""Origins of a version: it came with the code, or a training run made it."""


class RegistryUnreachable(Exception):
    """The registry, or a model's files in it, cannot be had; the message says why and what to do."""


class UnknownVersion(Exception):
    """The registry has no such version of the model; the message lists those it has."""


@dataclass(frozen=True)
class Registry:
    """Where one platform keeps its models."""

    url: str
    """SQLAlchemy URL of MLflow's database."""
    artifacts: Path
    """The folder for the files of runs and versions. Explicit, as MLflow's own default is the working folder."""


class Tag:
    """Names of the tags that hold a version's facts."""

    DIGEST = "digest"
    ORIGIN = "origin"
    TRAINED_AT = "trained_at"
    DATA_HASH = "data_hash"
    METRICS = "metrics"
    MAIN_METRIC = "main_metric"
    FROZEN_SET = "frozen_set"
    REAL_EXAMPLES = "real_examples"
    GATE_OUTCOME = "gate_outcome"
    GATE_REASON = "gate_reason"
    PROMOTED_AT = "promoted_at"
    PROMOTED_BY = "promoted_by"


@dataclass(frozen=True)
class Version:
    """A registered version of a model."""

    model: str
    number: int
    registered_at: datetime
    run_id: str | None
    location: str
    """Where its files lie, in MLflow's layout."""
    aliases: tuple[str, ...]
    tags: Mapping[str, str]

    @property
    def is_champion(self) -> bool:
        return CHAMPION in self.aliases

    def __str__(self) -> str:
        return f"{self.model}/{self.number}"
