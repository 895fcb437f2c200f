"""What became of every record of a file."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Account:
    """What became of the records of a file in one target. They add up, always."""

    target: str
    records: int
    admitted: int
    sent: int
    left_out: int
    duplicate: int
    rejected: int
    sent_to: dict[str, int] = field(default_factory=dict)
    by_rule: dict[str, int] = field(default_factory=dict)
    """`end/rule` -> records, for all that were not admitted: `rejected/required`, `left_out/blank`, …"""

    @property
    def adds_up(self) -> bool:
        return self.records == self.admitted + self.sent + self.left_out + self.duplicate + self.rejected


def account(*, target: str, records: int, admitted: int, counts: list[tuple[str, str, str, int]]) -> Account:
    """The account of one target; `counts` are (end, rule, feed, records) of what was not admitted to it."""
    totals = dict.fromkeys(("sent", "left_out", "duplicate", "rejected"), 0)
    sent_to: dict[str, int] = {}
    by_rule: dict[str, int] = {}
    for end, rule, feed, count in counts:
        totals[end] += count
        by_rule[f"{end}/{rule}"] = by_rule.get(f"{end}/{rule}", 0) + count
        if end == "sent":
            sent_to[feed] = sent_to.get(feed, 0) + count
    return Account(
        target=target, records=records, admitted=admitted, sent_to=sent_to, by_rule=by_rule, **totals
    )
