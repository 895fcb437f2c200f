"""What had been dropped up to a night, and the words that all references use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from retail_assets.flows import FLOWS

Row = dict[str, Any]
Rows = dict[tuple, Row]

ZERO = Decimal(0)
FEEDS = {feed.name: feed for flow in FLOWS for feed in flow.feeds}
SALES_LIFE = ["placed", "paid", "packed", "shipped", "delivered", "cancelled", "returned"]
PURCHASE_LIFE = ["draft", "approved", "sent", "confirmed", "part_received", "received", "cancelled"]


@dataclass(frozen=True, eq=False)
class Night:
    """The rows of each feed in the order of their drops, with the day of admission."""

    as_of: date
    dropped: Mapping[str, list[tuple[date, Row]]]

    @cached_property
    def feeds(self) -> dict[str, list[Row]]:
        """The current rows: of each key the last; a day that the source does not state is that of admission."""
        current: dict[str, list[Row]] = {}
        for name, feed in FEEDS.items():
            rows: Rows = {}
            for on, row in self.dropped.get(name, []):
                filled = {**row, **{c: row.get(c) or on for c in feed.defaults_to_admission_day}}
                rows[tuple(filled[column] for column in feed.key)] = filled
            current[name] = list(rows.values())
        return current

    def happened(self, feed: str) -> list[Row]:
        """The feed's rows up to the night, with their business date."""
        time = FEEDS[feed].business_time
        assert time
        dated = [{**row, "business_date": business_date(row[time])} for row in self.feeds[feed]]
        return [row for row in dated if row["business_date"] <= self.as_of]

    def days(self, count: int) -> list[date]:
        """The last complete days."""
        return [self.as_of - timedelta(days=back) for back in range(count, 0, -1)]

    def events(self, kind: str) -> dict[str, list[Row]]:
        """What happened to each order of a kind, in order; at one instant the later stage is last."""
        life = SALES_LIFE if kind == "sales" else PURCHASE_LIFE
        events = [event for event in self.happened("order_events") if event["order_kind"] == kind]
        events.sort(key=lambda event: (event["at"], life.index(event["status"]), event["event_id"]))
        lives: dict[str, list[Row]] = {}
        for event in events:
            lives.setdefault(event["order_id"], []).append(event)
        return lives


def business_date(at: datetime | date) -> date:
    return at.astimezone(ZoneInfo("Europe/Berlin")).date() if isinstance(at, datetime) else at


def amount(exact: Decimal, currency: str | None) -> Decimal:
    """Rounded to the minor unit, halves away from zero."""
    return exact.quantize(Decimal(1) if currency == "JPY" else Decimal("0.01"), ROUND_HALF_UP)


def total(amounts: Any) -> Decimal | None:
    """The sum of what is known; null when nothing is."""
    known = [one for one in amounts if one is not None]
    return sum(known, ZERO) if known else None


def ratio(part: Any, whole: Any) -> Fraction | None:
    return Fraction(part) / Fraction(whole) if part is not None and whole else None


def grouped(rows: Any, *columns: str) -> dict[tuple, list[Row]]:
    groups: dict[tuple, list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[column] for column in columns), []).append(row)
    return groups
