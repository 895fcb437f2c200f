"""What is generated: size, seed, days and files' periods. Everything else in the package is derived from a
`Plan`, so equal plans give equal bytes.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from retail_assets.samples.opening import is_open

DAILY_FILES = 3
"""So many of the last days on which stores are open come as files of their own, everything before them as
history loads."""

ZONE = ZoneInfo("Europe/Berlin")
"""Where the sample retailer is at home; sources that state local times mean this zone."""


@dataclass(frozen=True)
class Size:
    """How big the retailer is; the last store is the web shop."""

    stores: int
    products: int
    days: int
    lines: float
    """Mean demand in lines per store, product and day."""
    customers: int
    suppliers: int
    cover_days: int
    """How long an order to a supplier lasts; long covers keep the number of order lines reasonable."""


SIZES = {
    "small": Size(3, 40, 200, lines=1.2, customers=150, suppliers=6, cover_days=21),
    "medium": Size(8, 100, 730, lines=1.6, customers=1_000, suppliers=10, cover_days=28),
    "large": Size(50, 2_000, 730, lines=0.137, customers=20_000, suppliers=40, cover_days=90),
}


@dataclass(frozen=True)
class Period:
    """The business days of one file, as indices into the plan's days; `end` is exclusive."""

    start: int
    end: int
    daily: bool


@dataclass(frozen=True)
class Plan:
    """One sample. `as_of` is the night that finds it; the last complete business day is the day before."""

    seed: int
    as_of: date
    size_name: str
    nights_after: int = 0
    """Nights after `as_of` that have been continued day by day."""

    @property
    def size(self) -> Size:
        return SIZES[self.size_name]

    @property
    def first_day(self) -> date:
        return self.as_of - timedelta(days=self.size.days)

    @property
    def base_days(self) -> int:
        """Business days up to `as_of`; what is told about the sample happens relative to its end."""
        return self.size.days

    @property
    def days(self) -> int:
        return self.size.days + self.nights_after

    def day(self, index: int) -> date:
        return self.first_day + timedelta(days=index)

    def index(self, day: date) -> int:
        return (day - self.first_day).days

    def periods(self) -> list[Period]:
        """Quarters of history, then single days."""
        open_days = [i for i in range(self.base_days) if is_open(self.day(i))]
        history_end = open_days[-DAILY_FILES]
        cuts = [0]
        cuts += [i for i in range(1, history_end) if self.day(i).day == 1 and self.day(i).month % 3 == 1]
        cuts.append(history_end)
        quarters = [Period(a, b, daily=False) for a, b in pairwise(cuts)]
        return quarters + [Period(i, i + 1, daily=True) for i in range(history_end, self.days)]

    def rng(self, *purpose: str | int) -> np.random.Generator:
        """A generator of its own for each purpose, so that nothing depends on the order of the work."""
        key = [int.from_bytes(p.encode(), "big") if isinstance(p, str) else p for p in purpose]
        return np.random.default_rng([self.seed, *key])
