"""What a check finds: the same for every flow, whoever shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """What a check found, and as a sentence what to do when it is not good."""

    passed: bool
    figures: Mapping[str, Any] = field(default_factory=dict)
    advice: str = ""
