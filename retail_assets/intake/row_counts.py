"""What became of every record of a drop, as numbers."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Self

FIELDS = {
    "admitted": "admitted",
    "routed": "routed",
    "left_out": "filtered",
    "duplicate": "duplicate",
    "rejected": "rejected",
}
"""How a record may end, in the words of mappings and reports, and the field that counts it."""

FLAGGED = "flagged"
"""What stands for the end in a flag of a record that became a row."""


@dataclass(frozen=True)
class RowCounts:
    """What became of the records of a drop in one target. They add up, always."""

    target: str
    records: int = 0
    admitted: int = 0
    routed: int = 0
    """Given to another feed."""
    filtered: int = 0
    """Left out on purpose."""
    duplicate: int = 0
    rejected: int = 0
    flagged: int = 0
    """Of those that became rows, here or elsewhere: a number beside the others, no part of the sum."""
    routed_to: dict[str, int] = field(default_factory=dict)
    by_rule: dict[str, int] = field(default_factory=dict)
    """`end/rule` -> records, for all that were not admitted: `rejected/required`, `left_out/blank`, …; and for flags:
    `flagged/pattern`."""

    @property
    def adds_up(self) -> bool:
        return self.records == sum(self.by_end.values())

    @property
    def by_end(self) -> dict[str, int]:
        """End, in the words of mappings and reports -> records."""
        return {end: getattr(self, name) for end, name in FIELDS.items()}

    def __add__(self, other: Self) -> "RowCounts":
        return RowCounts(
            self.target,
            self.records + other.records,
            **{name: getattr(self, name) + getattr(other, name) for name in (*FIELDS.values(), FLAGGED)},
            routed_to=dict(Counter(self.routed_to) + Counter(other.routed_to)),
            by_rule=dict(Counter(self.by_rule) + Counter(other.by_rule)),
        )


def row_counts(
    *, target: str, records: int, admitted: int, flagged: int = 0, ends: list[tuple[str, str, str, int]]
) -> RowCounts:
    """The counts of one target; `ends` are (end, rule, feed, records) of what was not admitted to it, and of flags."""
    totals: Counter[str] = Counter()
    routed_to: Counter[str] = Counter()
    by_rule: Counter[str] = Counter()
    for end, rule, feed, count in ends:
        if end != FLAGGED:
            totals[FIELDS[end]] += count
        by_rule[f"{end}/{rule}"] += count
        if end == "routed":
            routed_to[feed] += count
    return RowCounts(
        target, records, admitted, flagged=flagged, routed_to=dict(routed_to), by_rule=dict(by_rule), **totals
    )
