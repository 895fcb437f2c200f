"""The feature contracts: what a case is judged by, and the reasons that are given. Each version is a committed file."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ml.errors import ExplainedError

CURRENT = 2
BASELINE = "baseline_low_signal"
"""The reason of a case of which nothing stands out."""


class UnknownContract(ExplainedError, ValueError):
    """No file describes a contract of this version."""


class Feature(BaseModel):
    """One column that `case_features` gives."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Literal["number", "log", "flag", "category"]
    reason: str
    description: str


class Reason(BaseModel):
    """One entry of the catalogue of reasons."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: str
    detail: str
    """A sentence about one case; `{name}` is the value of a feature."""
    otherwise: str = "not known"
    """The sentence where one of these values is missing."""


class Contract(BaseModel):
    """A version of the features and of the catalogue of reasons."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    reasons: Mapping[str, Reason]
    features: tuple[Feature, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_fit(self) -> "Contract":
        names = [one.name for one in self.features]
        if len(names) != len(set(names)):
            raise ValueError("a feature is named twice")
        unknown = {one.reason for one in self.features} - set(self.reasons)
        if unknown or BASELINE not in self.reasons:
            raise ValueError(f"reasons without an entry: {', '.join(sorted(unknown)) or BASELINE}")
        return self

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.features]

    @property
    def categories(self) -> list[str]:
        """Features that are learned from as statistics of earlier cases."""
        return [one.name for one in self.features if one.kind == "category"]

    def groups(self) -> dict[str, list[int]]:
        """Positions of the features by their reason, in the order of the catalogue."""
        found: dict[str, list[int]] = {}
        for code in self.reasons:
            positions = [n for n, feature in enumerate(self.features) if feature.reason == code]
            if positions:
                found[code] = positions
        return found

    def describe(self) -> dict[str, Any]:
        """What is kept with a model and with each score."""
        return {"contract_version": self.version, "contract_hash": self.hash}


@cache
def contract(version: int = CURRENT) -> Contract:
    """The committed contract of a version. Raises UnknownContract."""
    path = Path(__file__).parent / f"contract_v{version}.yaml"
    if not path.is_file():
        raise UnknownContract(f"There is no feature contract of version {version}.")
    return Contract.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
