"""What the values of a column look like, and how a mapping would have to read them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Shape:
    """What a column holds: text, integer, number, date, datetime, time or boolean."""

    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    """Keys of a mapping's values, as they would be written there."""
    as_time: "Shape | None" = None
    """For digits: how they are moments, if they can be."""
    signs: frozenset[str] = frozenset()
    zoned: bool = True
    """False where local times do not say their zone."""
    in_utc: bool = False
    """Whether they say in a word, which a format can only skip, that they are UTC."""
    doubt: str | None = None
