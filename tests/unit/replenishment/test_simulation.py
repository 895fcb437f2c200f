"""10,000 days under the levels that are proposed: the promised service level is met, and not by overstock."""

from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import poisson

from ml.replenishment.demand import DailyForecast, daily_forecast
from ml.replenishment.errors import measured_errors
from ml.replenishment.reorder import Levels, levels
from ml.replenishment.rules import Rules
from ml.replenishment.shapes import LEVELS, LeadShape, lead_shape, normal_shape
from ml.replenishment.simulation import live
from tests.rules import rules

DAYS = 10_000
SHELVES = 20
"""Alike: their mean says how far chance goes."""
WEEK = np.array([0.7, 0.8, 0.9, 1.0, 1.3, 1.6, 0.7])
ALLOWED = 0.01
"""So much less than promised may be found."""


def forecast(mean: np.ndarray, quantiles: np.ndarray, *, horizon: int = 28) -> DailyForecast:
    """Of one series with the same distribution every day: mean [1], quantiles [1, 4]."""
    return daily_forecast(
        np.tile(mean[:, None], horizon), np.tile(quantiles[:, None], (1, horizon, 1)), correlation=0
    )


def planned(
    known: DailyForecast,
    *,
    lead: float,
    service: float,
    rules: Rules,
    spread: float = 0,
    shape: LeadShape | None = None,
    cost: float = 1,
) -> Levels:
    one = np.ones(1)
    return levels(
        known,
        np.zeros(1, int),
        lead_days=one * lead,
        lead_spread=one * spread,
        lead_shape=shape or normal_shape(),
        service=one * service,
        unit_cost=one * cost,
        rules=rules,
    )


def served(table: Levels, wanted: np.ndarray, lead: np.ndarray, policy: Rules, **more: Any) -> float:
    point, up_to = (np.full(SHELVES, one[0]) for one in (table.reorder_point, table.order_up_to))
    lived = live(wanted, lead, reorder_point=point, order_up_to=up_to, review_days=policy.review_days, **more)
    return float(lived.service(lead, policy.review_days).mean())


def least_that_suffices(wanted: np.ndarray, lead: np.ndarray, service: float, policy: Rules) -> float:
    """The level that somebody would choose who knew the future: a quantile of demand from review to arrival."""
    summed = np.concatenate([np.zeros((1, SHELVES)), np.cumsum(wanted, axis=0)])
    start = np.arange(0, DAYS - 60)
    shelf = np.arange(SHELVES)
    until = start[:, None] + lead[start] + policy.review_days
    return float(np.quantile(summed[until, shelf] - summed[start], service))


@pytest.mark.parametrize("service", [0.90, 0.95, 0.98])
@pytest.mark.parametrize(("lead", "review"), [(5, 1), (10, 7), (33, 7)])
def test_normal_demand(service: float, lead: int, review: int) -> None:
    """40 a day, spread 12; the longest protection interval lies beyond the horizon of 28 days."""
    rng, policy = np.random.default_rng(lead), rules(review_days=review)
    wanted = np.round(rng.normal(40, 12, (DAYS, SHELVES))).clip(0)
    known = forecast(np.array([40.0]), 40 + ndtri(LEVELS)[None] * 12)
    table = planned(known, lead=lead, service=service, rules=policy)
    assert served(table, wanted, np.full((DAYS, SHELVES), lead), policy) == pytest.approx(
        service, abs=ALLOWED
    )


@pytest.mark.parametrize("rate", [0.05, 0.4, 3])
@pytest.mark.parametrize("service", [0.90, 0.95, 0.98])
def test_sparse_demand(service: float, rate: float) -> None:
    """Poisson demand, where forecasts give quantiles of whole units: the level is met, as whole units allow."""
    rng, policy = np.random.default_rng(3), rules(review_days=1)
    wanted = rng.poisson(rate, (DAYS, SHELVES)).astype(float)
    many = rng.poisson(rate, 100_000)
    known = forecast(np.array([rate]), np.quantile(many, LEVELS)[None].astype(float))
    table = planned(known, lead=6, service=service, rules=policy)
    found = served(table, wanted, np.full((DAYS, SHELVES), 6), policy)
    assert found >= service - ALLOWED
    exact = poisson.ppf(service, rate * 7)
    assert exact <= table.reorder_point[0] <= exact + 1


def clumps(kind: str, rng: np.random.Generator) -> np.ndarray:
    """[DAYS, SHELVES]: many days without demand, some with much."""
    shape = (DAYS, SHELVES)
    if kind == "packs of six":
        return 6.0 * (rng.random(shape) < 0.1)
    mean, variance = (float(word) for word in kind.split())
    size = mean**2 / (variance - mean)
    return rng.poisson(rng.gamma(size, mean / size, shape)).astype(float)


@pytest.mark.parametrize("service", [0.90, 0.95, 0.98])
@pytest.mark.parametrize(
    ("kind", "more"), [("0.3 1", 0.1), ("1 6", 0.1), ("3 12", 0.1), ("8 200", 0.1), ("packs of six", 0.35)]
)
def test_demand_in_clumps(service: float, kind: str, more: float) -> None:
    """Negative binomial demand (mean and variance), and one customer in ten days who takes six.

    Nor is the promise kept by stock that nobody needs: at most so much more than with the future known.
    """
    rng, policy = np.random.default_rng(9), rules(review_days=7)
    wanted, lead = clumps(kind, rng), np.full((DAYS, SHELVES), 5)
    known = forecast(np.array([wanted.mean()]), np.quantile(wanted, LEVELS)[None])
    table = planned(known, lead=5, service=service, rules=policy)
    assert served(table, wanted, lead, policy) >= service - ALLOWED
    assert table.reorder_point[0] <= (1 + more) * least_that_suffices(wanted, lead, service, policy) + 0.5


def test_tails_that_no_quantile_shows_are_measured() -> None:
    """0.3 a day with variance 3: of twenty days nineteen sell nothing. What past forecasts missed says how wide."""
    rng, policy = np.random.default_rng(9), rules(review_days=7)
    wanted, lead = clumps("0.3 3", rng), np.full((DAYS, SHELVES), 5)
    mean, quantiles = np.array([wanted.mean()]), np.quantile(wanted, LEVELS)[None]
    past = wanted[:1400].reshape(-1, 28, SHELVES).transpose(0, 2, 1).reshape(-1, 28)
    told = np.broadcast_to(quantiles, (len(past), 28, 4))
    seen = measured_errors(past, np.full(past.shape, mean), told, np.full(len(past), "lumpy"))
    unmeasured = forecast(mean, quantiles)
    known = daily_forecast(
        unmeasured.means,
        np.broadcast_to(quantiles, (1, 28, 4)),
        correlation=seen.correlation,
        growth=seen.growth,
        width=np.array([seen.widths["lumpy"]]),
    )
    before, after = (planned(one, lead=5, service=0.98, rules=policy) for one in (unmeasured, known))
    assert served(before, wanted, lead, policy) < 0.97
    assert served(after, wanted, lead, policy) >= 0.98 - ALLOWED
    assert after.reorder_point[0] <= 1.1 * least_that_suffices(wanted, lead, 0.98, policy)


def lead_times(kind: str, rng: np.random.Generator) -> np.ndarray:
    """[DAYS, SHELVES] whole days; with a review in four weeks no order overtakes another."""
    shape = (DAYS, SHELVES)
    if kind == "even":
        return rng.integers(7, 18, shape)
    if kind == "a tail":
        return np.minimum(10 + rng.exponential(3, shape).astype(int), 35)
    return np.where(rng.random(shape) < 0.1, 24, 10)


@pytest.mark.parametrize("service", [0.90, 0.95, 0.98])
@pytest.mark.parametrize(("kind", "more"), [("even", 0.03), ("a tail", 0.04), ("now and then late", 0.12)])
def test_lead_times_that_vary(service: float, kind: str, more: float) -> None:
    """7 to 17 days alike, a few days more now and then, or two weeks more for one order in ten: their shape counts."""
    rng, policy = np.random.default_rng(4), rules(review_days=28)
    lead = lead_times(kind, rng)
    wanted = np.round(rng.normal(40, 12, (DAYS, SHELVES))).clip(0)
    known = forecast(np.array([40.0]), 40 + ndtri(LEVELS)[None] * 12)
    seen = lead[:400].ravel()
    mean, spread = float(seen.mean()), float(seen.std())
    shape = lead_shape((seen - mean) / spread)
    table = planned(known, lead=mean, spread=spread, shape=shape, service=service, rules=policy)
    assert served(table, wanted, lead, policy) >= service - ALLOWED
    assert table.reorder_point[0] <= (1 + more) * least_that_suffices(wanted, lead, service, policy)


def test_clumps_and_lead_times_that_vary() -> None:
    rng, policy = np.random.default_rng(4), rules(review_days=14)
    lead, wanted = lead_times("even", rng), clumps("3 12", rng)
    known = forecast(np.array([3.0]), np.quantile(wanted, LEVELS)[None])
    shape = lead_shape((lead.ravel() - 12) / lead.std())
    table = planned(known, lead=12, spread=float(lead.std()), shape=shape, service=0.95, rules=policy)
    assert served(table, wanted, lead, policy) == pytest.approx(0.95, abs=ALLOWED)


def test_orders_of_an_economic_quantity_serve_better() -> None:
    """After a large order stock lasts anyway: service between reviews can only be better than promised."""
    rng, policy = np.random.default_rng(5), rules(review_days=1, order_cost=20, most_days=60)
    wanted = rng.poisson(5, (DAYS, SHELVES)).astype(float)
    known = forecast(np.array([5.0]), 5 + ndtri(LEVELS)[None] * np.sqrt(5))
    table = planned(known, lead=7, service=0.95, rules=policy, cost=20)
    assert table.order_up_to[0] - table.reorder_point[0] == round(np.sqrt(2 * 20 * 5 / (20 * 0.25 / 365)))
    lead = np.full((DAYS, SHELVES), 7)
    assert served(table, wanted, lead, policy) > 0.95
    assert served(table, wanted, lead, policy, minimum=48, pack=12, owed=False) > 0.95


def test_a_week_with_its_weekdays() -> None:
    rng, policy = np.random.default_rng(6), rules(review_days=7)
    days = np.tile(WEEK, DAYS // 7 + 1)[:DAYS, None] * 20
    wanted = rng.poisson(np.broadcast_to(days, (DAYS, SHELVES))).astype(float)
    means = np.tile(WEEK * 20, 4)[None]
    known = daily_forecast(means, means[..., None] + ndtri(LEVELS) * np.sqrt(means)[..., None], correlation=0)
    table = planned(known, lead=4, service=0.97, rules=policy)
    found = served(table, wanted, np.full((DAYS, SHELVES), 4), policy)
    assert found == pytest.approx(0.97, abs=0.01)


def test_the_published_cost_of_an_s_s_policy() -> None:
    """Snyder & Shen, example 4.7: Poisson demand of 6, holding 1, shortage 4, order 5: s = 4, S = 10 costs 8.0341 a
    day.

    Their s is the stock at which it is ordered, here it is the least that suffices: 5.
    """
    wanted = np.random.default_rng(7).poisson(6, (DAYS, SHELVES)).astype(float)
    full = np.full(SHELVES, 10.0)
    lived = live(wanted, np.zeros((DAYS, SHELVES), int), reorder_point=full - 5, order_up_to=full)
    assert lived.cost(holding=1, shortage=4, fixed=5).mean() == pytest.approx(8.0341, abs=0.02)


def test_a_shortage_counts_once() -> None:
    """Cycles begin on days 2, 5 and 8. What is lacking on days 5 to 7 lies in two review periods, and in one cycle."""
    wanted, lead = np.ones((10, 1)), np.full((10, 1), 2)
    lived = live(wanted, lead, reorder_point=np.zeros(1), order_up_to=np.full(1, 5.0), review_days=3)
    assert lived.unmet[:, 0].tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 0, 0]
    assert lived.service(lead, 3)[0] == pytest.approx(1 / 2)


def test_what_is_lost_is_not_owed() -> None:
    """3 on the shelf, 5 wanted each day: the first order, of what was sold, comes two days later."""
    wanted, lead = np.full((4, 1), 5.0), np.full((4, 1), 2)
    three = np.full(1, 3.0)
    lost = live(wanted, lead, reorder_point=three, order_up_to=three, owed=False)
    np.testing.assert_array_equal(lost.left[:, 0], [0, 0, 0, 0])
    np.testing.assert_array_equal(lost.ordered[:, 0], [0, 3, 0, 0])
    np.testing.assert_array_equal(lost.unmet[:, 0], [2, 5, 5, 2])
    assert lost.fill_rate()[0] == pytest.approx(6 / 20)
