"""How much customers would buy: a base per store and product, weekly and yearly seasonality, promotions."""

import functools
from dataclasses import dataclass
from datetime import date

import numpy as np

from retail_assets.samples import stories
from retail_assets.samples.catalogue import CATEGORIES, Catalogue
from retail_assets.samples.opening import is_open

LOOK_AHEAD = 45
"""Days after the last one for which demand is known too, because purchasing plans with it."""

STORE_WEEK = np.array([0.85, 0.85, 0.95, 1.05, 1.4, 1.9, 0.0])
WEB_WEEK = np.array([1.15, 1.05, 1.0, 0.95, 0.85, 0.85, 1.15])
LABELS = ["Week of the house", "Season opening", "Member days", "Clearance", "Three for two"]


@dataclass(frozen=True)
class Promotion:
    """Products at a discount from `start` to `end` (day indices, inclusive); `store` None is every store."""

    number: int
    products: np.ndarray
    store: int | None
    start: int
    end: int
    percent: int
    label: str

    @property
    def promotion_id(self) -> str:
        return f"PR{self.number:03d}"


@functools.lru_cache(maxsize=2)
def promotions(catalogue: Catalogue) -> list[Promotion]:
    """A promotion every three weeks, the last ones beyond the plan's end; stories' products have none."""
    plan = catalogue.plan
    candidates = np.setdiff1d(np.arange(plan.size.products), stories.STEERED)
    result = []
    for number, start in enumerate(range(6, plan.base_days + LOOK_AHEAD, 21), start=1):
        rng = plan.rng("promotion", number)
        products = np.sort(rng.choice(candidates, max(3, plan.size.products // 25), replace=False))
        store = int(rng.integers(plan.size.stores)) if number % 3 == 0 else None
        percent = int(rng.choice([10, 15, 20, 25, 30]))
        end = start + int(rng.integers(6, 14))
        result.append(Promotion(number, products, store, start, end, percent, LABELS[number % len(LABELS)]))
    return result


def discounts(catalogue: Catalogue, store: int) -> np.ndarray:
    """Percent off per day and product in a store; of two promotions the higher one counts."""
    plan = catalogue.plan
    percent = np.zeros((plan.days + LOOK_AHEAD, plan.size.products), dtype=np.int8)
    for promotion in promotions(catalogue):
        if promotion.store in (None, store):
            window = percent[promotion.start : promotion.end + 1]
            window[:, promotion.products] = np.maximum(window[:, promotion.products], promotion.percent)
    return percent


def rates(catalogue: Catalogue, store: int) -> np.ndarray:
    """Expected sales lines per day and product in a store."""
    plan = catalogue.plan
    days = [plan.day(index) for index in range(plan.days + LOOK_AHEAD)]
    week = WEB_WEEK if store == catalogue.web else STORE_WEEK
    by_day = np.array(
        [week[day.weekday()] * _closed_or_lifted(day, web=store == catalogue.web) for day in days]
    )
    day_of_year = np.array([day.timetuple().tm_yday for day in days])[:, None]
    peak = np.array([c.peak for c in CATEGORIES])
    amplitude = np.array([c.amplitude for c in CATEGORIES])
    season = 1 + amplitude * np.cos(2 * np.pi * (day_of_year - peak) / 365.25)
    popularity = catalogue.popularity.copy()
    popularity[stories.STEERED] = 1.0
    base = plan.size.lines * catalogue.store_factor[store] * popularity
    lift = 1 + discounts(catalogue, store) * np.float32(0.04)
    rate = (
        (by_day[:, None] * season).astype(np.float32)[:, catalogue.category] * base.astype(np.float32) * lift
    )
    _tell(rate, plan.base_days, store)
    return rate


def _closed_or_lifted(day: date, *, web: bool) -> float:
    if not is_open(day, web=web):
        return 0.0
    if day.month == 12 and day.day < 24:
        return 1.5
    return 1.3 if day.month == 11 and 20 <= day.day <= 30 else 1.0


def _tell(rate: np.ndarray, end: int, store: int) -> None:
    """The stories' part: products that stop selling, sell slowly, or are not listed yet."""
    rate[: end - stories.NEW_DAY + 6, stories.NEW] = 0
    if store == stories.FIRST_STORE:
        rate[end - 60 :, stories.OVERSTOCK] *= 0.25
    if store == stories.SECOND_STORE:
        rate[end - stories.DEAD_FROM :, stories.DEAD] = 0
