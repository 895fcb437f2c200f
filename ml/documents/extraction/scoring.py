"""Candidates for a field, scored by the weights of what speaks for and against them.

The weights lie in a JSON file beside this module; `benchmarks/documents_fit.py` writes it.
"""

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml.documents.record import Box

WEIGHTS = Path(__file__).with_name("weights.json")


@dataclass
class Candidate:
    """A value that a field may have."""

    value: Any
    features: dict[str, float]
    box: Box | None = None
    text: str = ""
    line: int = 0
    label: str = ""
    score: float = 0.0
    more: dict[str, Any] = field(default_factory=dict)


@functools.cache
def weights() -> dict[str, dict[str, float]]:
    return json.loads(WEIGHTS.read_text()) if WEIGHTS.exists() else {}


def scored(name: str, candidates: list[Candidate]) -> list[Candidate]:
    """The candidates, the best first, with their scores for a field."""
    known = weights().get(name, {})
    for one in candidates:
        total = 0.0
        for feature, value in one.features.items():
            if value and feature in known:
                total += known[feature] * value
        one.score = total
    return sorted(candidates, key=lambda one: -one.score)


def evidence(candidate: Candidate) -> tuple[str, ...]:
    """What speaks for a candidate, in words that a person understands."""
    said = []
    if candidate.label:
        said.append(f"label: {' '.join(candidate.label.split())[-60:]}")
    if candidate.features.get("repeated", 0) > 0:
        said.append("repeated")
    return tuple(said)
