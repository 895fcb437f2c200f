"""How fast orders are planned: `python -m benchmarks.replenishment [--items N] [--sample N]`.

A million products in stores, each with a forecast of 28 days and its intervals; a tenth may choose between two
suppliers, a third has something on order. Against the obvious way in the same run: one item after the other, its days
summed up in a loop, quantiles by the same formulas and table. A sample of the items is planned so, without transfers,
and both must agree.
"""

import argparse
import math
import os
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from statistics import NormalDist

import numpy as np

from ml.replenishment.demand import WEEK, DailyForecast, daily_forecast
from ml.replenishment.plan import Incoming, Items, Offers, Plan, plan
from ml.replenishment.reorder import YEAR
from ml.replenishment.rules import Rules
from ml.replenishment.shapes import ABOVE, BELOW, LEVELS, MOST_SKEWNESS, normal_shape

HORIZON = 28
STORES = 100
RULES = Rules(
    review_days=7,
    holding_share=0.25,
    order_cost=5,
    most_days=60,
    keep_days=45,
    least_transfer=1,
    handling_cost=0,
)


def made(count: int) -> tuple[np.ndarray, np.ndarray, Callable[[DailyForecast], Items], Offers, Incoming]:
    """Random items: sparse ones and fast ones, some with far too much. Means, quantiles, what makes items of them."""
    rng = np.random.default_rng(0)
    rate = rng.lognormal(0, 1, (count, 1)).astype(np.float32)
    means = rate * rng.uniform(0.5, 1.5, (count, HORIZON)).astype(np.float32)
    z = np.array([NormalDist().inv_cdf(level) for level in LEVELS], np.float32)
    quantiles = means[..., None] + z * np.sqrt(means)[..., None] * np.float32(1.2)
    items = partial(
        Items,
        product=np.arange(count) // STORES,
        on_hand=np.round(rate[:, 0] * rng.choice([0, 5, 20, 40, 200], count)).astype(float),
        orderable=np.ones(count, bool),
        receives=np.ones(count, bool),
        service=rng.choice([0.9, 0.95, 0.98], count),
        shortage_cost=rng.uniform(1, 10, count),
    )
    owner = np.append(np.arange(count), rng.choice(count, count // 10, replace=False))
    size = len(owner)
    offers = Offers(
        item=owner,
        lead_days=rng.uniform(2, 40, size),
        lead_spread=rng.uniform(0, 4, size),
        unit_cost=rng.uniform(1, 30, size),
        minimum=rng.choice([0.0, 12, 24], size),
        pack=rng.choice([1.0, 6, 12], size),
        costed=np.ones(size, bool),
    )
    coming = rng.choice(count, count // 3, replace=False)
    due = rng.integers(0, 30, len(coming))
    return (
        means,
        quantiles,
        items,
        offers,
        Incoming(coming, due, due, np.round(rate[coming, 0] * 10).astype(float)),
    )


def one_by_one(
    items: Items, offers: Offers, incoming: Incoming, found: Plan, sample: list[int]
) -> tuple[float, list[float]]:
    """Seconds and quantities of some items, planned one after the other from the offers that were chosen."""
    normal = NormalDist()
    z = [normal.inv_cdf(level) for level in ABOVE.tolist()]
    table = normal_shape().factors[:, :, len(BELOW) :].tolist()
    coming = defaultdict(list)
    for of, due, units in zip(incoming.item, incoming.due, incoming.units, strict=True):
        coming[of].append((due, units))
    started = time.process_time()
    quantities = []
    for item in sample:
        offer = int(found.offer[item])
        lead = math.ceil(offers.lead_days[offer] - 1e-9)
        days = lead + RULES.review_days
        position = max(float(items.on_hand[item]), 0) + sum(
            units for due, units in coming[item] if due <= lead
        )
        forecast = items.forecast
        demand, variance, skewness = _over(forecast, item, days)
        offsets = _offsets(table, variance, skewness, demand / days * float(offers.lead_spread[offer]))
        wanted = normal.inv_cdf(float(items.service[item]))
        end = next((n for n, one in enumerate(z) if wanted <= one), len(z) - 1)
        low, near = (z[end - 1], offsets[end - 1]) if end else (0.0, 0.0)
        safety = near + (offsets[end] - near) * (wanted - low) / (z[end] - low)
        point = max(math.ceil(demand + safety - 0.5 - 1e-9), 0)
        rate = float(forecast.means[item].mean(dtype=float))
        holding = float(offers.unit_cost[offer]) * RULES.holding_share / YEAR
        level = point + round(
            min(math.sqrt(2 * RULES.order_cost * rate / holding), rate * min(RULES.most_days, HORIZON))
        )
        position += float(found.received[item])
        pack, minimum = float(offers.pack[offer]), float(offers.minimum[offer])
        quantities.append(
            math.ceil(max(level - position, minimum) / pack - 1e-9) * pack if position < point else 0.0
        )
    return time.process_time() - started, quantities


def _over(forecast: DailyForecast, item: int, days: int) -> tuple[float, float, float]:
    """Demand over some days, its variance and skewness, day by day."""
    demand = variance = third = spreads = roots = 0.0
    for day in range(1, days + 1):
        week = min((day - 1) // WEEK, HORIZON // WEEK - 1)
        growth = (day / (HORIZON - 3)) ** forecast.growth if day > HORIZON else 1.0
        weekday = [forecast.means[item, n] for n in range(HORIZON) if n % WEEK == (day - 1) % WEEK]
        demand += float(forecast.means[item, day - 1]) if day <= HORIZON else float(np.mean(weekday))
        variance += float(forecast.variances[item, week]) * growth**2
        third += float(forecast.thirds[item, week]) * growth**3
        spreads += float(np.sqrt(forecast.variances[item, week])) * growth
        roots += float(np.cbrt(forecast.thirds[item, week])) * growth
    own = forecast.correlation
    variance = max((1 - own) * variance + own * spreads**2, demand)
    third = max((1 - own) * third + own * roots**3, demand)
    return demand, variance, min(max(third / variance**1.5, 0), MOST_SKEWNESS)


def _offsets(table: list, variance: float, skewness: float, spread: float) -> list[float]:
    """Of the levels above the mean, between the four cells of the table that are the nearest."""
    total = math.hypot(math.sqrt(variance), spread)
    across = spread / total * (len(table) - 1)
    along = skewness / MOST_SKEWNESS * (len(table[0]) - 1)
    row, column = min(int(across), len(table) - 2), min(int(along), len(table[0]) - 2)
    across, along = across - row, along - column
    found = []
    for n in range(len(ABOVE)):
        near = (1 - along) * table[row][column][n] + along * table[row][column + 1][n]
        far = (1 - along) * table[row + 1][column][n] + along * table[row + 1][column + 1][n]
        found.append(((1 - across) * near + across * far) * total)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=2_000)
    parsed = parser.parse_args()
    started = time.perf_counter()
    means, quantiles, items_of, offers, incoming = made(parsed.items)
    prepared = time.perf_counter() - started
    started, busy = time.perf_counter(), time.process_time()
    items = items_of(daily_forecast(means, quantiles, correlation=0.1))
    found = plan(items, offers, incoming, RULES)
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    sample = np.random.default_rng(1).choice(parsed.items, parsed.sample, replace=False).tolist()
    slow, quantities = one_by_one(items, offers, incoming, found, sample)
    rate, slow_rate = parsed.items / busy, parsed.sample / slow
    ordered, moved = int((found.quantity > 0).sum()), len(found.transfers.units)
    print(f"{os.cpu_count()} cores, {parsed.items:,} items, {len(offers.item):,} offers, {HORIZON} days")
    print(f"made up in {prepared:.1f} s; {ordered:,} orders and {moved:,} transfers come of it")
    print(f"ml.replenishment:    {rate:12,.1f} items/s of a core, {seconds:.1f} s, {peak:.1f} GiB at most")
    print(f"one after the other: {slow_rate:12,.1f} items/s of a core ({parsed.sample} of them measured)")
    print(f"ratio:               {rate / slow_rate:12,.0f}")
    differ = int((found.quantity[sample] != quantities).sum())
    print(f"quantities that differ: {differ} of {parsed.sample}")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
