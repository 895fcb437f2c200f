"""What the model registry is, and the facts it keeps of a model's version.

The registry is MLflow's: its database (SQLite or Postgres) and a folder for the files, or an MLflow server. Writing
goes through MLflow; reading what stands in it does not (see `reading`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from ml.errors import ExplainedError

_METRICS, _EXAMPLES = TypeAdapter(dict[str, float]), TypeAdapter(dict[str, int])
_Figures = TypeVar("_Figures", dict[str, float], dict[str, int])

CHAMPION = "champion"
"""The alias of the version that scores."""
CANDIDATE = "candidate"
"""The alias of the version that was trained last, whatever the gate said to it."""

ORIGIN_PACKAGED = "packaged"
ORIGIN_TRAINED = "trained"
"""Origins of a version: it came with the code, or a training run made it."""


class RegistryUnreachable(ExplainedError):
    """The registry, or a model's files in it, cannot be had; the message says why and what to do."""


class UnknownVersion(ExplainedError):
    """The registry has no such version of the model; the message lists those it has."""


@dataclass(frozen=True)
class Registry:
    """Where one platform keeps its models."""

    url: str = field(repr=False)
    """SQLAlchemy URL of MLflow's database, or the http(s) address of an MLflow server. It may hold a password."""
    artifacts: Path
    """The folder for the files of runs and versions; a server has its own place. Explicit, as MLflow's default is the
    working folder."""

    @property
    def is_server(self) -> bool:
        return self.url.lower().startswith(("http://", "https://"))


class Tag:
    """Names of the tags that hold a version's facts."""

    DIGEST = "digest"
    ORIGIN = "origin"
    TRAINED_AT = "trained_at"
    DATA_HASH = "data_hash"
    METRICS = "metrics"
    MAIN_METRIC = "main_metric"
    HOLDOUT = "frozen_set"
    """Kept under the name that registries have known it by."""
    EVIDENCE = "real_examples"
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
    aliases: tuple[str, ...]
    tags: Mapping[str, str]

    @property
    def is_champion(self) -> bool:
        return CHAMPION in self.aliases

    @property
    def metrics(self) -> dict[str, float]:
        """What was measured; empty where the registry holds no such figures."""
        return _read(_METRICS, self.tags.get(Tag.METRICS))

    @property
    def examples(self) -> dict[str, int]:
        """Real examples in the holdout, by what the model must tell apart; empty like `metrics`."""
        return _read(_EXAMPLES, self.tags.get(Tag.EVIDENCE))

    def __str__(self) -> str:
        return f"{self.model}/{self.number}"


def _read(kind: TypeAdapter[_Figures], tag: str | None) -> _Figures:
    """Figures by name, kept as JSON; none where somebody put anything else into the tag."""
    try:
        return kind.validate_json(tag or "{}")
    except ValidationError:
        return kind.validate_json("{}")
